"""Train nano's transformer, condition encoder and words together, by flow matching on the corpus latents.

`x_t = (1-t) x_0 + t noise`, the target is `v = noise - x_0` (Liu et al. 2022; Lipman et al. 2022), t is drawn logit-normal
(Esser et al. 2024) and stratified over the batch, r = t, and the condition is dropped for the learned null condition as
classifier-free guidance needs. Prompts are those of inference; padding is masked in every attention.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...model import nano
from ...model.differentiable import condition, velocity
from ...model.prompts import lyrics_text, prompt_text
from ...model.request import Metas
from ...music import Key
from ...progress import Steps
from ...recipe import Record
from .latents import Example, LatentShards, draw_example
from .loop import Draws, Losses, Schedule, train


class NanoRecipe(Record):
    """Settings of the transformer's training."""

    schedule: Schedule = Schedule(steps=6000, rate=1.3e-3, warmup=200, average=0.999, save_every=400)
    """Optimizer and steps."""
    lengths: tuple[tuple[int, int, float], ...] = ((128, 16, 0.65), (256, 8, 0.30), (512, 4, 0.05))
    """Latent frames per crop, crops per step, share of steps."""
    drop_condition: float = 0.12
    """Share of examples under the null condition."""
    drop_meta: float = 0.08
    """Chance that bpm, key or meter is left out of a prompt."""
    t_mean: float = 0.4
    """Mean of logit(t): above 0, because tempo and key are decided where there is much noise."""
    t_spread: float = 1.1
    """Spread of logit(t)."""
    bf16: bool = True
    """Compute in bfloat16."""


class ClockedRecipe(NanoRecipe):
    """Settings of the second phase, in which silence counts time (`nano.counted`)."""

    schedule: Schedule = Schedule(steps=3400, rate=1.2e-3, warmup=100, average=0.998, save_every=400)
    """Optimizer and steps."""
    far: float = 0.25
    """Share of crops that are told a time so late that the clock has faded, so that long takes go on by ear."""


class LateRecipe(ClockedRecipe):
    """Settings of the third phase, which dwells on much noise: there style, key and tempo are decided."""

    schedule: Schedule = Schedule(steps=1850, rate=1.2e-3, warmup=50, average=0.998, save_every=400)
    """Optimizer and steps."""
    shift: float = 3.0
    """Noise levels are uniform, shifted: more than half lie above .75, an eighth above .95."""


def metas_of(facts: dict[str, Any], rng: np.random.Generator, drop: float) -> Metas:
    """The metas of a song, some left out."""
    keep = rng.random(3) >= drop
    return Metas(
        bpm=facts["bpm"] if keep[0] else None,
        key=Key.parse(facts["key"]) if keep[1] else None,
        meter=facts["meter"] if keep[2] else None,
    )


def _padded(rows: list[list[int]], fill: int) -> tuple[Tensor, Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([row + [fill] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], dtype=torch.bool)
    return ids, mask


class Words:
    """Prompts to token ids."""

    def __init__(self, tokenizer: Any, drop: float) -> None:
        self.tokenizer = tokenizer
        self.drop = drop

    def batch(self, examples: list[Example], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Text ids and mask, lyric ids and mask."""
        texts = []
        for example in examples:
            metas = metas_of(example.facts, rng, self.drop)
            seconds = float(rng.integers(5, 121))
            texts.append(prompt_text(example.caption, example.task, example.stems, metas, seconds))
        ids = [self.tokenizer.encode(text) for text in texts]
        lyrics = [self.tokenizer.encode(lyrics_text("", "unknown"))] * len(examples)
        fill = self.tokenizer.pad_token_id
        return *_padded(ids, fill), *_padded(lyrics, fill)


def context_of(examples: list[Example], silence: Tensor, starts: list[int]) -> Tensor:
    """Context `(batch, frames, 128)`: source (silence where there is none, or inside the mask of repaint), then the mask.

    `silence` `(1, n, 64)` is read from each example's start on.
    """
    rows = []
    for example, start in zip(examples, starts, strict=True):
        frames, width = example.target.shape
        still = silence[0, start : start + frames]
        source = still if example.source is None else example.source
        if bool((example.mask == 0).any()):
            source = torch.where(example.mask[:, None] > 0.5, still, source)
        rows.append(torch.cat([source, example.mask[:, None].expand(-1, width)], -1))
    return torch.stack(rows)


def starts_of(examples: list[Example], silence: Tensor, recipe: NanoRecipe, draw: Draws) -> list[int]:
    """Where in `silence` each example begins: at its own time, or, for a share of them, where the clock has faded."""
    if not isinstance(recipe, ClockedRecipe):
        return [0] * len(examples)
    latest = silence.shape[1] - max(len(example.target) for example in examples)
    return [latest if draw.numpy.random() < recipe.far else example.start for example in examples]


def levels(count: int, recipe: NanoRecipe, draw: Draws) -> Tensor:
    """One noise level per example, stratified: logit-normal, or uniform and shifted."""
    place = (torch.arange(count) + torch.rand(count, generator=draw.torch)) / count
    order = torch.randperm(count, generator=draw.torch)
    if isinstance(recipe, LateRecipe):
        return (recipe.shift * place / (1 + (recipe.shift - 1) * place))[order]
    logits = recipe.t_mean + recipe.t_spread * torch.special.ndtri(place.clamp(1e-4, 1 - 1e-4))
    return torch.sigmoid(logits)[order]


def nano_losses(
    modules: nano.NanoModules, words: Words, shards: LatentShards, recipe: NanoRecipe
) -> Callable[[int, Draws], Losses]:
    """The loss of one step."""
    shares = np.array([share for *_, share in recipe.lengths])

    def losses(_step: int, draw: Draws) -> Losses:
        frames, count, _ = recipe.lengths[int(draw.numpy.choice(len(shares), p=shares / shares.sum()))]
        examples = [draw_example(shards, draw.numpy, frames) for _ in range(count)]
        target = torch.stack([e.target for e in examples])
        noise = torch.randn(target.shape, generator=draw.torch)
        t = levels(count, recipe, draw)
        x = torch.lerp(target, noise, t[:, None, None])
        silence = modules.condition_encoder.silence_latent
        context = context_of(examples, silence, starts_of(examples, silence, recipe, draw))
        dropped = torch.rand(count, generator=draw.torch) < recipe.drop_condition
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bf16):
            packed, mask = condition(
                modules.text_encoder,
                modules.condition_encoder,
                words.batch(examples, draw.numpy),
                [e.reference for e in examples],
                learn_silence=not isinstance(recipe, ClockedRecipe),
            )
            packed = torch.where(dropped[:, None, None], modules.condition_encoder.null_condition_emb, packed.float())
            made = velocity(modules.transformer, x, t, context, packed, mask).float()
        error = (made - (noise - target)).square().mean((1, 2))
        low = error.detach()[t < 0.5]
        high = error.detach()[t >= 0.5]
        return {
            "loss": error.mean(),
            "low": low.mean() if len(low) else error.detach().mean(),
            "high": high.mean() if len(high) else error.detach().mean(),
        }

    return losses


def build_modules(tokenizer: Any, silence: Tensor, seed: int) -> nano.NanoModules:
    """Fresh modules with the codec's silence `(64,)` in place, as steady latents."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        modules = nano.build(len(tokenizer))
        nano.initialise(modules, tokenizer)
    modules.condition_encoder.register_buffer("silence_latent", silence.reshape(1, 1, -1).repeat(1, nano.CLOCK_FRAMES, 1))
    return modules


def train_nano(
    recipe: NanoRecipe,
    modules: nano.NanoModules,
    tokenizer: Any,
    corpus: Path,
    folder: Path,
    *,
    stop_after: float = float("inf"),
) -> Steps[int]:
    """Train `modules` on the latents in `corpus`; the run lives in `folder`."""
    losses = nano_losses(modules, Words(tokenizer, recipe.drop_meta), LatentShards(corpus), recipe)
    everything: nn.Module = modules.all()
    return (yield from train(everything, losses, recipe.schedule, folder, recipe=recipe, stop_after=stop_after))
