"""How many answers a listening test needs, by exact binomial sums.

Two questions: *can they tell?* (one-sided test against guessing) and *are they right less often than the margin?* (upper bound
below the margin). For each, the power is the probability of the wanted outcome at a true share, and `needed` the smallest count
that reaches a power. Power falls a little wherever the limit jumps, so some counts above the smallest miss it by a hair.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Final

from scipy.special import bdtr, bdtrc

from ...errors import BadInput
from ..metrics import LEVEL
from .binomial import GUESSING

MARGIN: Final = 0.55
"""Right answers that a twin which passes for real is allowed."""
MOST: Final = 20_000
"""Counts beyond this are not looked for."""
TRUTHS: Final = (0.45, 0.48, 0.50, 0.52, 0.60, 0.65, 0.70, 0.75)
"""True shares of the table."""
POWERS: Final = (0.8, 0.9)


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


def power_to_prefer(count: int, truth: float, level: float = LEVEL) -> float:
    """Probability that `count` choices differ from a half, two-sided, when one side is chosen with probability `truth`."""
    fewest = fewest_right(count, (1.0 + level) / 2.0)
    return float(bdtrc(fewest - 1, count, truth) + bdtr(count - fewest, count, truth)) if fewest <= count else 0.0


def needed(power: Callable[[int], float], wanted: float = 0.8) -> int | None:
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
            to_tell = needed(partial(tell, truth=truth), power) if truth > GUESSING else None
            to_pass = needed(partial(passing, truth=truth), power) if truth < margin else None
            rows.append(Need(truth, power, to_tell, to_pass))
    return rows


def with_effect(answers: int, effect: float) -> int:
    """Answers to collect where `answers` independent ones are needed and answers hang together by the design effect `effect`."""
    return ceil(answers * effect)
