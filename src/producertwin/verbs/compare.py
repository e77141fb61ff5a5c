"""`twin runs compare`: score the checkpoints of a run, and mark the best."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import Steps
from ..proof.plan import ComparePlan
from ..recipe import Record
from .evaluate import PlannedProof, count_takes, find_corpus
from .studio import Studio

if TYPE_CHECKING:
    from ..proof.checkpoints import Comparison
    from ..proof.corpus import Corpus
    from ..proof.subject import Twin

__all__ = ["CompareCheckpointsPlan", "ComparePlan", "Compared", "compare", "plan_compare"]


class CompareCheckpointsPlan(Record):
    """Which run's checkpoints are compared, on what, and how."""

    run: str
    """A run's id or the beginning of it, or its folder."""
    proof: ComparePlan = ComparePlan()
    """How much each checkpoint plays and how it is measured."""
    dataset: str | None = None
    """The training set; the run's own when absent."""
    variant: str | None = None
    """The instrument; the one the run was trained on when absent."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Every checkpoint's score, and the folder of the run."""

    comparison: Comparison
    folder: Path


def compare(plan: CompareCheckpointsPlan, studio: Studio) -> Steps[Compared]:
    """Score every checkpoint of a run on a few held-out prompts and its validation, and mark the best; none is deleted.

    Raises as `proof.checkpoints` does.
    """
    from ..proof import checkpoints as comparing

    folder, _, twin, corpus = _resolve(plan, studio)
    instrument = yield from studio.load_instrument(plan.variant or twin.variant or "nano")
    embedders = studio.load_embedders(plan.proof.ears)
    return Compared((yield from comparing.compare(plan.proof, corpus, instrument, folder, embedders)), folder)


def plan_compare(plan: CompareCheckpointsPlan, studio: Studio) -> PlannedProof:
    """What a comparison would play: the base and every checkpoint. Raises as `compare` does, but loads no instrument."""
    folder, checkpoints, _, corpus = _resolve(plan, studio)
    return count_takes(plan.proof, corpus, 1 + checkpoints, folder / "compare")


def _resolve(plan: CompareCheckpointsPlan, studio: Studio) -> tuple[Path, int, Twin, Corpus]:
    """The run's folder, how many checkpoints it has, its twin, and the songs that the checkpoints are held against."""
    from ..proof import subject
    from ..proof.checkpoints import adapters_of

    folder = subject.run_of(plan.run, studio.library)
    checkpoints = len(adapters_of(folder))
    twin = subject.find(str(folder), studio.library)
    return folder, checkpoints, twin, find_corpus(plan.proof, twin, plan.dataset, studio)
