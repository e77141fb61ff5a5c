"""The words of music that cross every room: stems, keys, meters, metas and languages, read as people write them.

Conventions: pitch class 0 is C; a key keeps the spelling it was read in (`C# minor`, `Gb major`), since ACE-Step's metas know
every letter with every accidental, and has a usual one otherwise; tempo is in beats per minute; a meter counts beats per bar; a
language is one of the codes that ACE-Step 1.5 knows (`acestep/constants.py`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
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

UNKNOWN: Final = "unknown"
"""The language of music that nobody sings to, or of which nobody says."""
LANGUAGES: Final[dict[str, tuple[str, ...]]] = {
    "ar": ("arabic", "ara"),
    "az": ("azerbaijani", "aze"),
    "bg": ("bulgarian", "bul"),
    "bn": ("bengali", "bangla", "ben"),
    "ca": ("catalan", "cat"),
    "cs": ("czech", "ces", "cze"),
    "da": ("danish", "dan"),
    "de": ("german", "deutsch", "deu", "ger"),
    "el": ("greek", "ell", "gre"),
    "en": ("english", "eng"),
    "es": ("spanish", "español", "castilian", "spa"),
    "fa": ("persian", "farsi", "fas", "per"),
    "fi": ("finnish", "suomi", "fin"),
    "fr": ("french", "français", "fra", "fre"),
    "he": ("hebrew", "heb", "iw"),
    "hi": ("hindi", "hin"),
    "hr": ("croatian", "hrv"),
    "ht": ("haitian", "haitian creole", "hat"),
    "hu": ("hungarian", "magyar", "hun"),
    "id": ("indonesian", "bahasa indonesia", "ind"),
    "is": ("icelandic", "isl", "ice"),
    "it": ("italian", "italiano", "ita"),
    "ja": ("japanese", "日本語", "jpn", "jp"),
    "ko": ("korean", "한국어", "kor", "kr"),
    "la": ("latin", "lat"),
    "lt": ("lithuanian", "lit"),
    "ms": ("malay", "msa", "may"),
    "ne": ("nepali", "nep"),
    "nl": ("dutch", "nederlands", "flemish", "nld", "dut"),
    "no": ("norwegian", "norsk", "nor", "nb", "nn", "nob", "nno"),
    "pa": ("punjabi", "panjabi", "pan"),
    "pl": ("polish", "polski", "pol"),
    "pt": ("portuguese", "português", "por"),
    "ro": ("romanian", "ron", "rum"),
    "ru": ("russian", "русский", "rus"),
    "sa": ("sanskrit", "san"),
    "sk": ("slovak", "slk", "slo"),
    "sr": ("serbian", "srp"),
    "sv": ("swedish", "svenska", "swe"),
    "sw": ("swahili", "swa"),
    "ta": ("tamil", "tam"),
    "te": ("telugu", "tel"),
    "th": ("thai", "tha"),
    "tl": ("tagalog", "filipino", "tgl", "fil"),
    "tr": ("turkish", "türkçe", "tur"),
    "uk": ("ukrainian", "ukr"),
    "ur": ("urdu", "urd"),
    "vi": ("vietnamese", "vie"),
    "yue": ("cantonese", "廣東話", "粤语", "zh-yue", "zh-hk", "zh-mo"),
    "zh": ("chinese", "mandarin", "中文", "zho", "chi", "cmn"),
}
"""Code of every language that ACE-Step knows -> its English name, and what else it is called."""
_LANGUAGE_CODES: Final = {said: code for code, names in LANGUAGES.items() for said in (code, *names)}
_NO_LANGUAGE: Final = frozenset({"", UNKNOWN, "und", "none", "n/a", "instrumental", "[instrumental]", "auto"})

LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
"""Letter of a note -> its pitch class."""
_KEY: Final = re.compile(
    r"\s*([A-Ga-g])\s*(?:([#♯b♭])|[-\s]*((?i:sharp|flat)))?\s*(?:-|_|:|\s)?\s*((?i:major|maj|dur|minor|min|moll)|m|M)?\.?\s*"
)
_WHEEL: Final = re.compile(r"\s*0?([1-9]|1[0-2])\s*([ABabdmDM])\s*")
"""A key on the wheel of DJ programs: `8A` (Camelot; A is minor) or `1m` (Open Key; m is minor, d major)."""
_METER: Final = re.compile(r"([0-9]{1,2})(?:[.,]0+)?\s*(?:/\s*[0-9]{1,2}|beats?(?:\s+(?:per|a)\s+bar)?)?", re.IGNORECASE)
_BPM: Final = re.compile(
    r"(?:bpm|tempo)?[\s:=~≈]*([0-9]{1,4}(?:[.,][0-9]+)?)\s*(?:bpm|beats\s+(?:per|a)\s+minute|/\s*min)?\.?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic pitch class (0 = C) and a mode. Keys that sound alike are equal, however they are spelled."""

    tonic: int
    mode: Mode
    spelled: str = field(default="", compare=False)
    """The tonic as it was written, `C#` or `Db`; empty where nobody wrote it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `F# minor`, `Gb min`, `am`, `C`, `E flat major`, and `8A` or `1m` of DJ programs.

        Raises `BadInput` for anything else.
        """
        wheel = _WHEEL.fullmatch(text)
        if wheel:
            place, side = int(wheel[1]), wheel[2].lower()
            fifths = place - 8 if side in "ab" else place - 1
            return cls((fifths * 7 + (9 if side in "am" else 0)) % 12, "minor" if side in "am" else "major")
        found = _KEY.fullmatch(text)
        if not found:
            raise BadInput(f"{text!r} is not a key", remedy="write a tonic and a mode, such as 'F# minor' or 'Bb major'")
        letter, sign, word, mode = found.groups()
        shift = {"#": 1, "♯": 1, "s": 1, "b": -1, "♭": -1, "f": -1, "": 0}[(sign or word or "")[:1].lower()]
        minor = mode is not None and (mode == "m" or mode.lower() in ("min", "minor", "moll"))
        spelled = letter.upper() + {1: "#", -1: "b", 0: ""}[shift]
        return cls((LETTERS[letter.upper()] + shift) % 12, "minor" if minor else "major", spelled)

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


def parse_meter(text: str | float) -> int:
    """Beats per bar from `4`, `4.0`, `4/4`, `3/4` or `6/8`. Raises `BadInput` for a meter that metas cannot say."""
    found = _METER.fullmatch(str(text).strip())
    if not found or int(found[1]) not in METERS:
        raise BadInput(f"{text!r} is not a meter", remedy=f"beats per bar, one of {', '.join(map(str, METERS))}")
    return int(found[1])


def beat_unit(meter: int) -> int:
    """Which note value a beat is: 4 a quarter; 8 an eighth in bars of six, which are 6/8."""
    return 8 if meter == 6 else 4


def parse_bpm(text: str | float) -> float:
    """Beats per minute from `120`, `120.0`, `120,5` or `120 BPM`. Raises `BadInput` for what is no tempo of `BPM_RANGE`."""
    found = _BPM.fullmatch(str(text).strip())
    if not found:
        raise BadInput(f"{text!r} is not a tempo", remedy="give beats per minute, such as 84")
    return check_bpm(float(found[1].replace(",", ".")))


def parse_language(text: str) -> str:
    """The code of ACE-Step's for `en`, `EN-us`, `zh_CN`, `English` or `eng`; `unknown` for nothing.

    Raises `BadInput` for a language that ACE-Step does not know.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().replace("_", "-").split())
    if plain in _NO_LANGUAGE:
        return UNKNOWN
    for said in (plain, plain.split("-")[0], re.sub(r"\s*\(.*\)$", "", plain)):
        if said in _LANGUAGE_CODES:
            return _LANGUAGE_CODES[said]
    remedy = f"give one of {', '.join(LANGUAGES)}, or {UNKNOWN}"
    raise BadInput(f"{text!r} is not a language that ACE-Step knows", remedy=remedy)


def check_bpm(bpm: float) -> float:
    """`bpm` if it is a tempo a model can be asked for, else `BadInput`."""
    low, high = BPM_RANGE
    if not low <= bpm <= high:
        message = f"tempo {write_number(bpm)} bpm is outside {low}-{high}"
        raise BadInput(message, remedy=f"choose a tempo from {low} to {high} bpm")
    return bpm


def common_words(caption: str) -> str:
    """`caption` in lower case, with rarer words for a mood, a genre, an instrument or a sound replaced by the common word for it.

    `presets/thesaurus.toml` says which: "Bleak" is "dark" to whoever learned few words, all of them in lower case.
    """
    pattern, meanings = _thesaurus()
    return pattern.sub(lambda found: meanings[found[0].lower()], caption).lower()


def rarer_words(caption: str) -> tuple[tuple[int, int, str], ...]:
    """Where `caption` holds a rarer word or phrase, from and to which character, and the common word for it."""
    pattern, meanings = _thesaurus()
    return tuple((*found.span(), meanings[found[0].lower()]) for found in pattern.finditer(caption))


def list_common_words() -> Mapping[str, str]:
    """Every rarer word or phrase, in lower case, and the common word for it."""
    return _thesaurus()[1]


@cache
def _thesaurus() -> tuple[re.Pattern[str], dict[str, str]]:
    """What matches a rarer word, longest first, and the common word of each."""
    stored = tomllib.loads(files("producertwin").joinpath("presets", "thesaurus.toml").read_text("utf-8"))
    meanings = {rare: common for common, others in stored.items() for rare in others}
    longest_first = sorted(meanings, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE), meanings
