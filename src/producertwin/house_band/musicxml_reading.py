"""What a MusicXML score says, measure by measure: notes, chord symbols, words, signs, tempo, meter and key.

Places and lengths are in quarter notes from the beginning of a measure. Grace and cue notes are left out; what a transposing
instrument plays is read as it sounds. After MusicXML 4.0 (W3C Music Notation Community Group, 2021).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from ..errors import BadInput
from ..music import LETTERS, Key
from .abc_voice import USUAL
from .musicxml_elements import number_at, read_harmony, read_number, text_at
from .musicxml_order import MOST_PASSES, Signs

MOST_MEASURES: Final = 9_999
_LONGEST: Final = 64.0
"""Quarter notes that a measure lasts at most."""
_MAJORS: Final = {fifths: fifths * 7 % 12 for fifths in range(-7, 8)}
_UNITS: Final = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}


@dataclass(slots=True)
class XmlNote:
    """A note of a measure; pitch is a MIDI number, for drums a General MIDI one."""

    place: float
    length: float
    pitch: int
    velocity: float
    goes_on: bool = False
    """Whether it is tied to a note that follows."""
    continued: bool = False
    """Whether a tie leads to it."""
    unpitched: bool = False
    """Whether it is a drum's."""


@dataclass(slots=True)
class Syllable:
    """A syllable that is sung, in one of the verses, from 1."""

    place: float
    verse: int
    text: str
    ends_word: bool
    ends_line: bool


@dataclass(slots=True)
class XmlMeasure:
    """One measure of one part."""

    length: float = 0.0
    notes: list[XmlNote] = field(default_factory=list)
    chords: list[tuple[float, str]] = field(default_factory=list)
    """Chord symbols as they are written on lead sheets; `N.C.` is silence."""
    syllables: list[Syllable] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    """Rehearsal marks."""
    words: list[str] = field(default_factory=list)
    """What is written above the notes."""
    tempi: list[tuple[float, float]] = field(default_factory=list)
    """Quarter notes a minute."""
    meter: tuple[int, int] | None = None
    key: Key | None = None
    signs: Signs = field(default_factory=Signs)
    implicit: bool = False
    """Whether it may be shorter than its meter: a pickup, or one of two halves."""
    double: bool = False
    """Whether a double bar line ends it."""


@dataclass(slots=True)
class XmlPart:
    """One player of the score."""

    name: str
    channel: int
    program: int | None
    measures: list[XmlMeasure] = field(default_factory=list)


@dataclass(slots=True)
class XmlScore:
    """A score as far as it is read."""

    title: str
    parts: list[XmlPart]
    told: list[str]


@dataclass(slots=True)
class _State:
    """What holds from measure to measure in one part."""

    divisions: float = 1.0
    shift: int = 0
    """Semitones that sound higher than they are written."""
    velocity: float = USUAL
    ending: tuple[int, ...] = ()
    drums: dict[str, int] = field(default_factory=dict)
    """Instrument -> its General MIDI number."""


def read_score(root: Element) -> XmlScore:
    """What the score under `root` says. Raises `BadInput` for one without parts."""
    heads = {one.get("id", ""): one for one in root.iter("score-part")}
    told: list[str] = []
    parts = []
    for name, measures in _measures_by_part(root).items():
        if len(measures) > MOST_MEASURES:
            raise BadInput(f"the score has {len(measures)} measures", remedy="give the score of one song")
        part, state = _begin_part(heads.get(name))
        for element in measures:
            part.measures.append(_read_measure(element, state, told))
        parts.append(part)
    if not any(part.measures for part in parts):
        raise BadInput("the score has no measures", remedy="export it once more from the program that wrote it")
    title = text_at(root, "work/work-title") or text_at(root, "movement-title")
    return XmlScore(" ".join(title.split())[:200], parts, list(dict.fromkeys(told)))


def _measures_by_part(root: Element) -> dict[str, list[Element]]:
    """The measures of every part, in scores that are ordered by part or by time."""
    found: dict[str, list[Element]] = {}
    if root.tag == "score-partwise":
        for part in root.findall("part"):
            found.setdefault(part.get("id", ""), []).extend(part.findall("measure"))
        return found
    for measure in root.findall("measure"):
        for part in measure.findall("part"):
            part.attrib.update({k: v for k, v in measure.attrib.items() if k != "id"})
            found.setdefault(part.get("id", ""), []).append(part)
    return found


def _begin_part(head: Element | None) -> tuple[XmlPart, _State]:
    if head is None:
        return XmlPart("", 1, None), _State()
    numbers = {one.get("id", ""): number_at(one, "midi-unpitched") for one in head.findall("midi-instrument")}
    state = _State(drums={name: int(number) - 1 for name, number in numbers.items() if number and 1 <= number <= 128})
    channel, program = number_at(head, "midi-instrument/midi-channel"), number_at(head, "midi-instrument/midi-program")
    name = " ".join(text_at(head, "part-name").split())[:80]
    kept = int(program) - 1 if program and 1 <= program <= 128 else None
    return XmlPart(name, int(channel) if channel and 1 <= channel <= 16 else 1, kept), state


def _read_measure(element: Element, state: _State, told: list[str]) -> XmlMeasure:
    """One measure; `state` goes on to the next."""
    found = XmlMeasure(implicit=element.get("implicit") == "yes")
    place = before = 0.0
    for child in element:
        match child.tag:
            case "attributes":
                _read_attributes(child, state, found)
            case "note":
                lasts = _length(child, state)
                if child.find("grace") is not None or child.find("cue") is not None:
                    told.append("grace notes and cues are left out")
                    continue
                at = before if child.find("chord") is not None else place
                _read_note(child, at, lasts, state, found)
                if child.find("chord") is None:
                    before, place = place, min(place + lasts, _LONGEST)
            case "backup":
                place = max(0.0, place - _length(child, state))
            case "forward":
                place = min(place + _length(child, state), _LONGEST)
            case "harmony":
                at = place + (number_at(child, "offset") or 0.0) / state.divisions
                found.chords += [(max(0.0, at), text) for text in read_harmony(child, state.shift, told)]
            case "direction" | "sound":
                _read_direction(child, place, state, found)
            case "barline":
                _read_barline(child, state, found)
        found.length = max(found.length, place)
    found.signs.endings = found.signs.endings or state.ending
    return found


def _read_attributes(element: Element, state: _State, found: XmlMeasure) -> None:
    divisions = number_at(element, "divisions")
    if divisions and divisions > 0:
        state.divisions = divisions
    for shift in element.findall("transpose"):
        state.shift = round((number_at(shift, "chromatic") or 0.0) + 12 * (number_at(shift, "octave-change") or 0.0))
    over, under = text_at(element, "time/beats"), number_at(element, "time/beat-type")
    sums = [int(one) for one in re.findall(r"[0-9]{1,3}", over)]
    if sums and under in (1, 2, 4, 8, 16, 32) and 0 < sum(sums) <= 64:
        found.meter = (sum(sums), int(under))
    fifths = number_at(element, "key/fifths")
    if fifths is not None and round(fifths) in _MAJORS:
        minor = text_at(element, "key/mode") in ("minor", "aeolian")
        tonic = _MAJORS[round(fifths)] + state.shift - (3 if minor else 0)
        found.key = Key(tonic % 12, "minor" if minor else "major")


def _read_note(element: Element, place: float, lasts: float, state: _State, found: XmlMeasure) -> None:
    for one in element.findall("lyric"):
        found.syllables += _read_syllable(one, place)
    pitch = _pitch_of(element, state)
    if element.find("rest") is not None or pitch is None or lasts <= 0.0:
        return
    loud = read_number(element.get("dynamics"))
    velocity = state.velocity if loud is None else min(max(loud * 0.9 / 127.0, 0.05), 1.0)
    ties = {one.get("type") for one in element.findall("tie")}
    unpitched = element.find("unpitched") is not None
    found.notes.append(XmlNote(place, lasts, pitch, velocity, "start" in ties, "stop" in ties, unpitched))


def _pitch_of(element: Element, state: _State) -> int | None:
    """The MIDI number of a note as it sounds; for notes without pitch that of the named drum, else 38 (snare)."""
    step, octave = text_at(element, "pitch/step"), number_at(element, "pitch/octave")
    instrument = element.find("instrument")
    named = None if instrument is None else state.drums.get(instrument.get("id", ""))
    if element.find("unpitched") is not None or (named is not None and step in LETTERS):
        return 38 if named is None else named
    if step not in LETTERS or octave is None:
        return None
    pitch = round(12 * (octave + 1) + LETTERS[step] + (number_at(element, "pitch/alter") or 0.0) + state.shift)
    return pitch if 0 <= pitch <= 127 else None


def _read_syllable(element: Element, place: float) -> Iterator[Syllable]:
    text = "".join(one.text or " " for one in element if one.tag in ("text", "elision")).strip()
    digits = re.sub(r"[^0-9]", "", element.get("number", "1"))[:3]
    if text:
        ends = text_at(element, "syllabic") not in ("begin", "middle")
        last = element.find("end-line") is not None or element.find("end-paragraph") is not None
        yield Syllable(place, int(digits or 1), text[:100], ends, last)


def _read_direction(element: Element, place: float, state: _State, found: XmlMeasure) -> None:
    """Rehearsal marks, tempo, loudness and jumps."""
    found.marks += [" ".join((one.text or "").split()) for one in element.iter("rehearsal") if (one.text or "").strip()]
    found.words += [" ".join((one.text or "").split()) for one in element.iter("words") if (one.text or "").strip()]
    found.signs.segno |= element.find("direction-type/segno") is not None
    found.signs.coda |= element.find("direction-type/coda") is not None
    sounds = [element] if element.tag == "sound" else element.findall("sound")
    for sound in sounds:
        tempo, loud = read_number(sound.get("tempo")), read_number(sound.get("dynamics"))
        if tempo and 1.0 <= tempo <= 2_000.0:
            found.tempi.append((place, tempo))
        if loud is not None:
            state.velocity = min(max(loud * 0.9 / 127.0, 0.05), 1.0)
        signs = found.signs
        signs.segno |= bool(sound.get("segno"))
        signs.coda |= bool(sound.get("coda"))
        signs.to_coda |= bool(sound.get("tocoda"))
        signs.fine |= bool(sound.get("fine"))
        signs.jump = "capo" if sound.get("dacapo") == "yes" else "segno" if sound.get("dalsegno") else signs.jump
    if not any(sound.get("tempo") for sound in sounds):
        for mark in element.iter("metronome"):
            minute, unit = number_at(mark, "per-minute"), _UNITS.get(text_at(mark, "beat-unit"))
            if minute and unit:
                quarter = minute * unit * (1.5 if mark.find("beat-unit-dot") is not None else 1.0)
                found.tempi += [(place, quarter)] if 1.0 <= quarter <= 2_000.0 else []


def _read_barline(element: Element, state: _State, found: XmlMeasure) -> None:
    """Repeats, endings and double bars."""
    ending = element.find("ending")
    if ending is not None and ending.get("type") == "start":
        numbers = [int(one) for one in re.findall(r"[0-9]{1,2}", ending.get("number", ""))]
        state.ending = tuple(sorted(one for one in numbers if 1 <= one <= MOST_PASSES)) or (1,)
        found.signs.endings = state.ending
    elif ending is not None:
        found.signs.endings = state.ending
        state.ending = ()
    repeat = element.find("repeat")
    if repeat is not None and repeat.get("direction") == "forward":
        found.signs.forward = True
    elif repeat is not None:
        times = read_number(repeat.get("times"))
        found.signs.backward = min(max(round(times), 2), MOST_PASSES) if times else 2
    if element.get("location", "right") == "right" and text_at(element, "bar-style") in ("light-light", "light-heavy"):
        found.double = True
    found.signs.segno |= element.find("segno") is not None
    found.signs.coda |= element.find("coda") is not None


def _length(element: Element, state: _State) -> float:
    """Quarter notes that an element lasts."""
    return min(max((number_at(element, "duration") or 0.0) / state.divisions, 0.0), _LONGEST)
