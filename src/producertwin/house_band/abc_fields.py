"""The fields of ABC notation that say how its notes are read: meter, unit length, tempo and key.

After the ABC standard 2.1 (Walshaw et al. 2011). A beat is the lower number of the meter: in 6/8 six eighths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from ..errors import BadInput
from ..music import LETTERS, TONICS, Key, check_bpm, parse_meter
from ..wording import write_number

FIELD: Final = re.compile(r"\s*([A-Za-z])\s*:(?![|:])\s*(.*?)\s*$")
"""A line that is a field."""
_KEY: Final = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_MODES: Final = {"": 0, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
"""Mode -> how many fifths its signature stands above that of the major key on its tonic."""
_MINOR: Final = frozenset({"m", "min", "aeo", "dor", "phr", "loc"})
_FIFTHS: Final = "FCGDAEB"
_TEMPO: Final = re.compile(r'(?:"[^"]*"\s*)?(?:(\d+)/(\d+)\s*=\s*)?(\d+(?:\.\d+)?)(?:\s*"[^"]*")?')
_METER: Final = re.compile(r"(\d{1,3})/(\d{1,3})")
_UNITS: Final = frozenset({1, 2, 4, 8, 16, 32, 64})


@dataclass(frozen=True, slots=True)
class Meter:
    """Beats per bar, and the part of a whole note that a beat is."""

    beats: int
    unit: Fraction

    @property
    def unit_length(self) -> Fraction:
        """The length of a note that says none, where no field does: a sixteenth in short bars, else an eighth."""
        return Fraction(1, 16) if self.beats * self.unit < Fraction(3, 4) else Fraction(1, 8)


@dataclass(frozen=True, slots=True)
class Signature:
    """A key, and the semitones by which it shifts each letter."""

    key: Key | None = None
    shifts: Mapping[str, int] = field(default_factory=dict)


def read_meter(text: str) -> Meter:
    """`M:`: `4/4`, `6/8`, `C` or `C|`. Raises `BadInput` for a meter that the band cannot count."""
    plain = {"C": "4/4", "C|": "2/2"}.get(text, text)
    found = _METER.fullmatch(plain)
    if not found or int(found[2]) not in _UNITS:
        raise BadInput(f"M:{text} is no meter", remedy="write beats and unit, such as M:4/4")
    return Meter(parse_meter(found[1]), Fraction(1, int(found[2])))


def read_unit(text: str) -> Fraction:
    """`L:`: the length of a note that says none, such as `1/8`."""
    found = _METER.fullmatch(text)
    if not found or found[1] != "1" or int(found[2]) not in _UNITS:
        raise BadInput(f"L:{text} is no length", remedy="write a part of a whole note, such as L:1/8")
    return Fraction(1, int(found[2]))


def read_tempo(text: str, meter: Meter) -> float:
    """`Q:` in beats of `meter` a minute: `1/4=96`, `96`, with or without words."""
    found = _TEMPO.fullmatch(text)
    if not found or found[2] == "0":
        raise BadInput(f"Q:{text} is no tempo", remedy="write a note and how many of it a minute, such as Q:1/4=96")
    note = Fraction(int(found[1]), int(found[2])) if found[1] else meter.unit
    return check_bpm(round(float(found[3]) * float(note / meter.unit), 3))


def read_key(text: str) -> Signature:
    """`K:`: `Am`, `Bb`, `F# dorian`, `none`. Modes are told as major or minor, with their own signature.

    Raises `BadInput` for what is no key, and for accidentals of its own (`K:D _b`).
    """
    words = re.sub(r"\b(?:clef|octave|middle|name|stafflines|transpose)\s*=\s*\S+|\b(?:treble|bass|alto|tenor|perc)\b", "", text)
    plain = words.strip()
    if plain.lower() in ("", "none"):
        return Signature()
    found = _KEY.fullmatch(plain)
    mode = found[3].lower()[:3] if found else "?"
    if not found or mode not in _MODES or (len(found[3]) in (1, 2) and found[3] != "m"):
        raise BadInput(f"K:{text} is no key", remedy="write tonic and mode, such as K:Am, K:Bb or K:D dorian")
    fifths = _fifths(found[1], found[2]) + _MODES[mode]
    tonic = (LETTERS[found[1]] + {"#": 1, "b": -1, "": 0}[found[2]]) % 12
    key = Key(tonic, "minor" if mode in _MINOR else "major", found[1] + found[2])
    return Signature(key, shifts_of(fifths))


def signature_of(key: Key | None) -> Signature:
    """The signature of a key that is known otherwise; none without one."""
    return Signature() if key is None else Signature(key, read_key(key_name(key)).shifts)


def key_name(key: Key) -> str:
    """A key as `K:` writes it, spelled as it was written where its signature can be."""
    mode = "m" if key.mode == "minor" else ""
    written = str(key).split()[0]
    fifths = _fifths(written[0], written[1:]) + _MODES[mode]
    return (written if abs(fifths) <= 7 else TONICS[key.tonic]) + mode


def _fifths(letter: str, sign: str) -> int:
    """How many fifths above C the major key on a note stands."""
    return _FIFTHS.index(letter) - 1 + 7 * {"#": 1, "b": -1, "": 0}[sign]


def shifts_of(fifths: int) -> dict[str, int]:
    """Semitones by which a signature of so many sharps (flats below 0) shifts each letter."""
    if abs(fifths) > 7:
        raise BadInput(f"a key with {write_number(abs(fifths))} accidentals is not read", remedy="write it with fewer: Bb for A#")
    letters = _FIFTHS[:fifths] if fifths > 0 else _FIFTHS[fifths:] if fifths else ""
    return dict.fromkeys(letters, 1 if fifths > 0 else -1)
