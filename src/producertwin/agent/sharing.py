"""Which track answers which wish of a brief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..wording import plural
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
    one_by_one = {number for wish in wishes.wishes for number in wish.scope.numbers} == {*range(1, named + 1)}
    others = [wish.asks for wish in wishes.wishes if not wish.scope.numbers]
    if named > 1 and one_by_one and all(one == Asks(seconds=one.seconds) for one in others):
        return named, ""
    count = max(USUAL, named, some)
    return count, f"how many tracks is left open: {count} are planned"


def share_wishes(wishes: Wishes, count: int) -> tuple[Asks, list[Part], list[str]]:
    """What is asked of all tracks, what of each, and what cannot be: wishes for tracks that are not there.

    A wish for some tracks goes to those that have the fewest of their own, from the middle of the album outward.
    """
    everything = Asks()
    cannot: list[str] = []
    for wish in wishes.wishes:
        if wish.scope.is_all:
            cannot += [f"{one}: what is said last counts" for one in everything.contradict(wish.asks)]
            everything = everything.join(wish.asks)
    parts = [Part(everything) for _ in range(count)]
    for wish in wishes.wishes:
        named = wish.scope.numbers or wish.scope.but
        places = {number - 1 if number > 0 else count + number: number for number in named}
        if missing := [number for place, number in places.items() if number == 0 or not 0 <= place < count]:
            which = f"is no track {missing[0]}" if len(missing) == 1 else f"are no tracks {', '.join(map(str, missing))}"
            cannot.append(f"{wish.words[:80]}: there {which}; the album has {plural(count, 'track')}"[:200])
        for place in range(count):
            if named and (place in places and places[place] != 0) == bool(wish.scope.numbers):
                _give(parts[place], wish)
    for wish in sorted((one for one in wishes.wishes if one.scope.some or one.scope.half), key=lambda one: one.scope.half):
        many = max(1, count // 2) if wish.scope.half else wish.scope.some
        if many > count:
            cannot.append(f"{wish.words[:80]}: the album has {plural(count, 'track')}")
            continue
        for place in sorted(range(count), key=lambda at: _rank(at, parts))[:many]:
            _give(parts[place], wish)
    rest = [part for part in parts if not part.words]
    for wish in (one for one in wishes.wishes if one.scope.rest):
        cannot += [] if rest else [f"{wish.words[:80]}: every track is spoken of"]
        for part in rest:
            _give(part, wish)
    return everything, parts, cannot


def _rank(place: int, parts: Sequence[Part]) -> tuple[int, float, int]:
    """Tracks with few wishes first, the middle before the ends."""
    return len(parts[place].words), abs(place - len(parts) / 2), place


def _give(part: Part, wish: Wish) -> None:
    part.own = part.own.join(wish.asks)
    part.asks = part.asks.join(wish.asks)
    part.words.append(wish.words)
