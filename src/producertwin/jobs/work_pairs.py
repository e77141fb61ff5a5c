"""Jobs of preferences: candidates of many prompts made overnight, takes decoded to be heard, a twin that learns from pairs.

Each prompt is a unit, and several jobs fill one set, each its part; the units of a training are its checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..progress import Kept, Steps
from ..verbs import improve, pairs_make, rounds, sounds
from ..verbs.studio import Studio
from ..wording import plural
from .records import Outcome, Thing
from .works import Work, check_only, tell_units


def pairs_work() -> Work[pairs_make.MakePairsPlan]:
    """The entry of `pairs`: candidates made, scored and paired."""

    def play(plan: pairs_make.MakePairsPlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        done = yield from tell_units(pairs_make.make_pairs(plan, studio), "pairs")
        return Outcome(text=f"set {done.set.id}: {done.pairs} pairs of {done.prompts} of {done.of} prompts")

    def amount(plan: pairs_make.MakePairsPlan) -> float:
        return plan.n * plan.takes * plan.seconds / plan.share[1]

    return Work("pairs", pairs_make.MakePairsPlan, "gpu", play, check_only(pairs_make.plan_pairs), amount)


def decode_work() -> Work[sounds.DecodePlan]:
    """The entry of `decode`: sounds of takes that were kept as latents."""

    def play(plan: sounds.DecodePlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        done = yield from tell_units(sounds.decode_takes(plan, studio), "takes")
        return Outcome(text=f"{len(done)} of {len(plan.takes)} takes decoded")

    return Work("decode", sounds.DecodePlan, "gpu", play, check_only(sounds.plan_decode), lambda plan: float(len(plan.takes)))


def improve_work() -> Work[improve.ImprovePlan]:
    """The entry of `improve`: a twin that learned what was preferred."""

    def play(plan: improve.ImprovePlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
        if plan.rounds is not None:
            return _tell_rounds((yield from rounds.improve_in_rounds(plan, studio)))
        done = yield from improve.improve(plan, studio)
        things = (Thing(kind="run", id=done.run.id),)
        return Outcome(
            text=f"run {done.run.id} from {done.learned} {'takes' if plan.by == 'keepers' else 'pairs'}",
            things=things,
            files=(done.adapter.absolute(),),
        )

    def check(plan: improve.ImprovePlan, studio: Studio) -> object:
        return improve.plan_improve(plan, studio) if plan.rounds is None else rounds.plan_rounds(plan, studio)

    return Work("improve", improve.ImprovePlan, "gpu", play, check_only(check))


def _tell_rounds(done: rounds.ImprovedInRounds) -> Outcome:
    """What came of rounds: the runs, and the best adapter."""
    best = done.best
    said = "nothing was better than what it began with" if best is None else f"round {best.number} is the best"
    return Outcome(
        text=f"{plural(len(done.rounds), 'round')}, {said}: {done.why}",
        things=tuple(Thing(kind="run", id=one.run) for one in done.rounds),
        files=() if best is None else (Path(best.adapter).absolute(),),
    )
