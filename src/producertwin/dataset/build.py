"""`twin dataset build`: from a folder of tracks to a frozen training set, every step from where it was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import TwinError
from ..library import Library, Track
from ..progress import Steps
from ..recipe import Record
from . import store
from .caption import Captioned, CaptionPlan, captioned
from .duplicates import Duplicate, among
from .ingest import Ingested, IngestPlan, ingest
from .manifest import DatasetPlan, Frozen, freeze
from .screen import ScreenPlan, screened, undecoded
from .screening import Verdict
from .taggers import Measure, Tagger


class BuildPlan(Record):
    """Everything that decides a training set."""

    ingest: IngestPlan
    """What is said of the tracks."""
    screen: ScreenPlan = ScreenPlan()
    """What is asked of them."""
    dataset: DatasetPlan = DatasetPlan()
    """What goes into the set."""
    caption: CaptionPlan = CaptionPlan()
    """Who describes them."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    ingested: Ingested
    tracks: tuple[Track, ...]
    """Every track of the producer."""
    verdicts: dict[str, Verdict]
    """By track."""
    captioned: Captioned
    duplicates: tuple[Duplicate, ...]
    frozen: Frozen
    manifest: Path
    """Where the frozen manifest lies."""

    @property
    def failures(self) -> dict[str, TwinError]:
        """What could not be done, by file or by the track's name."""
        titles = {track.id: track.name for track in self.tracks}
        unsaid = {titles[track]: error for track, error in self.captioned.failures.items()}
        return {**self.ingested.failures, **undecoded(self.tracks, self.verdicts), **unsaid}


def build(folder: Path, plan: BuildPlan, measure: Measure, taggers: Sequence[Tagger], library: Library) -> Steps[Built]:
    """Ingest, screen, caption and freeze. Running again does only what changed. Raises as the steps do."""
    brought = yield from ingest(folder, plan.ingest, library)
    tracks = library.tracks.list(plan.ingest.producer)
    notes = yield from screened(tracks, plan.screen, library)
    said = yield from captioned(tracks, measure, taggers, library)
    frozen = freeze(library, plan.dataset.model_copy(update={"producer": plan.ingest.producer}))
    path = store.put(frozen.manifest, library.studio)
    verdicts = {track: note.verdict for track, note in notes.items()}
    return Built(brought, tuple(tracks), verdicts, said, tuple(among(notes, library)), frozen, path)
