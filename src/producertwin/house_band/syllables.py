"""Words as syllables, and syllables as the sounds of which a singer makes them.

Spelling becomes sound by a table of letters, longest first, which is English at heart and serves other languages in Latin letters
roughly. Other scripts are not read: each of their words is sung on `la`.

A syllable is one vowel, or a vowel that glides to a second, between consonants. Of consonants between two vowels the last opens
the second syllable, with a stop or a fricative before it where it is a liquid or a glide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

VOWELS: Final[dict[str, tuple[str, ...]]] = {
    "eigh": ("eh", "ee"), "igh": ("ah", "ee"), "eau": ("oh",), "ough": ("aw",), "augh": ("aw",),
    "ai": ("eh", "ee"), "ay": ("eh", "ee"), "ea": ("ee",), "ee": ("ee",), "ei": ("eh", "ee"), "ey": ("ee",), "ie": ("ee",),
    "oa": ("oh",), "oe": ("oh",), "oi": ("aw", "ee"), "oy": ("aw", "ee"), "oo": ("oo",), "ou": ("ah", "oo"), "ow": ("oh",),
    "au": ("aw",), "aw": ("aw",), "ue": ("oo",), "ui": ("oo",), "ew": ("oo",), "uy": ("ah", "ee"),
    "er": ("er",), "ir": ("er",), "ur": ("er",),
    "a": ("ae",), "e": ("eh",), "i": ("ih",), "o": ("aw",), "u": ("uh",), "y": ("ee",),
}  # fmt: skip
"""Spellings of vowels, and how they sound."""
LONG: Final[dict[str, tuple[str, ...]]] = {
    "a": ("eh", "ee"), "e": ("ee",), "i": ("ah", "ee"), "o": ("oh",), "u": ("oo",), "y": ("ah", "ee"),
}  # fmt: skip
"""How single letters sound before one consonant and a silent e, or at the end of a word of one syllable."""
CONSONANTS: Final[dict[str, tuple[str, ...]]] = {
    "tch": ("ch",), "sch": ("sh",), "dge": ("j",), "ch": ("ch",), "sh": ("sh",), "th": ("th",), "ph": ("f",), "wh": ("w",),
    "ck": ("k",), "qu": ("k", "w"), "ng": ("ng",), "gh": (), "kn": ("n",), "wr": ("r",), "x": ("k", "s"),
    "b": ("b",), "c": ("k",), "d": ("d",), "f": ("f",), "g": ("g",), "h": ("h",), "j": ("j",), "k": ("k",), "l": ("l",),
    "m": ("m",), "n": ("n",), "p": ("p",), "q": ("k",), "r": ("r",), "s": ("s",), "t": ("t",), "v": ("v",), "w": ("w",),
    "z": ("z",),
}  # fmt: skip
"""Spellings of consonants, and how they sound."""
COMMON: Final[dict[str, str]] = {
    "the": "dhuh", "a": "uh", "i": "igh", "my": "migh", "by": "bigh", "you": "yoo", "your": "yaw", "to": "too", "do": "doo",
    "of": "uv", "one": "wun", "love": "luv", "come": "kum", "some": "sum", "are": "ah", "was": "wuz", "know": "noh", "now": "nou",
    "down": "doun", "how": "hou", "town": "toun", "what": "wut", "who": "hoo", "two": "too", "eyes": "ighz", "heart": "hat",
    "they": "dhay", "there": "dher", "where": "wer", "said": "sed", "there's": "therz", "could": "kood", "would": "wood",
    "gone": "gawn", "done": "dun", "move": "moov", "again": "uhgen", "world": "wurld", "word": "wurd", "words": "wurdz",
}  # fmt: skip
"""Frequent words whose spelling says something else, in letters that say it."""
DIGITS: Final = ("zeeroh", "wun", "too", "three", "for", "fighv", "six", "sehven", "ayt", "nighn")
_LIQUIDS: Final = frozenset({"l", "r", "w", "y"})
_OPENERS: Final = frozenset({"p", "t", "k", "b", "d", "g", "f", "th", "s", "sh"})
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "é": "ay"})
"""Letters that no sign can be taken from, and the one whose sign says how it sounds."""
_MOST: Final = 8
"""Consonants kept on one side of a vowel; nobody sings more, and no word has them."""


@dataclass(frozen=True, slots=True)
class Syllable:
    """What is sung on one note."""

    onset: tuple[str, ...]
    """Consonants before the vowel."""
    vowels: tuple[str, ...]
    """The vowel, and the one it glides to."""
    coda: tuple[str, ...] = ()
    """Consonants after it."""


LA: Final = Syllable(("l",), ("ah",))
"""What is sung where a word cannot be read."""


def read_syllables(line: str) -> tuple[Syllable, ...]:
    """The syllables of a line of words; none where it has no letters and digits."""
    return tuple(syllable for word in _WORD.findall(line) for syllable in _read_word(word.casefold()))


def can_read(text: str) -> bool:
    """Whether every word of `text` is written in letters whose sound is known."""
    return all(_latin(word.casefold()) for word in _WORD.findall(text))


def _latin(word: str) -> str:
    """A word in plain letters and digits; empty where a letter is none of them."""
    plain = unicodedata.normalize("NFKD", word.translate(_LETTERS))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign) and sign not in "'’")
    return letters if letters.isascii() else ""


@lru_cache(maxsize=4096)
def _read_word(word: str) -> tuple[Syllable, ...]:
    """The syllables of one word."""
    if (known := COMMON.get(word.replace("’", "'"))) is not None:
        return _join(list(_sounds(known)))
    letters = _latin(word)
    if not letters:
        return (LA,)
    spelled = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", letters)
    return tuple(syllable for piece in spelled.split() for syllable in _join(list(_sounds(_silence_endings(piece)))))


def _silence_endings(word: str) -> str:
    """A word without its silent e, the vowel before it marked as long by a capital; long too is a lone vowel at its end."""
    found = re.fullmatch(r"(.*[^aeiouy]|)([aeiouy])([bcdfgklmnprstvz]|th|st)e(s?)", word)
    if found:
        head, vowel, consonant, plural = found.groups()
        soft = {"c": "s", "g": "j"}.get(consonant, consonant)
        return f"{head}{vowel.upper()}{soft}{plural}"
    if re.fullmatch(r"[^aeiouy]*[aeiouy]", word):
        return word[:-1] + word[-1].upper()
    past = re.fullmatch(r"(.*[aeiouy].*[^aeioutdy]|.*[aeo]y)ed", word)
    if past:
        return f"{past[1]}d"
    if re.fullmatch(r".*[aeiouy].*[bcdfgkpstz]le", word):
        return f"{word[:-2]}ul"
    return re.sub(r"(?<=[aeiouy])(.*[^aeiouy])e$", r"\1", word)


def _sounds(word: str) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """The sounds of a word in order: whether it is a vowel, and its sounds."""
    at = 0
    while at < len(word):
        letter = word[at]
        if letter.isupper():
            yield True, LONG[letter.lower()]
            at += 1
            continue
        if letter == "d" and word.startswith("dh", at):
            yield False, ("dh",)
            at += 2
            continue
        opens = letter == "y" and at + 1 < len(word) and word[at + 1].lower() in "aeiou"
        if opens:
            yield False, ("y",)
            at += 1
            continue
        table = VOWELS if letter in "aeiouy" else CONSONANTS
        spelling = next((word[at : at + many] for many in (4, 3, 2, 1) if word[at : at + many] in table), letter)
        if table is VOWELS and len(spelling) == 2 and spelling[1] == "r" and word[at + 2 : at + 3] in tuple("aeiouy"):
            spelling = letter  # the r opens the next syllable
        following = word[at + len(spelling) : at + len(spelling) + 1].lower()
        yield table is VOWELS, _in_place(spelling, following, table.get(spelling, ()))
        at += len(spelling)
        while table is CONSONANTS and at < len(word) and word[at] == word[at - 1]:
            at += 1


def _in_place(spelling: str, following: str, sounds: tuple[str, ...]) -> tuple[str, ...]:
    """The sounds of a spelling before the letter that follows: c is soft before e, i and y, h is silent before consonants."""
    if spelling == "c" and following and following in "eiy":
        return ("s",)
    if spelling == "h" and (not following or following not in "aeiouy"):
        return ()
    return sounds


def _join(sounds: list[tuple[bool, tuple[str, ...]]]) -> tuple[Syllable, ...]:
    """Syllables of the sounds of a word; one without a vowel gets one."""
    places = [place for place, (vowel, _) in enumerate(sounds) if vowel]
    if not places:
        every = _flat(sounds)
        return (Syllable(every[:_MOST], ("uh",)),) if every else (LA,)
    between = [_flat(sounds[left + 1 : right]) for left, right in zip([-1, *places], [*places, len(sounds)], strict=True)]
    onsets, codas = [between[0][:_MOST]], []
    for consonants in between[1:-1]:
        many = min(len(consonants), 1)
        if len(consonants) > 1 and consonants[-1] in _LIQUIDS and consonants[-2] in _OPENERS:
            many = 2
        codas.append(consonants[: len(consonants) - many][:_MOST])
        onsets.append(consonants[len(consonants) - many :])
    codas.append(between[-1][:_MOST])
    return tuple(Syllable(onset, sounds[place][1][:2], coda) for onset, place, coda in zip(onsets, places, codas, strict=True))


def _flat(sounds: list[tuple[bool, tuple[str, ...]]]) -> tuple[str, ...]:
    return tuple(one for _, found in sounds for one in found)
