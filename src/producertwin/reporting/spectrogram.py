"""Log-frequency spectrogram for the eye: long windows for low notes, short ones for drums.

Below 600 Hz the level comes from windows of a third of a second and above from windows of 43 ms, blended over two
octaves, so that bass notes are thin lines and drum hits thin strokes. Samples are (channels, n) at 48 kHz; levels dB of
a full-scale sine.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ..audio import stft
from ..audio.samples import Samples
from ..timebase import SAMPLE_RATE

LOW_HZ: Final = 32.0
HIGH_HZ: Final = 20_000.0
_SPLIT_HZ: Final = 600.0
_WINDOW: Final = 2_048
_DECIMATION: Final = 8
"""The long windows are as many samples at an eighth of the rate."""
_OVERLAP: Final = 8


def spectrogram(sound: Samples, columns: int, rows: int) -> NDArray[np.float32]:
    """Level in dB, shape (rows, columns): row 0 is 20 kHz and the last 32 Hz, spaced by the logarithm; channels averaged."""
    hz = HIGH_HZ * (LOW_HZ / HIGH_HZ) ** (np.arange(rows) / (rows - 1))
    low_rate = SAMPLE_RATE // _DECIMATION
    slow = soxr.resample(np.ascontiguousarray(sound.T), SAMPLE_RATE, low_rate, quality="MQ").T if sound.shape[1] else sound
    fine = _rows(slow, columns, np.minimum(hz, low_rate / 2.5), low_rate)
    quick = _rows(sound, columns, hz, SAMPLE_RATE)
    blend = np.clip(0.5 + np.log2(hz / _SPLIT_HZ) / 2, 0, 1)[:, None]  # over two octaves, so that no seam shows
    return (fine * (1 - blend) + quick * blend).astype(np.float32)


def _rows(sound: NDArray[np.float32], columns: int, hz: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Level at frequencies `hz` in `columns` windows spread over `sound` at `rate`, shape (rows, columns)."""
    count = min(columns, max(2, sound.shape[1] * _OVERLAP // _WINDOW))
    centres = ((np.arange(count) + 0.5) / count * sound.shape[1]).astype(int)
    padded = np.pad(sound, ((0, 0), (_WINDOW // 2, _WINDOW)))
    windows, full = stft.windows(padded, _WINDOW), (stft.hann(_WINDOW).sum() / 2) ** 2  # of a full-scale sine
    bins = hz * _WINDOW / rate
    widths = np.maximum(bins * (HIGH_HZ / LOW_HZ) ** (1 / (len(hz) - 1)) - bins, 1.0)
    low = np.clip(np.floor(bins - widths / 2).astype(int), 0, _WINDOW // 2 - 1)
    high = np.clip(np.ceil(bins + widths / 2).astype(int), low + 1, _WINDOW // 2)
    level = np.zeros((len(hz), count))
    for first in range(0, count, 256):  # a block of windows at a time keeps the memory small
        spectra = np.abs(stft.spectra(windows[:, centres[first : first + 256]])) ** 2
        mean = spectra.mean(axis=0, dtype=np.float64) / full
        level[:, first : first + 256] = 10 * np.log10(np.maximum(_at_bins(mean, bins, low, high), 1e-12))
    if count == columns:
        return level
    place = (np.arange(columns) + 0.5) / columns * count - 0.5
    under = np.clip(np.floor(place).astype(int), 0, count - 2)
    part = np.clip(place - under, 0, 1)
    wide: NDArray[np.float64] = level[:, under] * (1 - part) + level[:, under + 1] * part
    return wide


def _at_bins(
    power: NDArray[np.float64], bins: NDArray[np.float64], low: NDArray[np.intp], high: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Power per row, shape (rows, frames): between bins by interpolation, over several bins by their mean."""
    under = np.floor(bins).astype(int)
    part = (bins - under)[:, None]
    spread = (1 - part) * power[:, under].T + part * power[:, np.minimum(under + 1, power.shape[1] - 1)].T
    running = np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0)))
    mean = ((running[:, high] - running[:, low]) / (high - low)).T
    return np.asarray(np.where((high - low > 2)[:, None], mean, spread), np.float64)
