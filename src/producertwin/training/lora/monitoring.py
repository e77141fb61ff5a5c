"""How a run is going: the held-out loss, the best one so far, and whether training has diverged.

Validation measures the loss on a grid of held-out crops, timesteps and noises that never changes: drawn from the seed and a
clip's place in the held-out side, never from the step. So two losses of one run, or of two runs of the same recipe on the same
set, may be compared.

Training has diverged when three batches in a row gave no finite loss or gradient (such a batch moves nothing and is named in the
log), or when the smoothed loss was above one and a half times its best for 200 steps. The run then goes back to its last good
checkpoint at half the rate, once; the second time it ends with `Diverged`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import torch

from ...model.instrument import Instrument
from ...model.sampling.flow import shift_level
from ..rng import make_rng
from .conditions import Conditions
from .examples import ClipSource, Example, ExampleSampler
from .gradients import velocity_errors
from .recipe import LoraRecipe, TrainingPlan
from .step import draw_noise, group_by_quarter, make_batch, schedule_timesteps

GRID: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Timesteps of a validation, for variants that know all of them."""
BAD_IN_A_ROW: Final = 3
TOO_HIGH: Final = 1.5
TOO_LONG: Final = 200
"""Steps that the smoothed loss may be too high."""
SMOOTH: Final = 0.99
SETTLED: Final = 100
"""Steps before the smoothed loss is trusted."""


class Validation:
    """The grid of one run. Falsy when nothing is held out."""

    def __init__(self, instrument: Instrument, sources: Sequence[ClipSource], recipe: LoraRecipe, conditions: Conditions) -> None:
        self.instrument, self.recipe, self.conditions = instrument, recipe, conditions
        self.grid: list[tuple[Example, float, torch.Tensor]] = []
        if not sources:
            return
        plan = recipe.data.model_copy(update={"tasks": type(recipe.data.tasks)()})
        examples = ExampleSampler(instrument, sources, plan, recipe.training.crop_frames)
        for at, source in enumerate(_pick_evenly(examples.sources, recipe.data.validation_clips)):
            rng = make_rng(recipe.training.seed, at)
            example = examples.draw_plain(source, rng.numpy)
            for t in validation_timesteps(instrument, recipe.training):
                self.grid.append((example, t, draw_noise(example, rng.torch)))

    def __bool__(self) -> bool:
        return bool(self.grid)

    @torch.no_grad()
    def measure(self, step: int) -> dict[str, float]:
        """Mean loss over the grid, and over its quarters of t, as the log's row of `step`."""
        t = torch.tensor([level for _, level, _ in self.grid])
        errors, size = [], self.recipe.training.batch
        for first in range(0, len(self.grid), size):
            part = self.grid[first : first + size]
            noises = [noise for *_, noise in part]
            batch = make_batch([one for one, *_ in part], t[first : first + size], noises, self.conditions)
            bf16 = self.recipe.training.precision == "bf16"
            errors.append(velocity_errors(self.instrument, batch, bf16=bf16).cpu())
        every = torch.cat(errors)
        return {"step": step, "loss": float(every.mean())} | group_by_quarter(t, every)


def validation_timesteps(instrument: Instrument, plan: TrainingPlan) -> tuple[float, ...]:
    """The timesteps at which a validation measures the loss."""
    if instrument.card.discrete:
        return schedule_timesteps(instrument)
    return tuple(shift_level(t, plan.shift) for t in GRID) if plan.timesteps == "shifted" else GRID


def _pick_evenly(sources: Sequence[ClipSource], most: int) -> list[ClipSource]:
    """At most `most` of them, evenly over all."""
    count = min(most, len(sources))
    return [sources[at * len(sources) // count] for at in range(count)]


@dataclass
class BestValidation:
    """The best validation so far."""

    step: int | None = None
    loss: float | None = None
    since: int = 0
    """Validations since."""

    def note(self, step: int, loss: float) -> bool:
        """Count one validation; returns whether it is the best so far."""
        better = math.isfinite(loss) and (self.loss is None or loss < self.loss)
        if better:
            self.step, self.loss, self.since = step, loss, 0
        else:
            self.since += 1
        return better


@dataclass
class DivergenceGuard:
    """What is remembered of the losses so far."""

    count: int = 0
    """Finite losses."""
    mean: float = 0.0
    """Their running sum, decaying; divide by its weight for the smoothed loss."""
    best: float | None = None
    """Lowest smoothed loss."""
    over: int = 0
    """Steps in a row on which it was too high."""
    bad: int = 0
    """Steps in a row without a finite number."""
    halved: bool = False
    """Whether the rate was halved."""

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The guard that a checkpoint holds."""
        return cls(**state)

    def to_state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return asdict(self)

    @property
    def healthy(self) -> bool:
        """Whether a checkpoint made now is one to go back to."""
        return self.over == 0 and self.bad == 0

    @property
    def factor(self) -> float:
        """What the learning rate is multiplied by."""
        return 0.5 if self.halved else 1.0

    @property
    def smooth_loss(self) -> float:
        """The smoothed loss."""
        return self.mean / (1 - SMOOTH**self.count) if self.count else math.inf

    def note(self, loss: float, norm: float) -> str | None:
        """Count one step; returns what is wrong when training has diverged."""
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self.bad += 1
            return f"{self.bad} batches in a row gave no finite loss" if self.bad >= BAD_IN_A_ROW else None
        self.bad = 0
        self.count += 1
        self.mean = SMOOTH * self.mean + (1 - SMOOTH) * loss
        if self.count < SETTLED:
            return None
        smoothed = self.smooth_loss
        self.over = self.over + 1 if self.best is not None and smoothed > TOO_HIGH * self.best else 0
        self.best = smoothed if self.best is None else min(self.best, smoothed)
        if self.over < TOO_LONG:
            return None
        return f"for {self.over} steps the smoothed loss was above {TOO_HIGH:g} times its best of {self.best:.4f}"
