"""The upper voice of a recording, note by note, where its register is known.

Spectral peaks of .17 s windows, 47 a second, without what harmonics explain (`key.note_strengths`) say how strongly each semitone
of the register sounds. The line is the path through semitones and silence that gathers the most strength and pays for every
change (Viterbi; Ryynänen and Klapuri 2008 read melodies so); a note struck again on the same pitch is told by its rise. In a full
mix that finds about half of a tune's notes: what is read of two sounds is to be compared, not taken for a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import key

VERSION: Final = 1
"""Changes with what is read of the same sound."""
_WINDOW, _HOP = 2_048, 256
_CHANGE: Final = 1.5
"""What a change of pitch pays, in units of a loud note's strength in one window."""
_SILENCE: Final = 0.4
"""The strength under which nobody plays."""
_LEAST: Final = 3
"""Fewest windows of a note."""
_RISE, _APART = 0.35, 2
"""How much stronger, over so many windows to each side, a note is that is struck again, and at least twice as strong."""
ONSET: Final = 0.1
"""Seconds that two onsets may be apart and count as one."""


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note of the line: where it begins and how long it lasts, in seconds, and its MIDI number."""

    start: float
    length: float
    pitch: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well notes that were read agree with those that were written: harmonic means of precision and recall, 0 to 1."""

    onset: float
    """Onsets alone."""
    pitch: float
    """Onset and pitch together."""


def read_line(samples: NDArray[Any], low: int, high: int) -> tuple[HeardNote, ...]:
    """The line between the MIDI numbers `low` and `high` in `samples`, (2, n) at 48 kHz; empty for silence."""
    low, high = max(low, key.LOWEST), min(high, key.HIGHEST - 1)
    if low > high:
        return ()
    sound = np.pad(key.resample(samples), (_WINDOW // 2, _WINDOW // 2))
    found = np.sqrt(key.note_strengths(sound, _WINDOW, _HOP)[:, low - key.LOWEST : high + 1 - key.LOWEST])
    loud = float(np.percentile(found.max(axis=1), 90))
    if loud <= 0.0:
        return ()
    strengths = found / loud
    path = _best_path(np.pad(strengths, ((0, 0), (0, 1)), constant_values=_SILENCE))
    silent, notes, first = strengths.shape[1], [], 0
    for at in range(1, len(path) + 1):
        if (
            at < len(path)
            and path[at] == path[first]
            and not (path[at] != silent and at - first > _LEAST and _rises(strengths[:, path[at]], at))
        ):
            continue
        if path[first] != silent and at - first >= _LEAST:
            notes.append(HeardNote(first * _HOP / key.RATE, (at - first) * _HOP / key.RATE, low + path[first]))
        first = at
    return tuple(notes)


def compare_lines(written: Sequence[HeardNote], read: Sequence[HeardNote], *, around: float) -> Likeness | None:
    """How well the notes `read` agree with those `written`; None where nothing is written.

    Each counts once, onsets within `ONSET`. What is read further than `around` seconds from every written note is not looked at:
    others play there.
    """
    if not written:
        return None
    near = [one for one in read if any(note.start - around <= one.start <= note.start + note.length + around for note in written)]
    return Likeness(_f1(written, near, pitched=False), _f1(written, near, pitched=True))


def _f1(written: Sequence[HeardNote], read: Sequence[HeardNote], *, pitched: bool) -> float:
    """Harmonic mean of precision and recall of the best one-to-one pairs, in the order of the written notes."""
    free, hits = list(read), 0
    for note in sorted(written, key=lambda one: (one.start, one.pitch)):
        fits = [one for one in free if abs(one.start - note.start) <= ONSET and (one.pitch == note.pitch or not pitched)]
        if fits:
            free.remove(min(fits, key=lambda one: abs(one.start - note.start)))
            hits += 1
    return 2.0 * hits / (len(written) + len(read)) if read else 0.0


def _rises(strength: NDArray[np.float64], at: int) -> bool:
    """Whether a pitch is struck again at window `at`."""
    if not _APART <= at < len(strength) - _APART:
        return False
    before, after = float(strength[at - _APART]), float(strength[at + _APART])
    return after - before > _RISE and after > 2.0 * before and int(strength[at - 2 : at + 3].argmax()) >= 2


def _best_path(scores: NDArray[np.float64]) -> list[int]:
    """The states, one for every window, with the highest sum of scores less what changes pay."""
    best, back = scores[0].copy(), []
    for row in scores[1:]:
        other = float(best.max()) - _CHANGE
        stay = best >= other
        back.append(np.where(stay, np.arange(len(best)), int(best.argmax())))
        best = np.where(stay, best, other) + row
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]
