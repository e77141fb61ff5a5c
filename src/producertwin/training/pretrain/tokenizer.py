"""Train nano's 5 Hz tokenizer and detokenizer: what a cover keeps of its source.

Five latent frames are pooled into one code of a finite scalar quantizer (Mentzer et al. 2023) and unfolded again. Sixteen bits
for 320 numbers leave melody, chords and rhythm and little of the sound, which is what a cover wants. Rounding has no gradient,
so it is passed straight through (Bengio et al. 2013); diffusers' quantizer does not, and its parts are used around it here.

Loss: mean squared error of the unfolded latents, over mixes and stems of the corpus.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...model.nano import build
from ...progress import Steps
from ...recipe import Record
from ..rng import StepRng
from .latents import LatentShards
from .loop import Losses, PretrainSchedule, train

SILENT = 0.05
"""Share of crops that are silence: a cover's source may pause."""


class TokenizerRecipe(Record):
    """Settings of the tokenizer's training."""

    schedule: PretrainSchedule = PretrainSchedule(steps=1500, rate=1.5e-3, warmup=50, average=0.995)
    """Optimizer and steps."""
    batch: int = 48
    """Crops per step."""
    frames: int = 100
    """Latent frames per crop, a multiple of 5."""
    stems: float = 0.25
    """Share of crops taken from single stems."""
    bf16: bool = True
    """Compute in bfloat16."""


def quantize(quantizer: Any, hidden: Tensor) -> Tensor:
    """The quantizer's output for `hidden` `(…, width)`, with the gradient of the bounded values in place of rounding's.

    Equal in value to `quantizer(hidden)[0]` for one codebook.
    """
    levels = quantizer._levels.to(hidden.device, torch.float32)
    soft = 1.0 + 1.0 / (levels - 1.0)
    bounded = (quantizer.project_in(hidden.float()) / soft).tanh() * soft
    rounded = bounded + (quantizer._quantize(bounded) - bounded).detach()
    found: Tensor = quantizer.project_out(rounded)
    return found


def reconstruct(modules: build.CodeModules, latents: Tensor) -> Tensor:
    """Latents `(batch, frames, 64)`, frames a multiple of 5, through the codes and back, with gradients."""
    tokenizer = modules.audio_tokenizer
    patches = latents.reshape(len(latents), -1, tokenizer.pool_window_size, latents.shape[-1])
    hidden = tokenizer.attention_pooler(tokenizer.audio_acoustic_proj(patches))
    with torch.autocast(latents.device.type, enabled=False):
        codes = quantize(tokenizer.quantizer, hidden)
    found: Tensor = modules.audio_token_detokenizer(codes)
    return found


def _crops(shards: LatentShards, silence: Tensor, recipe: TokenizerRecipe, draw: StepRng) -> Tensor:
    rng, rows = draw.numpy, []
    for _ in range(recipe.batch):
        if rng.random() < SILENT:
            rows.append(silence.expand(recipe.frames, -1))
            continue
        stem = rng.random() < recipe.stems
        songs = shards.split if stem else shards.songs
        song = songs[int(rng.integers(len(songs)))]
        sound = shards.sound(song, f"stem.{rng.choice(song['stems'])}" if stem else "mix")
        at = int(rng.integers(len(sound) - recipe.frames + 1))
        rows.append(sound[at : at + recipe.frames].float())
    return torch.stack(rows)


def tokenizer_losses(
    modules: build.CodeModules, shards: LatentShards, silence: Tensor, recipe: TokenizerRecipe
) -> Callable[[int, StepRng], Losses]:
    """The loss of one step, on the device of the modules."""
    device = next(modules.all().parameters()).device

    def losses(_step: int, draw: StepRng) -> Losses:
        latents = _crops(shards, silence, recipe, draw).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.bf16):
            made = reconstruct(modules, latents)
        return {"loss": F.mse_loss(made.float(), latents)}

    return losses


def build_codes(seed: int) -> build.CodeModules:
    """Fresh modules."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build.build_codes()


def train_tokenizer(
    recipe: TokenizerRecipe,
    modules: build.CodeModules,
    silence: Tensor,
    corpus: Path,
    folder: Path,
    *,
    stop_after: float = float("inf"),
) -> Steps[int]:
    """Train on the latents in `corpus`; the run lives in `folder`. `silence` is the codec's latent of silence `(64,)`."""
    losses = tokenizer_losses(modules, LatentShards(corpus), silence, recipe)
    everything: nn.Module = modules.all()
    return (yield from train(everything, losses, recipe.schedule, folder, recipe=recipe, stop_after=stop_after))


def codes_used(modules: build.CodeModules, latents: Tensor) -> float:
    """Perplexity of the codes over `latents` `(batch, frames, 64)`: how many the tokenizer uses as if evenly."""
    with torch.inference_mode():
        _, indices = modules.audio_tokenizer.tokenize(latents)
    _, counts = np.unique(indices.numpy(), return_counts=True)
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
