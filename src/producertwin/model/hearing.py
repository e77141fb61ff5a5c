"""What an instrument understands of a caption, and whether it can sing what it is asked to sing.

ACE-Step's text encoder is a language model: it knows words at large. nano learned its words from the captions of its training,
which its card lists (`Card.words`); of the rest it takes some for common words (`music.common_words`) and knows nothing of the
others. Words without meaning of their own, numbers and signs are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..music import rarer_words
from .instrument import Card

_WORD: Final = re.compile(r"[^\W_](?:[\w'’&+-]*[\w+])?")
_FUNCTION_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "a an the and or but nor with without of in on at by for from to into over under through between during after "
        "before as is are be been was it its this that these those there here my your our their his her i you we they me "
        "us them some any no not very more most less quite rather really just like kind sort so too also than then when "
        "while where which who what how one two three something make play please give want need should sounds sounding "
        "feel feels feeling made plus vs via per",
    )
)
"""Words that say how others belong together, not what sounds."""
_ENDINGS: Final = ((r"ies$", "y"), (r"(?<=[sxzh])es$", ""), (r"(?<!s)s$", ""), (r"['’]s$", ""))
"""Endings that a known word may have."""

_NOBODY: Final = r"\b(?:no|without(?: any)?|zero)\s+(?:\w{1,30}\s+)?(?:vocals?|voices?|singing|singers?|lyrics|rap(?:ping)?)\b"
_WORDLESS: Final = (
    r"\b(?:(?:wordless|soft|gentle|chopped|sampled|non-lexical|ah|ooh|backing|background|choir)\s+(?:vocals?|voices?)"
    r"|vocal\s+(?:chops?|samples?|choir|pads?|melody|free)|vocal-free|sung\s+vowels|vocals\s+without\s+words|talking\s+voice"
    r"|murmuring\s+voice)\b"
)
_SINGING: Final = (
    r"\b(?:(?:[\w-]{1,30}\s+)?(?:vocals?|vocalists?|singers?|singing|crooner|crooning|rapper|rapping|mc)|sings?|sung"
    r"|(?:fe)?male\s+voices?|a\s+cappella|acapella|lyrics)\b"
)
_LYRICS: Final = "lyrics"
_INSTRUMENTAL: Final = re.compile(r"\s*\[?instrumental\]?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word or phrase of a caption, and what the instrument takes it for; None where it does not know it."""

    said: str
    heard: str | None


def hear(caption: str, card: Card) -> tuple[HeardWord, ...]:
    """Every word of `caption` with a meaning of its own, in order, as an instrument with `card` understands it.

    An instrument that knows words at large takes each for what it is.
    """
    found: list[HeardWord] = []
    rest = 0
    for start, end, meaning in rarer_words(caption) if card.few_words else ():
        found += _each(caption[rest:start], card)
        found.append(HeardWord(caption[start:end], meaning))
        rest = end
    return tuple(dict.fromkeys([*found, *_each(caption[rest:], card)]))


def learn_triggers(card: Card, triggers: Iterable[str]) -> Card:
    """`card` with the trigger words of adapters among the words it knows, where those are few."""
    taught = {word for trigger in triggers for word in trigger.lower().split()}
    return card.model_copy(update={"words": card.words | taught}) if card.words and taught else card


def is_sung(lyrics: str) -> bool:
    """Whether lyrics have anything to sing: they are neither empty nor `[Instrumental]`."""
    return bool(lyrics.strip()) and not _INSTRUMENTAL.fullmatch(lyrics)


def can_sing(card: Card, lyrics: str) -> bool:
    """Whether an instrument with `card` sings when it is given `lyrics`; one that sings words may sing without any too."""
    return card.sings or (card.syllables and is_sung(lyrics))


def asks_to_sing(caption: str, lyrics: str, card: Card) -> tuple[str, ...]:
    """What asks an instrument to sing that cannot: the words of the caption, and "lyrics"; empty where it can.

    One that sings syllables needs lyrics to do so.
    """
    if can_sing(card, lyrics):
        return ()
    plain = re.sub(f"{_NOBODY}|{_WORDLESS}", ",", caption, flags=re.IGNORECASE)
    words = [" ".join(found[0].split()) for found in re.finditer(_SINGING, plain, re.IGNORECASE)]
    return tuple(dict.fromkeys(([_LYRICS] if is_sung(lyrics) else []) + words))


def _each(text: str, card: Card) -> list[HeardWord]:
    """The words of `text`, none of which is a rarer one."""
    words = [found[0] for found in _WORD.finditer(text)]
    said = [word for word in words if word.lower() not in _FUNCTION_WORDS and not word[0].isdigit()]
    return [HeardWord(word, _form_of(word, card)) for word in said]


def _form_of(word: str, card: Card) -> str | None:
    """The form of `word` that the instrument learned; None where it learned none."""
    plain = word.lower()
    if not card.words or plain in card.words:
        return word if not card.words else plain
    forms = (re.sub(ending, stem, plain) for ending, stem in _ENDINGS)
    parts = plain.split("-")
    if len(parts) > 1 and all(part in card.words for part in parts):
        return " ".join(parts)
    return next((form for form in forms if form in card.words), None)
