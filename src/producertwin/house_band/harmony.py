"""Chords: progressions by family, chords built on the degrees of a key, and how they are laid out on a keyboard.

A progression is written in scale degrees, one token per chord (`1 6 2 5`). Every chord is stacked in thirds inside the key, so
it stays in the scale; the one exception is the borrowed turnaround (the dominant seventh of a minor key, the minor fourth of a
major one) that some styles play in the last bar of a phrase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ..music import KEYS, SCALES, Key, Mode
from .chord_symbols import intervals
from .score import Chord, Note

_MAJOR, _MINOR = "major", "minor"
PROGRESSIONS: Final[dict[str, dict[Mode, tuple[str, ...]]]] = {
    "jazz": {
        "major": ("1 6 2 5", "1 1 2 5", "1 4 2 5", "1 2 5 1", "1 4 1 5", "1 6 4 5", "1 4 3 6 2 5 1 1"),
        "minor": ("1 4 5 1", "1 6 4 5", "1 4 1 5", "1 7 6 5", "1 1 4 5", "1 6 5 1", "1 4 6 5 1 4 5 1"),
    },
    "soul": {
        "major": ("1 4 1 4", "1 3 4 5", "1 6 4 5", "1 4 2 5", "4 3 2 1", "1 1 4 5"),
        "minor": ("1 4 1 4", "1 7 6 5", "1 1 4 6", "1 6 4 5", "1 4 6 5", "6 7 1 1", "1 6 1 4"),
    },
    "pop": {
        "major": ("1 5 6 4", "1 6 4 5", "1 4 6 5", "1 3 4 5", "1 5 4 4"),
        "minor": ("1 6 3 7", "1 7 6 7", "1 4 6 7", "1 4 1 6", "1 6 4 5", "1 7 6 1"),
    },
    "dark": {
        "major": ("1 3 4 4", "1 6 1 6", "1 3 6 4"),
        "minor": ("1 1 6 6", "1 6 1 5", "1 6 4 5", "1 4 1 5", "1 6 7 1", "1 1 4 6"),
    },
    "spooky": {"major": ("1 3 1 4",), "minor": ("1 6 1 5", "1 6 4 5", "1 1 4 5", "1 4 6 5", "1 5 6 5")},
    "ambient": {
        "major": ("1 4 1 4", "1 6 4 4", "1 3 4 1", "1 5 4 1"),
        "minor": ("1 6 1 6", "1 4 6 7", "1 7 4 1", "1 3 6 7"),
    },
    "drone": {"major": ("1 1 4 1", "1 4"), "minor": ("1 1 6 1", "1 4", "1 7")},
    "mono": {"major": ("1 1 1 4",), "minor": ("1", "1 1 1 6", "1 1 1 7", "1 1 6 7")},
    "house": {
        "major": ("1 6 4 5", "1 4 6 5", "1 3 4 4"),
        "minor": ("1 4 6 5", "1 6 7 1", "1 1 4 4", "1 7 6 7", "1 1 6 7"),
    },
    "synth": {
        "major": ("1 5 6 4", "1 4 6 5", "1 3 4 5"),
        "minor": ("1 6 7 1", "1 6 3 7", "1 4 6 7", "1 1 6 7", "1 7 6 1", "1 6 4 5"),
    },
    "rock": {
        "major": ("1 4 5 4", "1 5 4 4", "1 4 1 5", "1 6 4 5", "1 1 4 5"),
        "minor": ("1 6 7 1", "1 7 6 7", "1 3 7 6", "1 1 6 7", "1 4 6 7"),
    },
    "epic": {"major": ("1 5 6 4", "1 4 5 1", "1 6 4 5"), "minor": ("1 6 7 1", "1 6 3 7", "1 4 7 1", "1 6 4 5")},
    "festive": {
        "major": ("1 6 2 5", "1 4 5 1", "1 5 6 3 4 1 4 5", "1 4 1 5", "1 3 4 5"),
        "minor": ("1 4 5 1", "1 6 7 3"),
    },
    "royal": {
        "major": ("1 5 6 3 4 1 4 5", "4 5 3 6 4 5 1 1", "1 3 4 5", "1 4 5 1"),
        "minor": ("6 7 5 1", "1 6 4 5 6 7 1 1", "6 7 1 1", "1 6 7 5", "1 4 5 1"),
    },
    "gospel": {"major": ("1 3 4 4", "1 4 1 5", "1 6 4 5", "1 5 6 4 1 5 1 1"), "minor": ("1 4 1 5", "1 6 4 5", "1 7 6 5")},
}
"""Family -> mode -> progressions. Most begin on the tonic, so that the key is plain."""

QUALITIES: Final[dict[str, tuple[int, ...]]] = {
    "maj": (0, 4, 7), "m": (0, 3, 7), "dim": (0, 3, 6), "sus2": (0, 2, 7), "sus4": (0, 5, 7), "5": (0, 7, 12),
    "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "maj7": (0, 4, 7, 11), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10), "add9": (0, 4, 7, 14), "madd9": (0, 3, 7, 14), "maj9": (0, 4, 7, 11, 14), "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14), "13": (0, 4, 10, 14, 21),
}  # fmt: skip
"""Chord qualities and their intervals in semitones above the root."""
_BY_INTERVALS: Final = {intervals: name for name, intervals in QUALITIES.items()}
_CENTRE: Final = 62.0


def build(key: Key, degree: int, ext: str) -> tuple[int, str]:
    """Root pitch class and quality of the chord on a scale `degree` (1 to 7), enriched as `ext` asks where the scale allows.

    `ext` is one of `triad`, `power`, `sus`, `6`, `7`, `9`, `add9`, `13`.
    """
    steps = SCALES[key.mode]
    above = [(steps[(degree - 1 + i) % 7] - steps[degree - 1]) % 12 for i in (1, 2, 3, 4, 5, 6)]
    second, third, fourth, fifth, sixth, seventh = above
    root = (key.tonic + steps[degree - 1]) % 12
    triad, full = (0, third, fifth), (0, third, fifth, seventh)
    whole = second == 2 and fifth == 7
    if degree == 1 and key.mode == "minor" and ext in ("9", "13"):
        ext = "add9"  # without its seventh the minor tonic is not mistaken for the relative major
    sizes: dict[str, list[tuple[int, ...]]] = {
        "triad": [triad], "7": [full],
        "power": [(0, 7, 12)] if fifth == 7 else [triad],
        "sus": [(0, second, fifth)] if whole else [(0, fourth, fifth), triad],
        "6": [(0, third, fifth, sixth), triad],
        "9": [(*full, 14)] if whole else [full],
        "add9": [(*triad, 14)] if whole else [triad],
        "13": [(0, third, seventh, 14, 21)] if whole and sixth == 9 else [(*full, 14)] if whole else [full],
    }  # fmt: skip
    for steps_above in (*sizes[ext], (*full, 14) if whole else full, full, triad):
        if steps_above in _BY_INTERVALS:
            return root, _BY_INTERVALS[steps_above]
    return root, "sus4"  # pragma: no cover - every triad of the two modes has a name


def tones(quality: str) -> tuple[int, ...]:
    """Semitones above the root of a quality: as the band plays those of `QUALITIES`, and as it is written for any other."""
    return QUALITIES.get(quality) or intervals(quality)


def key_of(chords: Sequence[tuple[int, str]]) -> Key:
    """The key that holds most notes of `chords`; the first chord's root is preferred as the tonic."""
    classes = [(root + step) % 12 for root, quality in chords for step in tones(quality)]
    first_root, first_quality = chords[0]
    mode = _MINOR if 3 in tones(first_quality) else _MAJOR

    def fit(key: Key) -> float:
        inside = sum(pitch in key.scale for pitch in classes) / len(classes)
        return inside + 0.05 * (key.tonic == first_root) + 0.05 * (key.tonic == first_root and key.mode == mode)

    return max(KEYS, key=fit)


def voice(root: int, quality: str, before: Sequence[int], *, whole: bool = False) -> tuple[int, ...]:
    """Pitches of a chord around the middle of the keyboard, close to the chord `before`.

    Chords of five notes leave out the fifth (the bass plays the root) unless they are wanted `whole`.
    """
    classes = list(dict.fromkeys((root + step) % 12 for step in tones(quality)))
    if len(classes) > 4 and not whole:
        classes.remove((root + 7) % 12 if 7 in tones(quality) else root)
    middle = sum(before) / len(before) if before else _CENTRE
    best: tuple[float, tuple[int, ...]] = (np.inf, ())
    ordered = sorted((pitch - root) % 12 for pitch in classes)
    for turn in range(len(ordered)):
        shape = [root + step for step in ordered[turn:]] + [root + step + 12 for step in ordered[:turn]]
        for octave in (48, 60):
            pitches = tuple(pitch + octave for pitch in shape)
            mean = sum(pitches) / len(pitches)
            cost = abs(mean - middle) + 0.5 * abs(mean - _CENTRE) + 3.0 * (pitches[0] < 50) + 3.0 * (pitches[-1] > 76)
            best = min(best, (cost, pitches))
    return best[1]


def borrow_chord(key: Key) -> tuple[int, str]:
    """The one chord from outside: the dominant seventh of a minor key, the minor fourth of a major one."""
    return ((key.tonic + 7) % 12, "7") if key.mode == "minor" else ((key.tonic + 5) % 12, "m6")


def in_scale_share(chords: Sequence[Chord], key: Key) -> float:
    """Share of the chord tones that lie in the scale of `key`, 0 to 1."""
    classes = [pitch % 12 for chord in chords for pitch in chord.pitches]
    return sum(pitch in key.scale for pitch in classes) / max(1, len(classes))


def fit_notes(notes: Sequence[Note], chords: Sequence[Chord], key: Key, *, bend: bool) -> list[Note]:
    """`notes` without those in silent chords, cut where silence begins; with `bend`, scale tones give way to chord tones.

    A chord tone outside the key takes the place of its neighbours in the scale that are no tones of the chord: over `A7b9` in C
    major, C becomes C sharp and B becomes B flat. `chords` follow one another from the first note's section on.
    """
    found = []
    for note in notes:
        chord = next((one for one in reversed(chords) if one.start <= note.start + 1e-6), chords[0])
        if chord.silent:
            continue
        rests = [one.start for one in chords if one.silent and note.start < one.start < note.start + note.length]
        pitch = note.pitch + (_bend(note.pitch % 12, chord, key) if bend else 0)
        found.append(replace(note, pitch=pitch, length=min([note.length, *(rest - note.start for rest in rests)])))
    return found


def _bend(pitch_class: int, chord: Chord, key: Key) -> int:
    """Semitones by which a scale tone moves to a tone of `chord` that is outside the key, 0 where it need not."""
    classes = {(chord.root + step) % 12 for step in tones(chord.quality)} | {chord.lowest}
    if pitch_class in classes:
        return 0
    outside = classes - key.scale
    return next((step for step in (1, -1) if (pitch_class + step) % 12 in outside), 0)
