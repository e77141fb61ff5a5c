"""Adaptive projected guidance, as ACE-Step 1.5 samples with (Sadat et al. 2024, "Eliminating oversaturation…").

The step away from the unconditional prediction gets a (negative) momentum over the steps, a cap on its norm over time, and
loses its component along the conditional prediction. Predictions are velocities `(batch, frames, width)`; guidance is 1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

MOMENTUM = -0.75
NORM_THRESHOLD = 2.5
TIME = 1
"""The axis of norms and projections."""


@dataclass(slots=True)
class Guidance:
    """Guidance over one schedule. Holds the running average of the differences."""

    strength: float
    average: Tensor | None = None

    def __call__(self, conditional: Tensor, unconditional: Tensor) -> Tensor:
        """The guided velocity."""
        difference = conditional - unconditional
        if self.average is not None:
            difference = difference + MOMENTUM * self.average
        self.average = difference
        norm = difference.norm(dim=TIME, keepdim=True)
        difference = difference * (NORM_THRESHOLD / norm).clamp(max=1.0)
        direction = F.normalize(conditional, dim=TIME)
        across = difference - (difference * direction).sum(TIME, keepdim=True) * direction
        guided: Tensor = conditional + (self.strength - 1.0) * across
        return guided
