"""Notes in ABC notation, as people write tunes down in plain text: `A2 c2 | d3 c | (3efg a4 |`.

Read are the fields M, L, Q, K, T and V, notes with accidentals, octaves and lengths, chords, rests, ties, broken rhythm,
tuplets, bars, repeats with endings, dynamics, and chord symbols over the notes. Slurs, words and layout change no note and are
passed over; ornaments and grace notes are left out, which is told. Anything else is refused by bar and beat. After the ABC
standard 2.1 (Walshaw et al. 2011). Lengths are fractions of a whole note here and beats in what is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from ..errors import BadInput
from ..music import Key
from .abc_bars import MOST_NOTES, AbcBar, expand_repeats, fill_bars, join_ties
from .abc_fields import FIELD, Meter, Signature, read_key, read_meter, read_tempo, read_unit, signature_of
from .abc_voice import Voice
from .chord_chart import MOST_BARS
from .score import Note

_TOLD_FIELDS: Final = "MLQKV"


@dataclass(frozen=True, slots=True)
class AbcTune:
    """What a text in ABC notation says. Notes are in beats from the first bar."""

    notes: tuple[Note, ...]
    bars: int
    meter: int
    title: str = ""
    bpm: float | None = None
    key: Key | None = None
    """As its `K:` says."""
    chart: str = ""
    """The chord symbols over the notes, bar by bar; empty where there are none."""
    told: tuple[str, ...] = ()
    """What was left out."""


@dataclass(slots=True)
class _Head:
    """The fields as far as they are read."""

    meter: Meter
    unit: Fraction | None = None
    bpm: float | None = None
    signature: Signature = field(default_factory=Signature)
    key_written: bool = False
    title: str = ""
    told: dict[str, None] = field(default_factory=dict)


def read_abc(text: str, meter: int | None = None, key: Key | None = None) -> AbcTune:
    """Read a tune; `meter` and `key` are those of the song where it states none.

    Raises `BadInput` that names bar and beat for what cannot be read, and for bars that are not full.
    """
    head = _Head(Meter(meter or 4, Fraction(1, 8) if meter == 6 else Fraction(1, 4)), signature=signature_of(key))
    body: list[tuple[str, str]] = []
    for line in text.splitlines():
        _read_line(line.partition("%")[0], head, body, meter)
    voices: dict[str, Voice] = {}
    for name, line in body:
        voice = voices.setdefault(name, Voice(head.meter, head.unit or head.meter.unit_length, head.signature, head.told))
        if line.startswith("\0"):
            voice.change(line[1], line[2:])
        else:
            voice.read(line)
    read = [fill_bars(expand_repeats(voice.finish()), head.meter) for voice in voices.values()]
    notes = sorted((note for bars in read for note in join_ties(bars, head.meter)), key=lambda note: (note.start, note.pitch))
    bars = max(map(len, read), default=0)
    if not notes:
        raise BadInput("there are no notes", remedy='write notes in ABC notation, such as "A2 c2 e2 a2 | g4 e4"')
    if bars > MOST_BARS or len(notes) > MOST_NOTES:
        raise BadInput(f"the notes fill {bars} bars", remedy=f"write {MOST_BARS} bars and {MOST_NOTES} notes at most")
    chart = _chart(read[0], head.meter)
    own_key = head.signature.key if head.key_written else None
    return AbcTune(tuple(notes), bars, head.meter.beats, head.title, head.bpm, own_key, chart, tuple(head.told))


def _read_line(line: str, head: _Head, body: list[tuple[str, str]], asked: int | None) -> None:
    """A line of the text: a field, kept in `head`, or music, put to `body` under the voice that is written."""
    voice = body[-1][0] if body else "1"
    found = FIELD.match(line)
    if not found:
        if line.strip():
            body.append((voice, line))
        return
    name, value = found.groups()
    if name == "X" and any(not music.startswith("\0") for _, music in body):
        raise BadInput("there is more than one tune", remedy="give a text with one tune")
    if name == "V":
        body.append((value.split()[0] if value.split() else "1", "\0V"))
    elif any(not music.startswith("\0") for _, music in body):
        if name in _TOLD_FIELDS:
            body.append((voice, f"\0{name}{value}"))
    else:
        _read_field(name, value, head, asked)


def _read_field(name: str, value: str, head: _Head, asked: int | None) -> None:
    """A field before the music."""
    if name == "M":
        head.meter = read_meter(value)
        if asked is not None and head.meter.beats != asked:
            message = f"M:{value} has {head.meter.beats} beats, and the song {asked}"
            raise BadInput(message, remedy="write the notes in the meter of the song, or leave its meter out")
    elif name == "L":
        head.unit = read_unit(value)
    elif name == "Q":
        head.bpm = read_tempo(value, head.meter)
    elif name == "K":
        head.signature, head.key_written = read_key(value), True
    elif name == "T":
        head.title = head.title or value


def _chart(bars: Sequence[AbcBar], meter: Meter) -> str:
    """The chord symbols over the notes as a chart with a mark for each beat; bars without one hold the chord before."""
    if not any(bar.symbols for bar in bars):
        return ""
    written, last = [], "N.C."
    for bar in bars:
        marks = []
        symbols = {int(place / meter.unit): symbol for place, symbol in bar.symbols}
        for beat in range(meter.beats):
            marks.append(symbols.get(beat, last if beat == 0 else "/"))
            last = symbols.get(beat, last)
        written.append(" ".join(marks if any(mark != "/" for mark in marks[1:]) else marks[:1]))
    return " | ".join(written)
