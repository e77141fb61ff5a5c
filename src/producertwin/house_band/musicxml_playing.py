"""A MusicXML score as it is played: its repeats written out, what is tied joined, places in quarter notes from its first bar.

A pickup stands at the end of a full bar, whose beginning is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..errors import BadInput
from ..music import Key
from .chord_chart import MOST_BARS
from .midi_reading import MidiFile, MidiTrack
from .musicxml_order import Signs, Step, order_measures
from .musicxml_reading import XmlMeasure, XmlPart, XmlScore
from .score import Note

_MOST_NOTES: Final = 400_000
"""Notes of a score with its repeats."""
_NEAR: Final = 0.02
"""Quarter notes between a note and what is tied to it."""


@dataclass(frozen=True, slots=True)
class Word:
    """A syllable that is sung."""

    place: float
    text: str
    ends_word: bool
    ends_line: bool


@dataclass(slots=True)
class Played:
    """A score as it is played."""

    file: MidiFile
    """Its notes, tempi, meters and keys."""
    length: float = 0.0
    chords: list[tuple[float, str]] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    marks: list[tuple[float, str, bool]] = field(default_factory=list)
    """Places of rehearsal marks, and of other words above the notes (False)."""
    blocks: list[tuple[float, int]] = field(default_factory=list)
    """Where a repeat or a double bar begins something, and the measure it begins with."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """What holds in a measure of the score."""

    meter: tuple[int, int]
    key: Key | None
    length: float


def play_score(score: XmlScore) -> Played:
    """`score` as it is played. Raises `BadInput` for one that goes on for more than `MOST_BARS`."""
    count = max(len(part.measures) for part in score.parts)
    columns = [[part.measures[at] for part in score.parts if at < len(part.measures)] for at in range(count)]
    bars = list(_measure_bars(columns))
    steps = order_measures([_join_signs(column) for column in columns], MOST_BARS)
    if len(steps) > MOST_BARS:
        raise BadInput(f"the score has more than {MOST_BARS} bars with its repeats", remedy="give a part of it")
    over, under = bars[steps[0].measure].meter
    starts = [max(0.0, over * 4 / under - bars[steps[0].measure].length)]
    for step in steps:
        starts.append(starts[-1] + bars[step.measure].length)
    played = Played(MidiFile(()), length=starts[-1])
    tracks = [_play_part(number, part, steps, starts) for number, part in enumerate(score.parts, 1)]
    if sum(len(track.notes) for track in tracks) > _MOST_NOTES:
        raise BadInput(f"the score has more than {_MOST_NOTES} notes with its repeats", remedy="give a part of it")
    tempi: list[tuple[float, float]] = []
    meters: list[tuple[float, int, int]] = []
    keys: list[tuple[float, Key]] = []
    verses = sorted({one.verse for column in columns for measure in column for one in measure.syllables})
    for number, (step, start) in enumerate(zip(steps, starts, strict=False)):
        bar, column = bars[step.measure], columns[step.measure]
        at = 0.0 if number == 0 else start
        meters += [(at, *bar.meter)] if not meters or meters[-1][1:] != bar.meter else []
        keys += [(at, bar.key)] if bar.key and (not keys or keys[-1][1] != bar.key) else []
        tempi += sorted({(start + place if number or place else 0.0, bpm) for one in column for place, bpm in one.tempi})
        played.chords += sorted({(start + min(place, bar.length), text) for one in column for place, text in one.chords})
        played.marks += [(at, text, True) for text in dict.fromkeys(text for one in column for text in one.marks)]
        played.marks += [(at, text, False) for text in dict.fromkeys(text for one in column for text in one.words)]
        played.words += _sing(column, verses, step.turn, start)
        if number == 0 or _begins_block(columns, steps[number - 1].measure, step.measure):
            played.blocks.append((at, step.measure))
    told = tuple(score.told) + (("words of further verses are left out",) if _leaves_words(columns, steps, verses) else ())
    sounding = tuple(track for track in tracks if track.notes)
    played.file = MidiFile(sounding, tuple(tempi), tuple(meters), tuple(keys), told=told)
    return played


def _measure_bars(columns: Sequence[Sequence[XmlMeasure]]) -> Iterator[_Bar]:
    """Meter, key and length of every measure. One that is no full bar lasts as its notes do if the score says so."""
    meter, key = (4, 4), None
    for number, column in enumerate(columns):
        meter = next((one.meter for one in column if one.meter), meter)
        key = next((one.key for one in column if one.key), key)
        full, lasts = meter[0] * 4 / meter[1], max(one.length for one in column)
        short = any(one.implicit for one in column) or (number == 0 and lasts < full - _NEAR and len(columns) > 1)
        yield _Bar(meter, key, min(lasts, full) if short and lasts > 0.0 else full)


def _join_signs(column: Sequence[XmlMeasure]) -> Signs:
    """The signs at a measure, in whichever part they stand."""
    signs = [one.signs for one in column]
    return Signs(
        forward=any(one.forward for one in signs),
        backward=max(one.backward for one in signs),
        endings=max((one.endings for one in signs), key=len),
        segno=any(one.segno for one in signs),
        coda=any(one.coda for one in signs),
        to_coda=any(one.to_coda for one in signs),
        fine=any(one.fine for one in signs),
        jump=next((one.jump for one in signs if one.jump), ""),
    )


def _play_part(number: int, part: XmlPart, steps: Sequence[Step], starts: Sequence[float]) -> MidiTrack:
    """The notes of a part; those that are tied are one."""
    notes: list[Note] = []
    tied: dict[int, int] = {}
    for step, start, end in zip(steps, starts, starts[1:], strict=False):
        if step.measure >= len(part.measures) or len(notes) > _MOST_NOTES:
            continue
        for one in sorted(part.measures[step.measure].notes, key=lambda note: note.place):
            at, last = start + one.place, tied.pop(one.pitch, None) if one.continued else None
            if at >= end - 1e-6:
                continue
            length = min(one.length, end - at)
            if last is not None and abs(notes[last].start + notes[last].length - at) < _NEAR:
                notes[last] = replace(notes[last], length=at + length - notes[last].start)
            else:
                last = len(notes)
                notes.append(Note(at, length, one.pitch, one.velocity))
            if one.goes_on:
                tied[one.pitch] = last
    channel = 10 if any(note.unpitched for measure in part.measures for note in measure.notes) else part.channel
    return MidiTrack(number, part.name, channel, part.program, tuple(notes))


def _sing(column: Sequence[XmlMeasure], verses: Sequence[int], turn: int, start: float) -> Iterator[Word]:
    """The words of a measure: in the second pass of a repeat those of the second verse, where it has any."""
    for measure in column:
        here = {one.verse for one in measure.syllables}
        if not here:
            continue
        wanted = verses[min(turn, len(verses)) - 1]
        verse = wanted if wanted in here else min(here)
        yield from (
            Word(start + one.place, one.text, one.ends_word, one.ends_line) for one in measure.syllables if one.verse == verse
        )
        return


def _leaves_words(columns: Sequence[Sequence[XmlMeasure]], steps: Sequence[Step], verses: Sequence[int]) -> bool:
    """Whether a verse stands under measures that are not played so often."""
    turns = {step.measure: 0 for step in steps}
    for step in steps:
        turns[step.measure] = max(turns[step.measure], step.turn)
    wanted = (len({one.verse for m in columns[at] for one in m.syllables}) > turn for at, turn in turns.items())
    return len(verses) > 1 and any(wanted)


def _begins_block(columns: Sequence[Sequence[XmlMeasure]], before: int, here: int) -> bool:
    """Whether measure `here` begins something after measure `before`; the second ending of a repeat does not."""
    ends = any(one.double or one.signs.backward for one in columns[before]) and not any(
        one.signs.endings for one in columns[here]
    )
    return here <= before or ends or any(one.signs.forward or one.signs.coda for one in columns[here])
