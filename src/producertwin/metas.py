"""Tempo, key, meter and length as people write them in captions and in file and track names.

`read_caption` reads running text, where many words look like facts and are none ("a minor detail", "120 minutes of rain"):
what is not surely meant is left alone. `read_name` reads names such as `beat_final (140bpm Fm)`, which hold nothing but facts
and a title, so that a number beside the key (`140_Fm`) and, beside a tempo, `8A` of the Camelot wheel count too. Tempo is in
beats per minute, length in seconds; a meter counts beats per bar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from .music import BPM_RANGE, METERS, Key
from .timebase import MAX_SECONDS, MIN_SECONDS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """A fact, and the words that say it."""

    value: T
    words: str


@dataclass(frozen=True, slots=True)
class WrittenMetas:
    """The facts that a text states; None where it states none, or several that differ."""

    bpm: Written[float] | None = None
    key: Written[Key] | None = None
    meter: Written[int] | None = None
    seconds: Written[float] | None = None
    unused: tuple[str, ...] = ()
    """What was read and cannot be used, each with its reason: `500 bpm is outside 30 to 300 bpm`."""


_I: Final = re.IGNORECASE
_NUMBER: Final = r"(\d{1,4}(?:[.,]\d{1,3})?)"
_ALONE: Final = r"(?:^|(?<=[,;|/()\[\]\n·–—]))\s*"
"""Where a tag begins."""
_END: Final = r"(?=\s*(?:$|[,;|/()\[\]\n·–—]|\.(?:\s|$)))"
"""Where a tag ends."""

_TEMPO_RANGE: Final = re.compile(r"\d+\s*(?:-|–|to)\s*\d+\s*-?\s*(?:bpm\b|beats)", _I)
_TEMPI: Final = (
    re.compile(rf"(?<![\d.,]){_NUMBER}\s*-?\s*(?:bpms?\b|b\.p\.m\.?|beats\s+(?:per|a|/)\s*min(?:ute)?\b)", _I),
    re.compile(rf"\b(?:bpm|tempo)\s*(?:of|is|at|:|=)?\s*{_NUMBER}(?![\d.,]*\d)(?!\s*bpm)", _I),
    re.compile(rf"[♩♪]\s*=\s*{_NUMBER}", _I),
)

_SIGN: Final = r"(?:#|♯|♭|b|[\s-]?(?:sharp|flat))"
_LETTER: Final = r"(?<![\w'’#♯♭&-])([A-Ga-g])"
_MODE: Final = r"(major|minor|maj|min|Major|Minor|Maj|Min|MAJOR|MINOR)"
_NO_CHORD: Final = (
    r"(?!\s*-?\s*(?:7|9|11|13)(?:th)?\b(?!\s*(?:bpm|/)))"
    r"(?!\s+(?:second|third|sixth|seventh|ninth|triad|chord)s?\b)"
)
_NEXT_CHORD: Final = (
    r"(?!\s*(?:[-–|>→,]+\s*)?[A-G](?:#|b)?(?:m|maj|min|dim|sus|add)?\d*(?![\w'’]))"
    r"(?!\s+(?:chord|progression|vamp)s?\b)"
)
_PREVIOUS_CHORD: Final = re.compile(r"(?<![\w'’])[A-G][#b]?(?:m|maj|min|dim|sus|add)?\d*\s*[-–|>→,]*\s*$")
_LONG_KEY: Final = re.compile(rf"{_LETTER}({_SIGN})?[\s-]*(?:(?:natural|harmonic|melodic)\s+)?{_MODE}\b{_NO_CHORD}", re.UNICODE)
_SHORT_KEY: Final = re.compile(rf"(?<![\w'’#♯♭&/-])([A-G])([#♯♭b])?(m|min|maj)(?![\w'’#♯]){_NEXT_CHORD}")
_BARE_KEY: Final = re.compile(
    rf"\b(?:(?:in\s+the\s+)?key(?:\s+of\s+|\s*[:=]\s*)|in\s+(?=[A-G](?:{_SIGN})(?![\w'’])))"
    rf"([A-G])({_SIGN})?(m)?(?![\w'’#♯]){_NO_CHORD}",
    re.UNICODE,
)
_AFTER_A: Final = re.compile(r"\s*(?:$|[,;|/()\[\]\n.:–—]|\d|(?:at|with|and|key|scale|tempo)\b)", _I)
"""What may follow "a minor" where it is the key and not the article."""

_METER: Final = re.compile(r"(?<![\d/.,:])(\d{1,2})/(2|4|8|16)(?![\d/]|\s+(?:of|inch|cup)\b)(?!\s*(?:notes?|beats?)\b)")
_METER_WORDS: Final = re.compile(r"\b(two|three|four|six)[\s-](?:four|eight)\s+(?:time|meter|metre|feel)\b", _I)

_COUNTS: Final = ("half a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT: Final = rf"(?:{_NUMBER}|\b({'|'.join(_COUNTS)}))"
_UNIT: Final = r"(seconds?|secs?|s|minutes?|mins?|m)\b\.?"
_SPAN: Final = rf"(?<![\d.,:-]){_COUNT}\s*-?\s*{_UNIT}(?:\s*(?:and\s+)?(\d{{1,2}})\s*(?:seconds?|secs?|s)\b)?"
_CLOCK: Final = r"(?<![\d:])(\d{1,2}):([0-5]\d)(?![\d:])"
_SAID: Final = r"\b(?:length|duration|lasts|lasting|running\s+time|runtime)\s*(?:of|is|for|:|=)?\s*(?:about\s+)?"
_PIECE: Final = (
    r"\s+(?:long|(?:in\s+)?(?:length|duration)"
    r"|(?:\w+\s+){0,2}?(?:song|track|loop|beat|clip|take|piece|jingle|instrumental|sketch))\b"
)
_LONE_SPAN: Final = (
    rf"{_ALONE}(?<![\d.,:-]){_COUNT}(?:\s+{_UNIT}|-?(secs?|seconds?|mins?|minutes?)\b)"
    r"(?:\s*(?:and\s+)?(\d{1,2})\s*(?:seconds?|secs?|s)\b)?"
)

_CAMELOT: Final = re.compile(r"(?<![A-Za-z0-9])(1[0-2]|[1-9])([AB])(?![A-Za-z0-9])")
_NAME_KEY: Final = re.compile(r"(?<![A-Za-z#♯♭])([A-G])([#♯♭b])?(m|min|maj|minor|major)(?![A-Za-z0-9#♯])")


def read_caption(text: str) -> WrittenMetas:
    """The facts that a caption states. Nothing is raised: what cannot be used is in `unused`."""
    return _gather(_tempi(text), [*_long_keys(text), *_short_keys(text, _SHORT_KEY)], _meters(text), _lengths(text))


def read_name(text: str) -> WrittenMetas:
    """The facts in the name of a file or track, with its suffix or without. A length or a meter is not looked for."""
    spaced = re.sub(r"[_+]|(?<=[a-z])-(?=[A-Z\d])|(?<=\d)-(?=[A-Z])", " ", re.sub(r"\.[A-Za-z][A-Za-z0-9]{1,4}$", "", text))
    tempi, keys = _tempi(spaced), [*_long_keys(spaced), *_short_keys(spaced, _NAME_KEY)]
    if tempi and not keys:
        keys = list(_camelot(spaced))
    if keys and not tempi:
        beside = re.escape(keys[0].words)
        found = re.search(rf"(?<![\d.])(\d{{2,3}})[\s(),-]+{beside}|{beside}[\s(),-]+(\d{{2,3}})(?![\d.])", spaced)
        tempi = [Written(float(found[1] or found[2]), found[1] or found[2])] if found else []
    return _gather(tempi, keys, [], [])


def leave_out_facts(text: str) -> str:
    """`text` without the words that state the facts of `read_caption`."""
    found = read_caption(text)
    for fact in (found.bpm, found.key, found.meter, found.seconds):
        if fact is not None:
            text = re.sub(re.escape(fact.words).replace(r"\ ", r"\s+"), "", text, count=1)
    return text


def _gather(
    tempi: Sequence[Written[float]],
    keys: Sequence[Written[Key]],
    meters: Sequence[Written[int]],
    lengths: Sequence[Written[float]],
) -> WrittenMetas:
    """One fact of each kind, where what was found agrees and can be used."""
    unused: list[str] = []
    low, high = BPM_RANGE
    return WrittenMetas(
        _agree(tempi, lambda bpm: low <= bpm <= high, f"is outside {low} to {high} bpm", unused),
        _agree(keys, lambda _: True, "", unused),
        _agree(meters, lambda beats: beats in METERS, f"is none of the meters {', '.join(map(str, METERS))} beats", unused),
        _agree(lengths, lambda s: MIN_SECONDS <= s <= MAX_SECONDS, f"is outside {MIN_SECONDS:g} to {MAX_SECONDS:g} s", unused),
        tuple(unused),
    )


def _agree(found: Sequence[Written[T]], usable: Callable[[T], bool], why_not: str, unused: list[str]) -> Written[T] | None:
    """The one fact among `found`; what cannot be used, or contradicts itself, goes into `unused`."""
    good = [one for one in found if usable(one.value)]
    unused += [f"{one.words!r} {why_not}" for one in found if one not in good]
    values = list(dict.fromkeys(one.value for one in good))
    if len(values) > 1:
        unused.append(f"{' and '.join(repr(one.words) for one in good)} contradict each other")
        return None
    return good[0] if good else None


def _tempi(text: str) -> list[Written[float]]:
    text = _TEMPO_RANGE.sub(lambda found: " " * len(found[0]), text)
    found = [match for pattern in _TEMPI for match in pattern.finditer(text)]
    return [Written(_number(match[1]), _words(match[0])) for match in sorted(found, key=re.Match.start)]


def _long_keys(text: str) -> Iterator[Written[Key]]:
    """Keys with their mode in words, and keys that are called so."""
    for match in _LONG_KEY.finditer(text):
        letter, sign, mode = match.groups()
        if letter in "Aa" and not sign and not _is_key_of_a(text, match):
            continue
        yield Written(_key(letter, sign, mode), _words(match[0]))
    for match in _BARE_KEY.finditer(text):
        if not re.match(r"\s*-?\s*(?:major|minor|maj|min)\b", text[match.end() :], _I):
            yield Written(_key(match[1], match[2], match[3] or ""), _words(match[0]))


def _is_key_of_a(text: str, match: re.Match[str]) -> bool:
    """Whether "a minor" or "A major" is the key and not an article with an adjective."""
    starts = re.search(r"(?:^|[.!?]\s+)$", text[: match.start()]) is not None
    if match[1] == "A" and not starts and not match[3].isupper():
        return True
    return _AFTER_A.match(text, match.end()) is not None


def _short_keys(text: str, pattern: re.Pattern[str]) -> Iterator[Written[Key]]:
    """`Am`, `F#m`, `Bbmaj`; not the word "Am" ("Am I…", "I Am")."""
    for match in pattern.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        word = match[0] == "Am" and (re.search(r"\bI\s+$", before) or re.match(r"\s+(?:I|the|a|not)\b", after))
        if word or _PREVIOUS_CHORD.search(before):
            continue
        yield Written(_key(match[1], match[2], match[3]), match[0])


def _camelot(text: str) -> Iterator[Written[Key]]:
    """Keys as disc jockeys write them: 8A is A minor, 8B C major, and each step up is a fifth."""
    for match in _CAMELOT.finditer(text):
        steps, minor = int(match[1]) - 8, match[2] == "A"
        yield Written(Key(((9 if minor else 0) + 7 * steps) % 12, "minor" if minor else "major"), match[0])


def _meters(text: str) -> list[Written[int]]:
    plain = [Written(int(match[1]), match[0]) for match in _METER.finditer(text) if int(match[1]) > 1]
    return plain + [Written(_count(match[1]), _words(match[0])) for match in _METER_WORDS.finditer(text)]


def _lengths(text: str) -> list[Written[float]]:
    """Lengths that are surely the music's: called so, said of a track or loop, or a tag of their own."""
    spans = [match for pattern in (_SPAN + _PIECE, _SAID + _SPAN) for match in re.finditer(pattern, text, _I)]
    found = {match.end(): _span(match[1], match[2], match[3], match[4], match[0]) for match in spans}
    for match in re.finditer(_LONE_SPAN + _END, text, _I):
        found.setdefault(match.end(), _span(match[1], match[2], match[3] or match[4], match[5], match[0]))
    for pattern in (_CLOCK + _PIECE, _SAID + _CLOCK):
        for match in re.finditer(pattern, text, _I):
            found[match.end()] = Written(60.0 * int(match[1]) + int(match[2]), _words(match[0]))
    return [found[place] for place in sorted(found)]


def _span(digits: str | None, word: str | None, unit: str, rest: str | None, words: str) -> Written[float]:
    value = _number(digits) if digits else 0.5 if word == _COUNTS[0] else float(_count(word or ""))
    scale = 60.0 if unit.lower().startswith("m") else 1.0
    return Written(value * scale + float(rest or 0), _words(words))


def _key(letter: str, sign: str | None, mode: str) -> Key:
    shift = {"": "", "#": "#", "♯": "#", "sharp": "#"}.get((sign or "").strip(" -").lower(), "b")
    return Key.parse(f"{letter.upper()}{shift} {mode.lower() if mode != 'm' else 'minor'}")


def _count(word: str) -> int:
    return _COUNTS.index(word.lower())


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


def _words(text: str) -> str:
    return " ".join(text.split()).strip(" ,;|()[]")
