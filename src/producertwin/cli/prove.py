"""`twin prove`: did a twin learn its producer?"""

from __future__ import annotations

from ..verbs import evaluate as verbs
from ..verbs.evaluate import EvaluateTwinPlan, PlannedProof, ProofPlan
from ..verbs.studio import open_studio
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, table

RENAMED: dict[str, str | tuple[str, ...]] = {
    "seconds": "--duration",
    "ears": "--ear",
    "subject": "ADAPTER",
    "out": ("--out", "-o"),
}


@options(EvaluateTwinPlan, positional=("subject",), renamed=RENAMED)
def prove(plan: EvaluateTwinPlan, *, dry_run: DryRun = False, detach: Detach = False, console: Console) -> None:
    """Prove that a twin learned: base and twin play the held-out prompts, and both are held against the producer's own music."""
    if detach and not dry_run:
        hand_over("prove", console, **dict(plan))
        return
    with open_studio(console.settings) as studio:
        if dry_run:
            return show_proof_plan(plan.proof, verbs.plan_evaluate(plan, studio), console)
        done = console.follow(verbs.evaluate(plan, studio))
    figures = done.figures
    verdicts = [f"- {one.outcome}: {one.words}" for one in figures.verdicts]
    lines = [figures.answer, "", figures.basis, "", *verdicts, "", str(done.report)]
    console.result("proof", {"figures": figures, "report": done.report}, lambda: "\n".join(lines))
    console.next(_next_command(done))


def show_proof_plan(proof: ProofPlan, found: PlannedProof, console: Console) -> None:
    """Say what would be played."""
    data = {"prompts": found.prompts, "takes": found.takes, "train": found.train, "others": found.others, "short": found.short}
    short = [("short twins to train", found.short)] if found.short else []
    rows = [*short, ("prompts", found.prompts), ("takes to play", found.takes), ("training songs", found.train)]
    rows += [("songs of other producers", min(proof.others, found.others))]
    console.result("plan", {"plan": proof, "into": found.folder, **data}, lambda: table([*rows, ("into", found.folder)]))


def _next_command(done: verbs.Proved) -> str:
    """What to do with a proof: compare the checkpoints of its run where songs are held out for it, else listen."""
    plan, about, test = done.figures.plan, done.figures.subject, verbs.ListeningPlan()
    if done.run is not None and about.held:
        return f"twin runs compare {quote(done.run.name)}"
    pairs, seconds = about.prompts * plan.takes, min(plan.seconds, test.seconds)
    trials = f" --trials {pairs}" if pairs < test.trials else ""
    shorter = f" --seconds {seconds:g}" if seconds < test.seconds else ""
    return " ".join(("twin listen prepare", quote(str(done.folder)))) + trials + shorter
