"""`twin evaluate`: prove what a twin learned; or measure an instrument, its embedder, or the house band."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..evaluation.suite import BandSuite, EmbedderSuite, NanoSuite
from .options import options
from .output import Talk
from .prove import prove
from .renderings import DryRun
from .text import table

app = App(
    name="evaluate",
    help="Prove what a twin learned; or measure an instrument, its embedder, or the house band.",
    help_epilogue='Begin with: twin evaluate "Mara Vale"',
)
app.default(prove)


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
    from ..evaluation import pages, report
    from ..evaluation.nano import evaluate, examples_folder
    from ..model.embedder import load_embedder
    from ..model.load import load

    if dry_run:
        rows = [("prompts", str(stage.prompts)), ("reference songs", str(stage.reference)), ("into", str(out))]
        talk.result("plan", {"suite": stage, "into": out, "page": page}, lambda: table(rows))
        return
    if page:
        pages.place(page, report.TITLE)  # refused before hours of work
    instrument, embedder = load(variant, talk.settings), load_embedder(talk.settings)
    found = talk.follow(evaluate(stage, instrument, out, embedder))
    written = report.publish(found, page, examples_folder(stage, instrument, out, embedder)) if page else []
    talk.result("evaluation", {"figures": found, "files": [out / "figures.json", *written]}, lambda: report.tables(found))
    talk.next("twin demo")


@app.command
@options(EmbedderSuite, renamed={"seconds": "--duration"})
def embedder(
    stage: EmbedderSuite,
    *,
    page: Annotated[Path | None, Parameter(help="Markdown page to write the tables into.")] = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Measure whether the offline embedder hears what is there: captions, styles, stems, and planted degradations."""
    from ..evaluation import embedder, embedder_report, pages
    from ..model.embedder import load_embedder

    if dry_run:
        talk.result("plan", {"suite": stage, "page": page}, lambda: table([("songs", str(stage.songs))]))
        return
    if page:
        pages.place(page, embedder_report.TITLE)
    found = talk.follow(embedder.evaluate(stage, load_embedder(talk.settings)))
    written = embedder_report.publish(found, page) if page else []
    talk.result("evaluation", {"figures": found, "files": written}, lambda: embedder_report.tables(found))
    talk.next("twin evaluate nano --prompts 8 --reference 48")


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
    from ..evaluation import band, band_report, pages

    if dry_run:
        talk.result("plan", {"suite": stage, "page": page}, lambda: table([("songs of each style", str(stage.songs))]))
        return
    if page:
        pages.place(page, band_report.TITLE)
    found = talk.follow(band.evaluate(stage))
    written = band_report.publish(found, page) if page else []
    talk.result("evaluation", {"figures": found, "files": written}, lambda: band_report.tables(found))
    talk.next("twin evaluate nano --prompts 8 --reference 48")
