"""Exact statistics of right and wrong answers: tests and bounds of a share, what answers that hang together are worth, and how
many are needed.

*Tails and bounds.* A listener who guesses is right with probability 1/2, so the count of right answers is binomial. All tails are
regularised incomplete beta functions, P(X ≥ s | n, p) = I_p(s, n - s + 1), which are also defined for counts that are not whole.
Bounds are those of Clopper & Pearson 1934: the share at which a tail as long as the one seen has just the probability that is
left over. They never cover less than their level.

*Design effect.* Answers of one listener are alike, and so are answers to one pair. With an intraclass correlation r and m answers
a cluster, a share varies 1 + (m - 1)·r times as much as that of independent answers (Kish 1965). r is estimated by analysis of
variance (Donner 1986) and taken as 0 where it comes out negative; m is the mean size of the cluster that an answer is in. Two
ways of clustering add up what each has above 1. Answers that hang together are counted as fewer ones.

*Power.* Two questions: can they tell (one-sided test against guessing), and are they right less often than the margin (upper
bound below the margin)? For each, the power is the probability of the wanted outcome at a true share, and `answers_needed` the
smallest count that reaches a power. Power falls a little wherever the limit jumps, so some counts above the smallest miss it by
a hair.

Conventions: `successes` of `count` trials, 0 ≤ successes ≤ count; `level` is the coverage of a bound, 0.95 unless said otherwise.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from scipy.special import bdtr, bdtrc, betainc, betaincinv

from ..errors import BadInput
from ..metrics.statistics import LEVEL, Interval

GUESSING: Final = 0.5
"""Share of right answers of who hears no difference."""
MARGIN: Final = 0.55
"""Right answers that a twin which passes for real is allowed."""
MOST: Final = 20_000
"""Counts beyond this are not looked for."""
TRUTHS: Final = (0.45, 0.48, 0.50, 0.52, 0.60, 0.65, 0.70, 0.75)
"""True shares of the table."""
POWERS: Final = (0.8, 0.9)


def at_least(successes: float, count: float, chance: float = GUESSING) -> float:
    """P(X ≥ successes): the one-sided p-value of 'better than chance'."""
    _check(successes, count, chance)
    return 1.0 if successes == 0 else float(betainc(successes, count - successes + 1, chance))


def at_most(successes: float, count: float, chance: float = GUESSING) -> float:
    """P(X ≤ successes): the one-sided p-value of 'worse than chance'."""
    _check(successes, count, chance)
    return 1.0 if successes == count else float(betainc(count - successes, successes + 1, 1.0 - chance))


def two_sided(successes: float, count: float, chance: float = GUESSING) -> float:
    """Twice the smaller tail, at most 1: the p-value of 'other than chance'."""
    return min(1.0, 2.0 * min(at_least(successes, count, chance), at_most(successes, count, chance)))


def upper_bound(successes: float, count: float, level: float = LEVEL) -> float:
    """The share that the truth is below, one-sided; 1 where every trial succeeded or there was none."""
    _check(successes, count, level)
    return 1.0 if successes == count else float(betaincinv(successes + 1, count - successes, level))


def lower_bound(successes: float, count: float, level: float = LEVEL) -> float:
    """The share that the truth is above, one-sided; 0 where no trial succeeded."""
    _check(successes, count, level)
    return 0.0 if successes == 0 else float(betaincinv(successes, count - successes + 1, 1.0 - level))


def share(successes: float, count: float, level: float = LEVEL) -> Interval:
    """Share of successes between its two-sided bounds; 0 with the whole unit interval for no trials."""
    if count == 0:
        return Interval(0.0, 0.0, 1.0)
    one = (1.0 + level) / 2.0
    return Interval(successes / count, lower_bound(successes, count, one), upper_bound(successes, count, one))


@dataclass(frozen=True, slots=True)
class Clustering:
    """Clusters, the correlation inside them, and what it does to the worth of the answers."""

    clusters: int
    correlation: float
    effect: float
    """Design effect, 1 or more."""


def design_effect(size: float, correlation: float) -> float:
    """1 + (size - 1)·correlation, never below 1."""
    return max(1.0, 1.0 + (size - 1.0) * correlation)


def clustering(right: Sequence[bool], labels: Sequence[Hashable]) -> Clustering:
    """How answers (right or wrong) hang together by their labels; one cluster, or clusters of one answer, say nothing: 1."""
    if len(right) != len(labels):
        raise BadInput(f"{len(right)} answers and {len(labels)} labels", remedy="give every answer one label")
    names = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    index = np.array([names[label] for label in labels], np.int64)
    sizes = np.bincount(index, minlength=len(names)).astype(np.float64)
    if len(names) < 2 or sizes.max() < 2:
        return Clustering(len(names), 0.0, 1.0)
    values = np.asarray(right, np.float64)
    means = np.bincount(index, weights=values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum() / (len(sizes) - 1))
    within = float(((values - means[index]) ** 2).sum() / (sizes.sum() - len(sizes)))
    typical = float((sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1))
    spread = between + (typical - 1.0) * within
    correlation = min(max((between - within) / spread, 0.0), 1.0) if spread > 0 else 0.0
    return Clustering(len(names), correlation, design_effect(float((sizes**2).sum() / sizes.sum()), correlation))


def combine(*ways: Clustering) -> float:
    """The design effect of several ways of clustering at once."""
    return 1.0 + sum(way.effect - 1.0 for way in ways)


@dataclass(frozen=True, slots=True)
class Need:
    """Answers needed at a true share of right answers; None where no count up to `MOST` does."""

    truth: float
    power: float
    to_tell: int | None
    """To show that listeners can tell."""
    to_pass: int | None
    """To show that listeners are right less often than the margin."""


def most_right(count: int, margin: float = MARGIN, level: float = LEVEL) -> int:
    """Most right answers of `count` whose upper bound is below `margin`; -1 where even none is too many."""
    return bisect_left(range(count + 1), 1.0 - level, key=lambda right: float(bdtr(right, count, margin))) - 1


def fewest_right(count: int, level: float = LEVEL) -> int:
    """Fewest right answers of `count` that guessing reaches with probability of at most 1 - `level`; count + 1 where none is."""
    return 1 + bisect_left(range(1, count + 1), level - 1.0, key=lambda right: -float(bdtrc(right - 1, count, GUESSING)))


def power_to_pass(count: int, truth: float, margin: float = MARGIN, level: float = LEVEL) -> float:
    """Probability that `count` answers prove a share below `margin` when the true share is `truth`."""
    allowed = most_right(count, margin, level)
    return float(bdtr(allowed, count, truth)) if allowed >= 0 else 0.0


def power_to_tell(count: int, truth: float, level: float = LEVEL) -> float:
    """Probability that `count` answers are significantly better than guessing when the true share is `truth`."""
    fewest = fewest_right(count, level)
    return float(bdtrc(fewest - 1, count, truth)) if fewest <= count else 0.0


def answers_needed(power: Callable[[int], float], wanted: float = 0.8) -> int | None:
    """The smallest count whose `power` reaches `wanted`; None where none up to `MOST` does."""
    if not 0.0 < wanted < 1.0:
        raise BadInput(f"a power of {wanted:g} cannot be reached", remedy="give a power between 0 and 1")
    low, high = 1, 16
    while power(high) < wanted:
        low, high = high, 2 * high
        if low > MOST:
            return None
    for count in range(max(1, low // 2), high + 1):  # power is no straight climb: halving would miss the first
        if power(count) >= wanted:
            return count
    return None


def table(margin: float = MARGIN, level: float = LEVEL) -> list[Need]:
    """Answers needed for each true share and power; none are looked for where no number can be enough."""
    rows = []
    for truth in TRUTHS:
        for power in POWERS:
            tell, passing = partial(power_to_tell, level=level), partial(power_to_pass, margin=margin, level=level)
            to_tell = answers_needed(partial(tell, truth=truth), power) if truth > GUESSING else None
            to_pass = answers_needed(partial(passing, truth=truth), power) if truth < margin else None
            rows.append(Need(truth, power, to_tell, to_pass))
    return rows


def _check(successes: float, count: float, probability: float) -> None:
    if not 0 <= successes <= count:
        raise BadInput(f"{successes:g} successes in {count:g} trials", remedy="count the trials again")
    if not 0.0 < probability < 1.0:
        raise BadInput(f"{probability:g} is not between 0 and 1", remedy="give a probability between 0 and 1")
