"""The MIDI files of a hand-over: tempo, meter, key and sections, and what the players of a guide play."""

from __future__ import annotations

from dataclasses import replace

from ...house_band.midi_writing import MidiHead, write_file
from .session import Grid, Session
from .xml_text import clean


def tempo_file(session: Session, grid: Grid) -> bytes:
    """Tempo, meter, key and sections of `session`, as long as its sound."""
    return write_file(_head(session, grid))


def parts_file(session: Session, grid: Grid) -> bytes:
    """The same, and a track for every part."""
    return write_file(_head(session, grid), [replace(part, name=clean(part.name)) for part in session.parts])


def _head(session: Session, grid: Grid) -> MidiHead:
    markers = sorted((grid.map.beat(one.seconds), clean(one.name)) for one in session.markers)
    return MidiHead(clean(session.title), grid.map, grid.meter, grid.map.beat(session.seconds), session.key, tuple(markers))
