"""Jobs that make pairs: candidates of many prompts overnight. Each prompt is a unit; several jobs fill one set, each its part."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Kept, Steps
from ..verbs import pairs_make
from ..verbs.studio import Studio
from .records import Outcome
from .works import Work, check_only, tell_units


def pairs_work() -> Work[pairs_make.MakePairsPlan]:
    """The entry of `pairs`: candidates made, scored and paired."""

    def play(plan: pairs_make.MakePairsPlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        done = yield from tell_units(pairs_make.make_pairs(plan, studio), "pairs")
        return Outcome(text=f"set {done.set.id}: {done.pairs} pairs of {done.prompts} of {done.of} prompts")

    def amount(plan: pairs_make.MakePairsPlan) -> float:
        return plan.n * plan.takes * plan.seconds / plan.share[1]

    return Work("pairs", pairs_make.MakePairsPlan, "gpu", play, check_only(pairs_make.plan_pairs), amount)
