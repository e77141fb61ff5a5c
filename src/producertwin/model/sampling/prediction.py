"""What the model says along one schedule, for the takes of one batch: its velocities with and, where guided, without prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..adapters.by_level import Acting, ByLevel
from ..instrument import Instrument
from .recorded_denoiser import make_denoiser
from .schedule import Schedule


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a batch, and their keys and values for each set of adapters that has acted on them."""

    states: Sequence[Tensor]
    cached: dict[Acting, Any] = field(default_factory=dict)


class Prediction:
    """The model along `schedule` for so many `takes`, at each level with the adapters that act there.

    Recordings and compiled blocks belong to one set of adapters: where the set changes on the way, neither is used.
    """

    def __init__(self, instrument: Instrument, schedule: Schedule, takes: int, *, compiled: bool, graphs: bool) -> None:
        self.device = instrument.device
        self.schedule = schedule
        self.guided = self.schedule.guidance > 1.0
        self.null = instrument.condition_encoder.null_condition_emb if self.guided else None
        self.levels = self.schedule.levels_asked
        """Levels that can be asked about, by place."""
        self.adapters = ByLevel(instrument)
        acting = [self.adapters.at(t) for t in self.levels]
        self.adapters.let_act(acting[0])
        one_set = len(set(acting)) == 1
        ways = {"guided": self.guided, "compiled": compiled and one_set, "graphs": graphs and one_set}
        self.denoiser = make_denoiser(instrument.transformer, takes, self.schedule.frames, self.levels, **ways)

    def gather(self, parts: Sequence[Tensor]) -> Tensor:
        """One tensor of what each take has, on the instrument's device."""
        return torch.cat(list(parts)).to(self.device)

    def cache_conditions(self, conditions: Sequence[Tensor]) -> Conditions:
        """The takes' conditions as `predict` wants them: keys and values are made when adapters first act on them, and kept."""
        return Conditions(conditions)

    def predict(self, x: Tensor, place: int, around: Tensor, conditions: Conditions) -> tuple[Tensor, ...]:
        """Velocities at the schedule's level of `place`: conditional, or conditional and unconditional inside the interval."""
        low, high = self.schedule.ways.interval
        return self._ask(x, place, around, conditions, guided=self.guided and low <= self.levels[place] <= high)

    def predict_alone(self, x: Tensor, place: int, around: Tensor, conditions: Conditions) -> Tensor:
        """The conditional velocity at the schedule's level of `place`, guided or not."""
        [velocity] = self._ask(x, place, around, conditions, guided=False)
        return velocity

    def _ask(self, x: Tensor, place: int, around: Tensor, conditions: Conditions, *, guided: bool) -> tuple[Tensor, ...]:
        acting = self.adapters.at(self.levels[place])
        self.adapters.let_act(acting)
        if acting not in conditions.cached:
            conditions.cached[acting] = self.denoiser.cache_conditions(conditions.states, self.null)
        return self.denoiser.velocities(x, around, place, conditions.cached[acting], guided=guided)
