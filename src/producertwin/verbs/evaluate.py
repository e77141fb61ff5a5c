"""`twin prove`: prove what a twin learned; or measure an instrument, its embedder, or the house band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field

from ..errors import BadInput
from ..evaluation.suite import BandSuite, EmbedderSuite, NanoSuite
from ..listening.plan import ListeningPlan
from ..progress import Steps, note
from ..proof.plan import ProofPlan
from ..recipe import Record, short_id
from ..wording import plural
from .encode import encode_missing
from .studio import Studio

if TYPE_CHECKING:
    from ..dataset.manifest import Manifest
    from ..proof.corpus import Corpus
    from ..proof.figures import ProofFigures
    from ..proof.reach import Reach
    from ..proof.subject import Twin
    from ..proof.takes import ShortTwin

PROOF: Final = "figures.json"
"""What every proof has in its folder."""

__all__ = [
    "BandSuite",
    "EmbedderSuite",
    "EvaluateBandPlan",
    "EvaluateEmbedderPlan",
    "EvaluateNanoPlan",
    "EvaluateTwinPlan",
    "Evaluated",
    "ListeningPlan",
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
    "find_proofs",
    "name_proof",
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
    folds: int | None = Field(None, ge=0, le=20)
    """Short twins to be judged in the twin's place, each trained without a part of the songs; where too few songs are held out
    when absent, and never when 0."""


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
    short: int = 0
    """Short twins that would be trained first."""


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
    from ..model.variants import catalogue
    from ..proof import prove as proof
    from ..proof.reach import describe_judging
    from ..proof.short_twins import find_task, train_short
    from ..proof.sources import check_sides

    found = _resolve(plan, studio)
    twin, folds = found.twin, found.reach.folds
    if folds is None:
        check_sides(found.corpus, found.manifest, plan.proof.seconds)
    yield note(describe_judging(found.reach))
    name = plan.variant or twin.variant or "nano"
    instrument = yield from studio.load_instrument(name)
    short: list[ShortTwin] = []
    if folds is not None:
        located = catalogue.resolve(name, studio.settings)
        task = yield from find_task(twin.adapter, twin.run, found.manifest, located, studio.library)
        yield from encode_missing(found.manifest, instrument, studio, stems=task.recipe.data.tasks.stems)
        short = yield from train_short(task, folds, found.folder / "folds", studio.library, instrument)
    embedders = studio.load_embedders(plan.proof.ears)
    figures = yield from proof.prove(plan.proof, found.corpus, instrument, twin.adapter, found.folder, embedders, short)
    return Proved(figures, found.folder, found.folder / proof.REPORT, twin.run)


def plan_evaluate(plan: EvaluateTwinPlan, studio: Studio) -> PlannedProof:
    """What a proof would play: base and twin. Raises as `evaluate` does, but loads no instrument."""
    from ..proof.sources import check_sides

    found = _resolve(plan, studio)
    if found.reach.folds is None:
        check_sides(found.corpus, found.manifest, plan.proof.seconds)
        return count_takes(plan.proof, found.corpus, 2, found.folder)
    songs, short = found.reach.songs, len(found.reach.folds.songs)
    learned, others = len(found.corpus.train), len(found.corpus.others)
    return PlannedProof(songs, 3 * songs * plan.proof.takes, learned, others, found.folder, short)


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


def find_proofs(studio: Path) -> Iterator[tuple[str, Path]]:
    """The id and the folder of every proof in a studio's folder."""
    for path in (*studio.glob(f"runs/*/proof/{PROOF}"), *studio.glob(f"proofs/*/{PROOF}")):
        name = name_proof(path.parent, studio)
        if name is not None:
            yield name, path.parent


def name_proof(folder: Path, studio: Path) -> str | None:
    """The id of the proof in `folder`; None where that is not in the studio."""
    place = folder.absolute()
    return short_id(place.relative_to(studio).as_posix(), person=b"twin.proof") if place.is_relative_to(studio) else None


def find_corpus(proof: ProofPlan, twin: Twin, dataset: str | None, studio: Studio) -> tuple[Manifest, Corpus]:
    """The training set that a twin is held against, `dataset` or its own, and its songs. Raises `NotFound`, `BadInput`."""
    from ..dataset import store
    from ..proof.sources import corpus_of

    manifest = store.find(dataset or twin.dataset, studio.library.studio)
    return manifest, corpus_of(manifest, studio.library, proof.seconds)


def count_takes(proof: ProofPlan, corpus: Corpus, sides: int, folder: Path) -> PlannedProof:
    """What would be played where `sides` instruments play every prompt."""
    prompts = min(proof.prompts or len(corpus.holdout), len(corpus.holdout))
    return PlannedProof(prompts, prompts * proof.takes * sides, len(corpus.train), len(corpus.others), folder)


@dataclass(frozen=True, slots=True)
class _Found:
    """The twin that is meant, the songs it is held against, how far they carry, and the folder of its proof."""

    twin: Twin
    manifest: Manifest
    corpus: Corpus
    reach: Reach
    folder: Path


def _resolve(plan: EvaluateTwinPlan, studio: Studio) -> _Found:
    from ..proof import subject
    from ..proof.folds import FOLDS
    from ..proof.reach import find_reach

    library, proof = studio.library, plan.proof
    twin = subject.find(plan.subject, library)
    manifest, corpus = find_corpus(proof, twin, plan.dataset, studio)
    if plan.folds and proof.prompts is not None:
        raise BadInput("--prompts chooses among held-out songs, and folds judge all songs", remedy="leave one of the two out")
    reach = find_reach(manifest, proof.seconds, FOLDS if plan.folds is None else plan.folds, always=bool(plan.folds))
    if plan.folds and reach.folds is None:
        raise BadInput(
            f"{plural(reach.songs, 'song')} cannot be dealt into {plural(plan.folds, 'fold')}", remedy="leave --folds out"
        )
    if proof.prompts is not None:
        reach = replace(reach, folds=None)
    folder = plan.out or (twin.run / "proof" if twin.run else library.studio / "proofs" / twin.name)
    return _Found(twin, manifest, corpus, reach, folder)
