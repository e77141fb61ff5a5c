"""A score as a Standard MIDI File of type 1: tempo, meter, key and sections in the first track, then a track for each part.

Times are exact to a tick, 960 to the beat; a beat is a quarter note. Notes of one pitch never overlap in a track: the first ends
where the next begins. After the Standard MIDI File specification 1.1 (MMA, 1996) and General MIDI.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

from ..music import Key
from .score import Note, Part, Score

TICKS: Final = 960
"""Ticks of a beat."""
DRUMS: Final = 9
"""The channel of General MIDI's drums, from 0."""
_UNPITCHED: Final = frozenset({"drums", "percussion"})
_PROGRAMS: Final = {
    "keyboard": 4, "bass": 33, "guitar": 25, "synth": 88, "strings": 48, "woodwinds": 73, "brass": 61, "vocals": 53,
    "backing_vocals": 52, "fx": 97,
}  # fmt: skip
"""General MIDI's program for each stem, from 0."""


def write_midi(score: Score, *, title: str = "") -> bytes:
    """The file of `score`; `title` is its name."""
    tracks = [_conductor(score, title)]
    channels = (channel for channel in count() if channel != DRUMS)
    for name, part in name_parts(score.parts):
        tracks.append(_track(name, part, DRUMS if part.stem in _UNPITCHED else next(channels) % 16))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), TICKS)
    return header + b"".join(struct.pack(">4sI", b"MTrk", len(track)) + track for track in tracks)


def name_parts(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Parts and what they are called: stem and what they do, numbered where several are called the same."""
    named: list[tuple[str, Part]] = []
    for part in parts:
        plain = f"{part.stem} {part.role}".strip().replace("_", " ")
        same = sum(name == plain or name.startswith(f"{plain} (") for name, _ in named)
        named.append((f"{plain} ({same + 1})" if same else plain, part))
    return named


def ticks(beats: float) -> int:
    """Ticks of so many beats."""
    return round(beats * TICKS)


def end_apart(notes: Iterable[Note]) -> list[tuple[int, int, int, int]]:
    """First and last tick, pitch and velocity (1 to 127) of `notes` in their order, none over the next of its pitch."""
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


def _conductor(score: Score, title: str) -> bytes:
    """Name, tempo, meter and key, and a marker where each section begins."""
    events = [(0, _meta(0x03, title.encode()))] if title else []
    events += [(0, _meta(0x51, round(60e6 / score.bpm).to_bytes(3, "big"))), (0, _meta(0x58, bytes((score.meter, 2, 24, 8))))]
    events.append((0, _meta(0x59, struct.pack(">bB", _fifths(score.key), score.key.mode == "minor"))))
    for section in score.sections:
        events.append((ticks(section.first_bar * score.meter), _meta(0x06, (section.name or section.kind).encode())))
    return _write(events, ticks(score.beats))


def _track(name: str, part: Part, channel: int) -> bytes:
    """One part."""
    events = [(0, _meta(0x03, name.encode()))]
    if channel != DRUMS:
        events.append((0, bytes((0xC0 | channel, _PROGRAMS.get(part.stem, 0)))))
    ends, starts = [], []
    for start, end, pitch, force in end_apart(part.notes):
        starts.append((start, bytes((0x90 | channel, pitch, force))))
        ends.append((end, bytes((0x80 | channel, pitch, 64))))
    # at one tick, what ends goes before what begins; what lasts less than a tick was made a tick long
    return _write([*events, *sorted([*ends, *starts], key=lambda one: (one[0], one[1][0] & 0xF0))])


def _write(events: Sequence[tuple[int, bytes]], end: int = 0) -> bytes:
    """Events with the ticks between them, and the end of the track."""
    written, now = bytearray(), 0
    for at, event in sorted(events, key=lambda one: one[0]):
        written += _number(at - now) + event
        now = at
    return bytes(written + _number(max(end - now, 0)) + _meta(0x2F, b""))


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
