"""Tempo.

The autocorrelation of the onset curves (`onsets`) says how alike the music is to itself a lag later. A tempo is scored
by a comb on that curve: the mean likeness at one to eight beats, less half of that a third of a beat beside them, which
exposes tempi that fit only because three of their beats are two or four real ones. Half and double tempo explain nearly
the same curve; a log-normal prior (most music beats near 100 bpm) or the caller's `tempo_range` decides between them.
Tempi are beats per minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..errors import BadInput
from ..music import BPM_RANGE
from .onsets import FRAME_RATE, band_flux

_LONGEST_SECONDS: Final = 12.0
_STEP: Final = 1.0025
"""Ratio of neighbouring tempi on the grid."""
_GRID: Final = BPM_RANGE[0] * _STEP ** np.arange(np.log(BPM_RANGE[1] / BPM_RANGE[0]) / np.log(_STEP) + 1)
_BEATS: Final = 8
_THIRDS: Final = 0.5
_PRIOR_BPM: Final = 100.0
_PRIOR_OCTAVES: Final = 0.9
_BAND_WEIGHTS: Final = np.array([1.0, 1.0, 0.7])
_CLEAR_PULSE: Final = 0.25
"""Score of music with a plain beat; noise scores 0.02."""
TOLERANCE: Final = 0.04
"""Tempi this near to each other, in parts, are one."""
_OCTAVES: Final = (1 / 3, 1 / 2, 1.0, 2.0, 3.0)
_NEAR: Final = 0.01
"""A candidate is scored by the best tempo this near to it."""


@dataclass(frozen=True, slots=True)
class TempoEstimate:
    """The likeliest tempo, how sure (0 to 1), and the rival tempi with their scores, best first."""

    bpm: float
    confidence: float
    candidates: tuple[tuple[float, float], ...]


def tempo(samples: NDArray[Any], *, tempo_range: tuple[float, float] | None = None) -> TempoEstimate:
    """Tempo of `samples`; inside `tempo_range` (low, high) where one is given. Confidence 0 and 0 bpm where nothing pulses."""
    return estimate(onset_autocorrelation(samples), tempo_range)


def estimate(likeness: NDArray[np.float64], tempo_range: tuple[float, float] | None = None) -> TempoEstimate:
    """`tempo` from an autocorrelation of `onset_autocorrelation`."""
    low, high = tempo_range or BPM_RANGE
    if not 0 < low < high:
        raise BadInput(f"tempo range {low:g}-{high:g} is empty", remedy="give the lower tempo first")
    scores = comb_scores(likeness, _GRID)
    inside = (low * 0.99 <= _GRID) & (high * 1.01 >= _GRID)
    if not inside.any() or scores[inside].max() <= 0:
        return TempoEstimate(0.0, 0.0, ())
    weighted = scores * _prior(_GRID) if tempo_range is None else scores.copy()
    weighted[~inside] = 0.0
    peaks = _peaks(weighted)
    candidates = tuple((_refine_peak(weighted, peak), float(weighted[peak])) for peak in peaks)
    return TempoEstimate(candidates[0][0], _confidence(float(scores[peaks[0]]), candidates), candidates)


@dataclass(frozen=True, slots=True)
class TempoAgreement:
    """How a tempo that was read stands to the one that was asked for."""

    found: float
    """0 where nothing pulses."""
    asked: float
    factor: float | None
    """1 as asked; 1/3, 1/2, 2 or 3 an octave off, so to speak; None for any other tempo, or none."""

    @property
    def share(self) -> float:
        """1 as asked, 0.5 an octave off, 0 otherwise."""
        return 0.0 if self.factor is None else 1.0 if self.factor == 1.0 else 0.5

    def __str__(self) -> str:
        if self.found <= 0:
            return "no pulse"
        names = {1.0: "as asked", 1 / 3: "a third", 1 / 2: "half", 2.0: "double", 3.0: "triple", None: "another tempo"}
        return f"reads {self.found:.0f}, {names[self.factor]}"


def tempo_agreement(found: float, asked: float, *, tolerance: float = TOLERANCE) -> TempoAgreement:
    """How tempo `found` stands to `asked`; two tempi are one within `tolerance`, a share."""
    factors = (factor for factor in _OCTAVES if abs(found / (asked * factor) - 1) <= tolerance)
    return TempoAgreement(found, asked, next(factors, None))


def same_up_to_octave(found: float, asked: float, *, tolerance: float = TOLERANCE) -> bool:
    """Whether tempo `found` is the asked one, its third, half, double or triple, within `tolerance`."""
    return tempo_agreement(found, asked, tolerance=tolerance).factor is not None


def tempo_fit(samples: NDArray[Any], candidates: Sequence[float]) -> NDArray[np.float64]:
    """How well each candidate tempo fits, shape (candidates,): about 0 for none, 1 for a machine; higher is better."""
    return fit_of(onset_autocorrelation(samples), candidates)


def fit_of(likeness: NDArray[np.float64], candidates: Sequence[float]) -> NDArray[np.float64]:
    """`tempo_fit` from an autocorrelation of `onset_autocorrelation`."""
    wanted = np.asarray(candidates, np.float64)
    if wanted.ndim != 1 or wanted.size == 0 or not (wanted > 0).all():
        raise BadInput(f"{candidates!r} are not tempi", remedy="give a list of beats per minute above 0")
    near = wanted[:, None] * np.linspace(1 - _NEAR, 1 + _NEAR, 9)
    fit: NDArray[np.float64] = comb_scores(likeness, near.ravel()).reshape(near.shape).max(axis=1)
    return fit


def onset_autocorrelation(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Autocorrelation of the onset curves, 1 at lag 0, shape (lags,), one lag per frame; zeros where nothing pulses."""
    return autocorrelate(band_flux(samples))


def autocorrelate(flux: NDArray[np.float64]) -> NDArray[np.float64]:
    """`onset_autocorrelation` from the onset curves of `onsets.band_flux`, or a stretch of them."""
    flux = gaussian_filter1d(flux - flux.mean(axis=1, keepdims=True), 1.0, axis=1)
    count = flux.shape[1]
    size = 1 << (2 * count - 1).bit_length()
    power = np.abs(np.fft.rfft(flux, size, axis=1)) ** 2
    lags = min(round(_LONGEST_SECONDS * FRAME_RATE), count)
    likeness = np.fft.irfft(power, axis=1)[:, :lags] / (count - np.arange(lags))
    summed: NDArray[np.float64] = _BAND_WEIGHTS @ likeness
    return summed / summed[0] if summed[0] > 1e-9 else np.zeros(lags)


def comb_scores(likeness: NDArray[np.float64], bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score of each tempo against an autocorrelation, shape of `bpm`: likeness on the beats less that a third beside them."""
    period = 60.0 * FRAME_RATE / bpm[:, None]
    beat = np.arange(1, _BEATS + 1)
    known = beat * period <= len(likeness) - 1  # a short sound knows fewer beats of a slow tempo
    count = np.maximum(known.sum(axis=1), 1)

    def mean(shift: float) -> NDArray[np.float64]:
        at = np.interp((beat - shift) * period, np.arange(len(likeness)), likeness)
        total: NDArray[np.float64] = (at * known).sum(axis=1) / count
        return total

    return mean(0.0) - _THIRDS * 0.5 * (mean(1 / 3) + mean(2 / 3))


def _prior(bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    prior: NDArray[np.float64] = np.exp(-0.5 * (np.log2(bpm / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
    return prior


def _confidence(score: float, candidates: Sequence[tuple[float, float]]) -> float:
    """0 to 1: a strong pulse without a strong rival; tempi an octave or two apart are no rivals."""
    best, strength = candidates[0]
    octaves = [abs(np.log2(bpm / best)) for bpm, _ in candidates]
    rival = max(
        (weight for (_, weight), apart in zip(candidates, octaves, strict=True) if abs(apart - round(apart)) > 0.06), default=0.0
    )
    return float(min(1.0, score / _CLEAR_PULSE) * np.sqrt(max(0.0, 1.0 - rival / strength)))


def _peaks(scores: NDArray[np.float64]) -> list[int]:
    """Up to eight local maxima of the grid, best first, none within 4 % of a better one."""
    framed = np.pad(scores, 1)
    places = np.flatnonzero((scores > 0) & (scores >= framed[:-2]) & (scores >= framed[2:]))
    kept: list[int] = []
    for place in places[np.argsort(-scores[places], kind="stable")].tolist():
        if all(abs(place - other) * np.log(_STEP) > 0.04 for other in kept):
            kept.append(place)
    return kept[:8]


def _refine_peak(scores: NDArray[np.float64], peak: int) -> float:
    """Tempo at the top of the parabola through a peak and its neighbours."""
    if not 0 < peak < len(scores) - 1:
        return float(_GRID[peak])
    left, middle, right = scores[peak - 1 : peak + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(_GRID[peak] * _STEP ** np.clip(shift, -1, 1))
