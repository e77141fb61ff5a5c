"""`twin lab measure`: how good the shipped parts are: an instrument, the embedder, the house band, the ears."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..verbs import evaluate as verbs
from ..verbs.evaluate import BandSuite, EmbedderSuite, NanoSuite
from ..verbs.measure_ears import EarsSuite, EvaluateEarsPlan, evaluate_ears
from ..verbs.studio import open_studio
from .detaching import Detach, hand_over
from .options import options
from .output import Console
from .renderings import DryRun
from .text import table

app = App(name="measure", help="Measure an instrument, the offline embedder, the house band, or the detectors of defects.")

TablesPage = Annotated[Path | None, Parameter(help="Markdown page to write the tables into.")]


@app.command
@options(NanoSuite, renamed={"seconds": "--duration", "strengths": "--strength"})
def nano(
    plan: NanoSuite,
    *,
    variant: Annotated[str, Parameter(help="The instrument: nano, or a variant or folder.")] = "nano",
    out: Annotated[Path, Parameter(alias="-o", help="Folder of the run; a stopped one goes on.")] = Path("runs/nano-figures"),
    page: Annotated[Path | None, Parameter(help="Markdown page to write tables and pictures into.")] = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Measure how well nano does what its prompts ask, beside its codec's ceiling and real songs."""
    if dry_run:
        rows = [("prompts", str(plan.prompts)), ("reference songs", str(plan.reference)), ("into", str(out))]
        console.result("plan", {"suite": plan, "into": out, "page": page}, lambda: table(rows))
        return
    if detach:
        hand_over("measure-nano", console, suite=plan, variant=variant, out=out, page=page)
        return
    with open_studio(console.settings) as studio:
        verb_plan = verbs.EvaluateNanoPlan(suite=plan, variant=variant, out=out, page=page)
        _tell(console.follow(verbs.evaluate_nano(verb_plan, studio)), console)
    console.next("twin demo")


@app.command
@options(EmbedderSuite, renamed={"seconds": "--duration"})
def embedder(
    plan: EmbedderSuite, *, page: TablesPage = None, dry_run: DryRun = False, detach: Detach = False, console: Console
) -> None:
    """Measure whether the offline embedder hears what is there: captions, styles, stems, and planted degradations."""
    if dry_run:
        console.result("plan", {"suite": plan, "page": page}, lambda: table([("songs", str(plan.songs))]))
        return
    if detach:
        hand_over("measure-embedder", console, suite=plan, page=page)
        return
    with open_studio(console.settings) as studio:
        _tell(console.follow(verbs.evaluate_embedder(verbs.EvaluateEmbedderPlan(suite=plan, page=page), studio)), console)
    console.next("twin lab measure nano --prompts 8 --reference 48")


@app.command
@options(BandSuite, renamed={"seconds": "--duration"})
def band(plan: BandSuite, *, page: TablesPage = None, dry_run: DryRun = False, detach: Detach = False, console: Console) -> None:
    """Measure whether the house band's songs are what they say: tempo, key, level, balance, style; and its speed."""
    if dry_run:
        console.result("plan", {"suite": plan, "page": page}, lambda: table([("songs of each style", str(plan.songs))]))
        return
    if detach:
        hand_over("measure-band", console, suite=plan, page=page)
        return
    with open_studio(console.settings) as studio:
        _tell(console.follow(verbs.evaluate_band(verbs.EvaluateBandPlan(suite=plan, page=page), studio)), console)
    console.next("twin lab measure nano --prompts 8 --reference 48")


@app.command
@options(EarsSuite, renamed={"seconds": "--duration"})
def ears(
    plan: EarsSuite,
    *,
    recordings: Annotated[Path | None, Parameter(help="Folder of fine recordings to try beside the band's songs.")] = None,
    page: TablesPage = None,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Measure how much of what is planted into fine songs the detectors find, where, and how often they cry wolf."""
    if dry_run:
        console.result("plan", {"suite": plan, "page": page}, lambda: table([("songs of each style", str(plan.songs))]))
        return
    if detach:
        hand_over("measure-ears", console, suite=plan, recordings=recordings, page=page)
        return
    with open_studio(console.settings) as studio:
        verb_plan = EvaluateEarsPlan(suite=plan, recordings=recordings, page=page)
        _tell(console.follow(evaluate_ears(verb_plan, studio)), console)
    console.next("twin inspect song.flac")


def _tell(done: verbs.Evaluated, console: Console) -> None:
    """Print what was measured."""
    console.result("evaluation", {"figures": done.figures, "files": done.files}, done.tables)
