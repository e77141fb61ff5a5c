"""A prompt for a mix, read: styles, moods of the whole or of an instrument, and the words that nobody knows.

`dark trap, heavy 808s` is the style trap, dark over everything and heavy on the bass. A phrase ends at a comma, `and`, `with` or
`but`; its moods go to the instruments that it names, and to the whole mix where it names none. A phrase with `no`, `not` or
`without` asks for the absence of something, which has no move, and is handed back whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from ...recipe import Record, load, within
from ..stems import WORDS

FILE: Final = Path(__file__).parents[2] / "presets" / "automix" / "words.toml"
_ENDS: Final = frozenset({",", ";", ".", "&", "+", "/", "and", "with", "but", "plus"})
_DENIALS: Final = frozenset({"no", "not", "without", "never", "don't", "dont", "isn't"})
_SOUNDS: Final = frozenset({"noise", "vinyl", "ambience", "melody", "other", "lead", "leads"})
"""Words of stems' names that, in a line of words, tell of a recording or a tune and of no instrument."""
_LONGEST: Final = 4
"""Words of the longest name of a style."""
Change = Annotated[float, *within("change", -12, 12, "dB")]


class Mood(Record):
    """What a word does."""

    also: tuple[str, ...] = ()
    """Words that do the same."""
    level: Change = 0.0
    """Louder or quieter."""
    low: Change = 0.0
    """Shelf at 100 Hz."""
    high: Change = 0.0
    """Shelf at 6 kHz."""
    drive: Change = 0.0
    """Into the saturation; 0 is none."""
    attack: Change = 0.0
    """Beginnings of notes."""
    wet: Change = 0.0
    """Reverb; below 0 tails are shortened."""
    echo: Change = 0.0
    """Echoes."""
    width: Annotated[float, *within("width", 0, 2)] = 1.0
    """Factor of the width."""
    squeeze: Annotated[float, *within("ratio", 0, 10)] = 0.0
    """Ratio of a compressor; 0 is none."""
    age: Annotated[float, *within("age", 0, 1)] = 0.0
    """Wow, hiss and crackle."""


class WordList(Record):
    """The words that a prompt may use."""

    fillers: tuple[str, ...]
    """Words that ask for nothing."""
    styles: dict[str, tuple[str, ...]]
    """What styles are called."""
    moods: dict[str, Mood]
    """What moods do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mood, and what it is asked of."""

    word: str
    mood: Mood
    role: str | None
    """A stem of `music.STEMS`; None is the whole mix."""


@dataclass(frozen=True, slots=True)
class Words:
    """A prompt that was read."""

    styles: tuple[str, ...] = ()
    """Styles that it names, in the order of the text."""
    asked: tuple[Asked, ...] = ()
    unknown: tuple[str, ...] = ()
    """Words and denied phrases that nothing was made of."""


@cache
def read_words() -> WordList:
    """The words that are shipped."""
    return load(WordList, FILE)


def read_prompt(text: str) -> Words:
    """What `text` asks of a mix."""
    styles: list[str] = []
    asked: list[Asked] = []
    unknown: list[str] = []
    for phrase in _phrases(text):
        if any(word in _DENIALS for _, word in phrase):
            unknown.append(" ".join(word for _, word in phrase))
            continue
        styles += [_names()[word] for kind, word in phrase if kind == "style"]
        roles = list(dict.fromkeys(_role(word) for kind, word in phrase if kind == "role"))
        for kind, word in phrase:
            if kind == "mood":
                asked += [Asked(word, read_words().moods[_mood_names()[word]], role) for role in roles or [None]]
            elif kind == "unknown":
                unknown.append(word)
    return Words(tuple(styles), tuple(asked), tuple(dict.fromkeys(unknown)))


def read_roles(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of `music.STEMS` that `text` names, and those that it denies (`no drums`, `without vocals`)."""
    named: set[str] = set()
    denied: set[str] = set()
    for phrase in _phrases(text):
        roles = {role for kind, word in phrase if kind == "role" and word not in _SOUNDS and (role := _role(word))}
        (denied if any(kind == "denial" for kind, _ in phrase) else named).update(roles)
    return frozenset(named - denied), frozenset(denied)


def find_style(text: str) -> str | None:
    """The style that `text`, a caption or the name of a desk, names first; None where it names none."""
    styles = read_prompt(text.replace("_", " ")).styles
    return styles[0] if styles else None


def _phrases(text: str) -> Iterator[list[tuple[str, str]]]:
    """The phrases of `text`, as kinds and words; several words may be one name."""
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*|[,;.&+/]", text.lower().replace("’", "'"))
    phrase: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        for size in range(min(_LONGEST, len(words) - at), 0, -1):
            name = " ".join(words[at : at + size])
            kind = _kind(name)
            if kind != "unknown" or size == 1:
                break
        at += size
        if kind == "end":
            yield phrase
            phrase = []
        elif kind != "filler":
            phrase.append((kind, name))
    yield phrase


def _kind(name: str) -> str:
    """What a name is: the longest one wins, and a style before a mood."""
    if name in _names():
        return "style"
    if name in _mood_names():
        return "mood"
    if name in _ENDS:
        return "end"
    if name in _DENIALS:
        return "denial"
    if name in read_words().fillers or re.fullmatch(r"\d{2,3} ?bpm", name):
        return "filler"
    return "role" if _role(name) else "unknown"


def _role(name: str) -> str | None:
    plain = name.replace(" ", "_")
    return WORDS.get(plain) or WORDS.get(plain.removesuffix("s"))


@cache
def _names() -> dict[str, str]:
    """What styles are called -> the style."""
    return {name: style for style, names in read_words().styles.items() for name in names}


@cache
def _mood_names() -> dict[str, str]:
    """What moods are called -> the mood."""
    return {name: mood for mood, one in read_words().moods.items() for name in (mood, *one.also)}
