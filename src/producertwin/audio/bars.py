"""Where the bars of music begin whose tempo is known.

Beats are halves of a beat at first, placed where the onsets are strongest on their comb. Of the places in a bar that these leave,
its first is the one over which the chords change most, as harmonic rhythm follows the bar (after Goto 2001), and where the low
band begins something.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..timebase import SAMPLE_RATE
from .chords import chroma_over
from .onsets import FRAME_RATE, band_flux

_PLACES: Final = 48
"""Places within a beat that are tried for its comb."""
_OFF_BEAT: Final = 0.5
"""Weight of what begins between two beats."""
_AROUND: Final = 4
"""Half beats before and after a place whose chords are compared."""
_BASS_WEIGHT: Final = 0.5
_LOW_WEIGHT: Final = 0.5
_AT_START: Final = 1.0
"""What it counts, in deviations, that a sound begins with a bar, as loops, bounces and takes do."""
_NEAR_BEATS: Final = 0.1


def find_first_bar(samples: NDArray[Any], bpm: float, meter: int) -> float:
    """Seconds until the first bar of `samples` `(channels, samples)` at 48 kHz that begins in it; below the length of a bar.

    0 for a sound shorter than two bars, and for one in which nothing begins.
    """
    half, seconds = 30.0 / bpm, samples.shape[1] / SAMPLE_RATE
    if seconds < 4 * meter * half:
        return 0.0
    flux = band_flux(samples)
    if not flux.any():
        return 0.0
    first = _place_comb(flux.sum(axis=0), bpm) % half
    edges = np.arange(first, seconds, half)
    change = _changes(samples, edges)
    low = _around(flux[0], edges[: len(change)])
    evidence = np.array([[part[place :: 2 * meter].mean() for place in range(2 * meter)] for part in (change, low)])
    spread = evidence.std(axis=1, keepdims=True)
    standard = np.divide(evidence - evidence.mean(axis=1, keepdims=True), spread, out=np.zeros_like(evidence), where=spread > 0)
    places = first + half * np.arange(2 * meter)
    bar = 2 * meter * half
    at_start = np.minimum(places % bar, -places % bar) < 2 * half * _NEAR_BEATS
    return float(places[int(np.argmax(standard[0] + _LOW_WEIGHT * standard[1] + _AT_START * at_start))] % bar)


def _place_comb(curve: NDArray[np.float64], bpm: float) -> float:
    """Seconds until the first tooth of the comb of beats on which most begins."""
    curve = np.convolve(curve, np.hanning(7), "same")
    period = 60.0 / bpm * FRAME_RATE
    teeth = np.arange(int(len(curve) / period) - 1) * period
    at = np.arange(len(curve))
    places = np.linspace(0.0, period, _PLACES, endpoint=False)
    weights = [
        np.interp(place + teeth, at, curve).mean() + _OFF_BEAT * np.interp(place + period / 2 + teeth, at, curve).mean()
        for place in places
    ]
    return float(places[int(np.argmax(weights))] / FRAME_RATE)


def _changes(samples: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much the notes of the half beats before and after each edge differ, shape (edges - 1,)."""
    middle, bass = chroma_over(samples, edges.tolist())
    found = np.zeros(len(middle))
    for at in range(1, len(middle)):
        before, after = slice(max(0, at - _AROUND), at), slice(at, at + _AROUND)
        notes = np.linalg.norm(middle[before].mean(axis=0) - middle[after].mean(axis=0))
        found[at] = notes + _BASS_WEIGHT * np.abs(bass[before].mean(axis=0) - bass[after].mean(axis=0)).sum()
    return found


def _around(curve: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The most of `curve` within 30 ms of each place."""
    frames = np.clip(np.round(seconds * FRAME_RATE).astype(int)[:, None] + np.arange(-3, 4), 0, len(curve) - 1)
    most: NDArray[np.float64] = curve[frames].max(axis=1)
    return most
