"""DAWproject 1.0, the open exchange format of Bitwig Studio, Studio One, Cubase and others: a ZIP of XML and sounds.

After the schema of github.com/bitwig/dawproject (`Project.xsd`, `MetaData.xsd`, commit 1758788). Elements stand in the schema's
order. Time is in quarters ("beats"), or in seconds where no tempo is known. Clips are not warped: their content is in seconds,
so that a sound is played sample for sample. Every fader is at 0 dB; the mix lies on a muted track beside the stems.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from ... import __version__
from ...house_band.midi_writing import MidiPart
from ...timebase import CHANNELS, SAMPLE_RATE
from .archive import write_zip
from .session import Grid, Session
from .xml_text import clean, write

VERSION: Final = "1.0"
APPLICATION: Final = "Producer Twin"
AUDIO: Final = "audio"
"""Folder of the sounds inside."""
_COLOURS: Final = ("#d14b4b", "#d18f3f", "#c2b83a", "#5aa84f", "#3f9fa8", "#4b6fd1", "#8a5bd1", "#c055a0")


def write_dawproject(path: Path, session: Session, sounds: Mapping[str, Path]) -> Path:
    """Write `session` to `path`; `sounds` are the files of its stems in order, then of the mix, by their names inside."""
    parts: dict[str, bytes | Path] = {
        "project.xml": project_xml(session, tuple(sounds)),
        "metadata.xml": metadata_xml(session),
    }
    parts |= {f"{AUDIO}/{name}": file for name, file in sounds.items()}
    return write_zip(path, parts, compression=zipfile.ZIP_STORED)


def metadata_xml(session: Session) -> bytes:
    """Title, year and comment; nobody is named."""
    root = Element("MetaData")
    said = {"Title": session.title, "Year": f"{session.made:%Y}", "Comment": f"Take {session.take}" if session.take else ""}
    for name, text in said.items():
        if text:
            SubElement(root, name).text = clean(text)
    return write(root)


@dataclass(slots=True)
class _Ids:
    """Names that elements refer to each other by."""

    count: int = -1

    def new(self) -> str:
        self.count += 1
        return f"id{self.count}"


def project_xml(session: Session, names: tuple[str, ...]) -> bytes:
    """The project; `names` are those of the stems' files in their order, and then of the mix."""
    ids = _Ids()
    root = Element("Project", version=VERSION)
    SubElement(root, "Application", name=APPLICATION, version=__version__)
    tempo = "" if session.grid is None else _add_transport(root, session.grid, ids)
    structure = Element("Structure")
    master = ids.new()
    tracks = [_add_track(structure, stem.label, ids, master) for stem in session.stems]
    tracks.append(_add_track(structure, "Mix", ids, master, muted=True))
    players = [_add_track(structure, part.name, ids, master, content="notes") for part in session.parts]
    _add_master(structure, ids, master)
    root.append(structure)
    arrangement = SubElement(root, "Arrangement", id=ids.new())
    unit = "seconds" if session.grid is None else "beats"
    lanes = SubElement(arrangement, "Lanes", id=ids.new(), timeUnit=unit)
    for track, name in zip(tracks, names, strict=True):
        _add_audio(lanes, track, name, session, ids)
    for track, part in zip(players, session.parts, strict=True):
        if session.grid is not None:
            _add_notes(lanes, track, part, session.grid, ids)
    _add_markers(arrangement, session, unit, ids)
    if session.grid is not None and session.grid.tempi:
        _add_tempo_changes(arrangement, tempo, session.grid, ids)
    return write(root)


def _add_transport(root: Element, grid: Grid, ids: _Ids) -> str:
    """Tempo and meter; returns the tempo's id."""
    transport = SubElement(root, "Transport")
    limits = {"max": "666.0", "min": "10.0"}
    tempo = ids.new()
    SubElement(transport, "Tempo", limits, unit="bpm", value=_number(grid.tempo), id=tempo, name="Tempo")
    meter = {"denominator": str(grid.denominator), "numerator": str(grid.meter), "id": ids.new()}
    SubElement(transport, "TimeSignature", meter)
    return tempo


def _add_tempo_changes(arrangement: Element, tempo: str, grid: Grid, ids: _Ids) -> None:
    """Points from each of which a tempo holds."""
    points = SubElement(arrangement, "TempoAutomation", unit="bpm", timeUnit="beats", id=ids.new())
    SubElement(points, "Target", parameter=tempo)
    for beat, bpm in grid.map.spans:
        place = {"time": _number(beat * grid.quarters_per_beat), "value": _number(bpm * grid.quarters_per_beat)}
        SubElement(points, "RealPoint", place, interpolation="hold")


def _add_track(structure: Element, name: str, ids: _Ids, master: str, *, content: str = "audio", muted: bool = False) -> str:
    """Add a track whose channel leads to `master`; returns its id."""
    track = ids.new()
    colour = _COLOURS[len(structure) % len(_COLOURS)]
    element = SubElement(structure, "Track", contentType=content, loaded="true", id=track, name=clean(name), color=colour)
    _add_channel(element, ids.new(), ids, {"role": "regular", "destination": master}, muted=muted)
    return track


def _add_master(structure: Element, ids: _Ids, master: str) -> None:
    track = SubElement(structure, "Track", contentType="audio notes", loaded="true", id=ids.new(), name="Master")
    _add_channel(track, master, ids, {"role": "master"})


def _add_channel(track: Element, name: str, ids: _Ids, more: Mapping[str, str], *, muted: bool = False) -> None:
    channel = SubElement(track, "Channel", {**more, "audioChannels": str(CHANNELS), "solo": "false", "id": name})
    SubElement(channel, "Mute", value="true" if muted else "false", id=ids.new(), name="Mute")
    SubElement(channel, "Pan", max="1.0", min="0.0", unit="normalized", value="0.5", id=ids.new(), name="Pan")
    SubElement(channel, "Volume", max="2.0", min="0.0", unit="linear", value="1.0", id=ids.new(), name="Volume")


def _add_audio(lanes: Element, track: str, name: str, session: Session, ids: _Ids) -> None:
    lane = SubElement(lanes, "Lanes", track=track, id=ids.new())
    clips = SubElement(lane, "Clips", id=ids.new())
    length = session.seconds if session.grid is None else session.grid.quarters(session.seconds)
    place = {"time": "0.0", "duration": _number(length), "contentTimeUnit": "seconds", "playStart": "0.0"}
    clip = SubElement(clips, "Clip", place, name=name.removesuffix(".wav"))
    facts = {"channels": str(CHANNELS), "sampleRate": str(SAMPLE_RATE), "duration": _number(session.seconds)}
    audio = SubElement(clip, "Audio", facts, algorithm="raw", id=ids.new())
    SubElement(audio, "File", path=f"{AUDIO}/{name}")


def _add_notes(lanes: Element, track: str, part: MidiPart, grid: Grid, ids: _Ids) -> None:
    lane = SubElement(lanes, "Lanes", track=track, id=ids.new())
    clips = SubElement(lane, "Clips", id=ids.new())
    beat = grid.quarters_per_beat
    end = max((note.start + note.length for note in part.notes), default=0.0) * beat
    clip = SubElement(clips, "Clip", time="0.0", duration=_number(end), contentTimeUnit="beats", name=clean(part.name))
    notes = SubElement(clip, "Notes", id=ids.new())
    channel = "9" if part.program is None else "0"
    for one in sorted(part.notes, key=lambda note: (note.start, note.pitch)):
        place = {"time": _number(max(0.0, one.start) * beat), "duration": _number(one.length * beat), "channel": channel}
        SubElement(notes, "Note", place, key=str(one.pitch), vel=_number(one.velocity), rel=_number(one.velocity))


def _add_markers(arrangement: Element, session: Session, unit: str, ids: _Ids) -> None:
    """Sections; the schema wants one at least."""
    if not session.markers:
        return
    markers = SubElement(arrangement, "Markers", timeUnit=unit, id=ids.new())
    for one in session.markers:
        at = one.seconds if session.grid is None else session.grid.quarters(one.seconds)
        SubElement(markers, "Marker", time=_number(at), name=clean(one.name))


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.1f}"
