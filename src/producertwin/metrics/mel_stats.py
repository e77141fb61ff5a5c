"""`mel-stats/1`: what a take sounds like as a vector, without learned weights.

The sound, brought to one RMS, goes through a short Fourier transform (2048 samples, 100 frames per second) and 80 mel bands
from 30 Hz to 18 kHz; levels are dB against the take's own mean, not below -70. The vector holds, over the whole take: mean
and standard deviation of each band; for eight groups of bands the share of envelope modulation in six octaves from 0.5 to 32
Hz (McDermott & Simoncelli 2011 use such statistics for texture), the spectral peakiness (tone against noise), the width
(side over middle) and the onsets (mean, spread and rate of flux). Pitch classes leave no trace of their own: key is measured
apart (`adherence`).

A `Space` fitted to a reference set standardises these 240 numbers, keeps the reference's main directions and whitens them,
so that the reference is a unit ball. Distances are defined for takes of one length only, and are printed with `NAME` and the
dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio import mel as mel_scale
from ..audio import stft
from ..audio.artefacts import FRAME_RATE, WINDOW, over_time
from ..audio.samples import as_stereo
from ..errors import BadInput
from ..timebase import SAMPLE_RATE
from .statistics import Floats

NAME: Final = "mel-stats/1"
"""Name and version; a changed number anywhere in `embed` is a new version."""
MELS: Final = 80
LARGEST: Final = 16
"""Most dimensions of a space."""
_FLOOR_DB: Final = -70.0
_GROUPS: Final = 8
_OCTAVES: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_LEAST_SECONDS: Final = 1.0


def embed(samples: NDArray[Any]) -> Floats:
    """The vector of stereo `samples` (2, n) at 48 kHz, shape (240,). Silence has one too. Raises `BadInput` under one second."""
    sound = as_stereo(samples)
    if sound.shape[1] < _LEAST_SECONDS * SAMPLE_RATE:
        raise BadInput(f"{sound.shape[1]} samples are too few to describe", remedy="give at least one second")
    middle, side = over_time(sound[0] + sound[1]), over_time(sound[0] - sound[1])
    bank = mel_bank()
    mel, mel_side = middle @ bank, side @ bank
    level = max(float(mel.mean()), 1e-12)
    decibels = 10.0 * np.log10(np.maximum(mel / level, 10 ** (_FLOOR_DB / 10)))
    width = 10.0 * np.log10((_group(mel_side).mean(axis=0) + 1e-9 * level) / (_group(mel).mean(axis=0) + 1e-9 * level))
    bands = decibels.mean(axis=0), decibels.std(axis=0)
    return np.concatenate([*bands, _modulation(decibels), _peakiness(middle), width, _onsets(decibels)], dtype=np.float64)


@lru_cache(maxsize=1)
def mel_bank() -> NDArray[np.float32]:
    """Triangles of unit area evenly spaced on the mel scale from 30 Hz to 18 kHz, shape (1025, 80)."""
    return mel_scale.mel_bank(stft.bin_hz(WINDOW, SAMPLE_RATE), MELS, 30.0, 18_000.0, narrow="bin").astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where distances are taken: `(x - mean) / scale @ axes` has mean 0 and covariance 1 over the reference."""

    mean: Floats
    scale: Floats
    axes: Floats

    @property
    def dimensions(self) -> int:
        """Numbers per point."""
        return int(self.axes.shape[1])

    @property
    def name(self) -> str:
        """The embedding and its dimension, to be printed with each number."""
        return f"{NAME} d={self.dimensions}"

    def __call__(self, vectors: NDArray[Any]) -> Floats:
        """Points (n, dimensions) of `vectors` (n, 240)."""
        points: Floats = (np.atleast_2d(vectors) - self.mean) / self.scale @ self.axes
        return points


def fit_space(reference: NDArray[Any], *, songs: int | None = None, largest: int = LARGEST) -> Space:
    """The space of the reference's vectors (n, 240), of at most a quarter as many dimensions as the smallest set has songs.

    `songs` is the size of the smallest set to be compared (default: the reference's own). Raises `BadInput` for under 8 songs.
    """
    rows = np.asarray(reference, np.float64)
    dimensions = min(largest, min(len(rows), songs or len(rows)) // 4)
    if rows.ndim != 2 or dimensions < 2:
        raise BadInput(f"{len(rows)} songs cannot span a space", remedy="give at least 8 reference songs")
    mean = rows.mean(axis=0)
    spread = rows.std(axis=0, ddof=1)
    scale = np.maximum(spread, 1e-3 * max(float(np.median(spread)), 1e-9))
    _, sizes, directions = np.linalg.svd((rows - mean) / scale, full_matrices=False)
    kept = min(dimensions, int((sizes > 1e-6 * sizes[0]).sum()))
    return Space(mean, scale, directions[:kept].T * (np.sqrt(len(rows) - 1) / sizes[:kept]))


def _group(mel: NDArray[Any]) -> Floats:
    """Mean of each eighth of the bands, shape (frames, 8)."""
    return np.asarray(mel.reshape(len(mel), _GROUPS, -1).mean(axis=2), np.float64)


def _modulation(decibels: NDArray[Any]) -> Floats:
    """Share in dB of each modulation octave in each group, shape (48,), and how deep each group's modulation is."""
    curves = _group(decibels)
    curves = curves - curves.mean(axis=0)
    window = np.hanning(len(curves))[:, None]
    power = np.abs(np.fft.rfft(curves * window, axis=0)) ** 2
    hz = np.fft.rfftfreq(len(curves), 1 / FRAME_RATE)
    total = power[hz >= _OCTAVES[0]].sum(axis=0) + 1e-3 * len(curves)
    shares = [power[(hz >= low) & (hz < high)].sum(axis=0) / total for low, high in pairwise(_OCTAVES)]
    return np.asarray(10.0 * np.log10(np.array(shares) + 1e-3).ravel(), np.float64)


def _peakiness(power: NDArray[np.float32]) -> Floats:
    """How far bins differ within each of eight bands (log of mean over mean of log, in dB): mean and spread over time, (16,)."""
    edges = np.geomspace(3, power.shape[1] - 1, _GROUPS + 1).astype(int)
    found = []
    for low, high in pairwise(edges):
        band = power[:, low:high] + 1e-9 * max(float(power.mean()), 1e-12)
        flat = 10.0 * (np.log10(band.mean(axis=1)) - np.log10(band).mean(axis=1))
        weight = np.sqrt(band.mean(axis=1))
        mean = float((flat * weight).sum() / weight.sum())
        found += [mean, float(np.sqrt(((flat - mean) ** 2 * weight).sum() / weight.sum()))]
    return np.array(found)


def _onsets(decibels: NDArray[Any]) -> Floats:
    """Mean and spread of the flux in each group of bands, and strong onsets per second, shape (8,)."""
    rise = np.maximum(decibels[2:] - decibels[:-2], 0.0)
    thirds = np.stack([part.mean(axis=1) for part in np.array_split(rise, 3, axis=1)], axis=1)
    whole = rise.mean(axis=1)
    line = whole.mean() + whole.std()
    peaks = (whole[1:-1] > whole[:-2]) & (whole[1:-1] >= whole[2:]) & (whole[1:-1] > line)
    rate = float(peaks.sum()) * FRAME_RATE / max(len(whole), 1)
    return np.array([*thirds.mean(axis=0), *thirds.std(axis=0), float(line), rate])
