"""nano's embedder: sound and words as unit vectors in one space, small enough to ship and to run offline.

Two towers (after Radford et al. 2021 and, for sound, Elizalde et al. 2022): the audio tower reads nano's latents, so that
whatever can be encoded can be embedded; the text tower reads nano's own words. Both end in `(batch, 128)` of length one, and
their dot product says how well a caption describes a sound. The audio tower also names the style and the stems it hears.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from .codec import ConvNeXt

TEXT_WIDTH, TEXT_DEPTH = 128, 1
EMBEDDER = "embedder"
"""Its folder inside nano's."""
CROP = 256
"""Latent frames the audio tower was trained on (10.24 s); longer sounds are the mean of their windows."""


class Pool(nn.Module):
    """Attention-weighted mean and spread over time (Okabe et al. 2018), `(batch, frames, width)` to `(batch, 2 * width)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width // 2), nn.Tanh(), nn.Linear(width // 2, width))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        score = self.score(x)
        if mask is not None:
            score = score.masked_fill(~mask[..., None], -1e4)
        weight = score.softmax(1)
        mean = (weight * x).sum(1)
        spread = (weight * (x - mean[:, None]).square()).sum(1).clamp(min=1e-6).sqrt()
        return torch.cat([mean, spread], -1)


@dataclass(frozen=True, slots=True)
class TowerOutput:
    """Output of the audio tower."""

    vectors: Tensor
    """Unit vectors `(batch, 128)`."""
    styles: Tensor
    """Logits of the styles, `(batch, styles)`."""
    stems: Tensor
    """Logits of each stem's being there, `(batch, stems)`."""


class NanoEmbedder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Both towers, and the temperature they were trained with."""

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        vocabulary: int,
        styles: list[str],
        stems: list[str],
        latents: int = 64,
        width: int = 128,
        depth: int = 4,
        dimensions: int = 128,
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(latents, width)
        self.blocks = nn.ModuleList([ConvNeXt(width) for _ in range(depth)])
        self.pool = Pool(width)
        self.leave = nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, dimensions))
        self.style = nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, len(styles)))
        self.stem = nn.Sequential(nn.LayerNorm(2 * width), nn.Linear(2 * width, len(stems)))
        self.words = nn.Embedding(vocabulary, TEXT_WIDTH)
        self.phrases = nn.ModuleList([ConvNeXt(TEXT_WIDTH) for _ in range(TEXT_DEPTH)])
        self.gather = Pool(TEXT_WIDTH)
        self.say = nn.Sequential(nn.LayerNorm(2 * TEXT_WIDTH), nn.Linear(2 * TEXT_WIDTH, dimensions))
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def embed_latents(self, latents: Tensor) -> TowerOutput:
        """Vectors and names of latents `(batch, frames, 64)`."""
        x = self.enter(latents)
        for place, block in enumerate(self.blocks):
            x = block(x)
            if place in (0, 2) and x.shape[1] >= 4:  # every second frame from here on: rhythm, then bars
                x = F.avg_pool1d(x.transpose(1, 2), 2).transpose(1, 2)
        pooled = self.pool(x)
        return TowerOutput(F.normalize(self.leave(pooled), dim=-1), self.style(pooled), self.stem(pooled))

    def embed_ids(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors `(batch, 128)` of token ids `(batch, tokens)`; `mask` is True where there is a token."""
        x = self.words(ids) * mask[..., None]
        for block in self.phrases:
            x = block(x) * mask[..., None]
        found: Tensor = F.normalize(self.say(self.gather(x, mask)), dim=-1)
        return found

    def embed_song(self, latents: Tensor) -> TowerOutput:
        """What is made of a whole sound's latents `(frames, 64)`, a batch of one: the mean over windows of `CROP` frames."""
        count = max(1, -(-len(latents) // CROP))
        starts = torch.linspace(0, max(0, len(latents) - CROP), count).round().long().tolist()
        outputs = self.embed_latents(torch.stack([latents[start : start + CROP] for start in starts]))
        vector = F.normalize(outputs.vectors.mean(0, keepdim=True), dim=-1)
        return TowerOutput(vector, outputs.styles.mean(0, keepdim=True), outputs.stems.mean(0, keepdim=True))
