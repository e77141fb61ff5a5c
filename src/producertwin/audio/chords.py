"""Chords of a recording, read beat by beat.

Spectral peaks (windows of .7 s at 12 kHz, twelve a second; see `key`) without what harmonics explain are folded to twelve
pitch classes in three registers over each beat, its middle counting most. How well a chord fits a beat is a weighted sum over
its root's intervals, of the beat itself and of what it has beyond the 33 beats around it; the weights are the same for every
root. The path of chords through all beats is the best one that pays for every change, less at the beginning of a bar than
within it (Viterbi; Fujishima 1999, Bello and Pickens 2005). Weights and costs are those under which songs of the house band,
and takes of them, are likeliest to have the chords that were written (a conditional random field, Lafferty et al. 2001;
`benchmarks/fit_chords.py`). Chords are roots (0 = C) and qualities of `QUALITIES`; what was asked of a sound is never known
here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import key

VERSION: Final = 2
"""Changes with what is read of the same sound."""
QUALITIES: Final[Mapping[str, tuple[int, ...]]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "sus4": (0, 5, 7),
    "dim": (0, 3, 6), "m7b5": (0, 3, 6, 10), "6": (0, 4, 7, 9),
}  # fmt: skip
"""The chords that are told apart: their tones in semitones above the root. A ninth or thirteenth is read as its seventh chord."""
REGISTERS: Final = ((28, 52), (48, 72), (64, key.HIGHEST))
"""MIDI numbers of bass, middle and top; what lies between two counts for both."""
_WINDOW, _HOP = 8_192, 1_024
_BASS_TOP: Final = 52
"""MIDI number below which the bass plays."""
_AROUND: Final = 16
"""Beats before and after a beat that it is compared with."""
_EDGE: Final = 0.05
"""What a window at the edge of a beat counts, against 1 in its middle."""
_COMPRESSION: Final = 0.5


@dataclass(frozen=True, slots=True)
class ChordEstimate:
    """The chord of one beat; `root` is None where nothing pitched sounds."""

    root: int | None
    quality: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a chord is known by."""

    tones: NDArray[np.float64]
    """What each semitone above the root says for a quality, by register of the beat and of its contrast, (6, 12, qualities)."""
    usual: NDArray[np.float64]
    """How usual each quality is, (qualities,)."""
    change: tuple[float, float, float]
    """What a change of chord pays at the beginning of a bar, on every second beat, and between."""


def chords(samples: NDArray[Any], edges: Sequence[float], *, meter: int = 4) -> tuple[ChordEstimate, ...]:
    """The chord of every beat of `samples`, whose beats lie between `edges` (seconds), the first one beginning a bar."""
    return follow(registers_over(samples, edges), meter)


def follow(beats: NDArray[np.float64], meter: int, weights: Weights | None = None) -> tuple[ChordEstimate, ...]:
    """The chord of every beat, from its notes by register as `fold_registers` gives them, (beats, 3, 12).

    The first beat begins a bar; zeros are silence. `weights` are those that were fitted, unless others are given.
    """
    if not len(beats):
        return ()
    known = weights or _load_weights()
    path = _best_path(_likeness(compare_around(beats), known), known.change, meter)
    states = [(root, quality) for root in range(12) for quality in QUALITIES]
    estimates = zip(path, (bool(beat.any()) for beat in beats), strict=True)
    return tuple(ChordEstimate(*states[state]) if sounds else ChordEstimate(None) for state, sounds in estimates)


def registers_over(samples: NDArray[Any], edges: Sequence[float]) -> NDArray[np.float64]:
    """Notes of every beat by register, (beats, 3, 12), each beat of length 1; zeros for silence."""
    strengths, time = key.strengths_around(samples, _WINDOW, _HOP)
    folded = fold_registers(strengths)
    beats = np.zeros((max(len(edges) - 1, 0), *folded.shape[1:]))
    for number, (start, end) in enumerate(pairwise(edges)):
        place = (time - start) / (end - start)
        inside = (place >= 0.0) & (place < 1.0)
        if not inside.any():
            inside[min(int(start / _HOP * key.RATE), len(inside) - 1)] = True
        weight = np.sin(np.pi * np.clip(place[inside], 0.0, 1.0)) + _EDGE
        beats[number] = np.average(folded[inside], axis=0, weights=weight)
    return make_even(beats)


def fold_registers(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strengths of semitones from `key.LOWEST` up, (n, 68), as roots of their sums by register and pitch class, (n, 3, 12)."""
    parts = [_fold(strengths[:, low - key.LOWEST : high - key.LOWEST], low) for low, high in REGISTERS]
    return np.stack(parts, axis=1) ** _COMPRESSION


def make_even(beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beats of length 1, whatever their level; zeros stay."""
    even: NDArray[np.float64] = beats / np.maximum(np.sqrt((beats**2).sum(axis=(1, 2), keepdims=True)), 1e-9)
    return even


def compare_around(beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beats beside what they have beyond those around them, (beats, 6, 12)."""
    around = [beats[max(0, at - _AROUND) : at + _AROUND + 1].mean(axis=0) for at in range(len(beats))]
    return np.concatenate([beats, beats - np.array(around)], axis=1)


def from_roots(compared: NDArray[np.float64]) -> NDArray[np.float64]:
    """`compare_around` as it looks from every root: (beats, root, 6, semitones above it)."""
    places = (np.arange(12)[:, None] + np.arange(12)[None, :]) % 12
    return compared[:, :, places].transpose(0, 2, 1, 3)


def chroma_over(samples: NDArray[Any], edges: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chroma of middle and of bass over every beat, shape (beats, 12) each: of length 1, and summing to 1; zeros for silence."""
    strengths, _ = key.strengths_around(samples, _WINDOW, _HOP)
    middle = _fold(strengths[:, _BASS_TOP - 12 - key.LOWEST :], _BASS_TOP - 12) ** _COMPRESSION
    low = _fold(strengths[:, : _BASS_TOP - key.LOWEST], key.LOWEST) ** _COMPRESSION
    frames = np.minimum((np.asarray(edges) * key.RATE / _HOP).astype(int), len(middle) - 1)
    spans = [slice(first, max(end, first + 1)) for first, end in pairwise(frames)]
    mids = np.array([middle[span].mean(axis=0) for span in spans]).reshape(-1, 12)
    lows = np.array([low[span].mean(axis=0) for span in spans]).reshape(-1, 12)
    mids /= np.maximum(np.linalg.norm(mids, axis=1, keepdims=True), 1e-9)
    lows /= np.maximum(lows.sum(axis=1, keepdims=True), 1e-9)
    return mids, lows


def _fold(strengths: NDArray[np.float64], lowest: int) -> NDArray[np.float64]:
    """Semitones from `lowest` up folded to twelve classes, shape (windows, 12)."""
    folded = np.zeros((len(strengths), 12))
    for place in range(strengths.shape[1]):
        folded[:, (lowest + place) % 12] += strengths[:, place]
    return folded


@lru_cache(maxsize=1)
def _load_weights() -> Weights:
    """The weights that were fitted."""
    kept = json.loads((resources.files(__package__) / "chord_weights.json").read_text())
    first, half, other = kept["change"]
    return Weights(np.array(kept["tones"]), np.array([kept["usual"][quality] for quality in QUALITIES]), (first, half, other))


def _likeness(compared: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """How well each chord fits each beat, shape (beats, states)."""
    scores: NDArray[np.float64] = np.einsum("brzk,zkq->brq", from_roots(compared), weights.tones) + weights.usual
    return scores.reshape(len(compared), -1)


def _best_path(scores: NDArray[np.float64], costs: tuple[float, float, float], meter: int) -> list[int]:
    """The states with the highest sum of scores, less what changes of state pay."""
    best, back = scores[0].copy(), []
    for beat in range(1, len(scores)):
        from_other = float(best.max()) - costs[place_in_bar(beat, meter)]
        stay = best >= from_other
        back.append(np.where(stay, np.arange(len(best)), int(best.argmax())))
        best = np.where(stay, best, from_other) + scores[beat]
    state = int(best.argmax())
    path = [state]
    for pointers in reversed(back):
        state = int(pointers[state])
        path.append(state)
    return path[::-1]


def place_in_bar(beat: int, meter: int) -> int:
    """Which cost of a change counts at a beat: 0 at the beginning of a bar, 1 on every second beat of it, 2 between."""
    place = beat % meter
    return 0 if place == 0 else 2 if place % 2 else 1
