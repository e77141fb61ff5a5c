"""The form of a recording whose bars are known: which bars sound alike, and where something new begins.

A bar is described by its harmony (twelve pitch classes on each beat) and by its sound (level of 24 mel bands, mean and spread);
both are standardised over the song and weigh the same. The likeness of two bars is the cosine of their descriptions, -1 to 1. A
boundary is where the means of four bars before and after differ most (novelty after Foote 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..timebase import SAMPLE_RATE, TempoMap
from . import key, mel, stft
from .samples import mono

VERSION: Final = 1
"""Changes with what is read of the same sound."""
_WINDOW, _HOP, _BANDS = 4_096, 2_048, 24
_HARMONY_WINDOW, _HARMONY_HOP = 8_192, 2_048
_FLOOR_DB: Final = -70.0
_REACH: Final = 4
"""Bars to each side that novelty looks at."""


def describe_bars(samples: NDArray[Any], tempo: TempoMap, meter: int) -> NDArray[np.float64]:
    """A row for every whole bar of `samples`, (2, n) at 48 kHz, which begin with the first bar; shape (bars, numbers)."""
    sound = mono(samples)
    beats = int(tempo.beat(len(sound) / SAMPLE_RATE) + 0.05)
    bars = beats // meter
    if not bars:
        return np.zeros((0, 1))
    edges = np.array([tempo.seconds(beat) for beat in range(bars * meter + 1)])
    harmony = _per_beat(_pitch_classes(samples), np.asarray(edges, np.float64), key.RATE / _HARMONY_HOP)
    harmony /= np.maximum(np.linalg.norm(harmony, axis=1, keepdims=True), 1e-9)
    levels = _levels(sound)
    at = np.minimum((edges[::meter] * SAMPLE_RATE / _HOP).astype(int), len(levels) - 1)
    pieces = [levels[first : max(last, first + 1)] for first, last in pairwise(at.tolist())]
    sounds = np.array([np.concatenate([piece.mean(axis=0), piece.std(axis=0)]) for piece in pieces])
    return np.concatenate([_standardise(harmony.reshape(bars, -1)), _standardise(sounds)], axis=1)


def likeness(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """How alike every two bars are, -1 to 1, shape (bars, bars); bars that are like the mean are like nothing but themselves."""
    rows = bars / np.maximum(np.linalg.norm(bars, axis=1, keepdims=True), 1e-9)
    found: NDArray[np.float64] = rows @ rows.T
    np.fill_diagonal(found, 1.0)
    return found


def novelty(bars: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of a new part begins with each bar, shape (bars,): how far the mean of what follows is from the mean before it.

    Means are over four bars, so that chords which change within a part leave no trace.
    """
    count = len(bars)
    found = np.zeros(count)
    for at in range(2, count - 1):
        before, after = bars[max(at - _REACH, 0) : at].mean(axis=0), bars[at : at + _REACH].mean(axis=0)
        found[at] = float(np.linalg.norm(after - before))
    return found


def find_boundaries(bars: NDArray[np.float64]) -> tuple[int, ...]:
    """The bars, from 0, with which a new part begins; the first bar of the song is none of them."""
    curve = novelty(bars)
    if len(curve) < 4 or not curve.any():
        return ()
    least = float(curve[2:-1].mean())
    return tuple(at for at in range(2, len(curve) - 1) if curve[at] > least and curve[at] == curve[max(at - 2, 0) : at + 3].max())


def agree_on_boundaries(written: Sequence[int], found: Sequence[int], *, within: int = 1) -> float | None:
    """Harmonic mean of precision and recall of boundaries, up to `within` bars apart; None where none are written."""
    if not written:
        return None
    free, hits = list(found), 0
    for bar in written:
        near = [one for one in free if abs(one - bar) <= within]
        if near:
            free.remove(min(near, key=lambda one: abs(one - bar)))
            hits += 1
    return 2.0 * hits / (len(written) + len(found))


def contrast(bars: NDArray[np.float64], written: Sequence[int]) -> float | None:
    """How much more new begins at the bars that are `written` than elsewhere: mean novelty, up to a bar beside, less the rest's.

    None where no bar is written, or all lie beside those.
    """
    curve = novelty(bars)
    inside = [bar for bar in written if 2 <= bar < len(curve) - 1]
    far = [bar for bar in range(2, len(curve) - 1) if all(abs(bar - one) > 1 for one in inside)]
    if not inside or not far:
        return None
    return float(np.mean([curve[max(bar - 1, 0) : bar + 2].max() for bar in inside]) - curve[far].mean())


def compare_parts(alike: NDArray[np.float64], one: tuple[int, int], other: tuple[int, int]) -> float:
    """Mean likeness of two parts, each its first bar and its bars, bar beside bar as far as both go."""
    bars = min(one[1], other[1], len(alike) - one[0], len(alike) - other[0])
    return float(np.mean([alike[one[0] + bar, other[0] + bar] for bar in range(bars)])) if bars > 0 else 0.0


def _pitch_classes(samples: NDArray[Any]) -> NDArray[np.float64]:
    sound = np.pad(key.resample(samples), (_HARMONY_WINDOW // 2, _HARMONY_WINDOW // 2))
    strengths = key.note_strengths(sound, _HARMONY_WINDOW, _HARMONY_HOP)
    folded = np.zeros((len(strengths), 12))
    for place in range(strengths.shape[1]):
        folded[:, (key.LOWEST + place) % 12] += strengths[:, place]
    return np.asarray(np.sqrt(folded), np.float64)


def _per_beat(frames: NDArray[np.float64], edges: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    at = np.minimum((edges * rate).astype(int), len(frames) - 1)
    return np.array([frames[first : max(last, first + 1)].mean(axis=0) for first, last in pairwise(at.tolist())])


@lru_cache(maxsize=1)
def _bank() -> NDArray[np.float64]:
    bank: NDArray[np.float64] = mel.mel_bank(stft.bin_hz(_WINDOW, SAMPLE_RATE), _BANDS, 40.0, 16_000.0, narrow="nearest")
    return bank


def _levels(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Levels of the mel bands in dB, shape (windows, bands)."""
    padded = np.pad(sound, (_WINDOW // 2, _WINDOW // 2))
    power = stft.power(stft.spectra(stft.windows(padded, _WINDOW, _HOP))) @ _bank()
    against = np.maximum(power / max(float(power.mean()), 1e-12), 10 ** (_FLOOR_DB / 10))
    decibels: NDArray[np.float64] = np.asarray(10.0 * np.log10(against), np.float64)
    return decibels


def _standardise(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers less their means over the song, in their mean spread, and so that rows of any width weigh the same."""
    moved = rows - rows.mean(axis=0)
    scale = float(np.sqrt((moved**2).sum(axis=1).mean()))
    standard: NDArray[np.float64] = moved / scale if scale > 1e-9 else moved
    return standard
