"""`twin prove`: did a twin learn its producer?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..verbs import evaluate as verbs
from ..verbs.evaluate import PlannedProof, ProofPlan
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .renderings import DryRun
from .text import quote, table

Subject = Annotated[
    str, Parameter(name="ADAPTER", help="An adapter, a checkpoint, a run, or a producer whose twin is installed.")
]
Dataset = Annotated[str | None, Parameter(help="The training set; the adapter's own when absent.")]
Variant = Annotated[str | None, Parameter(help="The instrument; the one the adapter was trained on when absent.")]
Out = Annotated[Path | None, Parameter(alias="-o", help="Folder of the proof; a stopped one goes on. In the studio when absent.")]
RENAMED = {"seconds": "--duration", "ears": "--ear"}


@options(ProofPlan, renamed=RENAMED)
def prove(
    subject: Subject,
    plan: ProofPlan,
    *,
    dataset: Dataset = None,
    variant: Variant = None,
    out: Out = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Prove that a twin learned: base and twin play the held-out prompts, and both are held against the producer's own music."""
    verb_plan = verbs.EvaluateTwinPlan(subject=subject, proof=plan, dataset=dataset, variant=variant, out=out)
    with open_studio(console.settings) as studio:
        if dry_run:
            return show_proof_plan(plan, verbs.plan_evaluate(verb_plan, studio), console)
        done = console.follow(verbs.evaluate(verb_plan, studio))
    lines = [*(f"- {one.words}" for one in done.figures.verdicts), "", str(done.report)]
    console.result("proof", {"figures": done.figures, "report": done.report}, lambda: "\n".join(lines))
    console.next(f"twin runs compare {quote(done.run.name)}" if done.run else f"twin listen prepare {quote(str(done.folder))}")


def show_proof_plan(proof: ProofPlan, found: PlannedProof, console: Console) -> None:
    """Say what would be played."""
    data = {"prompts": found.prompts, "takes": found.takes, "train": found.train, "others": found.others}
    rows = [("held-out prompts", found.prompts), ("takes to play", found.takes), ("training songs", found.train)]
    rows += [("songs of other producers", min(proof.others, found.others))]
    console.result("plan", {"plan": proof, "into": found.folder, **data}, lambda: table([*rows, ("into", found.folder)]))
