"""Chords of a recording, read beat by beat.

Spectral peaks (windows of .7 s at 12 kHz, twelve a second; see `key`) without what harmonics explain are folded to twelve pitch
classes over each beat. A beat's likeness to a chord is the cosine with a template of its tones, plus the share of its root in the
bass. The path of chords through all beats is the best one that pays for every change, less at the beginning of a bar than within
it (Viterbi; the scheme of Fujishima 1999 and of Bello and Pickens 2005). Chords are roots (0 = C) and qualities of `QUALITIES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import key

VERSION: Final = 1
"""Changes with what is read of the same sound."""
QUALITIES: Final[Mapping[str, tuple[int, ...]]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "sus4": (0, 5, 7),
    "dim": (0, 3, 6), "m7b5": (0, 3, 6, 10), "6": (0, 4, 7, 9),
}  # fmt: skip
"""The chords that are told apart: their tones in semitones above the root."""
_WINDOW, _HOP = 8_192, 1_024
_BASS_TOP: Final = 52
"""MIDI number below which the bass plays."""
_TONES: Final = (1.0, 0.9, 0.8, 0.6)
"""Weights of root, third, fifth and seventh in a template."""
_BASS_WEIGHT: Final = 0.25
_RARE: Final = {"": 0.0, "m": 0.0, "sus4": -0.05, "dim": -0.05}
_FOUR_TONES: Final = -0.02
"""What chords with four tones pay, since a fourth tone always explains a little more."""
_SHARPNESS: Final = 10.0
_CHANGE: Final = (1.75, 3.5, 5.6)
"""What a change of chord pays at the beginning of a bar, on every second beat, and between."""
_COMPRESSION: Final = 0.5


@dataclass(frozen=True, slots=True)
class ChordEstimate:
    """The chord of one beat; `root` is None where nothing pitched sounds."""

    root: int | None
    quality: str = ""


def chords(samples: NDArray[Any], edges: Sequence[float], *, meter: int = 4) -> tuple[ChordEstimate, ...]:
    """The chord of every beat of `samples`, whose beats lie between `edges` (seconds), the first one beginning a bar."""
    return follow(*chroma_over(samples, edges), meter)


def follow(mid: NDArray[np.float64], bass: NDArray[np.float64], meter: int) -> tuple[ChordEstimate, ...]:
    """The chord of every beat, from its notes `mid` (each row of length 1) and its `bass` (each summing to 1), shape (beats, 12).

    The first beat begins a bar; rows of zeros are silence.
    """
    if not len(mid):
        return ()
    states = [(root, quality) for root in range(12) for quality in QUALITIES]
    scores = _likeness(mid, bass, states)
    path = _best_path(scores, meter)
    sounds = [bool(beat.any()) for beat in mid]
    estimates = zip(path, sounds, strict=True)
    return tuple(ChordEstimate(*states[state]) if there else ChordEstimate(None) for state, there in estimates)


def chroma_over(samples: NDArray[Any], edges: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chroma of middle and of bass over every beat, shape (beats, 12) each: of length 1, and summing to 1; zeros for silence."""
    sound = np.pad(key.resample(samples), (_WINDOW // 2, _WINDOW // 2))
    strengths = key.note_strengths(sound, _WINDOW, _HOP)
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


def _likeness(mid: NDArray[np.float64], bass: NDArray[np.float64], states: Sequence[tuple[int, str]]) -> NDArray[np.float64]:
    """How well each chord fits each beat, shape (beats, states)."""
    templates = np.zeros((len(states), 12))
    for place, (root, quality) in enumerate(states):
        for step, weight in zip(QUALITIES[quality], _TONES, strict=False):
            templates[place, (root + step) % 12] = weight
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    prior = np.array([_RARE.get(quality, _FOUR_TONES) for _, quality in states])
    scores: NDArray[np.float64] = _SHARPNESS * (mid @ templates.T + _BASS_WEIGHT * bass[:, [root for root, _ in states]] + prior)
    return scores


def _best_path(scores: NDArray[np.float64], meter: int) -> list[int]:
    """The states with the highest sum of scores, less what changes of state pay."""
    best, back = scores[0].copy(), []
    for beat in range(1, len(scores)):
        change = _CHANGE[0 if beat % meter == 0 else 1 if beat % meter % 2 == 0 else 2]
        from_other = float(best.max()) - change
        stay = best >= from_other
        back.append(np.where(stay, np.arange(len(best)), int(best.argmax())))
        best = np.where(stay, best, from_other) + scores[beat]
    state = int(best.argmax())
    path = [state]
    for pointers in reversed(back):
        state = int(pointers[state])
        path.append(state)
    return path[::-1]
