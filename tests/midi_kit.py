"""MIDI files made by hand, byte by byte, for tests of what reads them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

Played = tuple[float, float, int]
"""Start and length in quarter notes, and MIDI number."""
TICKS = 480


def number(value: int) -> bytes:
    """A number of variable length."""
    digits = [value & 127]
    while value := value >> 7:
        digits.append(value & 127 | 128)
    return bytes(reversed(digits))


def track(events: Sequence[tuple[float, bytes]]) -> bytes:
    """A track of events at quarter notes."""
    body, last = b"", 0
    for place, event in sorted(events, key=lambda one: one[0]):
        ticks = round(place * TICKS)
        body, last = body + number(ticks - last) + event, ticks
    body += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def meta(kind: int, data: bytes) -> bytes:
    return bytes([0xFF, kind]) + number(len(data)) + data


def tempo(bpm: float) -> bytes:
    return meta(0x51, round(60e6 / bpm).to_bytes(3, "big"))


def notes(channel: int, played: Sequence[Played], name: str = "", program: int | None = None) -> bytes:
    """A track of notes on a channel, from 1."""
    events: list[tuple[float, bytes]] = [(0.0, meta(0x03, name.encode()))] if name else []
    if program is not None:
        events.append((0.0, bytes([0xC0 | channel - 1, program])))
    offs = [(start + length, bytes([0x80 | channel - 1, pitch, 0])) for start, length, pitch in played]
    ons = [(start, bytes([0x90 | channel - 1, pitch, 96])) for start, _, pitch in played]
    return track([*events, *offs, *ons])


def midi(tracks: Sequence[bytes], kind: int = 1, division: int = TICKS, declared: int | None = None) -> bytes:
    many = len(tracks) if declared is None else declared
    return b"MThd" + struct.pack(">IHHH", 6, kind, many, division) + b"".join(tracks)


TUNE: tuple[Played, ...] = tuple((float(i), 1.0, (69, 72, 76, 81, 79, 76, 74, 72)[i % 8]) for i in range(32))
BASS: tuple[Played, ...] = tuple((4.0 * i, 4.0, (33, 29, 36, 31)[i % 4]) for i in range(8))
TRIADS = ((57, 60, 64), (53, 57, 60), (60, 64, 67), (55, 59, 62))
CHORDS: tuple[Played, ...] = tuple((4.0 * i, 4.0, pitch) for i in range(8) for pitch in TRIADS[i % 4])
DRUMS: tuple[Played, ...] = tuple((i / 2, 0.25, 42) for i in range(64)) + tuple(
    (2.0 * i, 0.25, (36, 38)[i % 2]) for i in range(16)
)
HEAD = (tempo(90.0), meta(0x58, bytes([4, 2, 24, 8])), meta(0x59, bytes([0, 1])))
CONDUCTOR = track([*((0.0, event) for event in HEAD), (0.0, meta(6, b"Verse")), (16.0, meta(6, b"Chorus 1"))])
SONG = midi([CONDUCTOR, notes(1, TUNE, "Lead"), notes(2, BASS, "", 33), notes(3, CHORDS), notes(10, DRUMS)])
"""Eight bars of A minor at 90 bpm: tune, bass, chords and drums."""
