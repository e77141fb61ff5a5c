"""The loop that codec, tokenizer and transformer share: step, average, log, save, resume.

Every random draw of step n comes from generators seeded with (seed, n), so N steps equal N/2, a resume and N/2 bit for bit.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import Diverged
from ...progress import Clock, Steps
from ...recipe import Record, fingerprint
from .. import checkpoints, optimizer
from ..draws import Draws, draws


class Schedule(Record):
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


def rate_at(plan: Schedule, step: int) -> float:
    """Learning rate of `step`."""
    return plan.rate * optimizer.cosine(step, plan.warmup, plan.steps)


class _State:
    """Model, running average and optimizer as one set of named tensors."""

    def __init__(self, model: nn.Module, plan: Schedule) -> None:
        self.weights = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.average: dict[str, Tensor] = {n: p.detach().clone() for n, p in self.weights.items()}
        self.optimizer = optimizer.adamw(self.weights, plan.rate, plan.decay)
        self.decay = plan.average

    def tensors(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {f"weights.{n}": p for n, p in self.weights.items()}
        found |= {f"average.{n}": mean for n, mean in self.average.items()}
        return found | optimizer.moments(self.optimizer, self.weights)[0]

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        for name, p in self.weights.items():
            p.data.copy_(tensors[f"weights.{name}"])
            self.average[name].copy_(tensors[f"average.{name}"])
        optimizer.restore(self.optimizer, self.weights, tensors)

    def step(self, plan: Schedule, step: int) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(plan, step)
        norm = float(optimizer.clip(self.weights, plan.clip))
        if math.isfinite(norm):
            self.optimizer.step()
            optimizer.follow(self.average, self.weights, self.decay, step)
        self.optimizer.zero_grad(set_to_none=True)
        return norm


@dataclass
class _Bad:
    """Steps in a row that gave no finite number."""

    count: int = 0

    def note(self, norm: float, step: int) -> None:
        self.count = 0 if math.isfinite(norm) else self.count + 1
        if self.count >= 3:
            raise Diverged(f"three steps in a row without a finite gradient, the last is {step}", remedy="lower the rate")


def train(
    model: nn.Module,
    losses: Callable[[int, Draws], Losses],
    plan: Schedule,
    folder: Path,
    *,
    recipe: Record,
    stop_after: float = math.inf,
) -> Steps[int]:
    """Train `model` to `plan.steps`, resuming from `folder`; stops early, saved, after `stop_after` seconds.

    Logs to `folder/log.jsonl`. Returns the step reached. The running average is read back by `averaged`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = fingerprint(recipe)
    state, bad = _State(model, plan), _Bad()
    found = checkpoints.load_latest(folder, recipe=mark)
    step = 0
    if found:
        step = int(found.state["step"])
        state.restore(found.tensors)
    (folder / "recipe.json").write_text(recipe.model_dump_json(indent=1), encoding="utf-8")
    clock, began = Clock("step", plan.steps), time.monotonic()
    kept = step
    try:
        with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
            while step < plan.steps and time.monotonic() - began < stop_after:
                found_losses = losses(step, draws(plan.seed, step))
                torch.autograd.backward(found_losses["loss"])
                norm = state.step(plan, step)
                bad.note(norm, step)
                step += 1
                row = {name: round(float(value.detach()), 5) for name, value in found_losses.items()}
                log.write(json.dumps({"step": step, **row, "norm": round(norm, 4), "seconds": time.monotonic() - began}) + "\n")
                log.flush()
                if step % plan.save_every == 0:
                    kept = step
                    _save(folder, step, state, mark)
                yield clock.at(step, " ".join(f"{k} {v:.3f}" for k, v in row.items()))
    finally:
        if step > kept:
            _save(folder, step, state, mark)
    return step


def _save(folder: Path, step: int, state: _State, mark: str) -> None:
    checkpoints.save(folder, step, checkpoints.Checkpoint(state.tensors(), {"recipe": mark}))
    checkpoints.prune(folder, 2)


def averaged(model: nn.Module, folder: Path, recipe: Record) -> int:
    """Load the running average of the newest checkpoint into `model`; returns its step (0 when there is none)."""
    found = checkpoints.load_latest(folder, recipe=fingerprint(recipe))
    if found is None:
        return 0
    for name, p in model.named_parameters():
        if f"average.{name}" in found.tensors:
            p.data.copy_(found.tensors[f"average.{name}"])
    return int(found.state["step"])
