"""Spectral flatness of a band: near 0 for partials, about .56 for noise in windows of this kind (Johnston 1988)."""

from __future__ import annotations

import numpy as np

from ..audio import stft
from ..audio.samples import Samples, mono
from ..timebase import SAMPLE_RATE

_WINDOW = 4_096
_SILENT = 1e-6
"""Mean power of a bin below which a frame is silent."""


def band_flatness(samples: Samples, low: float = 5_000.0, high: float = 10_000.0) -> float | None:
    """Geometric over arithmetic mean of the power from `low` to `high` Hz of `samples` (2, n) at 48 kHz, mean over frames.

    None where nothing sounds there.
    """
    sound = mono(samples)
    if len(sound) < _WINDOW:
        return None
    hz = stft.bin_hz(_WINDOW, SAMPLE_RATE)
    power = stft.power(stft.spectra(stft.windows(sound, _WINDOW, _WINDOW // 2)))[:, (hz >= low) & (hz < high)].astype(np.float64)
    loud = power[power.mean(axis=1) > _SILENT] + 1e-9
    return float((np.exp(np.log(loud).mean(axis=1)) / loud.mean(axis=1)).mean()) if len(loud) else None
