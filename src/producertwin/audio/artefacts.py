"""Meters of what music rarely holds: clicks, noise without a tone, a tone that never moves.

Samples are (channels, n) or (n,) at 48 kHz. Noise and stuck tones are read from the power of `over_time`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..timebase import SAMPLE_RATE
from . import stft
from .samples import as_channels

FRAME_RATE: Final = 100
"""Windows per second of `over_time`."""
WINDOW: Final = 2048
_ONE_PARTIAL: Final = 0.6
"""Part of the power that the strongest partial holds in a stuck frame."""
_MAX_CHANGE: Final = 0.02
"""Change of the spectrum's shape per tenth of a second, of at most 2, below which nothing happens."""
_FLAT: Final = 0.5
_FIRST_BIN: Final = 2
"""Bins below this hold DC and what is slower than music."""
_CLICK_RATIO: Final = 10.0
_CLICK_LEAST: Final = 0.01
_CLICK_SECONDS: Final = 0.005


def over_time(channel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power per bin of Hann windows of one channel, shape (frames, 1025); frame i is centred on i / 100 s."""
    padded = np.pad(np.asarray(channel, np.float32), (WINDOW // 2, WINDOW // 2))
    return stft.power(stft.spectra(stft.windows(padded, WINDOW, SAMPLE_RATE // FRAME_RATE)))


def clicks(samples: NDArray[Any]) -> int:
    """Single events whose second difference is over 10 x its local RMS (5 ms) and 0.01 of full scale."""
    sound = as_channels(samples).astype(np.float64).mean(axis=0)
    if sound.size < 3:
        return 0
    bend = np.abs(np.diff(sound, 2))
    around = np.sqrt(np.maximum(uniform_filter1d(bend**2, 257, mode="nearest") - bend**2 / 257, 0.0))
    places = np.flatnonzero((bend > _CLICK_RATIO * around) & (bend > _CLICK_LEAST))
    apart = np.diff(places, prepend=-SAMPLE_RATE) > _CLICK_SECONDS * SAMPLE_RATE
    return int(apart.sum())


def flat_share(power: NDArray[np.float32]) -> float:
    """Share of audible frames of `over_time` whose spectrum is flat as noise is; 0 where nothing sounds."""
    power = power[:, _FIRST_BIN:]
    level = power.mean(axis=1)
    heard = level > 1e-6 * max(float(level.max(initial=0.0)), 1e-12)
    if not heard.any():
        return 0.0
    flatness = np.exp(np.log(power[heard] + 1e-20).mean(axis=1)) / (level[heard] + 1e-20)
    return float((flatness > _FLAT).mean())


def stuck_seconds(power: NDArray[np.float32]) -> float:
    """Longest stretch of `over_time` in which one partial holds most of the power and the spectrum stands still."""
    tenth = FRAME_RATE // 10
    frames = power[: len(power) // tenth * tenth].reshape(-1, tenth, power.shape[1]).mean(axis=1)
    longest = run = 0
    for stuck in stuck_tenths(frames).tolist():
        run = run + 1 if stuck else 0
        longest = max(longest, run)
    return longest / 10.0


def stuck_tenths(frames: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which tenths of a second go on as the one before, from the mean power of each, (tenths, 1025): shape (tenths - 1,)."""
    if len(frames) < 2:
        return np.zeros(0, bool)
    frames = frames[:, _FIRST_BIN:]
    shape = frames / np.maximum(frames.sum(axis=1, keepdims=True), 1e-12)
    around = uniform_filter1d(shape, 5, axis=1, mode="constant") * 5
    still: NDArray[np.bool_] = np.abs(np.diff(shape, axis=0)).sum(axis=1) < _MAX_CHANGE
    alone: NDArray[np.bool_] = around[1:].max(axis=1) > _ONE_PARTIAL
    return np.logical_and(still, alone)


def flatness(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spectral flatness of every frame of `over_time`, 0 to 1: geometric over arithmetic mean; 0 for silence."""
    power = power[:, _FIRST_BIN:]
    return np.asarray(
        np.exp(np.log(power + 1e-20).mean(axis=1)) / (power.mean(axis=1) + 1e-20) * (power.max(axis=1) > 0), np.float32
    )
