"""A limiter: peaks are held below a ceiling, and what is below it stays as it is.

Sound is float32 `(channels, samples)` at 48 kHz; all channels are turned down together, so that nothing moves between the sides.
The attenuation is the most that is needed within `_LOOK` samples, averaged over as many (Hämäläinen 2002, *Smoothing of the
Control Signal without Clipped Output in Digital Peak Limiters*); after a peak it falls by `_RELEASE`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from ..timebase import SAMPLE_RATE
from .levels import true_peak_db
from .samples import Samples

_LOOK: Final = 129
"""Samples over which the attenuation rises: 2.7 ms."""
_RELEASE: Final = 30.0 / SAMPLE_RATE
"""dB by which the attenuation falls in a sample."""


_TRIES: Final = 3
"""How often samples are held lower, before all is turned down."""


def limit(sound: Samples, ceiling: float) -> Samples:
    """`sound` with no true peak above `ceiling`, dBTP; itself where there is none."""
    above, held = true_peak_db(sound) - ceiling, ceiling
    if above <= 0:
        return sound
    for _ in range(_TRIES):  # between two samples a sound may be higher than both
        limited = _hold(sound, held)
        above = true_peak_db(limited) - ceiling
        if above <= 0:
            return limited
        held -= above
    return limited * np.float32(10.0 ** (-above / 20.0))


def _hold(sound: Samples, ceiling: float) -> Samples:
    """`sound` with no sample above `ceiling`, dBFS."""
    peaks = np.abs(sound).max(axis=0).astype(np.float64)
    needed = np.maximum(20.0 * np.log10(np.maximum(peaks, 1e-12)) - ceiling, 0.0)
    falling = _RELEASE * np.arange(len(needed))
    held = np.maximum.accumulate(needed + falling) - falling
    smooth = uniform_filter1d(maximum_filter1d(held, _LOOK), _LOOK, mode="nearest")
    return sound * (10.0 ** (-smooth / 20.0)).astype(np.float32)
