"""What the bass plays: written patterns of chord tones, and walking lines.

A pattern is a bar of sixteenths: `R` root, `5` fifth, `8` octave, `3` third, `7` seventh or sixth, `a` a step below the
next root, `_` hold, `.` silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..music import Key
from .harmony import tones as tones_of
from .score import Chord, Note

LINES: Final[dict[str, tuple[str, ...]]] = {
    "long": ("R_____________..", "R_________..R_..", "R_______5_____..", "R___________..a_"),
    "loop": ("R____.R___..5_a_", "R_____.8..R__...", "R__.R_____5_..8_", "R_____R_..5___a_"),
    "rootfive": ("R_____..5_____..", "R_______5___..5_", "R_____5_R_____5_"),
    "eighths": ("R_R_R_R_R_R_R_R_", "R_R_R_R_R_R_5_8_"),
    "octaves": ("R.8.R.8.R.8.R.8.", "R..8R.8.R..8R.8."),
    "offbeat": ("..R_..R_..R_..R_", "..R_..RR..R_.8R_", "..R_..R_..8_..R_"),
    "funk": ("R_.R..8.R_.5..7.", "R.R..R8...R_5.8.", "R_..8.R..R..7.8a"),
    "bounce": ("R__R__..5__R__..", "R__5__R_R__5__8_"),
    "sub": ("R_______..R_....", "R_____R_________", "R_________..R_..", "R______R__R_...."),
    "slide": ("R_____R_....8_..", "R_____..R__.5_..", "R______.8_R_____"),
    "acid": ("R.R8R.R.3.R8..R5", "RR.R8.R.R.8RR.7.", "R.8.R.RR5.R.8.R3"),
    "rumble": ("..RR..RR..RR..RR", ".R.R.R.R.R.R.R.R", "..R...R...R...R."),
    "reese": ("R_______________", "R_________R_____", "R_____________5_"),
    "pedal": ("R_______________",),
}
"""Line name -> alternative bars."""
_BRIEF: Final = 2.0
"""Beats in which a fifth would hide which chord it is."""


def _low(pitch_class: int, low: int) -> int:
    """The lowest pitch of a class at or above `low`."""
    return low + (pitch_class - low) % 12


def _tone(mark: str, chord: Chord, after: Chord, key: Key, low: int) -> int:
    """The pitch that a mark of a pattern means under `chord`."""
    root = _low(chord.lowest, low)
    if chord.bass is not None and mark in "53":
        return root
    intervals = tones_of(chord.quality)
    if mark == "8":
        return root + 12
    if mark == "5":
        return root + (6 if 6 in intervals else 7 if (chord.root + 7) % 12 in key.scale else 12)
    if mark == "3":
        return root + next((step for step in intervals if step in (3, 4)), 12)
    if mark == "7":
        return root + next((step for step in intervals if step in (9, 10)), 12)
    if mark == "a":
        target = _low(after.lowest, low)
        below = next(target - step for step in (1, 2, 3) if (target - step) % 12 in key.scale)
        return below if below >= low else below + 12
    return root


def at(chords: Sequence[Chord], beat: float) -> int:
    """Index of the chord that sounds at `beat`; `chords` are in order and follow one another."""
    for i in range(len(chords) - 1, -1, -1):
        if chords[i].start <= beat + 1e-6:
            return i
    return 0


def _stretch(bar: str, meter: int) -> str:
    """A four-beat pattern in another meter."""
    return bar[: meter * 4] if meter <= 4 else bar + bar[: meter * 4 - 16]


def play(
    role: str,
    chords: Sequence[Chord],
    key: Key,
    span: tuple[float, int, int],
    low: int,
    rng: np.random.Generator,
    *,
    states: bool = False,
) -> list[Note]:
    """A bass line over `chords`. `span` is the first beat, the bars and the beats per bar; `low` the lowest pitch.

    A line that `states` its chords keeps to the root of those that last `_BRIEF` beats or less.
    """
    start, bars, meter = span
    if role == "walk":
        return _walk(chords, key, span, low, rng)
    choices = LINES[role]
    pair = [_stretch(choices[int(rng.integers(len(choices)))], meter) for _ in range(2)]
    if role in ("offbeat", "rumble", "eighths", "acid", "octaves"):
        pair[1] = pair[0]
    notes: list[Note] = []
    for bar in range(bars):
        pattern = pair[bar % 2]
        for step, mark in enumerate(pattern):
            if mark in "._":
                continue
            beat = start + bar * meter + step / 4.0
            here = at(chords, beat)
            hold = 1
            while step + hold < len(pattern) and pattern[step + hold] == "_":
                hold += 1
            chord = chords[here]
            mark = "R" if states and mark in "537" and chord.length <= _BRIEF else mark
            end = min(beat + hold / 4.0, chord.start + chord.length) if role != "pedal" else beat + hold / 4.0
            pitch = _tone(mark, chord, chords[min(here + 1, len(chords) - 1)], key, low)
            if role == "pedal":
                pitch = _low(key.tonic, low)
            force = 0.9 if step % 8 == 0 else 0.78
            notes.append(Note(beat, max(0.2, 0.96 * (end - beat)), pitch, force))
        notes.extend(_turns(chords, key, start + bar * meter, meter, pattern, low) if role != "pedal" else ())
    return notes


def _turns(chords: Sequence[Chord], key: Key, start: float, meter: int, pattern: str, low: int) -> list[Note]:
    """Roots for the chords that arrive inside a bar where the pattern is silent or holds."""
    found = []
    for chord in chords:
        step = round((chord.start - start) * 4)
        if 0 < step < meter * 4 and pattern[step] in "._" and chord.start > start + 1e-6:
            found.append(Note(chord.start, min(1.0, chord.length), _tone("R", chord, chord, key, low), 0.82))
    return found


def _walk(chords: Sequence[Chord], key: Key, span: tuple[float, int, int], low: int, rng: np.random.Generator) -> list[Note]:
    """A walking line: the root when a chord arrives, then chord and scale tones, a step into the next root."""
    start, bars, meter = span
    notes: list[Note] = []
    before = _low(chords[0].lowest, low)
    for i in range(bars * meter):
        beat = start + i
        here = at(chords, beat)
        chord, after = chords[here], chords[min(here + 1, len(chords) - 1)]
        left = chord.start + chord.length - beat
        if beat - chord.start < 0.5:
            pitch = min((_low(chord.lowest, low), _low(chord.lowest, low) + 12), key=lambda p: abs(p - before))
            pitch = pitch if pitch <= low + 22 else pitch - 12
        elif left <= 1.0:
            target = _low(after.lowest, low)
            near = [target + step for step in (-2, -1, 1, 2) if (target + step) % 12 in key.scale and target + step >= low]
            pitch = min(near, key=lambda p: abs(p - before) + 3.0 * rng.random())
        else:
            tones = [_low((chord.root + step) % 12, low) + octave for step in tones_of(chord.quality)[1:4] for octave in (0, 12)]
            pitch = min(tones, key=lambda p: abs(p - before) + 5.0 * rng.random() + 4.0 * (p == before))
        notes.append(Note(beat, 0.92, pitch, 0.88 if i % meter == 0 else 0.76))
        if rng.random() < 0.08 and left > 0.6:
            notes.append(Note(beat + 0.5, 0.4, pitch, 0.5))
        before = pitch
    return notes
