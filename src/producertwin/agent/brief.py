"""Read a brief by rules: counts, lengths, tempi, keys, voices, styles, moods and instruments, for all tracks or for some.

Every word is either understood, needless, or told: what is not understood, and what is understood and cannot be done, is a list
for the person who wrote it. Nothing of a brief is ever run, opened or asked of a network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from ..errors import BadInput
from . import vocabulary
from .album import Understood
from .album_facts import take_album_facts
from .clauses import NUMBERS, Clause, plain_text, split_clauses
from .facts import LENGTH, Told, cut, seconds_of, take_key, take_meter, take_tempo, take_voice, tell_differences
from .heuristics import load_heuristics
from .wishes import Asks, Wish, Wishes

LONGEST: Final = 4_000
"""Characters of a brief."""
MOST_TOLD: Final = 40
"""Unknown words that are told one by one."""
_NOT: Final = frozenset(
    ("no", "without", "not", "minus", "don't", "dont", "never", "none", "nothing", "avoid", "skip", "neither", "nor", "remove")
)
_STILL_NOT: Final = frozenset(
    ("any", "the", "or", "and", "too", "a", "an", "use", "using", "want", "with", "have", "having", "play", "of", "them")
)
"""Words between such a word and what is not wanted."""
_LIKE: Final = re.compile(
    r"\b(?:in the (?:style|manner|vein) of|sounding like|sounds? like|similar to|inspired by|a la|à la|like)\s+(.+)"
)
_CHANGES: Final = {
    "slower": "slower", "faster": "faster", "quicker": "faster", "darker": "darker", "gloomier": "darker", "sadder": "darker",
    "brighter": "brighter", "happier": "brighter", "lighter": "brighter", "calmer": "calmer", "quieter": "calmer",
    "softer": "calmer", "livelier": "livelier", "busier": "livelier", "shorter": "shorter", "longer": "longer",
}  # fmt: skip
_TEMPI: Final = {
    "slow": "slow tempo", "slowly": "slow tempo", "fast": "fast tempo", "quick": "fast tempo", "uptempo": "upbeat tempo",
    "up-tempo": "upbeat tempo", "midtempo": "medium tempo", "mid-tempo": "medium tempo", "laid-back": "laid-back tempo",
    "driving": "upbeat tempo",
}  # fmt: skip
_TOKEN: Final = re.compile(r"[^\W_](?:[\w&'’/#.+-]*[\w#+])?", re.UNICODE)


@dataclass(slots=True)
class Reading:
    """A brief that was read, and what became of its words."""

    wishes: Wishes
    understood: list[Understood] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)
    by: str = "rules"
    """Who read it."""

    @property
    def says_nothing(self) -> bool:
        """Whether nothing of it was understood."""
        return not self.understood


def read_brief(brief: str) -> Reading:
    """What a brief asks for. Raises `BadInput` for one that is empty, longer than 4,000 characters, or not understood at all."""
    if len(brief) > LONGEST:
        raise BadInput(
            f"the brief has {len(brief):,} characters", remedy=f"say it in {LONGEST:,}: counts, style, mood, who plays"
        )
    text = plain_text(brief)
    if not re.search(r"\w", text):
        raise BadInput("the brief says nothing", remedy='say what to make, such as "lofi EP, 3 tracks, rainy, one with sax"')
    reader = _Reader()
    found = reader.read(text)
    if found.says_nothing and found.cannot:
        raise BadInput(found.cannot[0], remedy="ask for a style of docs/reference/styles.md")
    if found.says_nothing:
        words = ", ".join(dict.fromkeys(found.unknown))[:80] or "it names no style, mood or instrument, and no number of tracks"
        remedy = 'use words of the field: "lofi EP, 3 tracks, rainy, one with sax"; styles stand in docs/reference/styles.md'
        raise BadInput(f"nothing in the brief is understood: {words}", remedy=remedy)
    return found


class _Reader:
    """Reads one brief, clause by clause."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.told = Told()
        self.wishes: list[Wish] = []

    def read(self, text: str) -> Reading:
        text, titled = take_album_facts(text, self.facts, self.told)
        self.wishes += titled
        for clause in split_clauses(text):
            if clause.leaves_out_unknown:
                self.told.cannot.append(f"{clause.words[:80]}: say the numbers of the tracks to leave out: all except track 2")
                continue
            asks = self._read_clause(clause)
            if asks:
                self.wishes.append(Wish(scope=clause.scope, asks=Asks.model_validate(asks), words=clause.words[:400]))
        wishes = Wishes.model_validate(self.facts | {"wishes": tuple(self.wishes)})
        told = [Understood(words=words[:190], meaning=meaning) for words, meaning in self.told.understood.items()]
        return Reading(wishes, told, self._tell_unknown(), list(dict.fromkeys(self.told.cannot)))

    def _tell_unknown(self) -> list[str]:
        every = [_with_guess(word) for word in dict.fromkeys(word[:60] for word in self.told.unknown)]
        more = len(every) - MOST_TOLD
        return [*every[:MOST_TOLD], f"and {more} more"] if more > 0 else every

    def _read_clause(self, clause: Clause) -> dict[str, Any]:
        """What one clause asks for, by fields of `Asks`."""
        asks: dict[str, Any] = {}
        text = tell_differences(f" {clause.text} ", self.told)
        for take in (take_tempo, take_meter, take_key, take_voice):
            text = take(text, asks, self.told)
        text = self._take_length(text, asks, clause.words)
        text = self._take_likeness(text)
        self._take_words(text, asks)
        return asks

    def _take_length(self, text: str, asks: dict[str, Any], words: str) -> str:
        """How long each track is, or all together, which `words`, the whole clause, may say."""
        found = LENGTH.search(text)
        if not found or not found.group().strip():
            return text
        seconds, of = seconds_of(found), found["of"] or ""
        alone = of in ("", "long")
        each = re.search(r"\b(?:each|every|per|apiece)\b", words)
        total = of in ("in all", "in total", "total", "altogether", "overall", "all together") or (
            alone and not each and seconds >= 480 and self.facts.get("count", 1) > 1
        )
        if total:
            self.facts["total"] = min(seconds, 36_000.0)
            self.told.note(found.group(), f"{seconds:g} s in all")
        elif 5 <= seconds <= 598:
            asks["seconds"] = seconds
            self.told.note(found.group(), f"{seconds:g} s a track")
        else:
            self.told.cannot.append(f"{found.group().strip()}: a track lasts 5 to 598 s")
        return cut(text, found)

    def _take_likeness(self, text: str) -> str:
        """Whose music it is to be like: nobody's is known by name."""
        found = _LIKE.search(text)
        if found is None:
            return text
        words = _TOKEN.findall(found[1])
        if all(_is_word(word) for word in words):
            return text
        self.told.cannot.append(f"like {found[1].strip()[:60]}: nobody's music is known here by name; say in words how it sounds")
        return cut(text, found)

    def _take_words(self, text: str, asks: dict[str, Any]) -> None:
        """Tags, from the longest phrase down; what is left is needless or unknown."""
        words, at, unwanted = _TOKEN.findall(text), 0, False
        while at < len(words):
            if words[at] in _NOT:
                unwanted, at = True, at + 1
                continue
            tag, used = _longest(words, at)
            if tag is not None:
                self._put(tag, " ".join(words[at : at + used]), asks, unwanted)
            elif words[at] in _CHANGES:
                asks["changes"] = (*asks.get("changes", ()), _CHANGES[words[at]])
                self.told.note(words[at], f"{_CHANGES[words[at]]} than the others")
            elif words[at] in ("short", "long"):
                asks["changes"] = (*asks.get("changes", ()), "shorter" if words[at] == "short" else "longer")
                self.told.note(words[at], "shorter than usual" if words[at] == "short" else "longer than usual")
            elif words[at] not in needless() and words[at] not in NUMBERS:
                self.told.unknown.append(words[at])
            at += max(used, 1)
            unwanted = unwanted and (words[at - 1] in _STILL_NOT or _goes_on(words, at))

    def _put(self, tag: vocabulary.Tag, words: str, asks: dict[str, Any], unwanted: bool) -> None:
        """A tag, into the field of its kind."""
        if tag.kind == "cannot":
            if not unwanted:
                self.told.cannot.append(f"{words}: no style of the band, and nano learned none of it")
            return
        if unwanted and tag.kind != "instrument":
            self.told.cannot.append(f"no {words}: only instruments and voices can be left out")
            return
        name = {"style": "styles", "mood": "moods", "instrument": "instruments", "sound": "sounds", "place": "places"}
        if tag.kind == "voice":
            asks["instruments" if tag.text != "instrumental" else "sounds"] = (*asks.get("instruments", ()), tag.text)
        else:
            target = "without" if unwanted else name[tag.kind]
            asks[target] = tuple(dict.fromkeys((*asks.get(target, ()), tag.text)))
        self.told.note(("no " if unwanted else "") + words, f"{'not ' if unwanted else ''}{tag.kind}: {tag.text}")


def _goes_on(words: list[str], at: int) -> bool:
    """Whether "no drums" goes on with what stands next: "or bass", "and bass", but not "and a sax"."""
    if at + 1 >= len(words) or words[at] not in ("or", "nor", "and"):
        return False
    return words[at] != "and" or words[at + 1] not in ("a", "an", "with", "some", "the", "one")


@cache
def needless() -> frozenset[str]:
    """Words that ask for nothing."""
    return frozenset(load_heuristics().needless.split())


def _longest(words: list[str], at: int) -> tuple[vocabulary.Tag | None, int]:
    """The tag of the longest known phrase from a word on, and its words."""
    for many in range(min(vocabulary.LONGEST, len(words) - at), 0, -1):
        phrase = tuple(words[at : at + many])
        if many == 1 and phrase[0] in _TEMPI:
            return vocabulary.Tag("sound", _TEMPI[phrase[0]]), 1
        if many == 1 and (phrase[0] in needless() or len(phrase[0]) < 3) and phrase[0] not in ("ep",):
            continue
        tag = vocabulary.look_up(phrase)
        if tag is not None:
            return tag, many
    return None, 0


def _with_guess(word: str) -> str:
    """An unknown word, and the known one that it is nearly written like."""
    near = get_close_matches(word, _known_words(), 1, cutoff=0.8) if len(word) > 4 else []
    return f"{word} ({near[0]}?)" if near else word


@cache
def _known_words() -> list[str]:
    return [*vocabulary.single_words(), "tracks", "songs", "album", "minutes"]


def _is_word(word: str) -> bool:
    return word in needless() or word in _TEMPI or vocabulary.look_up((word,)) is not None
