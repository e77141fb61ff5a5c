"""In which order the measures of a score are played: repeats, endings, D.C., D.S., coda and fine.

After the way players read them: repeats are played before a jump, and not again after it; a coda is jumped to, and a fine ends
the song, only after one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_PASSES: Final = 16
"""How often a repeat is played at most."""


@dataclass(slots=True)
class Signs:
    """What stands at a measure and says where to go on."""

    forward: bool = False
    backward: int = 0
    """How often what the repeat ends is played; 0 for no repeat."""
    endings: tuple[int, ...] = ()
    """The passes in which the measure is played; all where it is empty."""
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    jump: str = ""
    """`capo` or `segno` after the measure."""


@dataclass(frozen=True, slots=True)
class Step:
    """A measure that is played, by its index, and which pass of its repeat it is, from 1."""

    measure: int
    turn: int


def order_measures(signs: Sequence[Signs], most: int) -> tuple[Step, ...]:
    """The measures as they are played, `most` of them and one more at most."""
    found: list[Step] = []
    at, begin, turn, jumped = 0, 0, 1, False
    while at < len(signs) and len(found) <= most:
        here = signs[at]
        if here.forward and at != begin:
            begin, turn = at, 1
        if here.endings and (max(here.endings) < _last_ending(signs, at) if jumped else turn not in here.endings):
            at += 1
            continue
        found.append(Step(at, turn))
        if jumped and here.fine:
            break
        if jumped and here.to_coda and (coda := _find(signs, "coda", at + 1)) is not None:
            at, begin, turn = coda, coda, 1
            continue
        times = max(here.backward, max(here.endings) + 1) if here.endings and _is_ending(signs, at + 1) else here.backward
        if here.backward and not jumped and turn < min(times, MOST_PASSES):
            at, turn = begin, turn + 1
            continue
        if here.backward:
            begin, turn = at + 1, turn if _is_ending(signs, at + 1) else 1
        elif here.endings and not _is_ending(signs, at + 1):
            begin, turn = at + 1, 1
        if here.jump and not jumped:
            target = 0 if here.jump == "capo" else _find(signs, "segno", 0)
            at, begin, turn, jumped = target or 0, target or 0, 1, True
            continue
        at += 1
    return tuple(found)


def _find(signs: Sequence[Signs], name: str, first: int) -> int | None:
    return next((at for at in range(first, len(signs)) if getattr(signs[at], name)), None)


def _is_ending(signs: Sequence[Signs], at: int) -> bool:
    return at < len(signs) and bool(signs[at].endings)


def _last_ending(signs: Sequence[Signs], at: int) -> int:
    """The highest pass that the endings around measure `at` name."""
    first = last = at
    while first > 0 and signs[first - 1].endings:
        first -= 1
    while last + 1 < len(signs) and signs[last + 1].endings:
        last += 1
    return max(max(one.endings) for one in signs[first : last + 1])
