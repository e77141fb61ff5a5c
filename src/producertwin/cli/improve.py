"""`twin improve`: a twin gets better by what was preferred."""

from __future__ import annotations

from ..verbs import improve as verb
from ..verbs.improve import ImprovePlan, KeepPlan, PlannedDpo
from ..verbs.studio import open_studio
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, table


@options(ImprovePlan, positional=("producer",), renamed={"start": "--from"})
def improve(plan: ImprovePlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> None:
    """Improve a producer's twin by what was preferred. The same command goes on with a run that was stopped or killed."""
    if detach and not dry_run:
        hand_over("improve", console, **plan.model_dump(exclude_unset=True))
        return
    with open_studio(console.settings) as studio:
        planned = verb.plan_improve(plan, studio)
        done = None if dry_run else console.follow(verb.improve(plan, studio))
    if done is None:
        _print_plan(plan, planned, console)
        return
    what = "takes kept" if plan.by == "keepers" else "pairs"
    rows: list[tuple[str, object]] = [("run", done.run.id), (what, done.learned), ("left out", len(done.left_out))]
    rows += [("steps", f"{done.run.step} of {done.run.steps}"), ("adapter", done.adapter)]
    rows += [("training set", done.dataset)] if done.dataset else []
    data = {"run": done.run, "adapter": done.adapter, "by": plan.by, "learned": done.learned, "left_out": done.left_out}
    console.result("improve", data | {"dataset": done.dataset}, lambda: table(rows))
    console.say(f"to install it: twin twins install {quote(str(done.adapter))} --producer {quote(plan.producer)}")
    console.next(f"twin prove {quote(str(done.adapter))}")


def _print_plan(plan: ImprovePlan, planned: PlannedDpo | KeepPlan, console: Console) -> None:
    """Say what would be learned from what."""
    rows: list[tuple[str, object]]
    if isinstance(planned, KeepPlan):
        best = planned.ranked[: planned.keep]
        rows = [("candidates", f"set {planned.set.id}"), ("takes kept", f"{len(best)} of {len(planned.ranked)}")]
        rows += [("share of the songs", f"{planned.anchor:.0%}")]
        data = {"pairs": planned.set.id, "keepers": [one.take for one in best], "anchor": planned.anchor}
    else:
        rows = [("pairs", f"set {planned.pairs.id}, {planned.learned}, and {planned.held_out} held out")]
        rows += [("begins with", planned.parent or f"{plan.variant} alone"), ("steps", planned.recipe.steps)]
        data = {"pairs": planned.pairs.id, "learned": planned.learned, "held_out": planned.held_out, "parent": planned.parent}
        data |= {"recipe": planned.recipe}
    console.result("plan", data, lambda: table(rows))
