"""The words that briefs are made of: what the styles, the band and the thesaurus know, each as a tag of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from ..house_band.song_words import SINGERS
from ..house_band.styles import ARTEFACTS, PATCHES, STYLES, SYNONYMS, Style
from ..music import Mode, common_words
from .heuristics import load_heuristics

Kind = Literal["style", "mood", "instrument", "sound", "place", "voice", "cannot"]
"""What a tag says: a style, a mood, who plays, how it is produced, where it belongs, who sings; or what cannot be played."""
LONGEST: Final = 6
"""Words of the longest phrase."""
_MODES: Final[dict[str, Mode]] = {
    "dark": "minor", "melancholic": "minor", "menacing": "minor", "eerie": "minor", "tense": "minor",
                 "happy": "major", "uplifting": "major", "carefree": "major", "festive": "major", "hopeful": "major"}  # fmt: skip
"""Moods that a mode goes with."""
_PLAYED: Final = {"boom bap drums": "drums", "dusty drums": "drums", "brushed drums": "drums", "acoustic drums": "drums",
                  "909 drums": "drums", "808 drums": "drums", "drums": "drums", "choir": "backing_vocals",
                  "congas": "percussion", "percussion": "percussion", "keyboard": "keyboard", "synth": "synth"}  # fmt: skip
"""Instruments in words -> the stem that plays them, beside the words of patches."""
_ALIASES: Final = ("jazz", "hip hop", "dnb", "jungle", "r&b", "retrowave", "lofi")
_COARSE: Final = dict.fromkeys(style.coarse for style in STYLES.values())
GENRES: Final = frozenset((*_ALIASES, *_COARSE, *(name.replace("-", " ") for name in _COARSE)))
"""Words that name a genre by itself; other styles say how it is played."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A word or phrase, as the styles write it."""

    kind: Kind
    text: str


def look_up(words: tuple[str, ...]) -> Tag | None:
    """The tag that a phrase in lower case means; None where nobody knows it."""
    phrase = " ".join(words)
    known = _phrases()
    for one in (phrase, phrase.replace("-", " "), _singular(phrase), common_words(phrase), _singular(common_words(phrase))):
        if one in known:
            return known[one]
    return None


def _singular(phrase: str) -> str:
    """A phrase without the s of its last word."""
    return phrase[:-1] if phrase.endswith("s") and not phrase.endswith("ss") else phrase


def single_words() -> list[str]:
    """Every word that is a phrase by itself."""
    return [phrase for phrase in _phrases() if phrase.isalpha()]


def patches_of(instrument: str) -> frozenset[str]:
    """The sounds of the band that an instrument in words may be."""
    own = frozenset(name for name, patch in PATCHES.items() if patch.word == instrument)
    if own:
        return own
    stem = _PLAYED.get(instrument)
    return frozenset(name for name, patch in PATCHES.items() if patch.stem == stem) if stem else frozenset()


def stem_of(instrument: str) -> str | None:
    """The stem that plays an instrument in words; None for one that nobody of the band plays."""
    return next((PATCHES[name].stem for name in sorted(patches_of(instrument))), _PLAYED.get(instrument))


def mode_of(mood: str) -> Mode | None:
    """The mode that a mood goes with."""
    return _MODES.get(mood)


@cache
def _phrases() -> dict[str, Tag]:
    """Every phrase and its tag; where one is of several kinds the last of these counts."""
    table = load_heuristics()
    singers = {PATCHES[name].word for name in SINGERS.values()}  # asked for as a voice (`facts.take_voice`)
    found: dict[str, Tag] = {}
    for style in STYLES.values():
        found |= {tag: Tag("mood", tag) for tag in style.moods}
        found |= {tag: Tag("sound", tag) for tag in style.production}
    found |= {name.replace("_", " "): Tag("sound", name.replace("_", " ")) for name in ARTEFACTS}
    found |= {tag: Tag("instrument", tag) for style in STYLES.values() for tag in style.instruments}
    played = {*(patch.word for patch in PATCHES.values()), *_PLAYED} - singers
    found |= {tag: Tag("instrument", tag) for tag in sorted(played)}
    found |= {style.atmosphere: Tag("place", style.atmosphere) for style in STYLES.values() if style.atmosphere}
    found |= {tag: Tag("mood", tag) for tag in _MODES}
    for style in STYLES.values():
        names = (style.name, style.coarse, style.id, style.id.replace("-", " "), *style.base_tags)
        found |= {name.lower(): Tag("style", name.lower()) for name in names}
    found |= {tag: Tag("voice", tag) for tag in {style.vocal_type for style in STYLES.values()}}
    spread = {other: tag for tag, others in SYNONYMS.items() for other in others}
    found |= {
        other: found.get(tag) or Tag("place" if "ambience" in tag else "sound", tag)
        for other, tag in spread.items()
        if other not in found and tag not in singers
    }
    found |= {tag: Tag("place" if "ambience" in tag else "sound", tag) for tag in SYNONYMS if tag not in {*found, *singers}}
    found |= {alias: Tag("style", alias) for alias in _ALIASES}
    found |= {word: found.get(tag) or Tag("sound", tag) for word, tag in table.words.items()}
    found |= {word: Tag("cannot", word) for word in table.cannot["genres"]}
    return found


def style(name: str) -> Style:
    """The style of an id."""
    return STYLES[name]
