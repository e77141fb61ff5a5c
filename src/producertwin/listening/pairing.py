"""Which sound is heard beside which: alike in style and tempo, so that the answer has to come from what is asked.

Sounds of one prompt and seed belong together. Else both must have one style, and tempi no further apart than the plan allows;
among what is allowed, the assignment with the smallest differences of tempo (in octaves) is taken. Half and double tempo are
different.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ..errors import BadInput
from .plan import ListeningPlan
from .sources import ListeningSound

Pair = tuple[ListeningSound, ListeningSound]
"""A sound of the twin, and the one it is held against."""
_FORBIDDEN: Final = 1e6
_OTHER_TAKE: Final = 1e-3
_OTHER_PROMPT: Final = 1.0


def match_pairs(
    twins: Sequence[ListeningSound], others: Sequence[ListeningSound], plan: ListeningPlan, rng: np.random.Generator
) -> list[Pair]:
    """`plan.trials` matched pairs in random order, spread over the styles; no sound is in two of them.

    Two sounds that are named alone, to be heard several times, are a pair, however they differ. Every tempo has to be known (0
    where nothing pulses). Raises `BadInput` where too few match.
    """
    if len(twins) == len(others) == plan.trials == 1 < plan.times:
        return [(twins[0], others[0])]
    costs = np.array([[_cost(twin, other, plan) for other in others] for twin in twins], np.float64).reshape(
        len(twins), len(others)
    )
    found = [(twins[i], others[j]) for i, j in _assign(costs)]
    if len(found) < plan.trials:
        remedy = f"give --trials {len(found)}" if found else "give sounds of the same styles and tempi"
        raise BadInput(
            f"{len(found)} pairs match in style and tempo, of {len(twins)} and {len(others)} sounds; {plan.trials} are asked for",
            remedy=f"{remedy}, allow a larger --tempo, or give more sounds",
        )
    return _spread(found, plan.trials, rng)


def _cost(twin: ListeningSound, other: ListeningSound, plan: ListeningPlan) -> float:
    """How unlike two sounds are; `_FORBIDDEN` where they must not be compared."""
    if twin.id == other.id:
        return 0.0 if twin.take == other.take else _OTHER_TAKE
    if twin.style.casefold() != other.style.casefold():
        return _FORBIDDEN
    slow, fast = sorted((twin.bpm or 0.0, other.bpm or 0.0))
    if slow == 0.0:
        return _OTHER_PROMPT if fast == 0.0 else _FORBIDDEN
    return _OTHER_PROMPT + float(np.log2(fast / slow)) if fast / slow <= 1.0 + plan.tempo else _FORBIDDEN


def _assign(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Places of the pairs that cost least together, the forbidden ones left out."""
    rows, columns = linear_sum_assignment(costs)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if costs[i, j] < _FORBIDDEN]


def _spread(found: list[Pair], count: int, rng: np.random.Generator) -> list[Pair]:
    """`count` of the pairs, taken from the styles in turn, then shuffled."""
    by_style: dict[str, list[Pair]] = defaultdict(list)
    for place in rng.permutation(len(found)):
        by_style[found[place][0].style.casefold()].append(found[place])
    turns = [(turn, style) for style, held in sorted(by_style.items()) for turn in range(len(held))]
    chosen = [by_style[style][turn] for turn, style in sorted(turns)[:count]]
    return [chosen[place] for place in rng.permutation(count)]
