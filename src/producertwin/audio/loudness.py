"""Loudness after ITU-R BS.1770-4 and EBU R 128.

K-weighting by the recommendation's two 48 kHz filters, of which sounds of a block and more need only the magnitudes; blocks of
400 ms every 100 ms; absolute gate -70 LUFS, relative gate 10 LU below the mean of what passes it. Loudness range after EBU Tech
3342: short-term loudness (3 s every 100 ms), relative gate -20 LU, 10th to 95th percentile. Samples are (channels, n) at 48
kHz, at most two channels counted with weight 1. Nothing above the gate reads `GATE_LUFS`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq
from scipy.signal import sosfilt, sosfreqz

from ..timebase import SAMPLE_RATE
from .samples import Samples, as_channels

GATE_LUFS: Final = -70.0
"""The absolute gate, and what silence reads."""
_OFFSET: Final = -0.691
_RELATIVE_GATE: Final = -10.0
_RANGE_GATE: Final = -20.0
_STEP: Final = SAMPLE_RATE // 10
_TOGETHER: Final = 64
"""Steps whose spectra are taken together."""
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


def momentary(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Loudness of every 400 ms block, 100 ms apart, in LUFS, shape (blocks,)."""
    return _lufs(_block_powers(as_channels(samples), 4))


def short_term(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Loudness of every 3 s window, 100 ms apart, in LUFS, shape (windows,)."""
    return _lufs(_block_powers(as_channels(samples), 30))


def loudness_range(samples: NDArray[Any]) -> float:
    """Loudness range in LU; 0 where there is nothing to compare."""
    powers = _block_powers(as_channels(samples), 30)
    levels = _lufs(powers)
    passing = levels > GATE_LUFS
    if not passing.any():
        return 0.0
    relative = float(_lufs(powers[passing].mean())) + _RANGE_GATE
    kept = levels[passing & (levels > relative)]
    low, high = np.percentile(kept, (10, 95))
    return float(high - low)


def k_weighted(samples: Samples) -> NDArray[np.float64]:
    """`samples` through both filters, same shape, float64."""
    weighted: NDArray[np.float64] = sosfilt(_K_WEIGHTING, samples.astype(np.float64), axis=1)
    return weighted


def _block_powers(sound: Samples, steps: int) -> NDArray[np.float64]:
    """Sum over channels of the mean square of every window of `steps` x 100 ms."""
    if sound.shape[1] == 0:
        return np.zeros(1)
    count = sound.shape[1] // _STEP
    if count < steps:
        return np.array([(k_weighted(sound) ** 2).sum(axis=0).mean()])
    sums = _step_sums(sound[:, : count * _STEP])
    running = np.concatenate([[0.0], np.cumsum(sums)])
    powers: NDArray[np.float64] = (running[steps:] - running[:-steps]) / (steps * _STEP)
    return powers


def _step_sums(sound: Samples) -> NDArray[np.float64]:
    """Sum over channels of the squares of every 100 ms once weighted, by Parseval's theorem: a third of the filters' time, and
    0.01 LU beside them on music."""
    steps = sound.reshape(len(sound), -1, _STEP)
    sums = []
    for first in range(0, steps.shape[1], _TOGETHER):  # the spectra of a whole song would be many times its size
        spectra = rfft(steps[:, first : first + _TOGETHER], axis=-1)
        sums.append(((spectra.real**2 + spectra.imag**2) @ _bin_weights()).sum(axis=0, dtype=np.float64))
    return np.concatenate(sums)


@lru_cache(maxsize=1)
def _bin_weights() -> NDArray[np.float32]:
    """What the power in each bin of a step's spectrum adds to its weighted energy."""
    _, response = sosfreqz(_K_WEIGHTING, rfftfreq(_STEP, 1 / SAMPLE_RATE), fs=SAMPLE_RATE)
    weights = np.abs(response) ** 2 * 2.0 / _STEP
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
