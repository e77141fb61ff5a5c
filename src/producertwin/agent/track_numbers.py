"""Numbers in the words of a revision: a bare one that begins a clause names a track, "two" and "2 tracks" are so many of them.

In a brief no track is there yet, so that "2 with sax" asks for any two; of an album that is made a person says its numbers.
"""

from __future__ import annotations

import re
from typing import Final

from .clauses import ALL_BUT, EXCEPT, NUMBERS, PIECES

_QUOTED: Final = r"\"[^\"\n]*\""
"""A title, in which nothing is changed."""
_BEGIN: Final = (
    r"(?P<begin>(?:^|(?:(?<!\d)|(?<=/\d)|(?<=/\d\d))(?:\s*[,;.:!?\n•|]|\s(?=(?:and|but|then|while|whereas|plus)\b)))\s*"
    r"(?:(?:and|but|then|while|whereas|plus|only|please|just|also|make|let|with)\s+)*)"
)
"""Where a clause begins. What follows a number goes on with a list of numbers."""
_COUNTED: Final = (
    rf"(?!\s*(?:%|bpm|beats?\b|bars?\b|min|sec|s\b|m\b|h\b|hours?|{PIECES}\b|ones?\b|more\b|others?\b|takes?\b|candidates?\b"
    r"|['’]|of\b|lufs|db|k?hz|times\b|x\b)|[:.,/]\d)"
)
"""Behind a number that names a track stands nothing that it could count."""
_SOME: Final = rf"\d{{1,2}}(?!\d)(?:(?:\s*[-–]\s*|\s+to\s+)#?\d{{1,2}}(?!\d))?{_COUNTED}"
_LIST: Final = rf"(?>{_SOME}(?:(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and|or|&|\+)\s+)#?{_SOME})*)(?!\s*(?:[-–]|(?:to|or)\s)\s*\d)"
"""2, 2 and 3, 1-3; never a part of a longer number, nor of "1 or 2 minutes"."""
_SIGN: Final = r"(?P<sign>#\s*|(?:tracks?|songs?|numbers?|n[or]\.?)\s+)?"
_ONLY_NUMBERS: Final = r"(?:[\s\d,#&+–-]|\b(?:on|tracks?|and|or|to)\b)+"
_BUT: Final = re.compile(
    rf"{_QUOTED}|(?:\b(?P<keep>(?:keep|leave)\s+)?{ALL_BUT}|(?P<first>^){EXCEPT}|\s*,?\s(?:{EXCEPT}|not|but(?={_ONLY_NUMBERS}$)))"
    rf"\s+(?:on\s+)?{_SIGN}(?P<list>{_LIST})(?(keep)(?:\s+(?:as (?:it is|they are)|alone|unchanged)\b)?)(?P<end>\s*[:,])?",
    re.I,
)
"""Tracks that are left out: "all but 2", "slower except 2", "all slower but 2"; "keep all but 2" changes 2 alone."""
_NAMED: Final = re.compile(
    rf"{_QUOTED}|{_BEGIN}{_SIGN}(?P<list>{_LIST})(?P<end>\s*[:;,]|\s+[-–—]+(?=\s))?(?=\s*\S)",
    re.I,
)
_NTH: Final = re.compile(rf"{_BEGIN}(?P<nth>\d{{1,2}}(?:st|nd|rd|th))\b", re.I)
_NOTHING_BUT: Final = re.compile(rf"{_QUOTED}|\b(?P<only>nothing\s+but)\b", re.I)
_ITEM: Final = re.compile(r"(?:^|(?<=[\s,;]))#?(\d{1,2})[.)]\s+(?=\D)")
_WORD: Final = "|".join(sorted({*NUMBERS} - {"a", "some", "both", "another"}, key=len, reverse=True))
_MANY: Final = re.compile(
    rf"{_BEGIN}(?P<many>\d{{1,2}}|{_WORD})\s+(?:{PIECES}\s+(?=[a-z])|(?P<how>(?:(?!of\b|and\b)[a-z'-]+\s+){{1,2}}){PIECES}\b(?!\s*\d))",
    re.I,
)


def name_tracks(text: str) -> tuple[str, list[str]]:
    """The words of a revision with "track" before every number that names one; and how a bare number was read."""
    told: list[str] = []

    def name(found: re.Match[str]) -> str:
        if found["list"] is None:  # a title
            return found.group()
        named = _name(found)
        if (numbers := found["list"]).isdigit() and not (found["sign"] or (found["end"] or "").strip(" ;")):
            told.append(f'{numbers} is read as track {numbers}: any {numbers} of them would be "{numbers} tracks"')
        return f"{found['begin']}{named}{':' if found['end'] else ''}"

    def leave_out(found: re.Match[str]) -> str:
        if found["list"] is None:  # a title
            return found.group()
        if found["keep"]:
            return f"{_name(found)}: "
        leads = found["every"] is not None or found["first"] is not None
        end = found["end"] or ""
        return f"{found['every'] or ''} except {_name(found)}{':' if leads and end else end}"

    text = _BUT.sub(leave_out, _NOTHING_BUT.sub(lambda found: "only" if found["only"] else found.group(), text))
    text = _MANY.sub(lambda found: f"{found['begin']}{found['many']} of them {found['how'] or ''}", _read_items(text))
    return _NAMED.sub(name, _NTH.sub(r"\g<begin>the \g<nth>", text)), told


def _name(found: re.Match[str]) -> str:
    """The tracks of a list, as the words of a brief name them."""
    numbers = re.sub(r"\bor\b", "and", found["list"].replace("#", ""), flags=re.I)
    return f"{'track' if numbers.isdigit() else 'tracks'} {numbers}"


def _read_items(text: str) -> str:
    """A text that is a numbered list, "2. darker 3. slower", as what it says of tracks."""
    numbers = [int(one) for one in _ITEM.findall(text)]
    in_order = _ITEM.match(text) is not None and numbers == sorted(set(numbers))
    return _ITEM.sub(r"; track \1: ", text) if in_order else text
