"""`twin improve`: a twin gets better by what was preferred."""

from __future__ import annotations

from ..verbs import improve as verb
from ..verbs import rounds
from ..verbs.improve import ImprovePlan, KeepPlan, PlannedDpo
from ..verbs.studio import open_studio
from ..wording import plural
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, table


@options(ImprovePlan, positional=("producer",), renamed={"start": "--from", "judges": "--judge"})
def improve(plan: ImprovePlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> None:
    """Improve a producer's twin by what was preferred. The same command goes on with a run that was stopped or killed."""
    if detach and not dry_run:
        hand_over("improve", console, **plan.model_dump(exclude_unset=True))
        return
    if plan.rounds is not None:
        _improve_in_rounds(plan, console, dry_run=dry_run)
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
    rows += [("off-policy", f"{plural(done.off_policy, 'pair')} that others made")] if done.off_policy else []
    data = {"run": done.run, "adapter": done.adapter, "by": plan.by, "learned": done.learned, "left_out": done.left_out}
    console.result("improve", data | {"dataset": done.dataset, "off_policy": done.off_policy}, lambda: table(rows))
    console.say(f"to install it: twin twins install {quote(str(done.adapter))} --producer {quote(plan.producer)}")
    console.next(f"twin prove {quote(str(done.adapter))}")


def _improve_in_rounds(plan: ImprovePlan, console: Console, *, dry_run: bool) -> None:
    """Rounds of candidates, learning and proof, and a row of each."""
    with open_studio(console.settings) as studio:
        planned = rounds.plan_rounds(plan, studio)
        done = None if dry_run else console.follow(rounds.improve_in_rounds(plan, studio))
    if done is None:
        shown: list[tuple[str, object]] = [("rounds", f"at most {plan.rounds}"), ("candidates", f"set {planned.pairs.id}")]
        shown += [("begins with", planned.start or f"{plan.variant} alone"), ("learned from", ", ".join(planned.made.weights))]
        shown += [
            ("judged by", ", ".join(planned.judges)),
            ("proven on", f"{plural(plan.proof * planned.made.takes, 'take')} each"),
        ]
        asked = {"pairs": planned.pairs.id, "start": planned.start, "judges": planned.judges, "rounds": plan.rounds}
        console.result("plan", asked, lambda: table(shown))
        return
    rows = [(one.number, one.run, "kept" if one.kept else "not kept", one.why) for one in done.rounds]
    data = {"rounds": done.rounds, "best": done.best, "why": done.why}
    console.result("rounds", data, lambda: table(rows, ("round", "run", "", "why")))
    if done.best is None:
        console.say("nothing was better than what it began with")
        return
    console.say(f"to install it: twin twins install {quote(done.best.adapter)} --producer {quote(plan.producer)}")
    console.next(f"twin prove {quote(done.best.adapter)}")


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
