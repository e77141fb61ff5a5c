"""What tests of the hand-over share: a session, and the rules of the DAWproject schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from xml.etree.ElementTree import Element

import numpy as np

from producertwin.house_band.midi_writing import MidiPart
from producertwin.house_band.score import Note
from producertwin.mixing.handover.session import Grid, Marker, Session, Stem, fit
from producertwin.music import Key

MADE: Final = datetime(2026, 11, 27, 2, 30, 15, tzinfo=UTC)
RNG: Final = np.random.default_rng(20)


def noise(samples: int, level: float = 0.1) -> Any:
    return (level * RNG.standard_normal((2, samples))).astype(np.float32)


def session(**fields: Any) -> Session:
    """Four bars of three stems at 96 bpm, 10 s."""
    drums, bass, keys = (noise(480_000) for _ in range(3))
    given: dict[str, Any] = {
        "title": "Night drive",
        "stems": (Stem("drums", drums, "take a"), Stem("bass", bass, "bass.wav"), Stem("backing_vocals", keys, "take b")),
        "mix": drums + bass + keys,
        "made": MADE,
        "grid": Grid(96.0),
        "key": Key.parse("F# minor"),
        "markers": (Marker(0.0, "intro"), Marker(2.5, "verse 1"), Marker(5.0, "verse 2")),
        "parts": (
            MidiPart("Bass", (Note(0.0, 1.5, 36), Note(1.0, 1.0, 36, 0.5), Note(-0.01, 0.5, 43)), 33),
            MidiPart("Drums", (Note(0.0, 0.1, 36), Note(1.0, 0.1, 38, 1.4)), None),
        ),
        "take": "abcdefghijkl",
        "variant": "nano",
    }
    return fit(Session(**(given | fields)))


MEDIA: Final = ("Timeline", "Lanes", "Notes", "Clips", "ClipSlot", "markers", "Warps", "Audio", "Video", "Points")
SCHEMA: Final[dict[str, tuple[frozenset[str], frozenset[str], tuple[str, ...]]]] = {
    name: (frozenset(required.split()), frozenset(optional.split()), children)
    for name, required, optional, children in [
        ("Project", "version", "", ("Application", "Transport", "Structure", "Arrangement", "Scenes")),
        ("Application", "name version", "", ()),
        ("Transport", "", "", ("Tempo", "TimeSignature")),
        ("Tempo", "unit", "max min value parameterID id name color comment", ()),
        ("TimeSignature", "denominator numerator", "parameterID id name color comment", ()),
        ("Structure", "", "", ("Track",)),
        ("Track", "", "contentType loaded id name color comment", ("Channel", "Track")),
        (
            "Channel",
            "",
            "audioChannels destination role solo id name color comment",
            ("Devices", "Mute", "Pan", "Sends", "Volume"),
        ),
        ("Mute", "", "value parameterID id name color comment", ()),
        ("Pan", "unit", "max min value parameterID id name color comment", ()),
        ("Volume", "unit", "max min value parameterID id name color comment", ()),
        ("Arrangement", "", "id name color comment", ("Lanes", "Markers", "TempoAutomation", "TimeSignatureAutomation")),
        ("Lanes", "", "timeUnit track id name color comment", MEDIA),
        ("Clips", "", "timeUnit track id name color comment", ("Clip",)),
        (
            "Clip",
            "time",
            "duration contentTimeUnit playStart playStop loopStart loopEnd fadeTimeUnit fadeInTime fadeOutTime enable reference"
            " name color comment",
            MEDIA,
        ),
        ("Audio", "channels sampleRate duration", "algorithm timeUnit track id name color comment", ("File",)),
        ("File", "path", "external", ()),
        ("Notes", "", "timeUnit track id name color comment", ("Note",)),
        ("Note", "time duration channel key", "vel rel", MEDIA),
        ("Markers", "", "timeUnit track id name color comment", ("Marker",)),
        ("Marker", "time", "name color comment", ()),
        ("TempoAutomation", "", "unit timeUnit track id name color comment", ("Target", "RealPoint")),
        ("Target", "", "parameter expression channel key controller", ()),
        ("RealPoint", "time value", "interpolation", ()),
    ]
}
"""Element -> attributes it must have, may have, and its children in their order: `Project.xsd` of github.com/bitwig/dawproject
at commit 1758788157ae3ad988b0081440d2247af5d9b6fa (MIT), as far as hand-overs use it."""
ONCE: Final = frozenset(
    {"Application", "Transport", "Structure", "Arrangement", "Tempo", "TimeSignature", "Channel", "Mute", "Pan", "Volume", "File"}
)
ENUMS: Final = {
    "unit": {"linear", "normalized", "percent", "decibel", "hertz", "semitones", "seconds", "beats", "bpm"},
    "timeUnit": {"beats", "seconds"},
    "contentTimeUnit": {"beats", "seconds"},
    "role": {"regular", "master", "effect", "submix", "vca"},
    "contentType": {"audio", "automation", "notes", "video", "markers", "tracks"},
}
NUMBERS: Final = {"time", "duration", "playStart", "value", "vel", "rel", "min", "max"}
WHOLE: Final = {"channels", "sampleRate", "audioChannels", "channel", "key", "numerator", "denominator"}


def broken_rules(root: Element) -> list[str]:
    """What of the schema a project breaks."""
    wrong, ids = [], [one.get("id") for one in root.iter() if one.get("id")]
    if len(set(ids)) != len(ids):
        wrong.append("an id stands twice")
    for one in root.iter():
        if one.tag not in SCHEMA:
            wrong.append(f"no element is called {one.tag}")
            continue
        required, optional, children = SCHEMA[one.tag]
        wrong += [f"{one.tag} lacks {name}" for name in required - one.attrib.keys()]
        wrong += [f"{one.tag} has {name}" for name in one.attrib.keys() - required - optional]
        wrong += [f"{one.tag} holds {child.tag}" for child in one if child.tag not in children]
        places = [children.index(child.tag) for child in one if child.tag in children]
        if children is not MEDIA and places != sorted(places):
            wrong.append(f"{one.tag}: {[child.tag for child in one]} are out of order")
        wrong += [f"{one.tag} holds {tag} twice" for tag in ONCE if len(one.findall(tag)) > 1]
        wrong += [f"{one.tag}: {one.get(name)} is no id" for name in ("track", "destination") if one.get(name, ids[0]) not in ids]
        for name, value in one.attrib.items():
            if name in ENUMS and not set(value.split()) <= ENUMS[name]:
                wrong.append(f"{one.tag}: {name}={value}")
            if name in NUMBERS and value not in ("true", "false"):
                float(value)
            if name in WHOLE:
                int(value)
    if root.find("Application") is None:
        wrong.append("no Application")
    wrong += ["Markers are empty" for one in root.iter("Markers") if not len(one)]
    wrong += ["Audio without its File" for one in root.iter("Audio") if one.find("File") is None]
    return wrong
