"""Titles, kind, number of tracks and loudness of a whole album in a brief: each is taken out of the text, and told."""

from __future__ import annotations

import re
from typing import Any, Final

from ..wording import plural
from .album import MOST_TRACKS
from .clauses import PIECES, WORD, number_of
from .facts import Told, cut
from .heuristics import load_heuristics
from .wishes import Asks, Scope, Wish

_KINDS: Final = re.compile(r"\b(?:(double)\s+)?(albums?|lps?|eps?|singles?|mixtapes?|beat\s?tapes?|record)\b")
_COUNT: Final = re.compile(
    rf"(?:(?<![\w.,])|(?<=^-)|(?<=\bminus ))(\d+|{WORD})[\s-]+(?:(?!of\b)[\w&'-]+[\s-]+){{0,3}}?"
    rf"(?<!\band )(?<!\bbut )(?<!\bplus ){PIECES}\b"
)
"""A number and what it counts; of "track 2 slower and track 3 darker" it counts nothing."""
_NUMBER_OF: Final = re.compile(r"\b(?:first|last|tracks?|songs?|numbers?)\s*$")
"""What stands before a number that is no number of tracks."""
_LUFS: Final = re.compile(r"(?<![\d.])(-?\d{1,4}(?:\.\d+)?)\s*lufs\b")
_TITLE: Final = re.compile(
    r"\b(?i:called|titled|named|entitled|call (?:it|this))\s+"
    r"(?:\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'(?!\w)"
    r"|([A-Z][\w'-]*(?:\s+(?:(?:of|the|and|in|a|an|to|on|at|for)\s+){0,2}(?!EP\b|LP\b)[A-Z][\w'-]*){0,9}))"
    r"|\"([^\"\n]{1,200})\""
)
"""In quotes, or in capitals after a word that says so."""
_TRACK_TITLE: Final = re.compile(
    r"\b(?i:tracks?|songs?|numbers?)\s+(\d{1,2})(?!\d)\s*[:,–-]?\s*(?:(?i:is|to be|should be)\s+)?"
    r"(?:(?i:called|titled|named)\s+)?\"([^\"\n]{1,200})\""
    r"|\b(?i:call|name|rename)\s+(?:(?i:track|song|number)\s+)?(\d{1,2})\s+(?:(?i:to|as)\s+)?\"([^\"\n]{1,200})\""
)
_PARTS: Final = re.compile(
    rf"\b(\d{{1,2}}|{WORD})\s+([\w'-]+\s+)??{PIECES}(?:\s+(with|without|in|at)\b)?(?P<said>[^,;.\n]*?)"
    rf"\s+(?:and|plus|&|\+)\s+(\d{{1,2}}|{WORD})\s+([\w'-]+\s+)??{PIECES}(?:\s+(with|without|in|at)\b)?"
)
"""Some tracks and some others, which are all there are: "two tracks with sax and one track with flute"."""
_AGAIN: Final = re.compile(rf"(?:^|[,;.\n])\s*(\d+|{WORD})\s+{PIECES}\s*(?=[,;.\n]|$)")


def take_album_facts(text: str, facts: dict[str, Any], told: Told) -> tuple[str, list[Wish]]:
    """Take what a brief says of the whole into `facts` by fields of `Wishes`; the rest of the text, and the titles of tracks.

    Where something is said several times the first counts.
    """
    titles: list[Wish] = []
    while found := _TRACK_TITLE.search(text):
        number, title = int(found[1] or found[3]), " ".join((found[2] or found[4]).split())
        titles.append(Wish(scope=Scope(numbers=(number,)), asks=Asks(title=title), words=found.group()[:400]))
        told.note(found.group(), f"track {number} is called {title!r}"[:180])
        colon = ":" if ":" in found.group().partition('"')[0] else ""
        text = f"{text[: found.start()]}, track {number}{colon} {text[found.end() :]}"  # what follows speaks of it too
    if found := _TITLE.search(text):
        facts["title"] = next(filter(None, found.groups())).strip()
        told.note(found.group(), f"the title {facts['title']!r}"[:180])
        text = cut(text, found)
    text, usual = _take_kind(text, facts, told)
    text = _take_count(text, facts, told)
    if usual is not None:
        facts.setdefault("count", usual)
    return _take_loudness(text, facts, told), titles


def _take_kind(text: str, facts: dict[str, Any], told: Told) -> tuple[str, int | None]:
    """Take what kind of release it is, and how many tracks such a one has."""
    found = _KINDS.search(text.lower())
    if found is None:
        return text, None
    word = found[2].rstrip("s").replace(" ", "")
    facts["kind"] = {"ep": "EP", "single": "single"}.get(word, "album")
    table = load_heuristics().albums
    many = table.get({"beattape": "mixtape"}.get(word, word), table["album"]) * (2 if found[1] else 1)
    told.note(found.group(), f"{facts['kind']}, {plural(many, 'track')} unless a number is said")
    return cut(text, found), many


def _take_count(text: str, facts: dict[str, Any], told: Told) -> str:
    """Take how many tracks there are."""
    text = _split_parts(text, facts, told)
    lowered = text.lower()
    for found in () if "count" in facts else _COUNT.finditer(lowered):
        before = lowered[max(0, found.start() - 12) : found.start()]
        if _NUMBER_OF.search(before):
            continue
        sign = "-" if re.search(r"^-$|minus $", before) else ""
        count = int(sign + found[1]) if found[1].isdigit() else number_of(found[1])
        if not 1 <= count <= MOST_TRACKS:
            told.cannot.append(f"{sign}{found[1][:20]} tracks: an album has 1 to {MOST_TRACKS}")
        else:
            facts["count"] = count
            told.note(f"{found[1]} {found.group().split()[-1]}", plural(count, "track"))
        between = re.sub(rf"{PIECES}$", " ", text[found.end(1) : found.end()], flags=re.IGNORECASE)
        text = f"{text[: found.start()]} {between} {text[found.end() :]}"
        if other := _AGAIN.search(text.lower()):
            told.cannot.append(f"{other.group().strip(' ,;.')}: another number of tracks is said before")
            text = cut(text, other)
        break
    return text


def _split_parts(text: str, facts: dict[str, Any], told: Told) -> str:
    """The text with "two sax tracks and one track with flute" as "two with sax and one with flute", which is three tracks."""
    found = _PARTS.search(text.lower())
    if found is None:
        return text
    (many, what, verb), (more, other, how) = found.group(1, 2, 3), found.group(5, 6, 7)
    count = number_of(many) + number_of(more)
    if not (what or verb) or not (other or how) or not 1 <= count <= MOST_TRACKS:
        return text
    facts["count"] = count
    told.note(found.group(), plural(count, "track"))
    first = f"{many} {verb or 'with'} {what or ''}{found['said']}"
    return f"{text[: found.start()]}, {first} and {more} {how or 'with'} {other or ''}{text[found.end() :]}"


def _take_loudness(text: str, facts: dict[str, Any], told: Told) -> str:
    """Take how loud every track is."""
    found = _LUFS.search(text.lower())
    if found is None:
        return text
    loud = -abs(float(found[1]))
    if -30 <= loud <= -6:
        facts["loudness"] = loud
        told.note(found.group(), f"every track at {loud:g} LUFS")
    else:
        told.cannot.append(f"{found.group()}: loudness is from -30 to -6 LUFS")
    return cut(text, found)
