"""`twin evaluate`: measure an instrument, or the house band."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..evaluation.suite import BandSuite, NanoSuite
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import table

app = App(
    name="evaluate",
    help="Measure an instrument, or the house band.",
    help_epilogue="Begin with: twin evaluate nano --prompts 8 --reference 48",
)


@app.command
@options(NanoSuite, renamed={"seconds": "--duration", "strengths": "--strength"})
def nano(
    stage: NanoSuite,
    *,
    variant: Annotated[str, Parameter(help="The instrument: nano, or a variant or folder.")] = "nano",
    out: Annotated[Path, Parameter(alias="-o", help="Folder of the run; a stopped one goes on.")] = Path("runs/nano-figures"),
    page: Annotated[Path | None, Parameter(help="Markdown page to write tables and pictures into.")] = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Measure how well nano does what its prompts ask, beside its codec's ceiling and real songs."""
    from ..evaluation import report
    from ..evaluation.nano import evaluate, examples_folder
    from ..model.load import load

    if dry_run:
        rows = [("prompts", str(stage.prompts)), ("reference songs", str(stage.reference)), ("into", str(out))]
        talk.result("plan", {"suite": stage, "into": out, "page": page}, lambda: table(rows))
        return
    instrument = load(variant, talk.settings)
    found = talk.follow(evaluate(stage, instrument, out))
    written = report.publish(found, page, examples_folder(stage, instrument, out)) if page else []
    talk.result("evaluation", {"figures": found, "files": [out / "figures.json", *written]}, lambda: report.tables(found))
    talk.next("twin demo")


@app.command
@options(BandSuite, renamed={"seconds": "--duration"})
def band(
    stage: BandSuite,
    *,
    page: Annotated[Path | None, Parameter(help="Markdown page to write the tables into.")] = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Measure whether the house band's songs are what they say: tempo, key, level, balance, style; and its speed."""
    from ..evaluation import band, band_report

    if dry_run:
        talk.result("plan", {"suite": stage, "page": page}, lambda: table([("songs of each style", str(stage.songs))]))
        return
    found = talk.follow(band.evaluate(stage))
    written = band_report.publish(found, page) if page else []
    talk.result("evaluation", {"figures": found, "files": written}, lambda: band_report.tables(found))
    talk.next("twin evaluate nano --prompts 8 --reference 48")
