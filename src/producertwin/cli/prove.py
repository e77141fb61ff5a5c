"""`twin evaluate ADAPTER` and `twin compare RUN`: did the twin learn its producer, and which checkpoint learned most?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..evaluation.proof.plan import ComparePlan, Ear, ProofPlan
from ..library import Library, open_studio
from ..settings import Settings
from .options import options
from .output import Talk
from .renderings import DryRun
from .text import table

if TYPE_CHECKING:
    from ..evaluation.embedders import SoundEmbedder
    from ..evaluation.pieces import Corpus
    from ..training.compare import Comparison
    from ..training.twins import Twin

Subject = Annotated[
    str, Parameter(name="ADAPTER", help="An adapter, a checkpoint, a run, or a producer whose twin is installed.")
]
RunKey = Annotated[str, Parameter(name="RUN", help="A run's id or the beginning of it, or its folder.")]
Dataset = Annotated[str | None, Parameter(help="The training set; the adapter's own when absent.")]
Variant = Annotated[str | None, Parameter(help="The instrument; the one the adapter was trained on when absent.")]
Out = Annotated[Path | None, Parameter(alias="-o", help="Folder of the proof; a stopped one goes on. In the studio when absent.")]
RENAMED = {"seconds": "--duration", "ears": "--ear"}


@options(ProofPlan, renamed=RENAMED)
def prove(
    subject: Subject,
    stage: ProofPlan,
    *,
    dataset: Dataset = None,
    variant: Variant = None,
    out: Out = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Prove that a twin learned: base and twin play the held-out prompts, and both are held against the producer's own music."""
    from ..training import twins

    with open_studio(talk.settings) as library:
        twin = twins.find(subject, library)
        corpus = _corpus(stage, twin, dataset, library)
        folder = out or (twin.run / "proof" if twin.run else library.studio / "proofs" / twin.name)
        if dry_run:
            return _planned(stage, corpus, 2, folder, talk)
        from ..evaluation.proof.run import REPORT
        from ..evaluation.proof.run import prove as work
        from ..model.load import load

        instrument = load(variant or twin.variant or "nano", talk.settings)
        ears = listeners(stage.ears, talk.settings)
        found = talk.follow(work(stage, corpus, instrument, twin.adapter, folder, ears))
    page = folder / REPORT
    lines = [*(f"- {one.words}" for one in found.verdicts), "", str(page)]
    talk.result("proof", {"figures": found, "report": page}, lambda: "\n".join(lines))
    talk.next(f"twin compare {twin.run.name}" if twin.run else f"twin listen prepare {folder}")


@options(ComparePlan, renamed=RENAMED)
def compare(
    run: RunKey,
    stage: ComparePlan,
    *,
    dataset: Dataset = None,
    variant: Variant = None,
    dry_run: DryRun = False,
    talk: Talk,
) -> None:
    """Score every checkpoint of a run on a few held-out prompts and its validation, and mark the best; none is deleted."""
    from ..training import twins

    with open_studio(talk.settings) as library:
        folder = twins.run_of(run, library)
        from ..training.compare import adapters_of
        from ..training.compare import compare as work

        found = adapters_of(folder)
        twin = twins.find(str(folder), library)
        corpus = _corpus(stage, twin, dataset, library)
        if dry_run:
            return _planned(stage, corpus, 1 + len(found), folder / "compare", talk)
        from ..model.load import load

        instrument = load(variant or twin.variant or "nano", talk.settings)
        done = talk.follow(work(stage, corpus, instrument, folder, listeners(stage.ears, talk.settings)))
    talk.result("comparison", done, lambda: _compared(done))
    talk.next(f"twin evaluate {folder.name}")


def listeners(asked: Sequence[Ear], settings: Settings) -> list[SoundEmbedder]:
    """The embedders that are asked for. Raises `Unavailable` where one's weights are missing."""
    from ..evaluation import embedders
    from ..evaluation.clap import clap
    from ..model.embedder import load_embedder

    make: dict[Ear, Callable[[], SoundEmbedder]] = {
        "mel-stats": embedders.mel_stats,
        "offline": lambda: embedders.offline(load_embedder(settings)),
        "clap": lambda: clap(settings),
    }
    return [make[ear]() for ear in dict.fromkeys(asked)]


def _corpus(stage: ProofPlan, twin: Twin, dataset: str | None, library: Library) -> Corpus:
    from ..dataset import shelf
    from ..training.subjects import corpus_of

    return corpus_of(shelf.find(dataset or twin.dataset, library.studio), library, stage.seconds)


def _planned(stage: ProofPlan, corpus: Corpus, sides: int, folder: Path, talk: Talk) -> None:
    """Say what would be played."""
    prompts = min(stage.prompts or len(corpus.holdout), len(corpus.holdout))
    told = {"prompts": prompts, "takes": prompts * stage.takes * sides, "train": len(corpus.train), "others": len(corpus.others)}
    rows = [("held-out prompts", prompts), ("takes to play", told["takes"]), ("training songs", told["train"])]
    rows += [("songs of other producers", min(stage.others, len(corpus.others)))]
    talk.result("plan", {"plan": stage, "into": folder, **told}, lambda: table([*rows, ("into", folder)]))


def _compared(done: Comparison) -> str:
    """Every checkpoint in a row, the best marked."""
    names = list(done.weights)
    rows = [
        (
            f"{one.step}{' best' if one.step == done.best else ''}",
            f"{one.score:.3f}",
            *(f"{one.parts[name]:.2f}" if name in one.parts else "" for name in names),
            f"{one.copies:.0%}",
            "" if one.loss is None else f"{one.loss:.4f}",
        )
        for one in done.scores
    ]
    return table(rows, ("step", "score", *names, "copies", "loss"))
