"""`twin dataset encode`: compute latents and words of a training set once, and keep them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from ..dataset import store
from ..progress import Steps
from ..recipe import Record
from .dataset import Manifest, find_dataset
from .studio import Studio

if TYPE_CHECKING:
    from ..dataset.encode import EncodeReport

__all__ = ["EncodeDatasetPlan", "EncodedDataset", "PlannedEncoding", "encode", "plan_encode"]


class EncodeDatasetPlan(Record):
    """Which training set is encoded, and for which instrument."""

    dataset: str | None = None
    """Id of the training set, its beginning, or a manifest; the newest when absent."""
    variant: str = "nano"
    """The instrument that will learn from it."""
    stems: bool = False
    """Whether the stems of tracks that have them are encoded too."""
    workers: int = Field(2, ge=1, le=64)
    """Sounds that are decoded at once."""


@dataclass(frozen=True, slots=True)
class EncodedDataset:
    """A training set that was encoded."""

    manifest: Manifest
    report: EncodeReport

    @property
    def id(self) -> str:
        """What the training set is called."""
        return store.name_of(self.manifest)


@dataclass(frozen=True, slots=True)
class PlannedEncoding:
    """What would be encoded."""

    id: str
    tracks: int
    seconds: float
    """Length of the sound, once for every track."""


def encode(plan: EncodeDatasetPlan, studio: Studio) -> Steps[EncodedDataset]:
    """Compute what an instrument makes of a training set, and keep it; what is there is not made again.

    Raises as `dataset.encode` does.
    """
    from ..dataset import encode as encoding

    manifest = find_dataset(plan.dataset, studio)
    instrument = yield from studio.load_instrument(plan.variant)
    asked = encoding.EncodePlan(stems=plan.stems, workers=plan.workers)
    return EncodedDataset(manifest, (yield from encoding.encode_dataset(manifest, instrument, studio.library, asked)))


def plan_encode(plan: EncodeDatasetPlan, studio: Studio) -> PlannedEncoding:
    """What would be encoded. Raises as `dataset.store.find` does."""
    manifest = find_dataset(plan.dataset, studio)
    return PlannedEncoding(store.name_of(manifest), len(manifest.rows), sum(row.seconds for row in manifest.rows))
