"""The patterns of an adapter's config that name layers, matched by a fixed grammar: never as a regular expression.

PEFT reads the keys of `rank_pattern` and `alpha_pattern` as regular expressions for the end of a layer's name. Who shares a file
could so make its reader compute for ever. What such files hold in practice is read here, in time proportional to the lengths:

| part | matches |
|---|---|
| a name, `q_proj`, `to_out.0` | itself; a dot (or `\\.`) stands for a dot |
| `*` at the beginning, `.*`, `\\w+`, `[^.]+` | any letters; the first two also across dots |
| `\\d+`, `[0-9]+` | a number |
| `(q_proj|k_proj)`, `(?:0|1|2)`, `[0-3]` | one of them |
| `^` before, `$` after | the whole name, not its end alone |

Anything else is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...errors import BadInput

LONGEST: Final = 500
"""Most characters of a pattern."""
MOST: Final = 10_000
"""Most patterns of a config that are plain names: one for every layer of the largest variant, several times over."""
MOST_WILD: Final = 32
"""Most patterns of a config that are more than a name: each is tried on every layer."""
MOST_PARTS: Final = 12
"""Most parts of a pattern."""
MOST_CHOICES: Final = 64
"""Most names of one list."""
_NAME: Final = re.compile(r"\w+")
_WILD: Final = {".*": "*", "*": "*", ".+": "+", r"\w+": "w", r"\w*": "w", "[^.]+": "w", r"[^.]*": "w", r"\d+": "d", "[0-9]+": "d"}
_RANGE: Final = re.compile(r"\[(\d)-(\d)\]")
_LIST: Final = re.compile(r"\((?:\?:)?(\w[\w.\\|]*)\)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart."""

    parts: tuple[str | tuple[str, ...], ...]
    """Each the kind of a wild card (`*`, `+`, `w`, `d`), or the texts that may stand there."""
    whole: bool
    """Whether the whole name must match, not its end alone."""

    @property
    def plain(self) -> bool:
        """Whether it is a name and nothing more."""
        return len(self.parts) == 1 and isinstance(self.parts[0], tuple) and len(self.parts[0]) == 1

    def matches(self, name: str) -> bool:
        """Whether `name`, or what follows one of its dots, is what the pattern describes."""
        if self.plain:
            said = self.parts[0][0]
            return name == said or (not self.whole and name.endswith(f".{said}"))
        places = {0} if self.whole else {0, *(place + 1 for place, letter in enumerate(name) if letter == ".")}
        for part in self.parts:
            places = _after(part, name, places)
            if not places:
                return False
        return len(name) in places


def values(patterns: Mapping[str, object], where: str) -> list[tuple[Pattern, object]]:
    """The patterns of a config with what they say, in their order. Raises `BadInput` as `parse` does, and for too many."""
    if len(patterns) > MOST:
        raise BadInput(f"{where}: {len(patterns)} patterns, at most {MOST} are read", remedy="name groups of layers by *")
    found = [(parse(text, where), value) for text, value in patterns.items()]
    if (wild := sum(not pattern.plain for pattern, _ in found)) > MOST_WILD:
        raise BadInput(f"{where}: {wild} patterns with wild cards, at most {MOST_WILD} are read", remedy="write names of layers")
    return found


def parse(text: str, where: str) -> Pattern:
    """Take a pattern apart. Raises `BadInput`, naming `where` it stands, for one that the grammar does not have."""
    remedy = "write the names of layers, or use * and (a|b)"
    if len(text) > LONGEST:
        raise BadInput(f"{where}: a pattern of {len(text)} characters, at most {LONGEST} are read", remedy=remedy)
    left = text.removeprefix("^").removesuffix("$")
    parts: list[str | tuple[str, ...]] = []
    while left:
        part, length = _first(left)
        if not length or (part == "*" and length == 1 and parts):  # `to_*` repeats a letter for PEFT: not what it looks like
            raise BadInput(f"{where}: the pattern {text[:80]!r} is not understood from {left[:20]!r}", remedy=remedy)
        if parts and (joined := _join(parts[-1], part)):
            parts[-1] = joined
        else:
            parts.append(part)
        left = left[length:]
    if not 0 < len(parts) <= MOST_PARTS:
        raise BadInput(f"{where}: the pattern {text[:80]!r} has {len(parts)} parts, not 1 to {MOST_PARTS}", remedy=remedy)
    return Pattern(tuple(parts), text.startswith("^"))


def _join(one: str | tuple[str, ...], other: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Two parts as one, where they are: names, or wild cards that match anything; else nothing."""
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other) == 1:
        return (one[0] + other[0],)
    return "*" if one == other == "*" else ()


def _first(left: str) -> tuple[str | tuple[str, ...], int]:
    """The part that `left` begins with, and its length; a length of 0 for none."""
    for spelled, kind in _WILD.items():
        if left.startswith(spelled):
            return kind, len(spelled)
    if left.startswith("\\."):
        return (".",), 2
    if left.startswith("."):
        return (".",), 1
    if found := _NAME.match(left):
        return (found[0],), found.end()
    if found := _RANGE.match(left):
        return tuple(str(digit) for digit in range(int(found[1]), int(found[2]) + 1)), found.end()
    if found := _LIST.match(left):
        names = tuple(name.replace("\\.", ".") for name in found[1].split("|"))
        if len(names) <= MOST_CHOICES and not any("\\" in name for name in names):
            return names, found.end()
    return (), 0


def _after(part: str | tuple[str, ...], name: str, places: set[int]) -> set[int]:
    """Where in `name` one may stand after `part`, from any of `places`."""
    if isinstance(part, tuple):
        return {place + len(text) for place in places for text in part if name.startswith(text, place)}
    first = min(places)
    if part in "*+":
        return set(range(first + (part == "+"), len(name) + 1))
    found: set[int] = set()
    inside = False
    for place in range(first, len(name) + 1):
        if inside:
            found.add(place)
        letter = name[place : place + 1]
        fits = letter.isdigit() if part == "d" else letter not in ("", ".")
        inside = fits and (inside or place in places)
    return found
