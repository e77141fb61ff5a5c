"""Chroma and key.

Spectral peaks (Fourier transform of 1.4 s windows at 12 kHz, every third of a second) that stand out of the noise
around them are placed on the scale tuned to A = 440 Hz; what the harmonics of lower notes explain is taken off, and the
rest is folded to twelve pitch classes, C = 0. The key is the best of 24 sums of witnesses: the correlation of the
chroma with a profile of the scale and its tonic triad, the share of the bass on the tonic, and bass and triad in the
opening seconds, where most music states its tonic. A key and its relative share their notes, not their roots.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ..music import KEYS, Key
from ..timebase import SAMPLE_RATE
from . import stft
from .samples import mono

RATE: Final = SAMPLE_RATE // 4
"""Samples a second of the sound that is looked at."""
_WINDOW: Final = 16_384
_HOP: Final = 4_096
LOWEST: Final = 28
HIGHEST: Final = 96
"""MIDI numbers of the range that is listened to; the upper end is left out."""
_BASS: Final = slice(0, 52 - LOWEST)
_NOISE: Final = 3.0
"""A peak must rise above so many times the median of its surroundings."""
_COMPRESSION: Final = 0.75
_HARMONICS: Final = (3, 5, 6, 7, 9, 10, 12)
"""Harmonics that are removed: all are of another pitch class than the note's own."""
_SCALE_TONE: Final = 1.0
_TRIAD_TONE: Final = 1.1
_TONIC_TONE: Final = 1.25
_BASS_WEIGHT: Final = 0.2
_OPENING_BASS_WEIGHT: Final = 0.2
_OPENING_TRIAD_WEIGHT: Final = 0.3
_OPENING_WINDOWS: Final = 2
_SHARPNESS: Final = 20.0


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """The likeliest key, how sure (0 to 1), and the score of all 24 in the order of `music.KEYS`."""

    key: Key
    confidence: float
    scores: tuple[float, ...]


def chroma(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Share of each pitch class, C first, shape (12,), summing to 1; zeros for silence."""
    return chroma_of(pitch_strengths(samples))


def chroma_of(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """`chroma` from `pitch_strengths`."""
    return _shares(strengths.sum(axis=0))


def chroma_over_time(samples: NDArray[Any]) -> NDArray[np.float64]:
    """`chroma` of every window of 1.4 s, three a second, shape (windows, 12)."""
    return np.stack([_shares(window) for window in pitch_strengths(samples)])


def in_scale_share(samples: NDArray[Any], key: Key) -> float:
    """Share of the chroma inside the scale of `key`, 0 to 1 (7/12 by chance)."""
    return float(chroma(samples)[sorted(key.scale)].sum())


def key(samples: NDArray[Any]) -> KeyEstimate:
    """Key of `samples`. Silence reads C major with confidence 0."""
    return key_of(pitch_strengths(samples))


def key_of(strengths: NDArray[np.float64]) -> KeyEstimate:
    """`key` from `pitch_strengths`."""
    whole, bass = _shares(strengths.sum(axis=0)), _shares(strengths[:, _BASS].sum(axis=0))
    if not whole.any():
        return KeyEstimate(KEYS[0], 0.0, (0.0,) * len(KEYS))
    first = int(strengths.any(axis=1).argmax())
    start = strengths[first : first + _OPENING_WINDOWS]
    opening = _shares(start.sum(axis=0))
    tonics = _BASS_WEIGHT * bass + _OPENING_BASS_WEIGHT * _shares(start[:, _BASS].sum(axis=0))
    scores = np.array(
        [
            _correlation(whole, _profile(candidate))
            + tonics[candidate.tonic]
            + _OPENING_TRIAD_WEIGHT * opening[_triad(candidate)].sum()
            for candidate in KEYS
        ]
    )
    chances = np.exp(_SHARPNESS * (scores - scores.max()))
    best = int(scores.argmax())
    return KeyEstimate(KEYS[best], float(chances[best] / chances.sum()), tuple(scores.tolist()))


def pitch_strengths(samples: NDArray[Any]) -> NDArray[np.float64]:
    """Strength of every semitone from E1 (MIDI 28) up in every window, shape (windows, 68).

    A window weighs as the root of its strength, so that loud passages count more, but not alone.
    """
    sound = resample(samples)
    sound = np.pad(sound, (0, max(0, _WINDOW - sound.size)))
    strengths = note_strengths(sound, _WINDOW, _HOP)
    total = strengths.sum(axis=1, keepdims=True)
    return np.asarray(strengths / np.sqrt(np.maximum(total, 1e-12)), np.float64)


def resample(samples: NDArray[Any]) -> NDArray[np.float32]:
    """`samples` in mono at `RATE`."""
    sound = mono(samples)
    return soxr.resample(sound, SAMPLE_RATE, RATE, quality="MQ") if sound.size else sound


def strengths_around(samples: NDArray[Any], window: int, hop: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`note_strengths` of `samples` in windows whose middles lie on every `hop`-th sample, and these middles in seconds."""
    strengths = note_strengths(np.pad(resample(samples), (window // 2, window // 2)), window, hop)
    return strengths, np.arange(len(strengths)) * hop / RATE


def note_strengths(sound: NDArray[np.float32], window: int, hop: int) -> NDArray[np.float64]:
    """Strength of every semitone from `LOWEST` up in windows of `window` samples every `hop`, shape (windows, 68).

    `sound` is mono at `RATE` and as long as a window at least; what the harmonics of lower notes explain is taken off.
    """
    bins = int(440 * 2 ** ((HIGHEST - 69) / 12) * window / RATE) + 2
    spectra = stft.spectra(stft.windows(sound, window, hop))
    return _remove_harmonics(_on_scale(np.abs(spectra[:, :bins]), window))


def _on_scale(magnitude: NDArray[np.floating[Any]], window: int) -> NDArray[np.float64]:
    """Spectral peaks summed by the semitone they lie on, shape (windows, 68)."""
    centre, left, right = magnitude[:, 1:-1], magnitude[:, :-2], magnitude[:, 2:]
    excess = centre - _NOISE * _local_median(magnitude, window)[:, 1:-1]
    floor = 1e-3 * magnitude.max(axis=1, keepdims=True) + 1e-9
    frame, place = np.nonzero((centre > left) & (centre >= right) & (excess > floor))
    here, below, above = (part[frame, place] for part in (centre, left, right))
    shift = 0.5 * (below - above) / np.minimum(below - 2 * here + above, -1e-12)
    pitch = 69 + 12 * np.log2((place + 1 + shift) * RATE / window / 440.0)
    nearest = np.rint(pitch).astype(int)
    tuned = np.cos(np.pi * (pitch - nearest)) ** 2  # a peak between two semitones counts for neither
    inside = (nearest >= LOWEST) & (nearest < HIGHEST)
    strengths = np.zeros((magnitude.shape[0], HIGHEST - LOWEST))
    np.add.at(strengths, (frame[inside], nearest[inside] - LOWEST), (excess[frame, place] ** _COMPRESSION * tuned)[inside])
    return strengths


def _local_median(magnitude: NDArray[np.floating[Any]], window: int) -> NDArray[np.float64]:
    """Median magnitude around every bin, same shape: over minor thirds, at least 6 bins, and straight lines between them."""
    edges, weights = _bands(window, magnitude.shape[1])
    medians = np.stack([np.median(magnitude[:, low:high], axis=1) for low, high in edges], axis=1)
    around: NDArray[np.float64] = medians @ weights
    return around


@lru_cache(maxsize=2)
def _bands(window: int, count: int) -> tuple[tuple[tuple[int, int], ...], NDArray[np.float64]]:
    """Bins of the bands that medians are taken over, and the weights (bands, bins) that draw lines between their centres."""
    hz = 440 * 2 ** ((np.arange(LOWEST - 8, HIGHEST + 4, 3) - 69) / 12)
    bins = (hz * window / RATE).astype(int)
    pairs = tuple((max(low - 2, 0), max(high + 2, low + 6)) for low, high in itertools.pairwise(bins.tolist()))
    centres = (bins[:-1] + bins[1:]) / 2
    weights = np.stack([np.interp(np.arange(count), centres, row) for row in np.eye(len(centres))])
    return pairs, weights


def _remove_harmonics(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take off what the harmonics of lower notes, falling as a sawtooth's, explain."""
    clean = strengths.copy()
    for harmonic in _HARMONICS:
        interval = round(12 * np.log2(harmonic))
        clean[:, interval:] -= harmonic**-_COMPRESSION * strengths[:, :-interval]
    return np.maximum(clean, 0.0)


def _shares(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fold semitones from `LOWEST` up to twelve classes that sum to 1."""
    classes = np.bincount((np.arange(len(strengths)) + LOWEST) % 12, strengths, minlength=12)
    total = classes.sum()
    return classes / total if total > 0 else np.zeros(12)


def _triad(candidate: Key) -> list[int]:
    """Pitch classes of the tonic triad, the tonic first."""
    third = 4 if candidate.mode == "major" else 3
    return [(candidate.tonic + step) % 12 for step in (0, third, 7)]


def _profile(candidate: Key) -> NDArray[np.float64]:
    """How much of each pitch class a key leads one to expect."""
    profile = np.zeros(12)
    profile[sorted(candidate.scale)] = _SCALE_TONE
    profile[_triad(candidate)] = _TRIAD_TONE
    profile[candidate.tonic] = _TONIC_TONE
    return profile


def _correlation(shares: NDArray[np.float64], profile: NDArray[np.float64]) -> float:
    a, b = shares - shares.mean(), profile - profile.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0
