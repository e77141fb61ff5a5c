"""What single voices do: a tune of two-bar motifs, fills between phrases, slow counter lines, chopped and spoken voices.

A tune is built from one motif (rhythm and contour) that is stated, answered and closed: a a' a b. On strong beats it rests on
chord tones; everything else is a step of the scale, so it never leaves the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..music import Key
from .basslines import at
from .comping import Span
from .score import Chord, Note
from .syllables import Syllable


@dataclass(frozen=True, slots=True)
class Manner:
    """How a melody moves: chance of each one-beat cell, of a leap, of staying silent after a phrase, its note length."""

    cells: tuple[float, ...]
    leap: float
    rest: float
    length: float
    pentatonic: bool


_CELLS: Final = ((), (0.0,), (0.0, 0.5), (0.5,), (0.0, 0.75), (0.0, 0.25, 0.5, 0.75), (0.0, 1 / 3, 2 / 3))
"""Onsets inside one beat; a `Manner` weighs them in this order."""
MANNERS: Final = {
    "sparse": Manner((0.45, 0.25, 0.12, 0.12, 0.06, 0.0, 0.0), 0.15, 0.45, 1.5, True),
    "lyrical": Manner((0.22, 0.36, 0.26, 0.1, 0.06, 0.0, 0.0), 0.2, 0.15, 1.0, False),
    "bop": Manner((0.16, 0.12, 0.5, 0.16, 0.0, 0.0, 0.06), 0.2, 0.25, 0.9, False),
    "hook": Manner((0.2, 0.24, 0.22, 0.14, 0.2, 0.0, 0.0), 0.2, 0.1, 0.8, True),
    "busy": Manner((0.04, 0.14, 0.44, 0.06, 0.14, 0.18, 0.0), 0.3, 0.05, 0.8, False),
    "carol": Manner((0.04, 0.5, 0.34, 0.0, 0.12, 0.0, 0.0), 0.12, 0.05, 1.0, False),
    "eerie": Manner((0.3, 0.4, 0.1, 0.1, 0.1, 0.0, 0.0), 0.35, 0.2, 1.3, False),
    "drift": Manner((0.7, 0.26, 0.02, 0.02, 0.0, 0.0, 0.0), 0.3, 0.4, 3.0, True),
    "pulse": Manner((0.1, 0.2, 0.3, 0.2, 0.1, 0.1, 0.0), 0.1, 0.0, 0.6, True),
}
"""Melodic manners by name."""
_LEFT_OUT: Final = {"major": (5, 11), "minor": (2, 8)}
"""Steps above the tonic that the pentatonic scales leave out."""
_CHOPS: Final = ("x..x..x...x.x...", "x.x...x..x..x...", "..x..xx...x..x..", "x..xx...x..x..xx", "x.....x.x.x.....")
_SPEECH: Final = ("xx.xx.x.x.......", "x.xx.xx.x...xx..", "..xx.x.xx.x.x...", "xx.x.xx.........")


def ladder(key: Key, low: int, high: int, pentatonic: bool) -> list[int]:
    """The pitches of a scale inside a register, lowest first."""
    left_out = {(key.tonic + step) % 12 for step in _LEFT_OUT[key.mode]} if pentatonic else set()
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in key.scale and pitch % 12 not in left_out]


def _nearest(rungs: Sequence[int], pitch: float) -> int:
    """Index of the rung nearest to `pitch`."""
    return min(range(len(rungs)), key=lambda i: abs(rungs[i] - pitch))


def _motif(manner: Manner, beats: int, rng: np.random.Generator) -> list[tuple[float, int]]:
    """Onsets within two bars and the scale steps from each note to the next."""
    weights = np.array(manner.cells) / sum(manner.cells)
    cells = rng.choice(len(_CELLS), size=beats, p=weights)
    if not cells[0]:
        cells[0] = 1
    quiet = beats - max(1, beats // 4) if rng.random() < manner.rest + 0.35 else beats
    onsets = [beat + at for beat, cell in enumerate(cells[:quiet]) for at in _CELLS[cell]]
    steps = rng.choice((-2, -1, -1, 0, 1, 1, 2), size=len(onsets))
    leaps = rng.random(len(onsets)) < manner.leap
    return [(onset, int(step * 2 if leap else step)) for onset, step, leap in zip(onsets, steps, leaps, strict=True)]


def _settle(pitch: int, chord: Chord, rungs: Sequence[int], key: Key) -> int:
    """A chord tone of the key near `pitch`, inside the register; the tonic and its fifth attract, so that the key is heard."""
    classes = {tone % 12 for tone in chord.pitches if tone % 12 in key.scale} or {chord.root}
    tones = [p for p in range(rungs[0], rungs[-1] + 1) if p % 12 in classes]
    pull = {key.tonic: 2.0, (key.tonic + 7) % 12: 1.0}
    return min(tones, key=lambda p: (abs(p - pitch) - pull.get(p % 12, 0.0), p)) if tones else pitch


def tune(
    manner: Manner, chords: Sequence[Chord], key: Key, span: Span, register: tuple[int, int], rng: np.random.Generator
) -> list[Note]:
    """A melody over `chords` through a span, in a register."""
    start, bars, meter = span
    rungs = ladder(key, *register, manner.pentatonic)
    motifs = [_motif(manner, 2 * meter, rng) for _ in range(2)]
    centre = (register[0] + register[1]) / 2
    onsets: list[tuple[float, int]] = []
    for phrase in range(0, bars, 2):
        number = phrase // 2 % 4
        motif = motifs[1] if number == 3 else motifs[0]
        rung = _nearest(rungs, centre + (2 if number == 1 else 0))
        for i, (onset, step) in enumerate(motif):
            beat = start + phrase * meter + onset
            if beat >= start + bars * meter - 1e-6:
                break
            rung += step - (1 if number == 1 and i == len(motif) - 1 else 0)
            rung = 2 * (len(rungs) - 1) - rung if rung >= len(rungs) else abs(rung)
            rung = min(max(rung, 0), len(rungs) - 1)
            pitch = rungs[rung]
            if onset % 1.0 < 1e-6 or i == len(motif) - 1:
                pitch = _settle(pitch, chords[at(chords, beat)], rungs, key)
                rung = _nearest(rungs, pitch)
            onsets.append((beat, pitch))
    return _sing(onsets, start + bars * meter, manner.length)


def _sing(onsets: list[tuple[float, int]], end: float, length: float) -> list[Note]:
    """One voice: each note lasts until the next, but not longer than two beats times `length`."""
    notes = []
    for i, (beat, pitch) in enumerate(onsets):
        until = onsets[i + 1][0] if i + 1 < len(onsets) else end
        lasts = min((until - beat) * min(1.0, 0.6 + 0.35 * length), 2.0 * length)
        notes.append(Note(beat, max(0.12, lasts), pitch, 0.84 if beat % 1.0 < 1e-6 else 0.72))
    return notes


def sing_lines(
    lines: Sequence[Sequence[Syllable]],
    chords: Sequence[Chord],
    key: Key,
    span: Span,
    register: tuple[int, int],
    rng: np.random.Generator,
) -> list[Note]:
    """A tune with a note for each syllable of `lines`, which share the span evenly and end in a breath.

    A line has its rhythm on the widest grid on which it fits, and its last syllable is held. Contours take turns: a a' a b.
    """
    start, bars, meter = span
    rungs = ladder(key, *register, True)
    slot = bars * meter / len(lines)
    slot = slot // meter * meter if slot >= meter else slot
    contours = rng.choice((-2, -1, -1, 0, 0, 1, 1, 2), size=(2, 64))
    pickup = 0.5 if slot >= 2 * meter and rng.random() < 0.5 else 0.0
    notes: list[Note] = []
    for number, line in enumerate(lines):
        begin, contour = start + number * slot + pickup, contours[int(number % 4 == 3)]
        onsets, held = _scan(len(line), min(slot, 2.0 * meter) - pickup, rng)
        rung = _nearest(rungs, (register[0] + register[1]) / 2 + (2 if number % 4 == 1 else 0))
        for i, (onset, syllable) in enumerate(zip(onsets, line, strict=True)):
            beat, last = begin + onset, i == len(line) - 1
            rung = min(max(rung + int(contour[i % len(contour)]), 0), len(rungs) - 1)
            pitch = rungs[rung]
            if beat % 1.0 < 1e-6 or last:
                pitch = _settle(pitch, chords[at(chords, beat)], rungs, key)
                rung = _nearest(rungs, pitch)
            length = held - onset if last else onsets[i + 1] - onset
            notes.append(Note(round(beat, 6), round(length, 6), pitch, 0.84 if beat % 1.0 < 1e-6 else 0.74, syllable))
    return notes


def _scan(syllables: int, beats: float, rng: np.random.Generator) -> tuple[list[float], float]:
    """Onsets of so many syllables within `beats`, and where the last one ends: with a breath after it where there is time."""
    room = beats - 0.5 if beats > 2.0 else 0.9 * beats
    step = next((grid for grid in (1.0, 0.5, 0.25) if (syllables + 1) * grid <= room), room / (syllables + 1))
    longer = int((room - (syllables + 1) * step) / step)
    steps = np.ones(syllables)
    if syllables > 1 and longer > 0:  # some syllables take two steps
        steps[rng.permutation(syllables - 1)[: min(longer, syllables // 3)]] = 2.0
    onsets = np.concatenate([[0.0], np.cumsum(steps)[:-1]]) * step
    return [float(onset) for onset in onsets], float(min(room, onsets[-1] + max(2 * step, 1.0)))


def fills(chords: Sequence[Chord], key: Key, span: Span, register: tuple[int, int], rng: np.random.Generator) -> list[Note]:
    """Short answers in every second bar, and one at the beginning so that the player is heard."""
    start, bars, meter = span
    rungs = ladder(key, *register, True)
    shape = [int(step) for step in rng.choice((-1, 1, 1, 2, -2), size=5)]
    onsets: list[tuple[float, int]] = []
    for bar in range(0 if rng.random() < 0.5 else 1, bars, 2):
        begin = start + bar * meter + (1.5 if meter > 2 else 0.5)
        chord = chords[at(chords, begin)]
        rung = _nearest(rungs, _settle((register[0] + register[1]) // 2, chord, rungs, key))
        for i in range(3 + int(rng.integers(3))):
            beat = begin + 0.5 * i
            if beat < start + (bar + 1) * meter:
                onsets.append((beat, rungs[rung]))
                rung = min(max(rung + shape[i], 0), len(rungs) - 1)
    return _sing(onsets, start + bars * meter, 0.8)


def counter(chords: Sequence[Chord], key: Key, register: tuple[int, int], rng: np.random.Generator) -> list[Note]:
    """A slow line: one or two long chord tones for each chord, moving as little as possible."""
    pitch = (register[0] + register[1]) // 2 + int(rng.integers(-3, 4))
    rungs = ladder(key, *register, False)
    notes = []
    for chord in chords:
        pitch = _settle(pitch, chord, rungs, key)
        half = chord.length / 2
        if chord.length >= 4.0 and rng.random() < 0.5:
            passing = rungs[min(max(_nearest(rungs, pitch) + int(rng.choice((-1, 1, 2))), 0), len(rungs) - 1)]
            notes += [Note(chord.start, half, pitch, 0.66), Note(chord.start + half, half, passing, 0.6)]
        else:
            notes.append(Note(chord.start, chord.length, pitch, 0.66))
    return notes


def syllables(
    role: str, chords: Sequence[Chord], key: Key, span: Span, register: tuple[int, int], rng: np.random.Generator
) -> list[Note]:
    """Chopped (`chop`) or spoken (`speech`) voices: a rhythm of syllables; chops jump between chord tones, speech murmurs."""
    start, bars, meter = span
    choices = _CHOPS if role == "chop" else _SPEECH
    pair = [choices[int(rng.integers(len(choices)))] for _ in range(2)]
    picks = rng.integers(0, 3, size=24)
    home = ladder(key, *register, True)
    middle = (register[0] + register[1]) / 2
    tonic = min((i for i, p in enumerate(home) if p % 12 == key.tonic), key=lambda i: abs(home[i] - middle))
    notes = []
    for bar in range(bars):
        pattern = (pair[bar % 2] * 2)[: meter * 4]
        for step, mark in enumerate(pattern):
            if mark == ".":
                continue
            beat = start + bar * meter + step / 4.0
            if role == "chop":
                pitch = _settle(home[_nearest(home, middle + 4 * picks[step] - 4)], chords[at(chords, beat)], home, key)
            else:
                pitch = home[max(tonic + (0, 0, -2)[picks[step]], 0)]
            notes.append(Note(beat, 0.3 if role == "chop" else 0.22, pitch, 0.8 if step % 4 == 0 else 0.66))
    return notes
