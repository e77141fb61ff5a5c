"""DCW, ACE-Step's correction of a step: pushes wavelet bands of the latents away from the music that the step points to.

After ACE-Step 1.5 `models/common/dcw_correction.py`. After every step from level `t` a share of each band of
`x - clean` is added to `x` once more: `t · scale` of the low band, `(1 - t) · scale` of the high one. `pix` adds a share of the
whole difference, whatever the level. Latents `(batch, frames, width)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .arrays import Array
from .wavelets import low_band

Mode = Literal["low", "high", "double", "pix"]
"""Which bands are pushed: one of them, both, or all without a transform."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Which bands are pushed, and how far."""

    mode: Mode
    scale: float
    high_scale: float
    """Of the high band where both are pushed."""
    wavelet: str

    def shares(self, t: float) -> tuple[float, float]:
        """By which share the low and the high band are pushed after a step from level `t`."""
        match self.mode:
            case "low":
                return t * self.scale, 0.0
            case "high":
                return 0.0, (1.0 - t) * self.scale
            case "double":
                return t * self.scale, (1.0 - t) * self.high_scale
            case "pix":
                return self.scale, self.scale

    def __call__(self, x: Array, clean: Array, t: float) -> Array:
        """`x` corrected after a step from level `t` that pointed to `clean`."""
        low, high = self.shares(t)
        difference = x - clean
        if low == high:
            return x + low * difference
        return x + high * difference + (low - high) * low_band(difference, self.wavelet)
