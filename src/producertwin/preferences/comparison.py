"""Two sets of candidates of the same prompts and seeds, played by others: how often the second is better, by each scorer.

A take is compared with the one of the same prompt and seed, so luck of the draw is the same on both sides. Takes of one prompt
hang together: a win rate is the mean over prompts of the share of the takes that are better (a tie counts half), and its
interval is the bootstrap over prompts. A scorer that what is compared was trained on says least; the others say whether anything
else was paid. Diversity is the mean distance of the takes of one prompt, as differences of a scorer: where it falls, takes have
become alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import BadInput
from ..metrics.statistics import Interval, mean_interval
from .candidates import Candidates

LEAST: Final = 2
"""Prompts below which nothing is compared."""


@dataclass(frozen=True, slots=True)
class ScorerComparison:
    """How the second set stands to the first by one scorer."""

    scorer: str
    wins: Interval
    """Share of the takes of the second that are better; half is none."""
    difference: Interval
    """Mean of the second less the first, in the scorer's own units."""
    spread: tuple[float, float]
    """Mean standard deviation inside a prompt, of the first and of the second."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets held against each other."""

    prompts: int
    takes: int
    scorers: tuple[ScorerComparison, ...]
    left_out: int
    """Prompts that both sets have and that were learned from."""


def compare(first: Mapping[int, Candidates], second: Mapping[int, Candidates], taught: Collection[str] = ()) -> Comparison:
    """Hold `second` against `first`, prompts by their place; those whose ids are `taught` are left out.

    Raises `BadInput` where fewer than two prompts are left, or where a place has another prompt or number of takes.
    """
    both = sorted(first.keys() & second.keys())
    for place in both:
        one, other = first[place], second[place]
        if one.prompt.id != other.prompt.id or len(one.takes) != len(other.takes):
            message = f"prompt {place + 1} is another one in the two sets"
            raise BadInput(message, remedy="make both with the same --n, --takes, --seconds, --style and --seed")
    kept = [place for place in both if first[place].prompt.id not in taught]
    if len(kept) < LEAST:
        message = f"{len(kept)} prompts to compare, of {len(both)} that both sets have"
        raise BadInput(message, remedy="make both sets with another --seed than the pairs that were learned from")
    names = sorted(set(first[kept[0]].scores[0]) & set(second[kept[0]].scores[0]))
    rows = [(first[place].scores, second[place].scores) for place in kept]
    takes = sum(len(first[place].takes) for place in kept)
    return Comparison(len(kept), takes, tuple(_by_scorer(name, rows) for name in names), len(both) - len(kept))


def _by_scorer(name: str, rows: list[tuple[tuple[dict[str, float], ...], tuple[dict[str, float], ...]]]) -> ScorerComparison:
    before = [np.array([one[name] for one in mine]) for mine, _ in rows]
    after = [np.array([one[name] for one in theirs]) for _, theirs in rows]
    shares = [float(np.mean((b > a) + 0.5 * (b == a))) for a, b in zip(before, after, strict=True)]
    steps = [float(np.mean(b - a)) for a, b in zip(before, after, strict=True)]
    spread = float(np.mean([one.std() for one in before])), float(np.mean([one.std() for one in after]))
    return ScorerComparison(name, mean_interval(np.array(shares)), mean_interval(np.array(steps)), spread)
