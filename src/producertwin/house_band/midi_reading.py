"""MIDI files, read as far as they can be: notes by track and channel, tempo, meter, key and markers.

Files of type 0, 1 and 2, running status, RIFF wrapping, frames of SMPTE, notes that nobody ends, and tracks that are cut off or
damaged in the middle; what was not read is told. After the Standard MIDI File specification 1.1 (MMA, 1996). Read here and not by
a library, because those give up on a file where its first fault is. Positions are in quarter notes.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..errors import BadInput
from ..music import Key
from ..untrusted import read_named
from .abc_bars import MOST_NOTES
from .score import Note

LARGEST: Final = 4 << 20
"""Bytes of a file that is read."""
_SHORTEST: Final = 1 / 48
_FRAMES: Final = {24, 25, 29, 30}
_DATA_BYTES: Final = {8: 2, 9: 2, 10: 2, 11: 2, 12: 1, 13: 1, 14: 2}
"""High half of a channel message's status -> its bytes of data."""
_SYSTEM_BYTES: Final = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_MAJORS: Final = {fifths: fifths * 7 % 12 for fifths in range(-7, 8)}


@dataclass(frozen=True, slots=True)
class MidiTrack:
    """What one channel plays in one track of the file."""

    number: int
    """Of the track in the file, from 1."""
    name: str
    channel: int
    """1 to 16; 10 is drums."""
    program: int | None
    """General MIDI program, from 0, where the file names one."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class MidiFile:
    """What a file says; places of changes are in quarter notes."""

    tracks: tuple[MidiTrack, ...]
    """Those with notes."""
    tempi: tuple[tuple[float, float], ...] = ()
    """Quarter notes a minute."""
    meters: tuple[tuple[float, int, int], ...] = ()
    keys: tuple[tuple[float, Key], ...] = ()
    markers: tuple[tuple[float, str], ...] = ()
    told: tuple[str, ...] = ()
    """What was not read."""

    @property
    def length(self) -> float:
        """Quarter notes to the end of the last note."""
        return max((note.start + note.length for track in self.tracks for note in track.notes), default=0.0)


class _Damaged(Exception):
    """A track cannot be read further."""


@dataclass(slots=True)
class _Reading:
    """A file as far as it is read."""

    ticks: float
    """Ticks of a quarter note."""
    tracks: list[MidiTrack] = field(default_factory=list)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    meters: list[tuple[float, int, int]] = field(default_factory=list)
    keys: list[tuple[float, Key]] = field(default_factory=list)
    markers: list[tuple[float, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    notes: int = 0


def read_midi(path: Path) -> MidiFile:
    """Read a MIDI file. Raises `NotFound`, and `BadInput` for a file that is none, is too large, or has no notes."""
    data = read_named(path, largest=LARGEST, wanted="a MIDI file", smaller="a MIDI file of one song")
    return parse_midi(data, path.name)


def parse_midi(data: bytes, name: str = "the file") -> MidiFile:
    """What the bytes of a file say; `name` stands in messages. Raises `BadInput` as `read_midi` does."""
    data = _unwrap(data)
    if data[:4] != b"MThd" or len(data) < 14:
        raise BadInput(f"{name} is no MIDI file", remedy="give a file that a music program exported as MIDI (.mid)")
    kind, declared, division = struct.unpack(">HHH", data[8:14])
    reading = _Reading(_ticks_of(division, name))
    if division & 0x8000:
        reading.told.append("its times are in frames, which have no beats: they are counted at 120 bpm")
    chunks = list(_chunks(data, reading.told))
    if kind == 2 and len(chunks) > 1:
        reading.told.append(f"it holds {len(chunks)} patterns: the first one with notes is read")
    for number, chunk in enumerate(chunks, 1):
        _read_track(chunk, number, reading, name)
        if kind == 2 and reading.tracks:
            break
    if len(chunks) != declared:
        reading.told.append(f"it says that it has {declared} tracks, and has {len(chunks)}")
    if not reading.tracks:
        remedy = "give a file with notes: " + ("; ".join(reading.told[:2]) or "this one has none in any track")
        raise BadInput(f"there are no notes in {name}", remedy=remedy)
    for changes in (reading.tempi, reading.meters, reading.keys, reading.markers):
        changes.sort(key=lambda one: one[0])
    return MidiFile(
        tracks=tuple(reading.tracks),
        tempi=tuple(reading.tempi),
        meters=tuple(reading.meters),
        keys=tuple(reading.keys),
        markers=tuple(reading.markers),
        told=tuple(dict.fromkeys(reading.told)),
    )


def _unwrap(data: bytes) -> bytes:
    """The MIDI file inside a RIFF file, or the bytes as they are."""
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        at = data.find(b"MThd")
        return data[at:] if at > 0 else b""
    return data


def _ticks_of(division: int, name: str) -> float:
    """Ticks of a quarter note; frames of SMPTE are counted at 120 bpm."""
    if division & 0x8000:
        frames, each = 256 - (division >> 8), division & 0xFF
        if frames in _FRAMES and each:
            return frames * each / 2.0
    elif division:
        return float(division)
    raise BadInput(f"{name} does not say how long a beat is", remedy="export the file again: its header is damaged")


def _chunks(data: bytes, told: list[str]) -> Iterator[bytes]:
    """The bytes of every track, the last one as far as it is there."""
    at = 8 + int.from_bytes(data[4:8], "big")
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        body = data[at + 8 : at + 8 + length]
        if kind == b"MTrk":
            if len(body) < length:
                told.append(f"it ends within a track, after {len(body)} of {length} bytes")
            yield body
        at += 8 + length


def _read_track(data: bytes, number: int, reading: _Reading, file: str) -> None:
    """Read a track as far as it can be, and put what it says to `reading`."""
    names = [""]
    programs: dict[int, int] = {}
    first_programs: dict[int, int | None] = {}
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    notes: dict[int, list[Note]] = defaultdict(list)
    now = 0.0

    def end(channel: int, pitch: int, at: float) -> None:
        start, force = sounding.pop((channel, pitch))
        notes[channel].append(Note(start, max(at - start, _SHORTEST), pitch, round(force / 127.0, 3)))

    try:
        for ticks, status, body in _events(data):
            now = ticks / reading.ticks
            channel, kind = status & 15, status >> 4
            if status == 0xFF:
                _read_meta(body, now, names, reading)
            elif kind == 12:
                programs[channel] = body[0]
            elif kind == 9 and body[1]:
                if (channel, body[0]) in sounding:
                    end(channel, body[0], now)
                reading.notes += 1
                if reading.notes > MOST_NOTES:
                    raise BadInput(f"{file} has more than {MOST_NOTES} notes", remedy="give a part of it")
                first_programs.setdefault(channel, programs.get(channel))
                sounding[channel, body[0]] = (now, body[1])
            elif kind in (8, 9) and (channel, body[0]) in sounding:
                end(channel, body[0], now)
    except _Damaged as damage:
        reading.told.append(f"track {number} is damaged at {damage}: it is read up to there")
    for channel, pitch in list(sounding):
        end(channel, pitch, now)
    for channel, played in sorted(notes.items()):
        ordered = tuple(sorted(played, key=lambda note: (note.start, note.pitch)))
        reading.tracks.append(MidiTrack(number, names[0], channel + 1, first_programs[channel], ordered))


def _events(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Ticks from the beginning, status and data of every event; of a meta event its type comes first."""
    at, now, running = 0, 0, 0
    while at < len(data):
        wait, at = _number(data, at)
        now += wait
        if at >= len(data):
            raise _Damaged(f"byte {at}")
        status = data[at]
        if status < 0x80:
            status = running
            if not status:
                raise _Damaged(f"byte {at}")
        else:
            at += 1
        if status == 0xFF:
            length, begin = _number(data, at + 1)
            if begin + length > len(data):
                raise _Damaged(f"byte {at}")
            if data[at] == 0x2F:
                return
            yield now, status, data[at : at + 1] + data[begin : begin + length]
            at = begin + length
        elif status in (0xF0, 0xF7):
            length, begin = _number(data, at)
            at = begin + length
        else:
            many = _DATA_BYTES.get(status >> 4, _SYSTEM_BYTES.get(status, 0))
            body = data[at : at + many]
            if len(body) < many or any(byte > 127 for byte in body):
                raise _Damaged(f"byte {at}")
            if status < 0xF0:
                running = status
                yield now, status, body
            at += many


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to four bytes of seven bits, and where it ends."""
    value = 0
    for place in range(at, min(at + 4, len(data))):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise _Damaged(f"byte {at}")


def _read_meta(body: bytes, now: float, names: list[str], reading: _Reading) -> None:
    """Keep what a meta event says; one that is too short says nothing."""
    kind, data = body[0], body[1:]
    if kind == 0x03:
        names[0] = names[0] or _text(data)
    elif kind == 0x06:
        reading.markers.append((now, _text(data)))
    elif kind == 0x51 and len(data) == 3 and any(data):
        reading.tempi.append((now, 60e6 / int.from_bytes(data, "big")))
    elif kind == 0x58 and len(data) >= 2 and data[0] and data[1] <= 6:
        reading.meters.append((now, data[0], 1 << data[1]))
    elif kind == 0x59 and len(data) == 2 and (fifths := data[0] - 256 * (data[0] > 127)) in _MAJORS and data[1] <= 1:
        minor = data[1] == 1
        reading.keys.append((now, Key((_MAJORS[fifths] + (9 if minor else 0)) % 12, "minor" if minor else "major")))


def _text(data: bytes) -> str:
    """A name, without what is no letter."""
    try:
        text = data[:200].decode()
    except UnicodeDecodeError:
        text = data[:200].decode("latin-1")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
