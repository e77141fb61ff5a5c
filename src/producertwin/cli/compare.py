"""`twin runs compare RUN`: which checkpoint of a training learned most?"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..verbs.compare import CompareCheckpointsPlan, Compared, ComparePlan, plan_compare
from ..verbs.compare import compare as compare_checkpoints
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .prove import RENAMED, Dataset, Variant, show_proof_plan
from .renderings import DryRun
from .text import quote, table

RunKey = Annotated[str, Parameter(name="RUN", help="A run's id or the beginning of it, or its folder.")]


@options(ComparePlan, renamed=RENAMED)
def compare(
    run: RunKey,
    plan: ComparePlan,
    *,
    dataset: Dataset = None,
    variant: Variant = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Score every checkpoint of a run on a few held-out prompts and its validation, and mark the best; none is deleted."""
    verb_plan = CompareCheckpointsPlan(run=run, proof=plan, dataset=dataset, variant=variant)
    with open_studio(console.settings) as studio:
        if dry_run:
            return show_proof_plan(plan, plan_compare(verb_plan, studio), console)
        done = console.follow(compare_checkpoints(verb_plan, studio))
    console.result("comparison", done.comparison, lambda: _scores(done))
    console.next(f"twin prove {quote(done.folder.name)}")


def _scores(done: Compared) -> str:
    """Every checkpoint in a row, the best marked."""
    comparison = done.comparison
    names = list(comparison.weights)
    rows = [
        (
            f"{one.step}{' best' if one.step == comparison.best else ''}",
            f"{one.score:.3f}",
            *(f"{one.parts[name]:.2f}" if name in one.parts else "" for name in names),
            f"{one.copies:.0%}",
            "" if one.loss is None else f"{one.loss:.4f}",
        )
        for one in comparison.scores
    ]
    return table(rows, ("step", "score", *names, "copies", "loss"))
