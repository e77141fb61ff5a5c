"""How clearly the notes of a score stand out in a sound.

For every moment (23 a second, windows of .34 s, for notes are short) and semitone the spectral peaks without what harmonics
explain (`audio.key`) are held against the written notes as average precision: 1 where every written note is stronger than
everything else, and the share of sounding semitones by chance (Davis and Goadrich 2006). No threshold decides what a note is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio import key
from .score import Score

_WINDOW, _HOP = 4_096, 512
_UNPITCHED: Final = ("drums", "percussion")


def hear_notes(samples: NDArray[Any], score: Score) -> float | None:
    """Average precision of what sounds in `samples`, which begin with the score's first bar; None where no note is written.

    Samples are (2, n) at 48 kHz. Drums and percussion are left out, and notes beyond E1 to B6.
    """
    strengths, times = key.strengths_around(samples, _WINDOW, _HOP)
    written = write_roll(score, times)
    return average_precision(written, strengths) if written.any() else None


def write_roll(score: Score, times: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which semitones the score has sounding at each of `times` (seconds, ascending), (times, semitones)."""
    roll = np.zeros((len(times), key.HIGHEST - key.LOWEST), bool)
    for part in score.parts:
        for note in () if part.stem in _UNPITCHED else part.notes:
            if key.LOWEST <= note.pitch < key.HIGHEST:
                ends = score.tempo.seconds(note.start), score.tempo.seconds(note.start + note.length)
                first, last = np.searchsorted(times, ends)
                roll[first:last, note.pitch - key.LOWEST] = True
    return roll


def average_precision(wanted: NDArray[np.bool_], strengths: NDArray[np.float64]) -> float:
    """Mean precision at every wanted one, the strongest first; what is equally strong is taken together."""
    order = np.argsort(-strengths, axis=None, kind="stable")
    ranked, right = strengths.ravel()[order], np.cumsum(wanted.ravel()[order])
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    found = right[last]
    return float((np.diff(found, prepend=0) * found / (last + 1)).sum() / found[-1])
