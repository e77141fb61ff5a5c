"""Numbers in the words of a revision: a bare one that begins a clause names a track, "two" and "2 tracks" are so many of them.

In a brief no track is there yet, so that "2 with sax" asks for any two; of an album that is made a person says its numbers.
"""

from __future__ import annotations

import re
from typing import Final

from .clauses import NUMBERS, PIECES

_BEGIN: Final = (
    r"(?P<begin>(?:^|(?<!\d)\s*[,;.:!?\n•|]|(?<!\d)\s(?:and|but|then|while|whereas|plus)\b)\s*"
    r"(?:(?:also|make|let|with)\s+)*)"
)
"""Where a clause begins. What follows a number goes on with a list of numbers."""
_LIST: Final = r"(?>\d{1,2}(?!\d)(?:(?:\s*,\s*(?:and\s+)?|\s+(?:and|&|\+)\s+|\s*[-–]\s*|\s+to\s+)#?\d{1,2}(?!\d))*)"
"""2, 2 and 3, 1-3; never a part of a longer number."""
_COUNTED: Final = (
    rf"(?!\s*(?:%|bpm|beats?\b|bars?\b|min|sec|s\b|m\b|h\b|hours?|{PIECES}\b|ones?\b|more\b|others?\b|takes?\b|candidates?\b"
    r"|[/'’]|[:.,]?\d|of\b|lufs|db|k?hz|times\b|x\b))"
)
"""Behind a number that names a track stands nothing that it could count."""
_NAMED: Final = re.compile(
    rf"\"[^\"\n]*\"|{_BEGIN}(?P<sign>#\s*|(?:tracks?|songs?|numbers?|n[or]\.?)\s+)?(?P<list>{_LIST}){_COUNTED}(?P<end>\s*[:,]|\s+[-–—]+(?=\s))?(?=\s*\S)",
    re.I,
)
_NTH: Final = re.compile(rf"{_BEGIN}(?P<nth>\d{{1,2}}(?:st|nd|rd|th))\b", re.I)
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
        numbers = found["list"].replace("#", "")
        if numbers.isdigit() and not (found["sign"] or (found["end"] or "").strip()):
            told.append(f'{numbers} is read as track {numbers}: any {numbers} of them would be "{numbers} tracks"')
        return f"{found['begin']}{'track' if numbers.isdigit() else 'tracks'} {numbers}{':' if found['end'] else ''}"

    text = _MANY.sub(lambda found: f"{found['begin']}{found['many']} of them {found['how'] or ''}", _read_items(text))
    return _NAMED.sub(name, _NTH.sub(r"\g<begin>the \g<nth>", text)), told


def _read_items(text: str) -> str:
    """A text that is a numbered list, "2. darker 3. slower", as what it says of tracks."""
    numbers = [int(one) for one in _ITEM.findall(text)]
    in_order = _ITEM.match(text) is not None and numbers == sorted(set(numbers))
    return _ITEM.sub(r"; track \1: ", text) if in_order else text
