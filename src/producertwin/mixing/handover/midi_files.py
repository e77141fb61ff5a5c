"""Standard MIDI files: the conductor's track (tempo, meter, key, sections), and what the players of a guide play.

960 ticks a quarter, format 1, as the band writes its songs. Workstations read tempo and meter from the first track, and sections
from its markers.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ...house_band.midi_writing import DRUMS, TICKS, end_apart
from ...music import Key
from .session import Grid, NotePart, Session
from .xml_text import clean

if TYPE_CHECKING:
    from mido import MidiTrack

_CHANNELS: Final = tuple(channel for channel in range(16) if channel != DRUMS)
_MOST_TICKS: Final = 0x0FFFFFFF
"""What a variable-length number holds."""
_SIGNATURES: Final = {
    "major": ("C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F"),
    "minor": ("A", "E", "B", "F#", "C#", "G#", "Eb", "Bb", "F", "C", "G", "D"),
}
"""Tonics around the circle of fifths, each spelled with the fewer signs."""


def tempo_file(session: Session, grid: Grid) -> bytes:
    """Tempo, meter, key and sections of `session`, as long as its sound."""
    return _as_file([_conductor(session, grid)])


def parts_file(session: Session, grid: Grid) -> bytes:
    """The same, and a track for every part; drums are on channel 10."""
    places = iter(_CHANNELS * (1 + len(session.parts) // len(_CHANNELS)))
    channels = [DRUMS if part.program is None else next(places) for part in session.parts]
    players = [_player(part, channel, grid) for part, channel in zip(session.parts, channels, strict=True)]
    return _as_file([_conductor(session, grid), *players])


def _as_file(tracks: list[MidiTrack]) -> bytes:
    from mido import MidiFile

    out = io.BytesIO()
    MidiFile(type=1, ticks_per_beat=TICKS, tracks=tracks, charset="utf-8").save(file=out)
    return out.getvalue()


def _conductor(session: Session, grid: Grid) -> MidiTrack:
    from mido import MetaMessage, MidiTrack, bpm2tempo

    track = MidiTrack([MetaMessage("track_name", name=clean(session.title))])
    track.append(MetaMessage("set_tempo", tempo=bpm2tempo(grid.tempo)))
    track.append(MetaMessage("time_signature", numerator=grid.meter, denominator=grid.denominator))
    if session.key is not None:
        track.append(MetaMessage("key_signature", key=_signature(session.key)))
    now = 0
    for marker in sorted(session.markers, key=lambda one: one.seconds):
        at = _ticks(grid.quarters(marker.seconds))
        track.append(MetaMessage("marker", text=clean(marker.name), time=at - now))
        now = at
    end = _ticks(grid.quarters(session.seconds))
    track.append(MetaMessage("end_of_track", time=max(0, end - now)))
    return track


@dataclass(frozen=True, slots=True, order=True)
class NoteEvent:
    """A note begins, or with velocity 0 ends."""

    at: int
    """Ticks from bar 1."""
    velocity: int
    pitch: int


def note_events(part: NotePart, grid: Grid) -> list[NoteEvent]:
    """What is played, in time, ends before beginnings. Of two notes of one pitch the first ends where the second begins."""
    beat = grid.quarters_per_beat
    notes = [replace(one, start=max(0.0, one.start) * beat, length=one.length * beat) for one in part.notes]
    events: list[NoteEvent] = []
    for start, end, pitch, velocity in end_apart(notes):
        events += [NoteEvent(start, velocity, pitch), NoteEvent(end, 0, pitch)]
    return sorted(events)


def _player(part: NotePart, channel: int, grid: Grid) -> MidiTrack:
    from mido import Message, MetaMessage, MidiTrack

    track = MidiTrack([MetaMessage("track_name", name=clean(part.name))])
    if part.program is not None:
        track.append(Message("program_change", program=part.program, channel=channel))
    now = 0
    for one in note_events(part, grid):
        kind = "note_on" if one.velocity else "note_off"
        track.append(Message(kind, note=one.pitch, velocity=one.velocity, channel=channel, time=one.at - now))
        now = one.at
    track.append(MetaMessage("end_of_track"))
    return track


def _ticks(quarters: float) -> int:
    return min(_MOST_TICKS, round(quarters * TICKS))


def _signature(key: Key) -> str:
    """A key as its signature is written, `Ebm` and not `D#m`."""
    [name] = [one for one in _SIGNATURES[key.mode] if Key.parse(one).tonic == key.tonic]
    return name + ("m" if key.mode == "minor" else "")
