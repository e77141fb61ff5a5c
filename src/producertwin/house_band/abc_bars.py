"""Bars of ABC notation: repeats played out, pickups and split bars joined, ties tied. Lengths are parts of a whole note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from ..errors import BadInput
from ..wording import write_number
from .abc_fields import Meter
from .chord_chart import MOST_BARS
from .score import Note

MOST_NOTES: Final = 20_000
"""Notes that a line may have."""


@dataclass(slots=True)
class AbcNote:
    """A note within its bar."""

    start: Fraction
    length: Fraction
    pitch: int
    velocity: float
    tie: bool = False
    """Whether it goes on in the next note of its pitch."""


@dataclass(slots=True)
class AbcBar:
    """A bar as it is written."""

    notes: list[AbcNote] = field(default_factory=list)
    length: Fraction = Fraction(0)
    symbols: list[tuple[Fraction, str]] = field(default_factory=list)
    """Chord symbols, and where they stand."""
    begins: bool = False
    """Whether a repeat begins with it."""
    repeats: bool = False
    """Whether a repeat ends with it."""
    ending: int = 0
    """Which ending begins with it, from 1."""
    closes: bool = False
    """Whether a double bar or a repeat ends it, which also ends an ending."""
    number: int = 0
    """Its number in the text, from 1."""


def expand_repeats(bars: Sequence[AbcBar]) -> list[AbcBar]:
    """The bars in the order in which they are played: what is repeated twice, each time with its ending."""
    for number, bar in enumerate(bars, 1):
        bar.number = number
    played: list[AbcBar] = []
    start = at = 0
    time = 1
    skipped = False
    while at < len(bars):
        bar = bars[at]
        if bar.begins and at != start:
            start, time = at, 1
        if bar.ending:
            skipped = bar.ending != time and (bar.ending < time or any(one.ending == time for one in bars[start : at + 1]))
        if not skipped:
            played.append(bar)
        if len(played) > MOST_BARS:
            raise BadInput(f"the notes fill more than {MOST_BARS} bars", remedy=f"write {MOST_BARS} bars at most")
        if bar.repeats and not skipped and time == 1:
            time, at = 2, start
            continue
        if bar.closes:
            skipped = False
            if bar.repeats and not (at + 1 < len(bars) and bars[at + 1].ending):
                start, time = at + 1, 1
        at += 1
    return played


def fill_bars(bars: Sequence[AbcBar], meter: Meter) -> list[AbcBar]:
    """Whole bars: halves that a repeat splits are joined, a pickup stands at the end of its bar, the last bar
    of a part is filled with rest.

    Raises `BadInput` for a bar that is too short elsewhere.
    """
    full = meter.beats * meter.unit
    found: list[AbcBar] = []
    for bar in bars:
        last = found[-1] if found else None
        if last and last.length < full and last.length + bar.length == full and len(found) > 1:
            found[-1] = _join(last, bar)
        else:
            found.append(bar)
    for place, bar in enumerate(found):
        missing = full - bar.length
        if missing and place == 0 and len(found) > 1:
            found[0] = _join(AbcBar(length=missing), bar)
        elif missing and place < len(found) - 1 and not bar.closes:
            beats = write_number(round(float(bar.length / meter.unit), 4))
            remedy = f"fill it to {meter.beats} beats with notes or with rests, such as z2"
            raise BadInput(f"bar {bar.number}: the bar has {beats} beats of {meter.beats}", remedy=remedy)
    return found


def join_ties(bars: Sequence[AbcBar], meter: Meter) -> Iterator[Note]:
    """The notes in beats from the first bar, those that are tied as one."""
    full = meter.beats * meter.unit
    open_notes: dict[int, AbcNote] = {}
    every = [replace(note, start=note.start + number * full) for number, bar in enumerate(bars) for note in bar.notes]
    for note in sorted(every, key=lambda one: one.start):
        held = open_notes.get(note.pitch)
        if held is not None and held.start + held.length == note.start:
            held.length += note.length
            held.tie = note.tie
        else:
            held = note
            every_one = open_notes.pop(note.pitch, None)
            if every_one is not None:
                yield _in_beats(every_one, meter)
            open_notes[note.pitch] = held
        if not held.tie:
            yield _in_beats(open_notes.pop(note.pitch), meter)
    yield from (_in_beats(note, meter) for note in open_notes.values())


def _in_beats(note: AbcNote, meter: Meter) -> Note:
    start, length = float(note.start / meter.unit), float(note.length / meter.unit)
    return Note(round(start, 6), round(length, 6), note.pitch, round(note.velocity, 3))


def _join(first: AbcBar, second: AbcBar) -> AbcBar:
    """Two parts of a bar as one."""
    later = [replace(note, start=note.start + first.length) for note in second.notes]
    symbols = [(place + first.length, symbol) for place, symbol in second.symbols]
    return AbcBar([*first.notes, *later], first.length + second.length, [*first.symbols, *symbols], number=first.number)
