"""Along which levels, and by which ways, takes of one batch are sampled."""

from __future__ import annotations

from dataclasses import dataclass

from .correction import Correction
from .guidance import Rule


@dataclass(frozen=True, slots=True)
class Ways:
    """By which ways every step goes."""

    sampler: str
    rule: Rule
    interval: tuple[float, float]
    clamp: float
    ema: float
    correction: Correction | None
    morph: tuple[int, int, int] | None = None
    """The first step of a morph, the step after its last, and the draws of each; None walks from noise to music."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Frames, noise levels and guidance, which takes of one batch share."""

    frames: int
    """Frames that are sampled: the take's, or the fewest that the variant was trained on."""
    levels: tuple[float, ...]
    guidance: float
    switch: int
    """First step of the second condition of a cover; the number of steps when there is none."""
    kept: int
    """Steps after which what a repaint keeps is put back."""
    ways: Ways

    @property
    def levels_asked(self) -> tuple[float, ...]:
        """Every level at which the model may be asked: Heun's last step ends in one more."""
        return (*self.levels, 0.0) if self.ways.sampler == "heun" else self.levels
