"""Loudness after ITU-R BS.1770-4 and EBU R 128.

K-weighting by the recommendation's two 48 kHz filters, of which sounds of a block and more need only the magnitudes; blocks of
400 ms every 100 ms; absolute gate -70 LUFS, relative gate 10 LU below the mean of what passes it. Loudness range after EBU Tech
3342: short-term loudness (3 s every 100 ms), relative gate -20 LU, 10th to 95th percentile. Samples are (channels, n) at 48
kHz, at most two channels counted with weight 1. Nothing above the gate reads `GATE_LUFS`.

`coarse` and `loudest` are what the house band sets its levels by: the same weighting and gates, but windows of a third of a
second that do not overlap, and the loudest stretch of a note at any sample.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import freqz_sos, sosfilt

from ..timebase import SAMPLE_RATE
from . import stft
from .levels import FLOOR_DB
from .samples import Samples, as_channels

GATE_LUFS: Final = -70.0
"""The absolute gate, and what silence reads."""
_OFFSET: Final = -0.691
_RELATIVE_GATE: Final = -10.0
_RANGE_GATE: Final = -20.0
_STEP: Final = SAMPLE_RATE // 10
_STEPS_AT_ONCE: Final = 64
"""Steps whose spectra are taken together."""
_FRAME: Final = 16_384
_FRAMES: Final = 8
"""Frames of `coarse` whose spectra are taken together."""
_K_WEIGHTING: Final = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
"""BS.1770-4 tables 1 and 2: the head's shelf, then the low cut, as second-order sections at 48 kHz."""


def loudness(samples: NDArray[Any]) -> float:
    """Integrated loudness in LUFS. A sound shorter than one block is one block."""
    blocks = _block_powers(as_channels(samples), 4)
    return _gated_mean(blocks)


def step_powers(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Mean square of every whole 100 ms of each channel once weighted, (channels, steps)."""
    sound = as_channels(samples)
    count = sound.shape[1] // _STEP
    return np.stack([_step_sums(one[None, : count * _STEP]) if count else np.zeros(0) for one in sound]) / _STEP


def window_lufs(powers: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Loudness of every window of `steps` x 100 ms from `step_powers` summed over the channels; of 4 it is momentary, of 30
    short-term. A shorter sound is one window.
    """
    if len(powers) < steps:
        return _lufs(powers.mean(keepdims=True)) if len(powers) else np.full(1, GATE_LUFS)
    running = np.concatenate([[0.0], np.cumsum(powers)])
    return _lufs((running[steps:] - running[:-steps]) / steps)


def integrated_lufs(powers: NDArray[np.float64]) -> float:
    """`loudness` from `step_powers` summed over the channels."""
    windows = window_lufs(powers, 4)
    return _gated_mean(10 ** ((windows - _OFFSET) / 10))


def range_lu(powers: NDArray[np.float64]) -> float:
    """`loudness_range` from `step_powers` summed over the channels."""
    return _range(window_lufs(powers, 30))


def loudness_range(samples: NDArray[Any]) -> float:
    """Loudness range in LU; 0 where there is nothing to compare."""
    return _range(_lufs(_block_powers(as_channels(samples), 30)))


def _range(levels: NDArray[np.float64]) -> float:
    passing = levels > GATE_LUFS
    if not passing.any():
        return 0.0
    relative = float(_lufs((10 ** ((levels[passing] - _OFFSET) / 10)).mean())) + _RANGE_GATE
    kept = levels[passing & (levels > relative)]
    low, high = np.percentile(kept, (10, 95))
    return float(high - low)


def coarse(samples: NDArray[Any]) -> float:
    """Integrated loudness in LUFS from Hann windows of 0.34 s side by side; a few tenths of a LU beside `loudness`.

    A sound shorter than a window is followed by silence. The songs of the house band are mixed by it, so it keeps its bits.
    """
    sound = as_channels(samples)
    if sound.shape[1] < _FRAME:
        sound = np.pad(sound, ((0, 0), (0, _FRAME - sound.shape[1])))
    taper = np.hanning(_FRAME).astype(np.float32)
    powers = np.zeros(sound.shape[1] // _FRAME)
    for first in range(0, len(powers), _FRAMES):
        last = min(len(powers), first + _FRAMES)
        for channel in sound:
            cut = channel[first * _FRAME : last * _FRAME].reshape(-1, _FRAME)
            powers[first:last] += stft.power(stft.spectra(cut, taper, library="scipy")) @ _response(_FRAME)
    return _gated_mean(powers * (2.0 / (_FRAME * float(np.sum(taper**2)))))


def loudest(samples: NDArray[Any], seconds: float = 0.4) -> float:
    """Loudness in LUFS of the loudest `seconds` of a short sound, which begin at any sample; `FLOOR_DB` for silence.

    A shorter sound is followed by silence. One channel counts for two.
    """
    sound = as_channels(samples)
    if sound.shape[1] == 0:
        return FLOOR_DB
    power = np.mean(np.square(k_weight(sound)), axis=0) * 2.0
    window = int(seconds * SAMPLE_RATE)
    total = np.concatenate(([0.0], np.cumsum(np.pad(power, (0, max(0, window - len(power)))))))
    best = float(np.max(total[window:] - total[:-window])) / window
    return max(float(_lufs(best)), FLOOR_DB)


def k_weight(samples: Samples) -> NDArray[np.float64]:
    """`samples` through both filters, same shape, float64."""
    weighted: NDArray[np.float64] = sosfilt(_K_WEIGHTING, samples.astype(np.float64), axis=1)
    return weighted


def _block_powers(sound: Samples, steps: int) -> NDArray[np.float64]:
    """Sum over channels of the mean square of every window of `steps` x 100 ms."""
    if sound.shape[1] == 0:
        return np.zeros(1)
    count = sound.shape[1] // _STEP
    if count < steps:
        return np.array([(k_weight(sound) ** 2).sum(axis=0).mean()])
    sums = _step_sums(sound[:, : count * _STEP])
    running = np.concatenate([[0.0], np.cumsum(sums)])
    powers: NDArray[np.float64] = (running[steps:] - running[:-steps]) / (steps * _STEP)
    return powers


def _step_sums(sound: Samples) -> NDArray[np.float64]:
    """Sum over channels of the squares of every 100 ms once weighted, by Parseval's theorem: a third of the filters' time, and
    0.01 LU beside them on music."""
    steps = sound.reshape(len(sound), -1, _STEP)
    sums = []
    for first in range(0, steps.shape[1], _STEPS_AT_ONCE):  # the spectra of a whole song would be many times its size
        spectra = rfft(steps[:, first : first + _STEPS_AT_ONCE], axis=-1)
        sums.append(((spectra.real**2 + spectra.imag**2) @ _bin_weights()).sum(axis=0, dtype=np.float64))
    return np.concatenate(sums)


@lru_cache(maxsize=2)
def _response(size: int) -> NDArray[np.float64]:
    """What both filters do to the power in each bin of windows of `size`, (size/2 + 1,)."""
    _, response = freqz_sos(_K_WEIGHTING, stft.bin_hz(size, SAMPLE_RATE), fs=SAMPLE_RATE)
    return np.asarray(np.abs(response) ** 2, np.float64)


@lru_cache(maxsize=1)
def _bin_weights() -> NDArray[np.float32]:
    """What the power in each bin of a step's spectrum adds to its weighted energy."""
    weights = _response(_STEP) * 2.0 / _STEP
    weights[[0, -1]] /= 2.0  # which have no twin at a negative frequency
    return np.asarray(weights, np.float32)


def _gated_mean(powers: NDArray[np.float64]) -> float:
    passing = powers[_lufs(powers) > GATE_LUFS]
    if passing.size == 0:
        return GATE_LUFS
    relative = float(_lufs(passing.mean())) + _RELATIVE_GATE
    return float(_lufs(passing[_lufs(passing) > relative].mean()))


def _lufs(power: Any) -> NDArray[np.float64]:
    return np.asarray(_OFFSET + 10.0 * np.log10(np.maximum(power, 1e-12)), np.float64)
