"""24-bit WAV files that say what they are, in the four forms that workstations read.

- `bext`: EBU Tech 3285 version 1, 602 bytes and the coding history. Time in UTC, no UMID, time reference 0: bar 1.
- `iXML`: version 1.61 of ixml.info: project, take, track.
- `acid`: 24 bytes as libsndfile's `wav.c` reads them: flags, root note, 0x8000, 0.0, beats, note value of a beat, beats per bar,
  tempo in quarters per minute. Flags: 1 one-shot, 2 root note set, 4 stretch. A sound of whole bars is a loop, any other a
  one-shot; without a tempo there is no such chunk.
- `LIST INFO`: title, software, date, comment, key in words.

No chunk names a person or a path.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from ... import __version__
from ...audio.encoding import encode
from ...audio.samples import Samples
from ...audio.tags import riff
from ...timebase import CHANNELS, SAMPLE_RATE, seconds_of
from .session import UNPITCHED, Grid, Session
from .xml_text import clean, write

ORIGINATOR: Final = "Producer Twin"
ONE_SHOT, ROOT_SET, STRETCH = 1, 2, 4
MIDDLE_C: Final = 60
WHOLE_BARS: Final = 0.002
"""Seconds by which a loop may differ from whole bars."""


@dataclass(frozen=True, slots=True)
class WavFacts:
    """What one file of a session says of itself."""

    session: Session
    part: str
    """What sounds in it: a stem's label, or `Mix`."""
    pitched: bool = True

    @property
    def about(self) -> str:
        """One line: part, title, tempo, key."""
        grid, key = self.session.grid, self.session.key
        tempo = f"{grid.tempo:g} bpm, {grid.meter}/{grid.denominator}" if grid else ""
        return ", ".join(filter(None, (f"{self.part} of {self.session.title}", tempo, str(key) if key else "")))


def stem_facts(session: Session, place: int) -> WavFacts:
    """What the file of the stem at `place` says."""
    stem = session.stems[place]
    return WavFacts(session, stem.label, stem.name not in UNPITCHED)


def wav_bytes(sound: Samples, facts: WavFacts) -> bytes:
    """`sound` (2, n) as a 24-bit WAV file with its chunks. Raises `BadInput` beyond 4 GiB."""
    session = facts.session
    [form, *data] = riff.chunks(encode(sound, "wav"))
    acid = acid_chunk(session, facts.pitched)
    said = [(b"bext", bext_chunk(facts)), (b"iXML", ixml_chunk(facts))]
    said += [(b"acid", acid)] if acid else []
    return riff.wav([form, *said, (b"LIST", info_chunk(facts)), *data])


def bext_chunk(facts: WavFacts) -> bytes:
    """The broadcast extension."""
    session = facts.session
    made = session.made
    head = (
        _ascii(facts.about, 256)
        + _ascii(ORIGINATOR, 32)
        + _ascii(f"TWIN{session.take}" if session.take else "", 32)
        + _ascii(f"{made:%Y-%m-%d}", 10)
        + _ascii(f"{made:%H:%M:%S}", 8)
    )
    rest = struct.pack("<QH", 0, 1) + bytes(64 + 190)
    player = f"{ORIGINATOR} {__version__}" + (f";{session.variant}" if session.variant else "")
    history = f"A=PCM,F={SAMPLE_RATE},W=24,M=stereo,T={player}\r\n"
    return head + rest + _ascii(history)


def ixml_chunk(facts: WavFacts) -> bytes:
    """What recorders and editors read beside `bext`."""
    session = facts.session
    root = Element("BWFXML")
    for name, text in (("IXML_VERSION", "1.61"), ("PROJECT", session.title), ("TAKE", session.take), ("NOTE", facts.about)):
        SubElement(root, name).text = clean(text)
    speed = SubElement(root, "SPEED")
    rates = {"FILE_SAMPLE_RATE": SAMPLE_RATE, "AUDIO_BIT_DEPTH": 24, "DIGITIZER_SAMPLE_RATE": SAMPLE_RATE,
             "TIMESTAMP_SAMPLE_RATE": SAMPLE_RATE, "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI": 0,
             "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO": 0}  # fmt: skip
    for name, value in rates.items():
        SubElement(speed, name).text = str(value)
    tracks = SubElement(root, "TRACK_LIST")
    SubElement(tracks, "TRACK_COUNT").text = str(CHANNELS)
    for place, side in enumerate(("L", "R"), 1):
        track = SubElement(tracks, "TRACK")
        for name, text in (("CHANNEL_INDEX", str(place)), ("INTERLEAVE_INDEX", str(place)), ("NAME", f"{facts.part} {side}")):
            SubElement(track, name).text = clean(text)
    return write(root)


def acid_chunk(session: Session, pitched: bool) -> bytes:
    """Tempo, meter and root note; empty without a tempo."""
    grid, key = session.grid, session.key
    if grid is None:
        return b""
    beats = whole_beats(grid, session.samples)
    root = key is not None and pitched
    flags = (STRETCH if beats else ONE_SHOT) | (ROOT_SET if root else 0)
    note = MIDDLE_C + key.tonic if key is not None and root else MIDDLE_C
    return struct.pack("<IHHfIHHf", flags, note, 0x8000, 0.0, beats, grid.denominator, grid.meter, grid.tempo)


def whole_beats(grid: Grid, samples: int) -> int:
    """Beats of a sound of `samples` that lasts whole bars in one tempo; 0 for any other."""
    beats = 0 if grid.tempi else round(seconds_of(samples) * grid.bpm / 60.0)
    whole = beats > 0 and beats % grid.meter == 0
    return beats if whole and abs(beats * 60.0 / grid.bpm - seconds_of(samples)) <= WHOLE_BARS else 0


def info_chunk(facts: WavFacts) -> bytes:
    """The plain list of facts."""
    session = facts.session
    said = {
        b"INAM": f"{session.title} - {facts.part}",
        b"ISFT": f"{ORIGINATOR} {__version__}",
        b"ICRD": f"{session.made:%Y-%m-%d}",
        b"ICMT": facts.about + (f", take {session.take}" if session.take else ""),
        b"IKEY": str(session.key) if session.key else "",
    }
    return b"INFO" + b"".join(riff.chunk(name, _utf8(text) + b"\0") for name, text in said.items() if text)


def _ascii(text: str, size: int | None = None) -> bytes:
    """`text` with `?` for what is not ASCII; cut and filled with zeros to `size`."""
    data = text.replace("\0", " ").encode("ascii", "replace")
    return data if size is None else data[:size].ljust(size, b"\0")


def _utf8(text: str) -> bytes:
    return text.replace("\0", " ").encode("utf-8", "replace")
