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
from .caption import CaptionPlan, CaptionResult, caption_tracks
from .duplicates import Duplicate, duplicates_of_notes
from .ingest import IngestPlan, IngestResult, ingest
from .manifest import DatasetPlan, FreezeResult, freeze
from .screen import ScreenPlan, explain_undecoded, screen_tracks
from .screening import ScreeningResult
from .taggers import MeterTagger, Tagger


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
class BuildResult:
    """What a build did."""

    ingested: IngestResult
    tracks: tuple[Track, ...]
    """Every track of the producer."""
    verdicts: dict[str, ScreeningResult]
    """By track."""
    captioned: CaptionResult
    duplicates: tuple[Duplicate, ...]
    frozen: FreezeResult
    manifest: Path
    """Where the frozen manifest lies."""

    @property
    def failures(self) -> dict[str, TwinError]:
        """What could not be done of this folder, by file or by the track's name; what went from the folder is no failure."""
        titles = {track.id: track.name for track in self.tracks}
        unsaid = {titles[track]: error for track, error in self.captioned.failures.items()}
        return {**self.ingested.failures, **explain_undecoded(self.tracks, self.verdicts), **unsaid}


def build(folder: Path, plan: BuildPlan, measure: MeterTagger, taggers: Sequence[Tagger], library: Library) -> Steps[BuildResult]:
    """Ingest, screen, caption and freeze. Running again does only what changed. Raises as the steps do."""
    brought = yield from ingest(folder, plan.ingest, library)
    tracks = library.tracks.list(plan.ingest.producer)
    notes = yield from screen_tracks(tracks, plan.screen, library)
    said = yield from caption_tracks(tracks, measure, taggers, library)
    frozen = freeze(library, plan.dataset.model_copy(update={"producer": plan.ingest.producer}))
    path = store.put(frozen.manifest, library.studio)
    verdicts = {track: note.verdict for track, note in notes.items()}
    return BuildResult(brought, tuple(tracks), verdicts, said, tuple(duplicates_of_notes(notes, library)), frozen, path)
