"""What two sounds of one length share: waveform, harmony over time, rhythm.

SI-SDR (Le Roux et al. 2019): 10 log10 |s|² / |s - e|² of the scaled target s = target · <e, target> / |target|², means removed,
both channels as one vector. Harmony: correlation of the chroma over time. Rhythm: correlation of the
onset strengths of low, middle and high bands, widened by 50 ms, its mean over the bands that move in both.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..audio.key import chroma_over_time
from ..audio.onsets import band_flux
from ..errors import BadInput
from .statistics import Floats

_BLUR: Final = 2.5
"""Frames of 10 ms, the deviation of the blur of onsets."""


def si_sdr(estimate: NDArray[Any], target: NDArray[Any]) -> float:
    """Scale-invariant signal-to-distortion ratio of `estimate` against `target`, both (2, n), in dB; -inf for silence."""
    if estimate.shape != target.shape:
        raise BadInput(f"sounds of {estimate.shape} and {target.shape}", remedy="compare sounds of one shape")
    made, wanted = (np.asarray(sound, np.float64) - sound.mean(axis=1, keepdims=True) for sound in (estimate, target))
    energy = float((wanted**2).sum())
    if energy == 0 or not made.any():
        return float("-inf")
    scaled = wanted * (float((made * wanted).sum()) / energy)
    return float(10.0 * np.log10(max(float((scaled**2).sum()), 1e-20) / max(float(((scaled - made) ** 2).sum()), 1e-20)))


def harmony(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Correlation, -1 to 1, of the chroma of both sounds (2, n) over time; 0 where one has no pitch."""
    a, b = (chroma_over_time(sound) for sound in (one, other))
    length = min(len(a), len(b))
    return _correlation(a[:length].ravel(), b[:length].ravel())


def rhythm(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Correlation, -1 to 1, of the onsets of both sounds (2, n)."""
    a, b = (gaussian_filter1d(band_flux(sound), _BLUR, axis=1) for sound in (one, other))
    length = min(a.shape[1], b.shape[1])
    return float(np.mean([_correlation(x[:length], y[:length]) for x, y in zip(a, b, strict=True)]))


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 else 0.0
