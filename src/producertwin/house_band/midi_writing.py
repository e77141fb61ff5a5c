"""Standard MIDI Files of type 1: tempo, meter, key and sections in the first track, then a track for each part.

Times are exact to a tick, 960 to the quarter note. A beat is a quarter, and an eighth in bars of six (6/8); tempi are written in
quarters, as workstations count them. Notes of one pitch never overlap in a track: the first ends where the next begins. After the
Standard MIDI File specification 1.1 (MMA, 1996) and General MIDI.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from ..music import Key, beat_unit
from ..timebase import TempoMap
from .instruments import find
from .kit import Kit
from .score import Note, Part, Score
from .soundfont import PROGRAMS

TICKS: Final = 960
"""Ticks of a quarter note."""
DRUMS: Final = 9
"""The channel of General MIDI's drums, from 0."""
_MOST_TICKS: Final = 0x0FFFFFFF
"""What a number of variable length holds."""
_BY_STEM: Final = {
    "woodwinds": 73, "brass": 61, "fx": 98, "synth": 81, "strings": 48, "keyboard": 0, "guitar": 24, "bass": 33,
    "backing_vocals": 53, "vocals": 52,
}  # fmt: skip
"""General MIDI program, from 0, of a stem's players whose patch has none of its own."""


@dataclass(frozen=True, slots=True)
class MidiHead:
    """What the first track says; places are in beats from bar 1."""

    title: str
    tempo: TempoMap
    meter: int
    """Beats per bar."""
    beats: float
    """Length of the song."""
    key: Key | None = None
    markers: tuple[tuple[float, str], ...] = ()
    """Where sections begin, and their names."""

    @property
    def quarter(self) -> float:
        """Quarter notes of a beat."""
        return 4.0 / beat_unit(self.meter)


@dataclass(frozen=True, slots=True)
class MidiPart:
    """What one track plays."""

    name: str
    notes: tuple[Note, ...]
    """In beats from bar 1."""
    program: int | None
    """General MIDI program, from 0; None is a drum kit."""


def write_file(head: MidiHead, parts: Sequence[MidiPart] = ()) -> bytes:
    """The file of a song: its head, and a track for every part; drums are on channel 10."""
    channels = (channel for channel in count() if channel % 16 != DRUMS)
    tracks = [_conductor(head)]
    tracks += [_track(part, DRUMS if part.program is None else next(channels) % 16, head.quarter) for part in parts]
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), TICKS)
    return header + b"".join(struct.pack(">4sI", b"MTrk", len(track)) + track for track in tracks)


def write_midi(score: Score, *, title: str = "") -> bytes:
    """The file of `score`; `title` is its name."""
    markers = [(float(one.first_bar * score.meter), one.name or one.kind) for one in score.sections]
    head = MidiHead(title, score.tempo, score.meter, score.beats, score.key, tuple(markers))
    return write_file(head, [MidiPart(name, part.notes, program_of(part)) for name, part in name_parts(score.parts)])


def program_of(part: Part) -> int | None:
    """The General MIDI program, from 0, that stands for a part's patch; None for a drum kit and hand drums."""
    if isinstance(find(part.patch), Kit) or part.stem in ("drums", "percussion"):
        return None
    return PROGRAMS.get(part.patch, (_BY_STEM.get(part.stem, 0),))[0]


def name_parts(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Parts and what they are called: stem and what they do, numbered where several are called the same."""
    named: list[tuple[str, Part]] = []
    for part in parts:
        plain = f"{part.stem} {part.role}".strip().replace("_", " ")
        same = sum(name == plain or name.startswith(f"{plain} (") for name, _ in named)
        named.append((f"{plain} ({same + 1})" if same else plain, part))
    return named


def ticks(quarters: float) -> int:
    """Ticks of so many quarter notes."""
    return min(_MOST_TICKS, round(quarters * TICKS))


def end_apart(notes: Iterable[Note]) -> list[tuple[int, int, int, int]]:
    """First and last tick, pitch and velocity (1 to 127) of `notes` in their order, none over the next of its pitch.

    Notes are in quarters from bar 1.
    """
    found: list[tuple[int, int, int, int]] = []
    last: dict[int, int] = {}
    for note in sorted(notes, key=lambda one: (one.start, one.pitch)):
        start, pitch = ticks(note.start), min(max(note.pitch, 0), 127)
        if pitch in last:
            first, until, _, loud = found[last[pitch]]
            found[last[pitch]] = (first, max(min(until, start), first + 1), pitch, loud)
        last[pitch] = len(found)
        end, force = max(ticks(note.start + note.length), start + 1), round(note.velocity * 127)
        found.append((start, end, pitch, min(max(force, 1), 127)))
    return found


@dataclass(frozen=True, slots=True, order=True)
class NoteEvent:
    """A note begins, or with velocity 0 ends."""

    at: int
    """Ticks from bar 1."""
    velocity: int
    pitch: int


def note_events(notes: Iterable[Note], quarter: float) -> list[NoteEvent]:
    """What is played, in time, ends before beginnings; a beat of `notes` is so much of a `quarter`."""
    placed = [replace(one, start=max(0.0, one.start) * quarter, length=one.length * quarter) for one in notes]
    events: list[NoteEvent] = []
    for start, end, pitch, velocity in end_apart(placed):
        events += [NoteEvent(start, velocity, pitch), NoteEvent(end, 0, pitch)]
    return sorted(events)


def _conductor(head: MidiHead) -> bytes:
    """Name, tempi, meter and key, and a marker where each section begins."""
    events = [(0, _meta(0x03, _text(head.title)))] if head.title else []
    for beat, bpm in head.tempo.spans:
        events.append((ticks(beat * head.quarter), _meta(0x51, round(60e6 / (bpm * head.quarter)).to_bytes(3, "big"))))
    unit = beat_unit(head.meter)
    clicks = 36 if unit == 8 else 24
    events.append((0, _meta(0x58, bytes((head.meter, unit.bit_length() - 1, clicks, 8)))))
    if head.key is not None:
        events.append((0, _meta(0x59, struct.pack(">bB", _fifths(head.key), head.key.mode == "minor"))))
    for beat, name in head.markers:
        events.append((ticks(beat * head.quarter), _meta(0x06, _text(name))))
    return _write(events, ticks(head.beats * head.quarter))


def _track(part: MidiPart, channel: int, quarter: float) -> bytes:
    """One part."""
    events = [(0, _meta(0x03, _text(part.name)))]
    if part.program is not None:
        events.append((0, bytes((0xC0 | channel, part.program))))
    for one in note_events(part.notes, quarter):
        kind, force = (0x90, one.velocity) if one.velocity else (0x80, 64)
        events.append((one.at, bytes((kind | channel, one.pitch, force))))
    return _write(events)


def _write(events: Sequence[tuple[int, bytes]], end: int = 0) -> bytes:
    """Events with the ticks between them, and the end of the track."""
    written, now = bytearray(), 0
    for at, event in sorted(events, key=lambda one: one[0]):
        written += _number(at - now) + event
        now = at
    return bytes(written + _number(max(end - now, 0)) + _meta(0x2F, b""))


def _text(text: str) -> bytes:
    """A name as UTF-8; what cannot be written so is a question mark."""
    return text.encode("utf-8", "replace")


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _number(len(data)) + data


def _number(value: int) -> bytes:
    """A number of variable length."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def _fifths(key: Key) -> int:
    """Sharps of a key's signature, flats below 0."""
    major = key.tonic if key.mode == "major" else (key.tonic + 3) % 12
    fifths = major * 7 % 12
    return fifths if fifths <= 6 else fifths - 12
