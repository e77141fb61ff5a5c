"""How codec, tokenizer, embedder and transformer are trained: step, average, log, save, resume.

Every random number of step n comes from generators seeded with (seed, n), so N steps equal N/2, a resume and N/2 bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import Diverged
from ...library.jsonl import append, drop
from ...progress import Message, Steps
from ...recipe import Record, fingerprint
from .. import checkpoints, optimizer
from ..loop import run_steps
from ..rng import StepRng, make_rng
from ..state import AVERAGE, TrainState


class PretrainSchedule(Record):
    """Optimizer and step plan of one pretraining run."""

    steps: int
    """Optimizer steps in all."""
    rate: float = 1e-3
    """Peak learning rate."""
    warmup: int = 100
    """Steps of linear warm-up; after them the rate falls along a cosine to a twentieth."""
    decay: float = 0.01
    """AdamW weight decay of matrices."""
    clip: float = 1.0
    """Largest gradient norm."""
    average: float = 0.998
    """Decay of the running average of weights that is shipped."""
    save_every: int = 250
    """Steps between checkpoints."""
    seed: int = 7
    """Seed of every draw."""


Losses = dict[str, Tensor]
"""Named scalars; `loss` is the one that is minimised."""
StepLosses = Callable[[int, StepRng], Losses]
"""Computes the losses of a step."""


def rate_at(plan: PretrainSchedule, step: int) -> float:
    """Learning rate of `step`."""
    return plan.rate * optimizer.cosine(step, plan.warmup, plan.steps)


@dataclass
class _BadSteps:
    """Steps in a row that gave no finite gradient."""

    count: int = 0

    def note(self, norm: float, step: int) -> None:
        self.count = 0 if math.isfinite(norm) else self.count + 1
        if self.count >= 3:
            raise Diverged(f"three steps in a row without a finite gradient, the last is {step}", remedy="lower the rate")


class _Pretraining:
    """One run, as `training.loop` drives it."""

    def __init__(
        self, losses: StepLosses, plan: PretrainSchedule, folder: Path, recipe: Record, *, state: TrainState, stop_after: float
    ) -> None:
        self.losses, self.plan, self.folder, self.state = losses, plan, folder, state
        self.recipe, self.steps, self.bad = fingerprint(recipe), plan.steps, _BadSteps()
        self.began, self.stop_after = time.monotonic(), stop_after
        found = checkpoints.load_latest(folder, recipe=self.recipe)
        if found:
            state.restore(found.tensors)
        self.step = self.kept = int(found.state["step"]) if found else 0
        self.log = folder / "log.jsonl"
        drop(self.log, self.step)

    def is_finished(self) -> bool:
        return self.step >= self.steps or time.monotonic() - self.began >= self.stop_after

    def advance(self) -> str:
        found = self.losses(self.step, make_rng(self.plan.seed, self.step))
        torch.autograd.backward(found["loss"])
        norm = self.state.update(self.step)
        self.bad.note(norm, self.step)
        self.step += 1
        row = {name: round(float(value.detach()), 5) for name, value in found.items()}
        numbers = {name: value if math.isfinite(value) else None for name, value in {**row, "norm": round(norm, 4)}.items()}
        append(self.log, {"step": self.step, **numbers, "seconds": time.monotonic() - self.began})
        if self.step % self.plan.save_every == 0:
            self._save()
        return " ".join(f"{name} {value:.3f}" for name, value in row.items())

    def rescue(self) -> None:
        if self.step > self.kept:
            self._save()

    def take_messages(self) -> tuple[Message, ...]:
        return ()

    def _save(self) -> None:
        self.kept = self.step
        checkpoints.save(self.folder, self.step, checkpoints.Checkpoint(self.state.tensors()[0], {"recipe": self.recipe}))
        checkpoints.prune(self.folder, 2)


def train(
    model: nn.Module,
    losses: StepLosses,
    plan: PretrainSchedule,
    folder: Path,
    *,
    recipe: Record,
    stop_after: float = math.inf,
) -> Steps[int]:
    """Train `model` to `plan.steps`, resuming from `folder`; stops early, saved, after `stop_after` seconds.

    Logs to `folder/log.jsonl`, every step once; what is not finite is null there. Returns the step reached. The running average
    is read back by `load_average`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    moved_by = optimizer.adamw(weights, plan.rate, plan.decay)
    state = TrainState(weights, moved_by, partial(rate_at, plan), clip=plan.clip, average=plan.average)
    run = _Pretraining(losses, plan, folder, recipe, state=state, stop_after=stop_after)
    (folder / "recipe.json").write_text(recipe.model_dump_json(indent=1), encoding="utf-8")
    yield from run_steps(run)
    run.rescue()
    return run.step


def load_average(model: nn.Module, folder: Path, recipe: Record) -> int:
    """Load the running average of the newest checkpoint into `model`; returns its step (0 when there is none)."""
    found = checkpoints.load_latest(folder, recipe=fingerprint(recipe))
    if found is None:
        return 0
    for name, p in model.named_parameters():
        if f"{AVERAGE}{name}" in found.tensors:
            p.data.copy_(found.tensors[f"{AVERAGE}{name}"])
    return int(found.state["step"])
