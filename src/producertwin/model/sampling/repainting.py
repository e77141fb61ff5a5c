"""How much of a repaint's source is kept, and how: exactly, or in the three ways of ACE-Step 1.5 (`repaint_*.py`).

`exact` puts the source back after every step, sample for sample, and fades inside the window. The others put its latents back in
the first `share` of the steps only, fade the finished latents over `frames` outside the window, and fade the source's samples in
over `seconds` outside it: conservative in every step, aggressive in none and without a fade, balanced in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .options import EDGE, RepaintMode

FADE_FRAMES, FADE_SECONDS = 25, 0.05
"""Longest fades, of latents and of samples."""


@dataclass(frozen=True, slots=True)
class Repainting:
    """What is kept of the source outside the window."""

    exact: bool
    share: float
    """Of the steps after which the source is put back."""
    frames: int
    """Latent frames of the fade outside the window."""
    seconds: float
    """Of the fade between samples outside the window."""
    inside: float = EDGE
    """Of the fade between samples at either end inside the window, where the rest is kept exactly."""

    @property
    def keeps_samples(self) -> bool:
        """Whether the source's own samples stand outside the window."""
        return self.exact or self.seconds > 0.0

    def steps(self, count: int, *, distilled: bool) -> int:
        """After how many of `count` steps the source is put back; ACE-Step's distilled code leaves the last one alone."""
        wanted = round(self.share * count)
        return wanted if self.exact or not distilled else min(wanted, count - 1)


EXACT = Repainting(True, 1.0, 0, 0.0)


def repainting(mode: RepaintMode, strength: float = 0.5, edge: float = EDGE) -> Repainting:
    """The ways of `mode`; `strength` of balanced goes from 0, which is conservative, to 1, which keeps nothing.

    `edge` is the seconds of exact's fades.
    """
    if mode == "exact":
        return Repainting(True, 1.0, 0, 0.0, edge)
    keep = {"conservative": 1.0, "balanced": 1.0 - strength, "aggressive": 0.0}[mode]
    return Repainting(False, keep, round(FADE_FRAMES * keep), FADE_SECONDS * keep)


def fade_mask(length: int, window: tuple[int, int], fade: int) -> NDArray[np.float32]:
    """The share of what was made, `(length,)`: 1 in the window, falling over `fade` places outside it as `j / (fade + 1)`.

    Where there is less room beside the window, the fade is as short as the room.
    """
    first, last = window
    mask = np.zeros(length, np.float32)
    mask[first:last] = 1.0
    before, after = min(fade, first), min(fade, length - last)
    mask[first - before : first] = np.arange(1, before + 1) / (before + 1)
    mask[last : last + after] = np.arange(after, 0, -1) / (after + 1)
    return mask
