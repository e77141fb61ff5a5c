"""Lines that never move: mains hum, and the tones of generators.

The mean of the channels is heard in windows of 1.4 s, whose bins are 0.73 Hz wide, in runs of up to 16 windows side by side.
A line of the mains keeps its phase from window to window, which no note does: the windows of a run are summed in phase, each as
loud as the music beside the line lets it be heard (a matched filter; the sum of noise would be 1). Mains wander, so that every
run looks for its own best frequency within 0.1 Hz. A generator's lines are found by their mean power alone. Powers are against a
sine of full scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio import stft
from ...audio.samples import Samples
from ...timebase import SAMPLE_RATE

WINDOW: Final = 65_536
_RUN: Final = 16
_MOST_RUNS: Final = 32
"""Runs that are heard of a long sound, evenly spread: 12 minutes side by side."""
_SECONDS: Final = WINDOW / SAMPLE_RATE
_LOW_HZ: Final = 420.0
HARMONICS: Final = 6
_OFFSETS: Final = np.linspace(-0.1, 0.1, 41)
"""Hz by which the mains may be off."""
_BESIDE: Final = np.array([*range(-9, -3), *range(4, 10)])
"""Bins beside a line of the mains that say how loud the music is there."""
_AT_MOST: Final = 15.0
"""What one harmonic counts at most: a note of the music there is as loud as it likes, and is one harmonic."""
_QUIETEST: Final = 1e-16
STRIDES: Final = (1_500.0, 1_200.0, 1_000.0, 750.0)
"""Hz that transposed convolutions leave lines at multiples of: 48 kHz over the products of their strides."""
_LINES_HZ: Final = (4_000.0, 20_000.0)
PLACES: Final = tuple(
    sorted({hz * number for hz in STRIDES for number in range(1, 28) if _LINES_HZ[0] <= hz * number <= _LINES_HZ[1]})
)
"""Hz at which lines of generators are looked for."""
_REACH: Final = 14
"""Bins on each side of such a place that are kept."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The windows of a sound as far as lines are looked for."""

    low: NDArray[np.complex64]
    """Spectra below 420 Hz, (runs, windows, bins)."""
    high: NDArray[np.float32]
    """Mean power around each of `PLACES`, (places, 29)."""
    strongest: float
    """Mean power of the strongest bin of all."""

    @property
    def windows(self) -> int:
        """Windows of a run."""
        count: int = self.low.shape[1]
        return count


@dataclass(frozen=True, slots=True)
class Mains:
    """How sure lines at the multiples of a frequency are those of the mains."""

    harmonics: NDArray[np.float64]
    """Of each of six harmonics the power of the sum in phase, over that of noise; the median of the runs."""
    level: float
    """Power of those that stand out together, dBFS of a sine."""

    @property
    def sureness(self) -> float:
        """Sum over the harmonics, each at most 15; music has 5 to 30."""
        return float(np.minimum(self.harmonics, _AT_MOST).sum())

    @property
    def clear(self) -> int:
        """Harmonics that stand out."""
        return int((self.harmonics > _CLEAR).sum())


_CLEAR: Final = 10.0


def read_lines(sound: Samples) -> Lines:
    """The lines of `sound` (channels, n); no windows where it is shorter than one."""
    count = sound.shape[1] // WINDOW
    size, bins = min(_RUN, count), int(_LOW_HZ * _SECONDS) + 1
    runs = min(_MOST_RUNS, -(-count // _RUN))
    starts = np.linspace(0, count - size, runs).round().astype(int)
    places = np.round(np.array(PLACES) * _SECONDS).astype(int)[:, None] + np.arange(-_REACH, _REACH + 1)
    low = np.zeros((runs, size, bins), np.complex64)
    total = np.zeros(WINDOW // 2 + 1)
    scale = np.float32(2 / float(stft.hann(WINDOW).sum()))
    for run, start in enumerate(starts.tolist()):
        for number in range(size):
            at = (start + number) * WINDOW
            spectrum = stft.spectra(sound[:, at : at + WINDOW].mean(axis=0), library="scipy") * scale
            low[run, number] = spectrum[:bins]
            total += stft.power(spectrum)
    mean = total / max(runs * size, 1)
    return Lines(low, mean[places].astype(np.float32), float(mean.max()))


def read_mains(lines: Lines, hz: float) -> Mains:
    """The lines at `hz` and its multiples; there is one run at least."""
    numbers = np.arange(1, HARMONICS + 1)
    bins = np.round(hz * numbers * _SECONDS).astype(int)
    beside = (np.abs(lines.low[:, :, bins[:, None] + _BESIDE]) ** 2).mean(axis=3, dtype=np.float64)
    noise = np.maximum(beside, 0.01 * np.median(beside, axis=1, keepdims=True) + _QUIETEST)
    times = np.arange(lines.windows) * _SECONDS
    frequencies = (hz + _OFFSETS)[:, None] * numbers
    turns = np.exp(-2j * np.pi * frequencies[:, :, None] * times)  # (offsets, harmonics, windows)
    sums = np.einsum("okw,rwk->rok", turns, lines.low[:, :, bins] / noise)
    weight = (1 / noise).sum(axis=1)[:, None, :]
    power = np.abs(sums) ** 2
    found = power / weight
    best = np.minimum(found, _AT_MOST).sum(axis=2).argmax(axis=1)
    at = np.arange(len(best))
    harmonics = np.median(found[at, best], axis=0)
    levels = np.median((power / weight**2)[at, best], axis=0)[harmonics > _CLEAR]
    return Mains(harmonics, float(10 * np.log10(levels.sum() + _QUIETEST)))
