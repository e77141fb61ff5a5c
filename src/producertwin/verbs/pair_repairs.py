"""A take and what a repair made of it, as a pair: of a repair that was kept before, or of a candidate that is repaired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..progress import Steps
from .repair import RepairPlan, repair
from .studio import Studio

if TYPE_CHECKING:
    from ..library import Take
    from ..preferences.collect import FindTake
    from ..preferences.pair import Pair
    from .repaired import RepairRecord

__all__ = ["mend_take", "pair_repair"]


def mend_take(take: Take, studio: Studio) -> Steps[list[Take]]:
    """The take, and what `twin repair` makes of it where anything is better. Raises as `repair` does."""
    takes = studio.library.takes
    kept = takes.has_sound(take)
    done = yield from repair(RepairPlan(subject=take.id), studio)
    if not kept:
        takes.drop_decoded(take)
    return [take] if done.take is None else [take, takes.get(done.take)]


def pair_repair(one: RepairRecord, find: FindTake) -> Iterator[Pair]:
    """The pair of a repaired take and the one that was repaired; none where either is gone, was no take or got no better."""
    from ..preferences.pair import Pair, Side, prompt_of

    before, after = (None if name is None or one.kind != "take" else find(name) for name in (one.before, one.after))
    if before is None or after is None or one.score_after <= one.score_before:
        return
    yield Pair(
        prompt=prompt_of(before),
        chosen=Side.of(after, {"inspector": one.score_after}, tuple(defect.kind for defect in one.left)),
        rejected=Side.of(before, {"inspector": one.score_before}, tuple(defect.kind for defect in one.found)),
        margin=one.score_after - one.score_before,
        source="repair",
        judge="inspector",
    )
