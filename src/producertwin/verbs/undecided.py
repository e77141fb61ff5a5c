"""`twin pairs undecided`: the pairs of takes about which the scorers of a set do not agree, for a person to decide."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..library import TakePreference, VerdictFilter
from ..recipe import read
from .pairs_make import MakePairsPlan
from .studio import Studio

if TYPE_CHECKING:
    from ..preferences.store import PairSet
    from ..preferences.undecided import UndecidedPair

__all__ = ["Queue", "find_queue"]


@dataclass(frozen=True, slots=True)
class Queue:
    """What is left to decide in a set of candidates."""

    set: PairSet
    pairs: tuple[UndecidedPair, ...]
    """Those whose answer teaches most come first."""
    decided: int
    """Pairs of takes of this set between which a person decided; verdicts that were taken back do not count."""


def find_queue(key: str | None, studio: Studio) -> Queue:
    """The undecided pairs of the set `key`, or of the one that was added to last.

    Raises `NotFound`, and `BadInput` for a set that holds no candidates.
    """
    from ..preferences import candidates, store
    from ..preferences.undecided import find_undecided

    found = store.find(key, studio.settings.studio)
    rows = candidates.all_rows(found.folder)
    if not rows:
        message = f"set {found.id} has no candidates that scorers could disagree about"
        raise BadInput(message, remedy="make some: twin pairs make; see twin pairs list")
    made = {name: value for name, value in found.plan.items() if name in MakePairsPlan.model_fields}
    plan = read(MakePairsPlan, made, where=f"the plan of set {found.id}")
    if any(plan.weights.keys() - scores.keys() for row in rows.values() for scores in row.scores):
        message = f"set {found.id} is damaged: not every take has a score by {', '.join(plan.weights)}"
        raise BadInput(message, remedy="restore it from a copy of the studio, or make another: twin pairs make")
    verdicts = studio.library.verdicts.list(VerdictFilter(only="preference", source="human"))
    decided = {frozenset((one.a, one.b)) for one in verdicts if isinstance(one, TakePreference)}
    here = studio.library.takes.ids()
    pairs = find_undecided(rows.values(), plan.weights, plan.least_margin, decided, here.__contains__)
    prompts = defaultdict[str, set[int]](set)
    for place, row in rows.items():
        for take in row.takes:
            prompts[take].add(place)
    return Queue(found, pairs, sum(not prompts[a].isdisjoint(prompts[b]) for a, b in decided))
