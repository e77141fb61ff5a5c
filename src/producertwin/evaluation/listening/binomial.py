"""Exact statistics of right and wrong answers: tails, tests and bounds of a share, as pure functions.

A listener who guesses is right with probability 1/2, so the count of right answers is binomial. All tails are regularised
incomplete beta functions, P(X ≥ s | n, p) = I_p(s, n - s + 1), which are also defined for counts that are not whole: answers that
hang together are counted as fewer ones (`clusters`). Bounds are those of Clopper & Pearson 1934: the share at which a tail as
long as the one seen has just the probability that is left over. They never cover less than their level.

Conventions: `successes` of `count` trials, 0 ≤ successes ≤ count; `level` is the coverage of a bound, 0.95 unless said otherwise.
"""

from __future__ import annotations

from typing import Final

from scipy.special import betainc, betaincinv

from ...errors import BadInput
from ..metrics import LEVEL, Interval

GUESSING: Final = 0.5
"""Share of right answers of who hears no difference."""


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


def within(successes: float, count: float, margin: float, level: float = LEVEL) -> bool:
    """Whether it is proven that the share is below `margin`: the upper bound is.

    This is the test of non-inferiority. That a share does not differ from chance by p > 0.05 proves nothing: with few answers
    it never does.
    """
    return count > 0 and upper_bound(successes, count, level) < margin


def _check(successes: float, count: float, probability: float) -> None:
    if not 0 <= successes <= count:
        raise BadInput(f"{successes:g} successes in {count:g} trials", remedy="count the trials again")
    if not 0.0 < probability < 1.0:
        raise BadInput(f"{probability:g} is not between 0 and 1", remedy="give a probability between 0 and 1")
