"""Fast loudness for the desk: K-weighting (ITU-R BS.1770-4) applied to short-time spectra instead of samples.

The weighting's two sections are evaluated at the bins of a Hann-windowed transform, so a whole song costs one pass of
FFTs; against the sample-domain meter of `audio` the result agrees within a few tenths of a LU, which is enough to set a level.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy.fft import rfft
from scipy.signal import freqz_sos, sosfilt

from ..timebase import SAMPLE_RATE
from .oscillators import Curve, Sound

_FRAME: Final = 16_384
_SHELF: Final = (1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585)
_RLB: Final = (1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621)


@lru_cache(maxsize=4)
def _weights(frame: int) -> Curve:
    bins = np.arange(frame // 2 + 1) * (SAMPLE_RATE / frame)
    _, response = freqz_sos(np.array([_SHELF, _RLB]), bins, fs=SAMPLE_RATE)
    return np.asarray(np.abs(response) ** 2)


def _powers(sound: Sound) -> Curve:
    """K-weighted power of each whole frame, summed over both channels; a sound shorter than a frame is padded to one."""
    if sound.shape[1] < _FRAME:
        sound = np.pad(sound, ((0, 0), (0, _FRAME - sound.shape[1])))
    frames = sound.shape[1] // _FRAME
    window = np.hanning(_FRAME).astype(np.float32)
    scale = 2.0 / (_FRAME * float(np.sum(window**2)))
    total = np.zeros(frames)
    for first in range(0, frames, 8):
        last = min(frames, first + 8)
        for channel in sound:
            spectra = rfft(channel[first * _FRAME : last * _FRAME].reshape(-1, _FRAME) * window, axis=-1)
            total[first:last] += (spectra.real**2 + spectra.imag**2) @ _weights(_FRAME)
    return total * scale


def strongest(sound: Sound, seconds: float = 0.4) -> float:
    """K-weighted level in dB of the loudest `seconds` of a short sound (n,) or (2, n), shorter ones padded; -120 for silence."""
    weighted = sosfilt(np.array([_SHELF, _RLB]), np.atleast_2d(sound), axis=-1)
    power = np.mean(np.square(weighted, dtype=np.float64), axis=0) * 2.0
    window = int(seconds * SAMPLE_RATE)
    total = np.concatenate(([0.0], np.cumsum(np.pad(power, (0, max(0, window - len(power)))))))
    loudest = float(np.max(total[window:] - total[:-window])) / window
    return float(10.0 * np.log10(max(loudest, 1e-12)) - 0.691)


def loudness(sound: Sound) -> float:
    """Gated K-weighted loudness of (2, n) in LUFS, frames of 0.34 s; -120 for silence."""
    powers = _powers(sound)
    loud = powers[powers > 10.0 ** ((-70.0 + 0.691) / 10.0)]
    if loud.size == 0:
        return -120.0
    gated = loud[loud > loud.mean() * 0.1]
    return float(10.0 * np.log10(gated.mean()) - 0.691)
