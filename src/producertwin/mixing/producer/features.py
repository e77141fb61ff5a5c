"""What the producer model hears of stems and of a mix: a few dozen numbers each.

Sounds are float32 (2, n) at 48 kHz. Spectra are 27 thirds of octaves from 40 Hz to 16 kHz (`report.band_powers`), dB against the
whole, not below -60. A stem is described as if it were as loud as every other (`LEVEL_LUFS`): its own loudness is no part of it,
for a fader takes that away. All numbers are scaled to about -2 to 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio.samples import Samples
from ..automix.readings import StemReading, level_bands, read_stems
from ..report import CENTRES, band_powers

VERSION: Final = 1
"""Raised when one sound would give other numbers."""
LEVEL_LUFS: Final = -24.0
"""Loudness that stems have where a desk is written."""
BANDS: Final = len(CENTRES)
FLOOR: Final = -60.0
STEM_FEATURES: Final = BANDS + 3
MIX_FEATURES: Final = 2 * BANDS + 9
Vector = NDArray[np.float32]
_FAINT: Final = 1e-12
_NEAR: Final = 0.999
"""Share of the peak from which a sample counts as standing at it."""


@dataclass(frozen=True, slots=True)
class StemSound:
    """A stem in the numbers that the model reads; plain, so that a corpus can keep it and change it."""

    role: str | None
    """The stem of `music.STEMS` that it is."""
    lufs: float
    """Its loudness as it came."""
    bands: tuple[float, ...]
    """Its spectrum, dB."""
    lean: float
    """By how many dB the left is louder than the right, within 40."""
    side: float
    """The sides' energy against the middle's, dB within -40 and 20."""
    moves: float
    """How far its power wanders from window to window, dB."""

    def vector(self) -> Vector:
        """The numbers as the net takes them, (`STEM_FEATURES`,)."""
        shape = (np.maximum(self.bands, FLOOR) + 20) / 20
        return np.asarray([*shape, self.lean / 20, (self.side + 20) / 20, self.moves / 10], np.float32)


def hear_stems(names: Sequence[str], strips: Sequence[str], stems: Sequence[Samples]) -> tuple[StemSound, ...]:
    """The numbers of `stems`, called `names`, on their `strips`. Raises `AudioRejected` for a sound that is not finite."""
    return tuple(describe(one) for one in read_stems(names, strips, stems))


def describe(one: StemReading) -> StemSound:
    """The numbers of a stem that the rules of automatic mixing have read."""
    right = max(1.0 - one.left, 1e-4)
    lean = float(np.clip(10 * np.log10(max(one.left, 1e-4) / right), -40, 40))
    side = float(np.clip(10 * np.log10(max(1.0 - one.middle, 1e-4) / max(one.middle, 1e-4)), -40, 20))
    return StemSound(one.role, one.lufs, tuple(one.bands.round(2).tolist()), lean, side, _wander(one.powers))


def hear_mix(sound: Samples) -> Vector:
    """The numbers of a mix (2, n): its spectrum and that of its quietest windows, peaks, range and sides, (`MIX_FEATURES`,)."""
    powers = band_powers([sound])[0]
    bands = level_bands(powers)
    quiet = np.percentile(powers, 10, axis=0)
    floor = 10 * np.log10(np.maximum(quiet, _FAINT) / np.maximum(powers.mean(axis=0), _FAINT))
    flat = sound.astype(np.float64)
    peak, rms = float(np.abs(flat).max(initial=0.0)), float(np.sqrt(np.mean(flat**2)))
    crest = 20 * np.log10(max(peak, 1e-6) / max(rms, 1e-6))
    at_peak = float(np.mean(np.abs(flat) >= _NEAR * max(peak, 1e-6)))
    rises = np.diff(flat, axis=1)
    rough = 10 * np.log10(max(float(np.mean(rises**2)), _FAINT) / max(rms**2, _FAINT))
    left, right = (float(np.mean(side**2)) for side in flat)
    middle, aside = float(np.mean((flat[0] + flat[1]) ** 2)) / 2, float(np.mean((flat[0] - flat[1]) ** 2)) / 2
    whole = [
        (crest - 15) / 6,
        np.log10(at_peak + 1e-7) / 3 + 1.5,
        rough / 20 + 1,
        _wander(powers) / 10,
        10 * np.log10(max(left, _FAINT) / max(right, _FAINT)) / 20,
        abs(10 * np.log10(max(left, _FAINT) / max(right, _FAINT))) / 20,
        10 * np.log10(max(aside, _FAINT) / max(middle, _FAINT)) / 20 + 0.5,
        _peakedness(flat),
        float(np.max(np.abs(np.diff(bands)))) / 20,
    ]
    spectra = [*((np.maximum(bands, FLOOR) + 20) / 20), *(np.clip(floor, FLOOR, 0) / 20 + 0.5)]
    return np.asarray(np.clip([*spectra, *whole], -4, 4), np.float32)


def _wander(powers: NDArray[np.float64]) -> float:
    """Standard deviation of the power over the windows that sound, dB within 20."""
    each = 10 * np.log10(np.maximum(powers.sum(axis=1), _FAINT))
    heard = each[each > each.max(initial=-120.0) - 60]
    return float(np.clip(heard.std(), 0, 20)) if len(heard) else 0.0


def _peakedness(sound: NDArray[np.float64]) -> float:
    """Fourth moment of the samples against the squared second, on a scale of its logarithm: 3 is noise, 1 a square wave."""
    second = float(np.mean(sound**2))
    return float(np.log(max(float(np.mean(sound**4)), _FAINT**2) / max(second**2, _FAINT**2)) - 1) if second > _FAINT else 0.0
