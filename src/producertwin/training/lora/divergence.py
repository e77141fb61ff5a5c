"""The guard: tells when training has left the road.

A batch whose loss or gradient is not finite moves nothing and is named; three in a row, or a smoothed loss above one and a half
times its best for 200 steps, mean going back to the last good checkpoint at half the rate, once; the next time it is over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

BAD_IN_A_ROW: Final = 3
TOO_HIGH: Final = 1.5
TOO_LONG: Final = 200
"""Steps that the smoothed loss may be too high."""
SMOOTH: Final = 0.99
SETTLED: Final = 100
"""Steps before the smoothed loss is believed."""


@dataclass
class Guard:
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
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The guard that `stored` tells of."""
        return cls(**stored)

    def stored(self) -> dict[str, Any]:
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
    def smoothed(self) -> float:
        """The smoothed loss."""
        return self.mean / (1 - SMOOTH**self.count) if self.count else math.inf

    def note(self, loss: float, norm: float) -> str | None:
        """Take in one step; returns what is wrong when training has left the road."""
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self.bad += 1
            return f"{self.bad} batches in a row gave no finite loss" if self.bad >= BAD_IN_A_ROW else None
        self.bad = 0
        self.count += 1
        self.mean = SMOOTH * self.mean + (1 - SMOOTH) * loss
        if self.count < SETTLED:
            return None
        smoothed = self.smoothed
        self.over = self.over + 1 if self.best is not None and smoothed > TOO_HIGH * self.best else 0
        self.best = smoothed if self.best is None else min(self.best, smoothed)
        if self.over < TOO_LONG:
            return None
        return f"for {self.over} steps the smoothed loss was above {TOO_HIGH:g} times its best of {self.best:.4f}"


@dataclass
class Best:
    """The best validation so far."""

    step: int | None = None
    loss: float | None = None
    since: int = 0
    """Validations since."""

    def note(self, step: int, loss: float) -> bool:
        """Take in one validation; returns whether it is the best so far."""
        better = math.isfinite(loss) and (self.loss is None or loss < self.loss)
        if better:
            self.step, self.loss, self.since = step, loss, 0
        else:
            self.since += 1
        return better
