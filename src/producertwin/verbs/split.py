"""`twin dataset split`: freeze a training set of the captioned tracks, a part of them held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..dataset import store
from ..dataset.manifest import Choice, DatasetPlan, FreezeResult, choose, freeze
from ..progress import Progress, Steps, note
from ..proof.reach import describe_reach, find_reach
from .studio import Studio

__all__ = ["Choice", "DatasetPlan", "SplitDataset", "plan_set", "split"]


@dataclass(frozen=True, slots=True)
class SplitDataset:
    """A training set that was frozen, and where its manifest lies."""

    frozen: FreezeResult
    path: Path

    @property
    def id(self) -> str:
        """What the training set is called."""
        return store.name_of(self.frozen.manifest)


def plan_set(plan: DatasetPlan, studio: Studio) -> Choice:
    """What `split` would freeze. Where nothing is left to learn from there are no rows, and no error."""
    return choose(studio.library, plan)


def split(plan: DatasetPlan, studio: Studio) -> Steps[SplitDataset]:
    """Freeze the training set of `plan`. Raises as `dataset.manifest.freeze` does."""
    yield Progress("split", 0, 1)
    frozen = freeze(studio.library, plan)
    path = store.put(frozen.manifest, studio.library.studio)
    yield Progress("split", 1, 1)
    yield note(describe_reach(find_reach(frozen.manifest)))
    return SplitDataset(frozen, path)
