"""`twin prove`: prove what a twin learned; or measure an instrument, its embedder, or the house band."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..evaluation.suite import BandSuite, EmbedderSuite, NanoSuite
from ..progress import Steps
from ..proof.plan import ProofPlan
from ..recipe import Record
from .studio import Studio

if TYPE_CHECKING:
    from ..proof.corpus import Corpus
    from ..proof.figures import ProofFigures
    from ..proof.subject import Twin

__all__ = [
    "BandSuite",
    "EmbedderSuite",
    "EvaluateBandPlan",
    "EvaluateEmbedderPlan",
    "EvaluateNanoPlan",
    "EvaluateTwinPlan",
    "Evaluated",
    "NanoSuite",
    "PlannedProof",
    "ProofPlan",
    "Proved",
    "count_takes",
    "evaluate",
    "evaluate_band",
    "evaluate_embedder",
    "evaluate_nano",
    "find_corpus",
    "plan_evaluate",
]


class EvaluateTwinPlan(Record):
    """Whose twin is proved, on what, and how."""

    subject: str
    """An adapter, a checkpoint, a run, or a producer whose twin is installed."""
    proof: ProofPlan = ProofPlan()
    """How much is played and how it is measured."""
    dataset: str | None = None
    """The training set; the adapter's own when absent."""
    variant: str | None = None
    """The instrument; the one the adapter was trained on when absent."""
    out: Path | None = None
    """Folder of the proof; in the run or in the studio when absent."""


class EvaluateNanoPlan(Record):
    """Which instrument is measured, and where its figures go."""

    suite: NanoSuite = NanoSuite()
    """What is measured, on how many prompts."""
    variant: str = "nano"
    """The instrument: nano, or a variant or folder."""
    out: Path = Path("runs/nano-figures")
    """Folder of the run; a stopped one goes on."""
    page: Path | None = None
    """Markdown page to write tables and pictures into."""


class EvaluateEmbedderPlan(Record):
    """How the offline embedder is measured, and where its figures go."""

    suite: EmbedderSuite = EmbedderSuite()
    """On how many songs."""
    page: Path | None = None
    """Markdown page to write the tables into."""


class EvaluateBandPlan(Record):
    """How the house band is measured, and where its figures go."""

    suite: BandSuite = BandSuite()
    """How much the band plays."""
    page: Path | None = None
    """Markdown page to write the tables into."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof found."""

    figures: ProofFigures
    folder: Path
    report: Path
    """An HTML page in the folder."""
    run: Path | None
    """The folder of the twin's run; None where it is of none."""


@dataclass(frozen=True, slots=True)
class PlannedProof:
    """What would be played."""

    prompts: int
    """Held-out songs."""
    takes: int
    train: int
    """Songs that were learned from."""
    others: int
    """Songs of other producers."""
    folder: Path


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation measured."""

    figures: Record
    tables: str
    """The figures as Markdown."""
    files: tuple[Path, ...]
    """What was written."""


def evaluate(plan: EvaluateTwinPlan, studio: Studio) -> Steps[Proved]:
    """Prove that a twin learned its producer, or fail to; a stopped proof goes on.

    Raises `NotFound` where `proof.subject` finds no twin, and as `proof.prove.prove` does.
    """
    from ..proof import prove as proof

    twin, corpus, folder = _resolve(plan, studio)
    instrument = yield from studio.load_instrument(plan.variant or twin.variant or "nano")
    embedders = studio.load_embedders(plan.proof.ears)
    figures = yield from proof.prove(plan.proof, corpus, instrument, twin.adapter, folder, embedders)
    return Proved(figures, folder, folder / proof.REPORT, twin.run)


def plan_evaluate(plan: EvaluateTwinPlan, studio: Studio) -> PlannedProof:
    """What a proof would play: base and twin. Raises as `evaluate` does, but loads no instrument."""
    _, corpus, folder = _resolve(plan, studio)
    return count_takes(plan.proof, corpus, 2, folder)


def evaluate_nano(plan: EvaluateNanoPlan, studio: Studio) -> Steps[Evaluated]:
    """Measure how well an instrument does what its prompts ask, beside its codec's ceiling and real songs.

    Raises `BadInput` for a page without a place for the figures, and as `evaluation.nano.suite.evaluate` does.
    """
    from ..evaluation import markdown
    from ..evaluation.nano import report, suite

    if plan.page:
        markdown.place(plan.page, report.TITLE)  # refused before hours of work
    instrument = yield from studio.load_instrument(plan.variant)
    embedder = studio.load_embedder()
    found = yield from suite.evaluate(plan.suite, instrument, plan.out, embedder)
    written = [plan.out / "figures.json"]
    if plan.page:
        written += report.publish(found, plan.page, suite.examples_folder(plan.suite, instrument, plan.out, embedder))
    return Evaluated(found, report.tables(found), tuple(written))


def evaluate_embedder(plan: EvaluateEmbedderPlan, studio: Studio) -> Steps[Evaluated]:
    """Measure whether the offline embedder hears captions, styles, stems, and planted degradations.

    Raises `BadInput` for a page without a place for the figures, and as `evaluation.embedder.suite.evaluate` does.
    """
    from ..evaluation import markdown
    from ..evaluation.embedder import report, suite

    if plan.page:
        markdown.place(plan.page, report.TITLE)
    found = yield from suite.evaluate(plan.suite, studio.load_embedder())
    written = report.publish(found, plan.page) if plan.page else []
    return Evaluated(found, report.tables(found), tuple(written))


def evaluate_band(plan: EvaluateBandPlan, studio: Studio) -> Steps[Evaluated]:  # noqa: ARG001 - one signature for all verbs
    """Measure whether the house band's songs are what they say: tempo, key, level, balance, style; and its speed.

    Raises `BadInput` for a page without a place for the figures, and as `evaluation.band.suite.evaluate` does.
    """
    from ..evaluation import markdown
    from ..evaluation.band import report, suite

    if plan.page:
        markdown.place(plan.page, report.TITLE)
    found = yield from suite.evaluate(plan.suite)
    written = report.publish(found, plan.page) if plan.page else []
    return Evaluated(found, report.tables(found), tuple(written))


def find_corpus(proof: ProofPlan, twin: Twin, dataset: str | None, studio: Studio) -> Corpus:
    """The songs that a twin is held against: those of `dataset`, or of its own training set. Raises as `corpus_of` does."""
    from ..dataset import store
    from ..proof.sources import corpus_of

    manifest = store.find(dataset or twin.dataset, studio.library.studio)
    return corpus_of(manifest, studio.library, proof.seconds)


def count_takes(proof: ProofPlan, corpus: Corpus, sides: int, folder: Path) -> PlannedProof:
    """What would be played where `sides` instruments play every prompt."""
    prompts = min(proof.prompts or len(corpus.holdout), len(corpus.holdout))
    return PlannedProof(prompts, prompts * proof.takes * sides, len(corpus.train), len(corpus.others), folder)


def _resolve(plan: EvaluateTwinPlan, studio: Studio) -> tuple[Twin, Corpus, Path]:
    """The twin that is meant, the songs it is held against, and the folder of its proof."""
    from ..proof import subject

    library = studio.library
    twin = subject.find(plan.subject, library)
    corpus = find_corpus(plan.proof, twin, plan.dataset, studio)
    return twin, corpus, plan.out or (twin.run / "proof" if twin.run else library.studio / "proofs" / twin.name)
