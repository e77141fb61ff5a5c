"""Train tokenizer, embedder and transformer by the clock, on latents that processes cut into batches beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ....model.adapters import differentiable
from ....model.nano import build
from ...rng import StepRng, make_rng
from ..latents import LatentShards
from ..loop import Losses
from ..nano import NanoBatch, NanoRecipe, Words, batch_losses, draw_batch
from .codec import Note, training_average
from .state import TimedState


class BatchSource(torch.utils.data.Dataset[NanoBatch]):
    """Batch n of a recipe, drawn anew for every n; `folder` holds latents, `words` a tokenizer. Loads them when first asked."""

    def __init__(self, folder: Path, words: Path, silence: Tensor, recipe: NanoRecipe, count: int) -> None:
        self.folder, self.words, self.silence, self.recipe, self.count = folder, words, silence, recipe, count
        self._ready: tuple[LatentShards, Words] | None = None

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, step: int) -> NanoBatch:
        if self._ready is None:
            from transformers import PreTrainedTokenizerFast

            torch.set_num_threads(1)
            self._ready = LatentShards(self.folder), Words(PreTrainedTokenizerFast.from_pretrained(self.words))
        shards, words = self._ready
        return draw_batch(shards, words, self.silence, self.recipe, make_rng(self.recipe.schedule.seed, step))


def _keep(batches: list[NanoBatch]) -> NanoBatch:
    return batches[0]


def load_batches(source: BatchSource, workers: int) -> Iterator[NanoBatch]:
    """Batches in order, cut by `workers` processes (none: in place)."""
    more: dict[str, Any] = {"multiprocessing_context": "spawn", "prefetch_factor": 3} if workers else {}
    more["pin_memory"] = torch.cuda.is_available()
    return iter(torch.utils.data.DataLoader(source, batch_size=1, collate_fn=_keep, num_workers=workers, **more))


def train_simply(
    module: nn.Module,
    losses: Callable[[int, StepRng], Losses],
    rate: float,
    seed: int,
    span: tuple[float, int],
    note: Note,
    name: str,
) -> int:
    """Train `module` until the time or the steps of `span` are reached, ending with its running average. Returns the steps."""
    until, most = span
    state, began = TimedState(dict(module.named_parameters()), rate, warmup=50, average=0.995), time.time()
    while (now := time.time()) < until and state.step < most:
        found = losses(state.step, make_rng(seed, state.step))
        torch.autograd.backward(found["loss"])
        state.update(max((now - began) / max(1e-6, until - began), state.step / most))
        if state.step % 100 == 1:
            note(name, {"step": state.step, **{key: float(value.detach()) for key, value in found.items()}})
    state.take_average()
    return state.step


def quicken(transformer: Any) -> None:
    """On a GPU every block computes as `differentiable.block` does: fewer and faster kernels, the same up to rounding."""
    for block in transformer.layers:
        block.forward = partial(differentiable.block, block)


def train_nano(
    modules: build.NanoModules,
    codes: build.CodeModules,
    phases: list[tuple[NanoRecipe, Iterator[NanoBatch], float]],
    note: Note,
    save: Callable[[], None],
) -> int:
    """Train `modules` through `phases`, each a recipe, its batches and the time it ends; returns the steps made.

    Every phase goes on from the running average of the one before and ends with its own. `save` is called every minute.
    """
    device = next(modules.all().parameters()).device
    if device.type == "cuda":
        quicken(modules.transformer)
    steps, saved = 0, time.time()
    for recipe, batches, until in phases:
        plan = recipe.schedule
        state = TimedState(dict(modules.all().named_parameters()), plan.rate, warmup=plan.warmup, average=plan.average)
        began = time.time()
        generator = torch.Generator(device).manual_seed(plan.seed)
        while (now := time.time()) < until:
            batch = next(batches)
            noise = torch.randn(batch.target.shape, generator=generator, device=device)
            losses = batch_losses(modules, codes, batch, noise, bf16=recipe.bf16)
            torch.autograd.backward(losses["loss"])
            norm = state.update((now - began) / max(1e-6, until - began))
            if state.step % 50 == 1:
                row = {key: float(value.detach()) for key, value in losses.items()}
                note("nano", {"step": steps + state.step, **row, "norm": float(norm)})
            if now - saved > 60:
                with training_average(state):
                    save()
                saved = now
        state.take_average()
        steps += state.step
    return steps
