"""The clauses of a brief, and the tracks that each speaks of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .wishes import Scope

_ONES: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMBERS: Final = {
    "a": 1, "one": 1, "another": 1, "two": 2, "both": 2, "a couple of": 2, "three": 3, "a few": 3, "some": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a dozen": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "zero": 0, "a hundred": 100, "one hundred": 100, "hundred": 100, "a thousand": 1000, "thousand": 1000,
    **{f"twenty{gap}{word}": 20 + at for gap in "- " for at, word in enumerate(_ONES, 1)},
}  # fmt: skip
_ORDINALS: Final = {
    "first": 1, "opening": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "eleventh": 11,
    "twelfth": 12, **{f"{at}th": at for at in range(10, 31)},
    "last": -1, "final": -1, "closing": -1, "penultimate": -2,
}  # fmt: skip
WORD: Final = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True))
_ORDINAL: Final = "|".join(sorted(_ORDINALS, key=len, reverse=True))
PIECES: Final = r"(?:tracks?|songs?|tunes?|pieces?|numbers?|cuts?|beats?|instrumentals?)"
_LIST: Final = (
    r"(?:\d{1,2}|"
    + "|".join(word for word in sorted(NUMBERS, key=len, reverse=True) if word not in ("a", "some", "both", "another"))
    + ")"
)
_JOIN: Final = r"\s*(?:,\s*and|,|and|&|\+)\s*#?"
_UNIT: Final = r"(?!\s*(?:%|bpm|min|sec|s\b|m\b|hour|tracks?\b|songs?\b|/|:\d|\.\d|of\b|lufs|db))"
_NAMED: Final = re.compile(
    r"(?:\b(?:(?:on|for|in|of|make)\s+)?(?:tracks?|songs?|numbers?|nos?\.?)|(?:\b(?:on|for|in|of|make)\s+)?(?<!\w)#)\s*"
    rf"(?P<list>{_LIST}\s*(?:-|–|to)\s*{_LIST}|{_LIST}(?:{_JOIN}{_LIST}\b)*)\b{_UNIT}\s*(?P<colon>:)?"
)
_ON: Final = re.compile(rf"\bon\s+(?P<list>{_LIST}(?:{_JOIN}{_LIST}\b)*)\b{_UNIT}(?P<colon>(?!))?")
_FIRSTS: Final = re.compile(
    rf"\b(?:(?:on|for|in|make)\s+)?the\s+(?P<end>first|last)\s+(?P<many>{WORD}|\d{{1,2}})\b(?:\s+{PIECES})?(?P<colon>:)?"
)
_ORDER: Final = re.compile(
    rf"\b(?:(?:on|for|in|make)\s+)?(?P<the>the\s+)?(?P<which>{_ORDINAL})(?:\s+(?:and\s+(?:the\s+)?(?P<also>{_ORDINAL})))?"
    rf"(?(the)(?:\s+(?:one|{PIECES}))?|\s+(?:one|{PIECES}))\b(?P<colon>:)?"
)
_ENDS: Final = re.compile(
    r"\b(?:(?:on|for|as|make)\s+)?(?:the\s+|an?\s+)?(?P<end>opener|closer|intro track|outro track)\b(?P<colon>:)?"
)
_SOME: Final = re.compile(
    rf"^\s*(?:with\s+|and\s+|but\s+|make\s+)?(?P<many>{WORD}|\d{{1,2}}|half|most)(?:\s+of\s+(?:them|the\s+{PIECES}|these))?"
    rf"(?:\s+(?P<piece>{PIECES}|ones?))?\s+(?:(?:that|which)\s+(?:is|are|has|have)\s+)?"
    r"(?P<verb>(?:without|with|in|at|has|have|having|featuring|is|are|being|sung|should be|as|where|shall be|must be)\b|(?=\w))"
)
_ANY: Final = re.compile(
    rf"^\s*(?:and\s+)?(?:another|half|{_LIST})\s+(?=(?:(?:of\s+them|with|without|in|at|has|have|is|are|featuring)\b|[a-z-]+\s+ones?\b))"
)
_REST: Final = re.compile(
    rf"\b(?:(?:on|for|in|make)\s+)?(?:all\s+)?the\s+(?:rest|others?)(?:\s+(?:ones?|{PIECES}))?\b(?P<colon>:)?"
)
EVERY: Final = (
    rf"(?:(?:(?<!in )all|every)(?:\s+of\s+them)?(?:\s+(?:of\s+)?(?:the\s+)?(?:{PIECES}|ones?))?"
    rf"|each\s+(?:one|{PIECES})|everything|everywhere)"
)
"""All of the tracks."""
_ALL: Final = re.compile(rf"\b(?:on all(?: of them)?|{EVERY})\b(?P<colon>:)?")
_OF_THEM: Final = re.compile(
    rf"\b(?:on|in|for)\s+(?P<many>{WORD}|\d{{1,2}}|half|most)\s+of\s+(?:them|these|the(?:\s+\w+)?\s+{PIECES}|the(?=\s*$))"
    r"(?P<colon>(?!))?"
)
EXCEPT: Final = r"(?:except(?:ing)?|excluding|apart from|other than|but not)(?:\s+for)?"
_EXCEPT: Final = re.compile(rf"\b{EXCEPT}\b")
ALL_BUT: Final = rf"(?P<every>{EVERY})(?:\s+(?:\d{{1,2}}|{WORD}))?\s*,?\s+(?:but(?:\s+for)?|{EXCEPT})\b"
_ALL_BUT: Final = re.compile(rf"\b{ALL_BUT}")
_LEFT_OUT: Final = re.compile(rf"\b(?:{EVERY}\s+{EXCEPT}|{EXCEPT}\s+(?=\d))\b")
"""What leaves out tracks, and no instrument."""
_EACH: Final = re.compile(r"\b(?:each|apiece|per (?:track|song))\b")
_HALVES: Final = re.compile(r"\b(half\s+[^,;.\n]+?)\s+(?:and\s+)?(?:the\s+other\s+)?(?=half\b)")
_LISTED: Final = re.compile(r"(?:^|(?<=[\s,;]))(\d{1,2})[.)]\s+(?=\D)")
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
_CLAUSE: Final = re.compile(
    r"(?<=[a-z'])[.:](?=\s|$)|[;\n!?•|]|(?<=\d)\.(?=\s|$)|,(?!\d{3})|\s[-–—]+\s|\s:(?=\s)|\s(?:but(?!\s+not\b)|then|while|whereas)\s"
)
_QUOTE: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "＃": "#"})


@dataclass(frozen=True, slots=True)
class Clause:
    """Words of a brief, and the tracks they speak of."""

    text: str
    """What is left beside the words of the scope, in lower case."""
    scope: Scope
    words: str
    """All of it, as it stands in the brief."""

    @property
    def leaves_out_unknown(self) -> bool:
        """Whether it speaks of all tracks but some that it does not name."""
        return _LEFT_OUT.search(self.words) is not None and not (self.scope.but or self.scope.numbers)


def plain_text(brief: str) -> str:
    """A brief in one spelling: compatible forms of letters, plain quotes, no controls, one space between words."""
    text = unicodedata.normalize("NFKC", _ESCAPES.sub(" ", brief)).translate(_QUOTE)
    kept = "".join(
        sign if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else " "
        for sign in text
    )
    return re.sub(r"[^\S\n]+", " ", kept).strip()


def split_clauses(text: str) -> Iterator[Clause]:
    """The clauses of a plain text. One that names no tracks speaks of all, but after "track 3:" to the end of the sentence."""
    held: Scope | None = None
    plain = _HALVES.sub(r"\1, ", re.sub(r"\b50\s*%", "half", _read_list(text.lower())))
    plain = _ALL_BUT.sub(r"\g<every> except", plain)
    joined = _NAMED.sub(lambda found: re.sub(r"\s*,\s*(?:and\s*)?", " and ", found.group()), plain)
    joined = _ON.sub(lambda found: re.sub(r"\s*,\s*(?:and\s*)?", " and ", found.group()), joined)
    for part in _split(joined):
        sentence_ends = part.rstrip(" ").endswith((".", ";", "\n"))
        for words in _split_scopes(part.rstrip(".;\n ")):
            scope, rest, lasts = find_scope(words)
            if scope is None and _EACH.search(words):
                scope = Scope()
            elif scope is None and held is not None and words.strip():
                scope = held
            elif lasts:
                held = scope
            elif scope is not None:
                held = None
            if words.strip(" ,.;:"):
                yield Clause(rest.strip(" ,.;:-"), scope or Scope(), words.strip(" ,.;:"))
        if sentence_ends:
            held = None


def _read_list(text: str) -> str:
    """A numbered list, "1. calm 2. dark", as what it says of tracks; other text as it is."""
    numbers = [int(found) for found in _LISTED.findall(text)]
    in_order = len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1))
    return _LISTED.sub(r"; track \1: ", text) if in_order else text


def _split(text: str) -> Iterator[str]:
    """The text at the ends of clauses, each with the sign that ends it.

    A colon after a scope stays, and so does a "but" that goes on with the same tracks.
    """
    begin = 0
    for found in _CLAUSE.finditer(text):
        if ":" in found.group() and re.search(
            rf"(?:\b(?:{PIECES}|one|{_ORDINAL}|opener|closer)\s*\S*)$", text[begin : found.start()]
        ):
            continue
        if found.group().strip() == "but" and _goes_on(text[begin : found.start()], text[found.end() :]):
            continue
        yield text[begin : found.start()] + ("; " if found.group().strip() in (";", ".", "", "!", "?") else "")
        begin = found.end()
    yield text[begin:]


def _goes_on(before: str, after: str) -> bool:
    """Whether what stands after "but" names no tracks, so that it speaks of those that are named before."""
    scope, next_scope = find_scope(before)[0], find_scope(_CLAUSE.split(after, maxsplit=1)[0])[0]
    return scope is not None and bool(scope.numbers or scope.but) and next_scope is None


def _split_scopes(part: str) -> Iterator[str]:
    """A clause that speaks of several tracks apart, cut at the "and" between: "vocals on 3 and sax on 4"."""
    pieces = re.split(r"\s+(?:and|plus|&|\+)\s+", part)
    if sum(_search(piece) is not None for piece in pieces) < 2 and not any(map(_ANY.match, pieces[1:])):
        yield part
        return
    gathered = ""
    for piece in pieces:
        found = _search(piece)
        leads = found is not None and not piece[: found.start()].strip()
        if leads and gathered and not _is_bare(gathered):
            yield gathered
            gathered = ""
        gathered = f"{gathered} and {piece}" if gathered else piece
        if found is not None and not leads:
            yield gathered
            gathered = ""
    if gathered:
        yield gathered


def _is_bare(piece: str) -> bool:
    """Whether a piece names tracks and says nothing of them."""
    scope, rest, _ = find_scope(piece)
    return scope is not None and not rest.strip(" :")


def _search(text: str) -> re.Match[str] | None:
    patterns = (_NAMED, _ON, _FIRSTS, _ORDER, _ENDS, _REST, _ANY)
    return next((found for pattern in patterns if (found := pattern.search(text))), None)


def find_scope(text: str) -> tuple[Scope | None, str, bool]:
    """Which tracks a clause names, the words beside, and whether the clauses after it speak of them too."""
    if found := _EXCEPT.search(text):
        but, after, lasts = find_scope(text[found.end() :])
        scope, before, _ = find_scope(text[: found.start()])
        if but is not None and but.numbers:
            left = tuple(one for one in scope.numbers if one not in but.numbers) if scope is not None else ()
            return Scope(numbers=left) if left else Scope(but=but.numbers), f"{before} {after}", lasts
    if found := _OF_THEM.search(text):
        return _some(found["many"]), f"{text[: found.start()]} {text[found.end() :]}", False
    for pattern, read in ((_NAMED, _numbers), (_FIRSTS, _firsts), (_ORDER, _order), (_ENDS, _ends), (_ON, _numbers)):
        if found := pattern.search(text):
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            return read(found), rest, bool(found["colon"])
    if found := _REST.search(text):
        return Scope(rest=True), f"{text[: found.start()]} {text[found.end() :]}", bool(found["colon"])
    if (found := _SOME.match(text)) and not re.match(rf"\s*(?:{_units()})", text[found.end("many") :]):
        many = found["many"]
        if many == "a" and not found["piece"]:
            return None, text, False
        verb = found["verb"] if found["verb"] in ("without",) else ""
        return _some(many), f"{verb} {text[found.end() :]}", False
    if found := _ALL.search(text):
        return Scope(), f"{text[: found.start()]} {text[found.end() :]}", bool(found["colon"])
    return None, text, False


def _units() -> str:
    """What follows a number that counts something else than "any of the tracks"."""
    some = "with|without|in|at|featuring|has|have|that|which|sung"
    counted = rf"(?:[\w&'-]+\s+){{0,3}}?{PIECES}\b(?!\s+(?:{some}))"
    return rf"(?:{counted}|an?\s+(?:minute|hour|second)|bpm|min|sec|hour|s\b|m\b|%|four\b|/|-)"


def number_of(word: str) -> int:
    """A number in figures or in words."""
    return int(word) if word.isdigit() else NUMBERS.get(word, 1)


def _some(many: str) -> Scope:
    """So many of the tracks, any of them."""
    return Scope(half=True) if many in ("half", "most") else Scope(some=min(number_of(many), 99))


def _numbers(found: re.Match[str]) -> Scope:
    text = found["list"]
    if span := re.fullmatch(rf"({_LIST})\s*(?:-|–|to)\s*({_LIST})", text):
        low, high = sorted((number_of(span[1]), number_of(span[2])))
        return Scope(numbers=tuple(range(low, high + 1)))
    return Scope(numbers=tuple(dict.fromkeys(number_of(one) for one in re.split(_JOIN, text) if one)))


def _firsts(found: re.Match[str]) -> Scope:
    many = min(number_of(found["many"]), 30)
    return Scope(numbers=tuple(range(1, many + 1) if found["end"] == "first" else range(-many, 0)))


def _order(found: re.Match[str]) -> Scope:
    return Scope(numbers=tuple(_ORDINALS[one] for one in (found["which"], found["also"]) if one))


def _ends(found: re.Match[str]) -> Scope:
    return Scope(numbers=(1 if found["end"] in ("opener", "intro track") else -1,))
