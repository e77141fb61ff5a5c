"""What the model says along one schedule, for the takes of one batch: its velocities with and, where guided, without prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..instrument import Instrument
from .plan import Schedule
from .recorded_denoiser import make_denoiser
from .take import PreparedTake


class Prediction:
    """The model along the schedule of `takes`."""

    def __init__(self, instrument: Instrument, takes: Sequence[PreparedTake], *, compiled: bool, graphs: bool) -> None:
        self.device = instrument.device
        self.schedule: Schedule = takes[0].plan.schedule
        self.guided = self.schedule.guidance > 1.0
        self.null = instrument.condition_encoder.null_condition_emb if self.guided else None
        self.levels = self.schedule.levels
        """Levels that can be asked about, by place; Heun's last step ends in one more."""
        if self.schedule.ways.sampler == "heun":
            self.levels = (*self.levels, 0.0)
        ways = {"guided": self.guided, "compiled": compiled, "graphs": graphs}
        self.denoiser = make_denoiser(instrument.transformer, len(takes), self.schedule.frames, self.levels, **ways)

    def gather(self, parts: Sequence[Tensor]) -> Tensor:
        """One tensor of what each take has, on the instrument's device."""
        return torch.cat(list(parts)).to(self.device)

    def cache_conditions(self, conditions: Sequence[Tensor]) -> Any:
        """The takes' conditions as `predict` wants them."""
        return self.denoiser.cache_conditions(conditions, self.null)

    def predict(self, x: Tensor, place: int, around: Tensor, conditions: Any) -> tuple[Tensor, ...]:
        """Velocities at the schedule's level of `place`: conditional, or conditional and unconditional inside the interval."""
        low, high = self.schedule.ways.interval
        guided = self.guided and low <= self.levels[place] <= high
        return self.denoiser.velocities(x, around, place, conditions, guided=guided)
