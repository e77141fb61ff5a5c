"""Pairs that scorers leave undecided, and that a person should therefore decide: two scorers contradict each other, or all
of them together see hardly a difference.

Differences stand on the scale of `scoring`: standard deviations inside prompts. Two takes are in dispute where one scorer is for
the one by `CLEAR` and another for the other by as much; they are alike where the margin is less than what pairs are made of. What
a person says there teaches most: of clear pairs the scorers knew before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from .candidates import Candidates
from .pair import PairPrompt
from .scoring import LEAST_SPREAD, Scale

CLEAR: Final = 0.5
"""Standard deviations from which on a scorer's difference is an opinion."""
Why = Literal["dispute", "alike"]


@dataclass(frozen=True, slots=True)
class UndecidedPair:
    """Two takes of one prompt that nobody has decided between."""

    prompt: PairPrompt
    takes: tuple[str, str]
    """A and B: which is which is drawn, and tells nothing of the scores."""
    why: Why
    margin: float
    """By how much all scorers together prefer one of them, in standard deviations."""
    dispute: float
    """How far the scorers contradict each other: the smaller of the two largest opinions."""


def find_undecided(
    rows: Iterable[Candidates],
    weights: Mapping[str, float],
    least_margin: float,
    decided: Collection[frozenset[str]],
    is_here: Callable[[str], bool],
) -> tuple[UndecidedPair, ...]:
    """One pair of each prompt, those in dispute first, and of those that are alike the most alike.

    Pairs that were `decided`, and takes that are gone, are left out.
    """
    every = list(rows)
    scale = Scale.of([row.scores for row in every])
    found = [
        pair
        for row in every
        if (pair := min(_pairs_of(row, scale, weights, least_margin, decided), key=_rank, default=None))
        and all(map(is_here, pair.takes))
    ]
    return tuple(sorted(found, key=_rank))


def _pairs_of(
    row: Candidates, scale: Scale, weights: Mapping[str, float], least_margin: float, decided: Collection[frozenset[str]]
) -> Iterator[UndecidedPair]:
    """The pairs of a prompt that are in dispute or alike."""
    combined = scale.combine(row.scores, weights)
    spreads = {name: spread for name in weights if (spread := scale.spread(name)) >= LEAST_SPREAD}
    for i, j in combinations(range(len(row.takes)), 2):
        if frozenset((row.takes[i], row.takes[j])) in decided:
            continue
        opinions = [(row.scores[i][name] - row.scores[j][name]) / spread for name, spread in spreads.items()]
        dispute = max(0.0, min(max(opinions, default=0.0), -min(opinions, default=0.0)))
        margin = abs(combined[i] - combined[j])
        if dispute >= CLEAR or margin < least_margin:
            sides = _draw_sides(row.takes[i], row.takes[j])
            yield UndecidedPair(row.prompt, sides, "dispute" if dispute >= CLEAR else "alike", margin, dispute)


def _rank(pair: UndecidedPair) -> tuple[float, float, tuple[str, str]]:
    return (-pair.dispute if pair.why == "dispute" else 0.0, pair.margin, pair.takes)


def _draw_sides(one: str, other: str) -> tuple[str, str]:
    """The two in an order that follows from their ids alone."""
    first, second = sorted((one, other))
    odd = hashlib.blake2b(f"{first} {second}".encode(), digest_size=1).digest()[0] % 2
    return (second, first) if odd else (first, second)
