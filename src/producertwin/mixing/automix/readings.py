"""What the rules know of stems: loudness, sides, and power in thirds of octaves, and how a strip changes these.

Sounds are float32 (2, n) at 48 kHz. Powers are `report.band_powers`: 27 bands from 40 Hz to 16 kHz over evenly spread windows.
What a strip does is foreseen from its equalisers, gain, width and balance; what moves with the sound (compressor, side-chain and
the like) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio import loudness
from ...audio.samples import Samples, finite
from ...errors import AudioRejected
from ..desk import Strip
from ..report import CENTRES, band_powers
from ..stems import role_of
from .curves import draw_curve

Curve = NDArray[np.float64]
_FAINT: Final = 1e-14


@dataclass(frozen=True, eq=False, slots=True)
class StemReading:
    """A stem in numbers."""

    name: str
    """Its strip."""
    called: str
    """What it is called, as a file is."""
    role: str | None
    """The stem of `music.STEMS` that it is, where its name tells."""
    lufs: float
    """Integrated loudness."""
    left: float
    """Share of its energy on the left."""
    middle: float
    """Share of its energy in the sum of both sides."""
    powers: NDArray[np.float64]
    """(windows, bands)."""

    @property
    def silent(self) -> bool:
        """Whether nothing of it is heard."""
        return self.lufs <= loudness.GATE_LUFS

    @property
    def bands(self) -> Curve:
        """Its spectrum, dB against its whole energy, (bands,)."""
        return level_bands(self.powers)


def read_stems(names: Sequence[str], strips: Sequence[str], stems: Sequence[Samples]) -> tuple[StemReading, ...]:
    """The readings of `stems`, called `names`, on their `strips`. Raises `AudioRejected` for a sound that is not finite."""
    for strip, stem in zip(strips, stems, strict=True):
        if not finite(stem):
            raise AudioRejected("not_finite", f"{strip} holds NaN or infinite samples", remedy="export it again")
    powers = band_powers(stems)
    found = []
    for place, (name, strip, stem) in enumerate(zip(names, strips, stems, strict=True)):
        sides = [float(np.square(side, dtype=np.float64).sum()) for side in stem]
        both = max(sum(sides), _FAINT)
        middle = float(np.square(stem[0] + stem[1], dtype=np.float64).sum()) / 2
        role = role_of(name) or role_of(strip)
        found.append(
            StemReading(
                strip, name, role, loudness.loudness(stem), max(sides[0], _FAINT) / both, min(middle / both, 1.0), powers[place]
            )
        )
    return tuple(found)


def level_bands(powers: NDArray[np.float64]) -> Curve:
    """The mean of (windows, bands) in dB against the sum of all bands, not below -80."""
    mean = powers.mean(axis=0)
    return np.asarray(10 * np.log10(np.maximum(mean / max(float(mean.sum()), _FAINT), 1e-8)), np.float64)


def lean(reading: StemReading) -> float:
    """By how many dB the left is louder than the right, within 40."""
    right = max(1.0 - reading.left, 1e-4)
    return float(np.clip(10 * math.log10(max(reading.left, 1e-4) / right), -40, 40))


def change_level(reading: StemReading, strip: Strip) -> float:
    """dB by which `strip` without its fader changes the loudness of a stem: equalisers, width and balance."""
    gains = 10 ** (draw_curve(strip) / 10)
    mean = reading.powers.mean(axis=0) * _k_weights()
    filtered = float((mean * gains).sum()) / max(float(mean.sum()), _FAINT)
    return 10 * math.log10(max(filtered * _change_sides(reading, strip), 1e-6))


def foresee_powers(reading: StemReading, strip: Strip) -> NDArray[np.float64]:
    """The powers of a stem behind `strip`, fader included, (windows, bands)."""
    gains = 10 ** ((draw_curve(strip) + strip.gain) / 10)
    return np.asarray(reading.powers * gains * _change_sides(reading, strip), np.float64)


def foresee_lufs(reading: StemReading, strip: Strip) -> float:
    """The loudness of a stem behind `strip`, fader included."""
    return reading.lufs + change_level(reading, strip) + strip.gain


def balance_for(decibels: float) -> float:
    """The balance that turns one side down by `decibels` (0 or more for the left side) against the other, -1 to 1."""
    place = 2 / math.pi * math.acos(min(10 ** (-abs(decibels) / 20), 1.0))
    return round(math.copysign(place, decibels), 2)


def _change_sides(reading: StemReading, strip: Strip) -> float:
    """Factor of the energy by width and balance."""
    side = 1.0 - reading.middle
    energy = reading.middle + strip.width**2 * side
    left = reading.left if strip.width else 0.5
    by_left, by_right = math.cos(max(strip.pan, 0) * math.pi / 2) ** 2, math.cos(max(-strip.pan, 0) * math.pi / 2) ** 2
    return max(energy * (left * by_left + (1 - left) * by_right), 1e-6)


def _k_weights() -> Curve:
    """How far each band counts for loudness: the shelf and the low cut of BS.1770, by a straight line through both."""
    return np.asarray(10 ** (np.interp(np.log2(CENTRES), np.log2([40, 100, 1_000, 2_000, 16_000]), [-6, -1, 0, 3, 4]) / 10))
