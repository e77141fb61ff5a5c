"""Chord symbols as people write them: `Am7`, `C/B`, `Bbmaj9`, `F#ø7`, `G13b9`, `Esus4`, `V7/ii`, `N.C.`.

A symbol is a root, a quality and perhaps a bass note. A quality is read by a grammar instead of a list: triad, seventh,
extension, added, altered and left-out tones. Intervals are in semitones above the root; a pitch class is 0 for C. The spellings
are those of lead sheets, of iReal Pro (`^7`, `-7`, `h7`, `o7`) and of Roman numerals in a key. After Brandt and Roemer,
"Standardized Chord Symbol Notation" (1976), with the meanings that the kinds of MusicXML have.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..errors import BadInput
from ..music import LETTERS, SCALES, Key

SILENT: Final = "N.C."
"""No chord."""
_SILENCES: Final = frozenset({"n.c.", "nc", "n.c", "n", "-"})
_SIGNS: Final = {"#": 1, "♯": 1, "b": -1, "♭": -1}
_NOTE: Final = re.compile(r"([A-G])((?:bb|##)(?![0-9])|[#♯b♭]?)")
_NUMERAL: Final = re.compile(r"([#♯b♭]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(?![A-Za-z]*[IViv])")
_DEGREES: Final = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}

_NATURAL: Final = {2: 2, 4: 5, 5: 7, 6: 9, 9: 14, 11: 17, 13: 21}
"""Degree above the root -> semitones, as chord symbols count: 2 and 9 are whole tones, 11 is a fourth."""
_SHARP: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_FLAT_KEYS: Final = {"major": frozenset({1, 3, 5, 8, 10}), "minor": frozenset({0, 2, 3, 5, 7, 10})}
"""Tonics of the keys that are usually written with flats."""
_TOKENS: Final[tuple[tuple[str, str], ...]] = (
    # What it does -> how it is written; the first that fits is taken, so longer spellings come first.
    ("half", r"half-?dim(?:inished)?7?|[øØ]7?|h7?"),
    ("minmaj", r"(?:minmaj|min/maj|mmaj|mM|mΔ|m\^|-maj|-M|-Δ|-\^|mima|mmin?maj)7?"),
    ("maj", r"major|maj|Maj|MAJ|ma(?![a-z])|Ma(?![a-z])|M|Δ|△|\^|j(?=7)"),
    ("min", r"minor|min|Min|MIN|mi(?![a-z])|m(?!aj)|^-(?!5)"),
    ("omit", r"(?:no|omit)[35]"),
    ("dim", r"dim(?:inished)?|[o°º]"),
    ("aug", r"aug(?:mented)?|\+(?![0-9])|\+(?=[79])"),
    ("sus", r"sus(?:24|2|4)?"),
    ("sixnine", r"6/9|6\(9\)|69"),
    ("add", r"add[#♯b♭+-]?(?:2|4|6|9|11|13|3)"),
    ("alt", r"alt(?:ered)?"),
    ("alter", r"[#♯b♭+-](?:5|9|11|13|6|4)"),
    ("extend", r"13|11|9|7|6|5|4|2"),
)
_TOKEN: Final = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _TOKENS))
"""A part of a quality. A `-` means minor at the beginning (`^`); later it lowers what follows."""
_NOISE: Final = str.maketrans("", "", "()[], ")
COMMON: Final = (
    "", "m", "dim", "aug", "sus2", "sus4", "5", "6", "m6", "6/9", "7", "maj7", "m7", "mmaj7", "dim7", "m7b5", "aug7", "7sus4",
    "add9", "madd9", "9", "maj9", "m9", "9sus4", "11", "m11", "maj7#11", "13", "maj13", "m13", "13sus4", "7b5", "7#5", "7b9",
    "7#9", "7#11", "7b13", "13b9", "13#11", "9#11", "7alt",
)  # fmt: skip
"""Qualities that most lead sheets are made of."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A chord symbol that was understood."""

    root: int
    """Pitch class."""
    quality: str
    """As it is written here: `m7`, `13b9`; empty for a major triad."""
    bass: int | None = None
    """Pitch class of the lowest note, where it is not the root."""
    text: str = ""
    """As it was written."""

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones above the root, lowest first."""
        return intervals(self.quality)


def read_symbol(text: str, key: Key | None = None) -> Symbol | None:
    """Read one chord symbol; None where nothing sounds (`N.C.`). Roman numerals are those of `key`.

    Raises `BadInput` for what is no chord, with the symbols that are near.
    """
    plain = text.strip()
    if plain.lower() in _SILENCES:
        return None
    numeral = _NUMERAL.match(plain)
    if numeral:
        return _read_numeral(plain, numeral, key)
    note = _NOTE.match(plain)
    if not note:
        raise BadInput(f"{text!r} is no chord", remedy="a chord begins with its root, A to G, such as Am7 or F#maj9")
    quality, bass = _split_bass(plain[note.end() :])
    return _make_symbol(pitch_class(note.group()), quality, bass, plain, written_root=note.group())


def pitch_class(note: str) -> int:
    """The pitch class of a note's name such as `F#` or `Bb`. Raises `BadInput` for anything else."""
    found = _NOTE.fullmatch(note.strip())
    if not found:
        raise BadInput(f"{note!r} is no note", remedy="write A to G with # or b, such as F# or Bb")
    return (LETTERS[found[1]] + sum(_SIGNS[sign] for sign in found[2])) % 12


def note_names(key: Key | None) -> tuple[str, ...]:
    """Names of the pitch classes from C, as `key` spells them; with flats where there is none."""
    return _SHARP if key is not None and key.tonic not in _FLAT_KEYS[key.mode] else _FLAT


@lru_cache(maxsize=1024)
def intervals(quality: str) -> tuple[int, ...]:
    """Semitones above the root of a `quality` such as `m7b5`, lowest first. Raises `BadInput` where a part of it says nothing."""
    tones: dict[int, int] = {1: 0, 3: 4, 5: 7}
    text = quality.translate(_NOISE)
    seen: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup or not _fits(found.lastgroup, found.group(), seen):
            raise BadInput(f"{text[at:]!r} says nothing here", remedy=f"write one of {', '.join(filter(None, COMMON))}")
        at = found.end()
        _apply(found.lastgroup, found.group(), tones, seen)
        seen.append(found.lastgroup if found.lastgroup != "extend" else found.group())
    if seen == ["maj"] and text in ("Δ", "△", "^"):
        tones[7] = 11
    return tuple(sorted(set(tones.values())))


def _fits(what: str, word: str, seen: list[str]) -> bool:
    """Whether a part can stand after those `seen`: a triad is named once, and what is stacked grows."""
    if what in ("alter", "add", "omit"):
        return True
    if what != "extend":
        return what not in seen and not (what in ("min", "half", "dim") and {"min", "half", "dim"} & {*seen})
    before = [int(one) for one in seen if one.isdigit()]
    if word in ("2", "4", "5"):
        return not seen
    return not before or (int(word) in (9, 11, 13) and int(word) > max(before))


def _apply(what: str, word: str, tones: dict[int, int], seen: list[str]) -> None:
    """Let one part of a quality change the `tones`, by degree."""
    number = int(digits[0]) if (digits := re.findall(r"[0-9]+", word)) else 0
    match what:
        case "min":
            tones[3] = 3
        case "dim":
            tones |= {3: 3, 5: 6}
        case "aug":
            tones[5] = 8
        case "half":
            tones |= {3: 3, 5: 6, 7: 10}
        case "minmaj":
            tones |= {3: 3, 7: 11}
        case "sus":
            del tones[3]
            tones |= {2: 2} if number == 2 else {2: 2, 4: 5} if number == 24 else {4: 5}
        case "sixnine":
            tones |= {6: 9, 9: 14}
        case "add":
            degree, shift = number, sum(_SIGNS.get(sign, 0) for sign in word[3:4])
            tones[degree] = {3: 4, **_NATURAL}[degree] + shift
        case "omit":
            tones.pop(number, None)
        case "alt":
            tones |= {5: 8, 7: 10, 9: 13, 10: 15}
        case "alter":
            _alter(number, 1 if word[0] in "#♯+" else -1, tones)
        case "extend":
            _extend(number, tones, seen)


def _alter(degree: int, shift: int, tones: dict[int, int]) -> None:
    """Raise or lower a degree; two alterations of the ninth or the fifth stand beside each other."""
    natural = {4: 5, 5: 7, 6: 8 if shift < 0 else 9, **{d: _NATURAL[d] for d in (9, 11, 13)}}[degree]
    value = natural if degree == 6 else natural + shift
    altered = tones.get(degree) not in (None, natural)
    tones[degree + 100 if altered else degree] = value


def _extend(number: int, tones: dict[int, int], seen: list[str]) -> None:
    """Add a sixth, a seventh, or a seventh with what is stacked above it; after a number, only the tone of this one."""
    if number == 5:
        tones.pop(3)
    elif number in (2, 4, 6) or any(one.isdigit() for one in seen):
        tones[number] = _NATURAL[number]
    else:
        major = "maj" in seen or "minmaj" in seen
        tones[7] = 11 if major else 9 if "dim" in seen and number == 7 else tones.get(7, 10)
        tones |= {degree: _NATURAL[degree] for degree in (9, 11, 13) if degree <= number}
        if number == 13:
            tones.pop(11)
        elif number == 11 and tones.get(3) == 4 and not major:
            tones.pop(3)  # it would clash with the eleventh


def _split_bass(rest: str) -> tuple[str, int | None]:
    """The quality, and the note after a slash (`/B`); `6/9` is no bass."""
    quality, slash, note = rest.rpartition("/")
    if slash and _NOTE.fullmatch(note):
        return quality, pitch_class(note)
    return rest, None


def _read_numeral(text: str, found: re.Match[str], key: Key | None) -> Symbol:
    """A chord on a degree of `key`: `ii7`, `bVII`, `V7/ii`, `viiø7`. Small numerals are minor.

    In a minor key III, VI and VII are degrees of the natural minor scale; with a flat they are counted in the major scale, so
    that `bVI` and `VI` are the same there; a diminished seventh degree stands on the leading tone.
    """
    if key is None:
        raise BadInput(f"{text!r} is a degree of a key, and no key is given", remedy="give the key, or write chords such as Am7")
    rest, slash, target = text[found.end() :].partition("/")
    if slash and _NUMERAL.fullmatch(target):
        mode = "minor" if target.strip("#b♯♭").islower() else "major"
        key = Key(_degree(_NUMERAL.fullmatch(target), key), mode)  # type: ignore[arg-type]
    elif slash:
        rest = f"{rest}/{target}"
    quality, bass = _split_bass(rest)
    small = found[2].islower()
    diminished = quality[:1] in ("o", "°", "º", "ø", "Ø", "h") or quality.startswith("dim")
    root = _degree(found, key)
    if small and diminished and found[2] == "vii" and not found[1] and key.mode == "minor":
        root = (key.tonic + 11) % 12
    minor = "m" if small and not diminished else ""
    return _make_symbol(root, quality, bass, text, written_root=found.group(), minor=minor)


def _make_symbol(root: int, written: str, bass: int | None, text: str, *, written_root: str, minor: str = "") -> Symbol:
    """The symbol of these parts; `minor` is what a small numeral says. Raises `BadInput` for a quality that cannot be read."""
    quality = f"{minor}{written}"
    try:
        intervals(quality)
    except BadInput:
        near = difflib.get_close_matches(written, COMMON, 3, 0.4) or ["", "m7", "maj7"]
        raise BadInput(f"{text!r} is no chord", remedy=f"near it are {', '.join(written_root + one for one in near)}") from None
    return Symbol(root, quality, None if bass == root else bass, text)


def _degree(found: re.Match[str] | None, key: Key) -> int:
    """The pitch class of a Roman numeral in `key`."""
    assert found is not None
    number, sign = _DEGREES[found[2].upper()], _SIGNS.get(found[1], 0)
    steps = SCALES["major" if sign < 0 else key.mode]
    return (key.tonic + steps[number - 1] + sign) % 12
