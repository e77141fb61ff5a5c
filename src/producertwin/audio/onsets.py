"""How strongly something begins at each moment: the curve that tempo and beats are read from.

The sound, mono at 24 kHz, goes through a short Fourier transform (1024 samples, 100 frames per second) and 48 mel
bands; each band is compressed by a logarithm and its rises are kept (spectral flux after Bello et al. 2005, on log-mel
as in Böck & Widmer 2013). Curves have one value per 10 ms.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..timebase import SAMPLE_RATE
from . import stft
from .mel import mel_bank
from .samples import mono

FRAME_RATE: Final = 100
"""Values per second."""
_RATE: Final = SAMPLE_RATE // 2
_HOP: Final = _RATE // FRAME_RATE
_WINDOW: Final = 1024
_MELS: Final = 48
_GROUPS: Final = (0, 8, 24, 48)
"""Edges of the low, middle and high mel bands."""
_AT_ONCE: Final = 4_096
"""Windows whose spectra are taken together: all of a long sound at once are twenty times its size."""
_COMPRESSION: Final = 1000.0
_LOCAL_SECONDS: Final = 1.0
_STEADY: Final = 1e-3
"""A band whose flux varies less than this holds a steady tone or nothing."""


def log_mel(samples: NDArray[Any], library: stft.Library = "numpy") -> NDArray[np.float32]:
    """Compressed mel spectrum, shape (frames, 48); frame i is centred on i / 100 s."""
    sound = mono(samples)
    if sound.size:
        sound = soxr.resample(sound, SAMPLE_RATE, _RATE, quality="MQ")
    sound = np.pad(sound, (_WINDOW // 2, _WINDOW))
    cut = stft.windows(sound, _WINDOW, _HOP)
    parts = [np.abs(stft.spectra(cut[at : at + _AT_ONCE], library=library)) @ _mel_bank() for at in range(0, len(cut), _AT_ONCE)]
    mel = np.concatenate(parts)
    peak = float(mel.max(initial=0.0))
    compressed: NDArray[np.float32] = np.log1p(_COMPRESSION / peak * mel) if peak > 0 else mel
    return compressed


def band_flux(samples: NDArray[Any], library: stft.Library = "numpy") -> NDArray[np.float64]:
    """Onset strength of the low, middle and high bands, shape (3, frames): rises only, local mean removed, unit deviation."""
    mel = log_mel(samples, library)
    rise = np.zeros_like(mel)
    rise[2:] = np.maximum(mel[2:] - mel[:-2], 0.0)  # two frames apart, as the window spans four
    bands = np.stack([rise[:, low:high].mean(axis=1) for low, high in itertools.pairwise(_GROUPS)]).astype(np.float64)
    bands -= uniform_filter1d(bands, round(_LOCAL_SECONDS * FRAME_RATE), axis=1, mode="nearest")
    np.maximum(bands, 0.0, out=bands)
    spread = bands.std(axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(bands, spread, out=np.zeros_like(bands), where=spread > _STEADY)
    return unit


@lru_cache(maxsize=1)
def _mel_bank() -> NDArray[np.float32]:
    """Triangles evenly spaced on the mel scale from 30 Hz to 11 kHz, shape (bins, 48)."""
    return mel_bank(stft.bin_hz(_WINDOW, _RATE), _MELS, 30.0, 11_000.0, narrow="nearest").astype(np.float32)
