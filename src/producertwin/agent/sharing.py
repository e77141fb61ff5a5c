"""Which track answers which wish of a brief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .wishes import Asks, Wish, Wishes

USUAL = 4
"""Tracks where nobody says how many."""


@dataclass(slots=True)
class Part:
    """What is asked of one track."""

    asks: Asks
    """With what is asked of all."""
    own: Asks = field(default_factory=Asks)
    """Of this track alone."""
    words: list[str] = field(default_factory=list)


def count_tracks(wishes: Wishes) -> tuple[int, str]:
    """How many tracks there are, and a note where the brief does not say."""
    if wishes.count is not None:
        return wishes.count, ""
    named = max((number for wish in wishes.wishes for number in wish.scope.numbers), default=0)
    some = sum(wish.scope.some for wish in wishes.wishes)
    if wishes.wishes and some and all(wish.scope.some for wish in wishes.wishes):
        return some, ""
    count = max(USUAL, named, some)
    return count, f"the brief does not say how many tracks: {count} are planned"


def share_wishes(wishes: Wishes, count: int) -> tuple[Asks, list[Part], list[str]]:
    """What is asked of all tracks, what of each, and what cannot be: wishes for tracks that are not there.

    A wish for some tracks goes to those that have the fewest of their own, from the middle of the album outward.
    """
    everything = Asks()
    for wish in wishes.wishes:
        if wish.scope.is_all:
            everything = everything.join(wish.asks)
    parts = [Part(everything) for _ in range(count)]
    cannot: list[str] = []
    for wish in wishes.wishes:
        if wish.scope.numbers:
            for number in wish.scope.numbers:
                place = number - 1 if number > 0 else count + number
                if 0 <= place < count and number != 0:
                    _give(parts[place], wish)
                else:
                    cannot.append(f"{wish.words[:80]}: there is no track {number}, the album has {count}")
    for wish in sorted((one for one in wishes.wishes if one.scope.some or one.scope.half), key=lambda one: one.scope.half):
        many = max(1, count // 2) if wish.scope.half else wish.scope.some
        if many > count:
            cannot.append(f"{wish.words[:80]}: the album has {count} track{'s' if count > 1 else ''}")
        for place in sorted(range(count), key=lambda at: _rank(at, parts))[:many]:
            _give(parts[place], wish)
    return everything, parts, cannot


def _rank(place: int, parts: Sequence[Part]) -> tuple[int, float, int]:
    """Tracks with few wishes first, the middle before the ends."""
    return len(parts[place].words), abs(place - len(parts) / 2), place


def _give(part: Part, wish: Wish) -> None:
    part.own = part.own.join(wish.asks)
    part.asks = part.asks.join(wish.asks)
    part.words.append(wish.words)
