"""What chord players do: hold, comp, strum, pick, break and arpeggiate.

Rhythms are bars of sixteenths: `X` accent, `x` hit, `-` soft, `_` hold, `.` silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from .basslines import at
from .harmony import tones as tones_of
from .score import Chord, Note

RHYTHMS: Final[dict[str, tuple[str, ...]]] = {
    "charleston": ("X__...x_........", "x___..x_____....", "X__...-...x_..-.", "x_____..x_x_____"),
    "comp": ("x___..x_..x_____", "x__.....x___..-_", "..x_....-_x_...."),
    "stabs": ("X..x..X...x.....", "x.....x...X..x..", "X_..X_....x_..-.", "..X_..X_..x_...."),
    "offbeat": ("..X_..X_..X_..X_", "..x...X...x..-X.", ".-X_..x_..X_-.x_"),
    "skank": ("..X...X...X...X.", "-.X.-.X-..X.-.X.", "..X-..X-.-X-..X."),
    "house": ("X..x..x.x..x..x.", "..X...x..X..x...", "X..x..x...x..x..", "x_.x_.x_..X_.x_."),
    "pulse": ("X_x_X_x_X_x_X_x_",),
    "quarters": ("X___x___X___x___", "X___x___x___x_-_", "X_______x___x___"),
    "strum": ("X_x_.-X_.-X_x_x_", "X___x_x_.-x_x_x_", "X_-_x_-_X_-x.-x_"),
    "bossa": ("X__x__x___x__x__", "x_..x__x__x___x_", "X__x__x_X__x__x_"),
    "chug": ("XxxxXxxxXxxxXxxx", "X.xxX.xxX.xxX.xx", "X_x_X_x_X_xxX_xx", "X__x__x_X__x__x_"),
    "riff": ("X...x.x.........", "....X..x..x.....", "X..x..X.........", "........X.x.X___"),
}
"""Manner -> alternative bars."""
_FIGURES: Final = {
    "arp": (0.5, ((0, 1, 2, 3, 2, 1), (0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 3))),
    "arp16": (0.25, ((0, 1, 2, 3), (0, 2, 1, 3, 2, 3), (0, 1, 2, 3, 2, 1), (3, 2, 1, 0))),
    "broken": (0.5, ((0, 2, 3, 2), (0, 1, 3, 2), (0, 2, 1, 2, 3, 2, 1, 2))),
    "pick": (0.5, ((0, 2, 1, 3, 0, 2, 3, 1), (0, 1, 2, 3, 2, 1, 2, 1), (0, 3, 1, 2))),
}
"""Manner -> length of a step in beats and orders of the chord tones."""
MANNERS: Final = frozenset({*RHYTHMS, *_FIGURES, "hold", "pad", "sparkle"})
_SPREAD: Final = {"strum": 0.02, "bossa": 0.012, "hold": 0.012, "quarters": 0.006}
_LEFT_HAND: Final = 36
"""MIDI number from which roots are played."""

Span = tuple[float, int, int]
"""First beat, bars, beats per bar."""


def place(pitches: Sequence[int], low: int, high: int) -> tuple[int, ...]:
    """Chord pitches moved by octaves into a register; those that do not fit even so are left out."""
    middle, centre = sum(pitches) / len(pitches), (low + high) / 2
    shift = 12 * round((centre - middle) / 12)
    moved = {pitch + shift for pitch in pitches}
    folded = {p + 12 if p < low else p - 12 if p > high else p for p in moved}
    return tuple(sorted(p for p in folded if low <= p <= high)) or (int(centre),)


def _hold(chords: Sequence[Chord], register: tuple[int, int], role: str) -> list[Note]:
    """Whole chords, as long as they last; a pad overlaps into the next one."""
    force, extra = (0.6, 1.02) if role == "pad" else (0.75, 0.95)
    return [
        Note(chord.start + _SPREAD.get(role, 0.0) * i, chord.length * extra, pitch, force)
        for chord in chords
        for i, pitch in enumerate(place(chord.pitches, *register))
    ]


def _figure(role: str, chords: Sequence[Chord], span: Span, register: tuple[int, int], rng: np.random.Generator) -> list[Note]:
    """Broken chords in a steady figure that begins again with each bar."""
    start, bars, meter = span
    step, orders = _FIGURES[role]
    order = orders[int(rng.integers(len(orders)))]
    rest = 0.0 if role.startswith("arp") else 0.12
    ring = 1.0 if role == "arp16" else 1.0 if role == "arp" else 2.4
    low, high = register
    notes = []
    for bar in range(bars):
        for i in range(int(meter / step)):
            beat = start + bar * meter + i * step
            if i and rng.random() < rest:
                continue
            chord = chords[at(chords, beat)]
            tones = place(chord.pitches, low, high)
            number = order[i % len(order)]
            pitch = tones[number % len(tones)] + 12 * (number // len(tones))
            pitch = pitch if pitch <= high else pitch - 12
            if i == 0 and role in ("pick", "broken"):
                pitch = low + (chord.root - low) % 12
            notes.append(Note(beat, step * ring * 0.95, pitch, 0.82 if i == 0 else 0.66 if i % 2 == 0 else 0.58))
    return notes


def _sparkle(chords: Sequence[Chord], register: tuple[int, int], rng: np.random.Generator) -> list[Note]:
    """A few high chord tones after each chord has arrived."""
    low, high = register
    notes = []
    for chord in chords:
        tones = place(chord.pitches, (low + high) // 2 - 4, high)
        count = min(len(tones), 2 + int(rng.integers(2)))
        begin = chord.start + (0.0 if rng.random() < 0.5 else 0.5)
        for i in range(count):
            if begin + i * 0.5 < chord.start + chord.length:
                notes.append(Note(begin + i * 0.5, 1.4, tones[-1 - i % len(tones)], 0.7 - 0.08 * i))
    return notes


def _tones(role: str, chord: Chord, register: tuple[int, int]) -> tuple[int, ...]:
    """The pitches a rhythm strikes: power chords for chugging, the two upper voices for riffs, else the whole chord."""
    low, high = register
    if role == "chug":
        root = low + (chord.root - low) % 12
        return (root, root + 7, root + 12) if 7 in tones_of(chord.quality) else (root, root + 12)
    tones = place(chord.pitches, low, high)
    return tones[-2:] if role == "riff" else tones


def _rhythm(role: str, chords: Sequence[Chord], span: Span, register: tuple[int, int], rng: np.random.Generator) -> list[Note]:
    """Chords struck in a written rhythm: two bars in alternation."""
    start, bars, meter = span
    choices = RHYTHMS[role]
    spread = _SPREAD.get(role, 0.004)
    pair = [choices[int(rng.integers(len(choices)))] for _ in range(2)]
    pair = [bar[: meter * 4] if meter <= 4 else bar + bar[: meter * 4 - 16] for bar in pair]
    every = 2 if role == "riff" and rng.random() < 0.5 else 1
    notes: list[Note] = []
    for bar in range(0, bars, every):
        pattern = pair[(bar // every) % 2]
        for step, mark in enumerate(pattern):
            if mark in "._":
                continue
            hold = 1
            while step + hold < len(pattern) and pattern[step + hold] == "_":
                hold += 1
            beat = start + bar * meter + step / 4.0
            chord = chords[at(chords, beat)]
            length = max(0.2, min(hold / 4.0, chord.start + chord.length - beat) * 0.95)
            force = {"X": 0.88, "x": 0.74, "-": 0.45}[mark]
            for i, pitch in enumerate(_tones(role, chord, register)):
                notes.append(Note(beat + spread * i, length, pitch, force * (1.0 - 0.03 * i)))
    return notes


def play_roots(chords: Sequence[Chord], low: int, energy: float) -> list[Note]:
    """What a left hand plays where there is no bass: the lowest note of every chord, held, below a register from `low` up."""
    lowest = max(low - 12, _LEFT_HAND)
    return [
        Note(chord.start, 0.95 * chord.length, lowest + (chord.lowest - lowest) % 12, 0.8 * energy)
        for chord in chords
        if not chord.silent
    ]


def play(role: str, chords: Sequence[Chord], span: Span, register: tuple[int, int], rng: np.random.Generator) -> list[Note]:
    """A chord part in one of `MANNERS` within a register of lowest and highest pitch."""
    if role in ("hold", "pad"):
        return _hold(chords, register, role)
    if role == "sparkle":
        return _sparkle(chords, register, rng)
    if role in _FIGURES:
        return _figure(role, chords, span, register, rng)
    return _rhythm(role, chords, span, register, rng)
