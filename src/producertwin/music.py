"""The words of music that cross every room: stems, keys, meters and metas.

Conventions: pitch class 0 is C; a key keeps the spelling it was read in (`C# minor`, `Gb major`), since ACE-Step's metas know
every letter with every accidental, and has a usual one otherwise; tempo is in beats per minute; a meter counts beats per bar.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, Literal, Self

from .errors import BadInput
from .wording import write_number

STEMS: Final = (
    "woodwinds",
    "brass",
    "fx",
    "synth",
    "strings",
    "percussion",
    "keyboard",
    "guitar",
    "bass",
    "drums",
    "backing_vocals",
    "vocals",
)
"""ACE-Step's TRACK_NAMES, in its order."""

Mode = Literal["major", "minor"]
MODES: Final[tuple[Mode, ...]] = ("major", "minor")
TONICS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""One spelling per pitch class: the only one that nano learned."""
_SHARP_MINORS: Final = {1: "C#", 8: "G#"}
"""Minor tonics that ACE-Step's examples, and everybody else, write with a sharp where the major is written with a flat."""
SCALES: Final[dict[Mode, tuple[int, ...]]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
INSTRUMENTAL: Final = "[Instrumental]"
"""The lyric of music that nobody sings to."""
BPM_RANGE: Final = (30, 300)
METERS: Final = (2, 3, 4, 6)
"""Beats per bar that ACE-Step's metas know."""

_LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY: Final = re.compile(r"^\s*([A-Ga-g])\s*([#♯b♭]?)\s*(?:-|\s)?\s*((?i:major|maj|minor|min)|m|M)?\s*$")


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic pitch class (0 = C) and a mode. Keys that sound alike are equal, however they are spelled."""

    tonic: int
    mode: Mode
    spelled: str = field(default="", compare=False)
    """The tonic as it was written, `C#` or `Db`; empty where nobody wrote it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `F# minor`, `Gb min`, `am`, `C`, `B♭ major`. Raises `BadInput` for anything else."""
        found = _KEY.match(text)
        if not found:
            raise BadInput(f"{text!r} is not a key", remedy="write a tonic and a mode, such as 'F# minor' or 'Bb major'")
        letter, accidental, mode = found.groups()
        shift = {"#": 1, "♯": 1, "b": -1, "♭": -1, "": 0}[accidental]
        minor = mode is not None and (mode == "m" or mode.lower().startswith("min"))
        spelled = letter.upper() + {1: "#", -1: "b", 0: ""}[shift]
        return cls((_LETTERS[letter.upper()] + shift) % 12, "minor" if minor else "major", spelled)

    @property
    def scale(self) -> frozenset[int]:
        """The seven pitch classes of the key (natural minor)."""
        return frozenset((self.tonic + step) % 12 for step in SCALES[self.mode])

    @property
    def relative(self) -> Key:
        """The key that shares this one's scale."""
        return Key((self.tonic + 3) % 12, "major") if self.mode == "minor" else Key((self.tonic + 9) % 12, "minor")

    @property
    def plain(self) -> Key:
        """This key in the one spelling of `TONICS`, for readers that learned no other."""
        return Key(self.tonic, self.mode, TONICS[self.tonic])

    def __str__(self) -> str:
        usual = _SHARP_MINORS.get(self.tonic) if self.mode == "minor" else None
        return f"{self.spelled or usual or TONICS[self.tonic]} {self.mode}"


KEYS: Final = tuple(Key(tonic, mode) for mode in MODES for tonic in range(12))
"""All 24 keys: the majors from C upwards, then the minors."""


def parse_meter(text: str | int) -> int:
    """Beats per bar from `4`, `4/4`, `3/4` or `6/8`. Raises `BadInput` for a meter that metas cannot say."""
    head = str(text).strip().split("/")[0]
    if not head.isdigit() or int(head) not in METERS:
        raise BadInput(f"{text!r} is not a meter", remedy=f"beats per bar, one of {', '.join(map(str, METERS))}")
    return int(head)


def check_bpm(bpm: float) -> float:
    """`bpm` if it is a tempo a model can be asked for, else `BadInput`."""
    low, high = BPM_RANGE
    if not low <= bpm <= high:
        message = f"tempo {write_number(bpm)} bpm is outside {low}-{high}"
        raise BadInput(message, remedy=f"choose a tempo from {low} to {high} bpm")
    return bpm


def common_words(caption: str) -> str:
    """`caption` with rarer words for a mood, a genre, an instrument or a sound replaced by the common word for it.

    `presets/thesaurus.toml` says which: "bleak" is "dark" to whoever learned few words.
    """
    pattern, meanings = _thesaurus()
    return pattern.sub(lambda found: meanings[found[0].lower()], caption)


@cache
def _thesaurus() -> tuple[re.Pattern[str], dict[str, str]]:
    """What matches a rarer word, longest first, and the common word of each."""
    stored = tomllib.loads(files("producertwin").joinpath("presets", "thesaurus.toml").read_text("utf-8"))
    meanings = {rare: common for common, others in stored.items() for rare in others}
    longest_first = sorted(meanings, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE), meanings
