"""Peaks: what a waveform is drawn from, at three resolutions, small enough to send for an hour of sound.

A peak is the lowest sample, the highest sample and the RMS of a stretch of sound, both channels together, each as a signed byte:
full scale is 127. Samples are (2, n) at 48 kHz.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio.samples import as_channels
from ..timebase import SAMPLE_RATE

STRETCHES: Final = {"fine": SAMPLE_RATE // 100, "middle": SAMPLE_RATE // 10, "coarse": SAMPLE_RATE}
"""Samples that a peak stands for: 10 ms, 100 ms and 1 s."""
BYTES: Final = 3
"""Of a peak: lowest, highest, RMS."""
_BLOCK: Final = SAMPLE_RATE
"""Samples that are looked at together: a whole number of every stretch, and few enough for a processor's cache."""


def peaks(samples: NDArray[Any]) -> dict[str, bytes]:
    """The peaks of `samples` by resolution: int8 of shape (peaks, 3), the last one of what is left at the end."""
    sound = as_channels(samples)
    blocks = (np.asarray(sound[:, at : at + _BLOCK]) for at in range(0, sound.shape[1], _BLOCK))
    fine = [_measure(block, STRETCHES["fine"]) for block in blocks]
    rows = np.concatenate(fine) if fine else np.zeros((0, 4))
    return {name: _as_bytes(_join(rows, stretch // STRETCHES["fine"])) for name, stretch in STRETCHES.items()}


def _measure(sound: NDArray[np.float32], stretch: int) -> NDArray[np.float64]:
    """Lowest, highest, sum of squares and number of samples of every stretch, shape (stretches, 4).

    Channels are joined first: what is left to look at is half as much, and lies in a row.
    """
    starts = np.arange(0, sound.shape[1], stretch)
    low, high = np.minimum.reduceat(sound.min(axis=0), starts), np.maximum.reduceat(sound.max(axis=0), starts)
    counts = sound.shape[0] * np.diff(starts, append=sound.shape[1])
    whole = sound.shape[1] // stretch * stretch
    stretches, rest = sound[:, :whole].reshape(sound.shape[0], -1, stretch), sound[:, whole:]
    power = np.linalg.vecdot(stretches, stretches).sum(axis=0)
    if rest.size:
        power = np.append(power, np.linalg.vecdot(rest, rest).sum())
    return np.stack([low, high, power, counts], axis=1, dtype=np.float64)


def _join(rows: NDArray[np.float64], several: int) -> NDArray[np.float64]:
    """The rows of stretches `several` times as long."""
    if several == 1 or not len(rows):
        return rows
    starts = np.arange(0, len(rows), several)
    low, high = np.minimum.reduceat(rows[:, 0], starts), np.maximum.reduceat(rows[:, 1], starts)
    sums = np.add.reduceat(rows[:, 2:], starts)
    return np.column_stack([low, high, sums])


def _as_bytes(rows: NDArray[np.float64]) -> bytes:
    rms = np.sqrt(rows[:, 2] / np.maximum(rows[:, 3], 1))
    levels = np.column_stack([rows[:, 0], rows[:, 1], rms])
    data: bytes = np.rint(np.clip(levels, -1, 1) * 127).astype(np.int8).tobytes()
    return data
