"""Jobs that listen closely: `inspect` keeps its report, `repair` a take, an asset or a file, and the record of what it did."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Kept, Steps
from ..verbs import inspect, repair
from ..verbs.reports import keep_inspection
from ..verbs.studio import Studio
from .records import Outcome, Queue, Thing
from .works import Work, check_only


def inspect_work() -> Work[inspect.InspectPlan]:
    """The entry of `inspect`: the report on one sound. It waits with what needs the instrument where it takes a sound apart."""
    return Work("inspect", inspect.InspectPlan, "cpu", _inspect, check_only(inspect.plan_inspect), choose=_choose_inspect)


def repair_work() -> Work[repair.RepairPlan]:
    """The entry of `repair`: a sound mended. It waits with what needs the instrument where it may play regions anew."""
    return Work("repair", repair.RepairPlan, "gpu", _repair, check_only(repair.plan_repair), choose=_choose_repair)


def _choose_inspect(plan: inspect.InspectPlan) -> Queue:
    return "cpu" if plan.separate is None else "gpu"


def _choose_repair(plan: repair.RepairPlan) -> Queue:
    return "cpu" if plan.only_edits else "gpu"


def _inspect(plan: inspect.InspectPlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
    done = yield from inspect.inspect(plan, studio)
    kept = keep_inspection(done, plan, studio)
    files = tuple(path.absolute() for path in done.files)
    scores = (f"{done.report.score:.1f} of 10", *(f"{stem.stem} {stem.score:.1f}" for stem in done.stems))
    return Outcome(text="; ".join(scores), things=(Thing(kind="report", id=kept.id),), files=files)


def _repair(plan: repair.RepairPlan, studio: Studio, _: Sequence[Kept]) -> Steps[Outcome]:
    done = yield from repair.repair(plan, studio)
    if done.repair is None:
        return Outcome(text=_say_why(done))
    return Outcome(
        text=f"{done.score_before:.1f} of 10 before, {done.score_after:.1f} after",
        takes=() if done.take is None else (done.take,),
        things=(Thing(kind="repair", id=done.repair),),
        files=() if done.out is None else (done.out.absolute(),),
    )


def _say_why(done: repair.RepairResult) -> str:
    """Why nothing was kept."""
    reasons = dict.fromkeys(f"{one.kind.replace('_', ' ')}: {one.why}" for one in done.attempts)
    return f"nothing was better ({'; '.join(reasons)})" if reasons else "nothing to repair was found"
