"""Which of the takes of one prompt is best and which is worst, by several scorers.

Scorers have scales of their own, so each is put on one: the difference from the mean of the prompt's takes, over the spread of
that scorer's differences in all prompts so far (a pooled standard deviation, which many takes hardly move). A take's score is
the mean over the scorers, each times its weight, and a pair's margin is the difference of two. Inside one prompt nothing but the
takes differs: a prompt that a scorer likes, whatever is played, makes no pair.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

LEAST_SPREAD = 1e-6
"""Spread below which a scorer tells nothing apart."""


@dataclass(slots=True)
class Scale:
    """The spread of each scorer's differences inside prompts, over all prompts so far."""

    squares: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, scores: Sequence[Mapping[str, float]]) -> None:
        """Count the takes of one prompt."""
        for name in scores[0] if scores else ():
            values = [one[name] for one in scores]
            mean = sum(values) / len(values)
            self.squares[name] = self.squares.get(name, 0.0) + sum((value - mean) ** 2 for value in values)
            self.counts[name] = self.counts.get(name, 0) + len(values) - 1

    def spread(self, name: str) -> float:
        """The pooled standard deviation of a scorer; 0 where nothing is known."""
        count = self.counts.get(name, 0)
        return math.sqrt(self.squares[name] / count) if count else 0.0

    def combine(self, scores: Sequence[Mapping[str, float]], weights: Mapping[str, float]) -> list[float]:
        """One score for each take of a prompt, in the mean 0."""
        total = sum(weights.values())
        found = [0.0] * len(scores)
        for name, weight in weights.items():
            spread = self.spread(name)
            if spread < LEAST_SPREAD:
                continue
            mean = sum(one[name] for one in scores) / len(scores)
            for place, one in enumerate(scores):
                found[place] += weight / total * (one[name] - mean) / spread
        return found

    @classmethod
    def of(cls, prompts: Sequence[Sequence[Mapping[str, float]]]) -> Self:
        """The scale of the takes of several prompts."""
        found = cls()
        for scores in prompts:
            found.add(scores)
        return found


def best_and_worst(combined: Sequence[float]) -> tuple[int, int, float] | None:
    """Places of the best and the worst take and the margin between them; None where they are equal."""
    if not combined:
        return None
    best, worst = max(range(len(combined)), key=combined.__getitem__), min(range(len(combined)), key=combined.__getitem__)
    margin = combined[best] - combined[worst]
    return (best, worst, margin) if margin > 0 else None
