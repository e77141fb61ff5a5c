"""`twin evaluate`: prove what a twin learned; or measure an instrument, its embedder, or the house band."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..verbs import evaluate as verbs
from ..verbs.evaluate import BandSuite, EmbedderSuite, EvaluateTwinPlan, NanoSuite, PlannedProof, ProofPlan
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .renderings import DryRun
from .text import table

app = App(
    name="evaluate",
    help="Prove what a twin learned; or measure an instrument, its embedder, or the house band.",
    help_epilogue='Begin with: twin evaluate "Mara Vale"',
)

TablesPage = Annotated[Path | None, Parameter(help="Markdown page to write the tables into.")]
RENAMED: dict[str, str | tuple[str, ...]] = {
    "seconds": "--duration",
    "ears": "--ear",
    "subject": "ADAPTER",
    "out": ("--out", "-o"),
}


@app.default
@options(EvaluateTwinPlan, positional=("subject",), renamed=RENAMED)
def prove(plan: EvaluateTwinPlan, *, dry_run: DryRun = False, console: Console) -> None:
    """Prove that a twin learned: base and twin play the held-out prompts, and both are held against the producer's own music."""
    with open_studio(console.settings) as studio:
        if dry_run:
            return show_proof_plan(plan.proof, verbs.plan_evaluate(plan, studio), console)
        done = console.follow(verbs.evaluate(plan, studio))
    figures = done.figures
    verdicts = [f"- {one.outcome}: {one.words}" for one in figures.verdicts]
    lines = [figures.answer, "", figures.basis, "", *verdicts, "", str(done.report)]
    console.result("proof", {"figures": figures, "report": done.report}, lambda: "\n".join(lines))
    console.next(_next_command(done))


@app.command
@options(NanoSuite, renamed={"seconds": "--duration", "strengths": "--strength"})
def nano(
    plan: NanoSuite,
    *,
    variant: Annotated[str, Parameter(help="The instrument: nano, or a variant or folder.")] = "nano",
    out: Annotated[Path, Parameter(alias="-o", help="Folder of the run; a stopped one goes on.")] = Path("runs/nano-figures"),
    page: Annotated[Path | None, Parameter(help="Markdown page to write tables and pictures into.")] = None,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Measure how well nano does what its prompts ask, beside its codec's ceiling and real songs."""
    if dry_run:
        rows = [("prompts", str(plan.prompts)), ("reference songs", str(plan.reference)), ("into", str(out))]
        console.result("plan", {"suite": plan, "into": out, "page": page}, lambda: table(rows))
        return
    with open_studio(console.settings) as studio:
        verb_plan = verbs.EvaluateNanoPlan(suite=plan, variant=variant, out=out, page=page)
        _tell(console.follow(verbs.evaluate_nano(verb_plan, studio)), console)
    console.next("twin demo")


@app.command
@options(EmbedderSuite, renamed={"seconds": "--duration"})
def embedder(plan: EmbedderSuite, *, page: TablesPage = None, dry_run: DryRun = False, console: Console) -> None:
    """Measure whether the offline embedder hears what is there: captions, styles, stems, and planted degradations."""
    if dry_run:
        console.result("plan", {"suite": plan, "page": page}, lambda: table([("songs", str(plan.songs))]))
        return
    with open_studio(console.settings) as studio:
        _tell(console.follow(verbs.evaluate_embedder(verbs.EvaluateEmbedderPlan(suite=plan, page=page), studio)), console)
    console.next("twin evaluate nano --prompts 8 --reference 48")


@app.command
@options(BandSuite, renamed={"seconds": "--duration"})
def band(plan: BandSuite, *, page: TablesPage = None, dry_run: DryRun = False, console: Console) -> None:
    """Measure whether the house band's songs are what they say: tempo, key, level, balance, style; and its speed."""
    if dry_run:
        console.result("plan", {"suite": plan, "page": page}, lambda: table([("songs of each style", str(plan.songs))]))
        return
    with open_studio(console.settings) as studio:
        _tell(console.follow(verbs.evaluate_band(verbs.EvaluateBandPlan(suite=plan, page=page), studio)), console)
    console.next("twin evaluate nano --prompts 8 --reference 48")


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
        return f"twin compare {done.run.name}"
    pairs, seconds = about.prompts * plan.takes, min(plan.seconds, test.seconds)
    trials = f" --trials {pairs}" if pairs < test.trials else ""
    shorter = f" --seconds {seconds:g}" if seconds < test.seconds else ""
    return f"twin listen prepare {shlex.quote(str(done.folder))}{trials}{shorter}"


def _tell(done: verbs.Evaluated, console: Console) -> None:
    """Print what was measured."""
    console.result("evaluation", {"figures": done.figures, "files": done.files}, done.tables)
