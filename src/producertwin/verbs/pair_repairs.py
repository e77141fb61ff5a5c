"""Pairs of a take and what a repair made of it: of repairs that were done before, and of candidates that are repaired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..progress import Steps
from .repair import RepairPlan, repair
from .repaired import list_repairs
from .studio import Studio

if TYPE_CHECKING:
    from ..library import Take
    from ..preferences.collect import FindTake
    from ..preferences.pair import Pair
    from ..preferences.store import PairSet
    from .repaired import RepairRecord

__all__ = ["collect_repairs", "mend_take"]


def collect_repairs(studio: Studio) -> tuple[PairSet, int, int]:
    """Make a set of all repairs of takes that were kept, the repaired take before the one that was repaired.

    Returns the set, its pairs, and how many repairs were read; the same again brings it up to date. Raises `BadInput` where
    nothing makes a pair.
    """
    from ..preferences import store
    from ..preferences.counts import count_pairs
    from .pairs_make import find_takes

    find = find_takes(studio)
    repairs = list_repairs(studio)
    pairs = [pair for one in repairs for pair in _pair(one, find)]
    if not pairs:
        message = f"{len(repairs)} repairs make no pair: a pair needs a repaired take, and the take that it was made from"
        raise BadInput(message, remedy="repair takes: twin repair TAKE; or make pairs of repairs: twin pairs make --vary repair")
    found = store.open_set(studio.settings.studio, {"made": "repairs"})
    store.replace(found, pairs)
    count_pairs(found)
    return found, len(pairs), len(repairs)


def mend_take(take: Take, studio: Studio) -> Steps[list[Take]]:
    """The take, and what `twin repair` makes of it where anything is better. Raises as `repair` does."""
    takes = studio.library.takes
    kept = take.audio is not None or takes.find_decoded(take) is not None
    done = yield from repair(RepairPlan(subject=take.id), studio)
    if not kept:
        takes.drop_decoded(take)
    return [take] if done.take is None else [take, takes.get(done.take)]


def _pair(one: RepairRecord, find: FindTake) -> Iterator[Pair]:
    """The pair of a repair; none for a file or an asset, and none where a take is gone or nothing got better."""
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
