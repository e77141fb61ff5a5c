"""Train nano's embedder: a contrastive loss over sounds and captions, and classification losses over styles and stems.

Loss: symmetric InfoNCE (van den Oord et al. 2018; Radford et al. 2021), and the cross-entropies of style and stems. A song has
several wordings, one is drawn each time, and words are left out at random, so that synonyms meet. Latents are given some noise,
as a generator's are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...house_band.styles import STYLES
from ...model.nano.embedder_net import CROP, NanoEmbedder
from ...music import STEMS
from ...progress import Steps
from ...recipe import Record
from ..rng import StepRng
from .latents import LatentShards, pad, thin_caption
from .loop import Losses, PretrainSchedule, train

HELD_BACK = 10
"""Every so many songs of the corpus one is kept for the check."""


class EmbedderRecipe(Record):
    """Settings of the embedder's training."""

    schedule: PretrainSchedule = PretrainSchedule(steps=2000, rate=1e-3, warmup=100, average=0.995)
    """Optimizer and steps."""
    batch: int = 96
    """Songs per step."""
    naming: float = 0.5
    """Weight of the cross-entropies."""
    drop: float = 0.25
    """Share of a caption's tags that are left out."""
    noise: float = 0.2
    """Most noise added to the latents, in units of their spread."""
    largest_scale: float = 60.0
    """Upper bound of the inverse temperature."""
    bf16: bool = True
    """Compute in bfloat16."""


def training_songs(shards: LatentShards) -> list[dict[str, Any]]:
    """Songs to learn from."""
    return [song for song in shards.songs if song["index"] % HELD_BACK]


def info_nce(sounds: Tensor, words: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE of unit vectors `(batch, 128)` that belong together row by row."""
    logits = scale * sounds @ words.T
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def embedder_losses(
    model: NanoEmbedder, tokenizer: Any, shards: LatentShards, recipe: EmbedderRecipe
) -> Callable[[int, StepRng], Losses]:
    """The loss of one step, on the device of the model."""
    songs, device = training_songs(shards), next(model.parameters()).device
    _, there = names_of(songs)
    balance = ((1 - there.mean(0)).clamp(min=0.01) / there.mean(0).clamp(min=0.01)).to(device)  # a logit of 0 takes no side

    def losses(_step: int, draw: StepRng) -> Losses:
        rng = draw.numpy
        chosen = [songs[place] for place in rng.choice(len(songs), min(recipe.batch, len(songs)), replace=False)]
        crops = []
        for song in chosen:
            mix = shards.sound(song, "mix")
            at = int(rng.integers(len(mix) - CROP + 1))
            crops.append(mix[at : at + CROP].float())
        latents = torch.stack(crops)
        amount = recipe.noise * torch.rand(len(crops), 1, 1, generator=draw.torch)
        latents = (latents + amount * torch.randn(latents.shape, generator=draw.torch)).to(device)
        words = [thin_caption(str(rng.choice(song["captions"])), rng, recipe.drop) for song in chosen]
        ids, mask = pad(tokenizer(words)["input_ids"], tokenizer.pad_token_id)
        ids, mask = ids.to(device), mask.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.bf16):
            sound_vectors, caption_vectors = model.embed_latents(latents), model.embed_ids(ids, mask)
        scale = model.log_scale.exp().clamp(max=recipe.largest_scale)
        pairs = info_nce(sound_vectors.vectors.float(), caption_vectors.float(), scale)
        styles, stems = (names.to(device) for names in names_of(chosen))
        style = F.cross_entropy(sound_vectors.styles.float(), styles)
        stem = F.binary_cross_entropy_with_logits(sound_vectors.stems.float(), stems, pos_weight=balance)
        nearest = (sound_vectors.vectors.detach().float() @ caption_vectors.detach().float().T).argmax(1)
        first = nearest == torch.arange(len(crops), device=device)
        loss = pairs + recipe.naming * (style + stem)
        return {"loss": loss, "pairs": pairs, "style": style, "stem": stem, "found": first.float().mean()}

    return losses


def names_of(songs: Sequence[dict[str, Any]]) -> tuple[Tensor, Tensor]:
    """Number of each song's style `(batch,)`, and which stems it has `(batch, stems)`."""
    styles = torch.tensor([list(STYLES).index(song["style"]) for song in songs])
    stems = torch.tensor([[float(stem in song["stems"]) for stem in STEMS] for song in songs])
    return styles, stems


def build_embedder(vocabulary: int, seed: int) -> NanoEmbedder:
    """A fresh embedder."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: NanoEmbedder = NanoEmbedder(vocabulary, list(STYLES), list(STEMS))
        return model


def train_embedder(
    recipe: EmbedderRecipe,
    model: NanoEmbedder,
    tokenizer: Any,
    corpus: Path,
    folder: Path,
    *,
    stop_after: float = float("inf"),
) -> Steps[int]:
    """Train on the latents in `corpus`; the run lives in `folder`."""
    losses = embedder_losses(model, tokenizer, LatentShards(corpus), recipe)
    return (yield from train(model, losses, recipe.schedule, folder, recipe=recipe, stop_after=stop_after))
