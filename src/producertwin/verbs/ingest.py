"""`twin tracks ingest`: bring a folder of tracks into the library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..dataset import ingest as tracks
from ..dataset.ingest import IngestPlan, IngestResult, SoundFile
from ..dataset.manifest import CAPTION
from ..dataset.screen import NOTE as SCREEN
from ..library import Track
from ..progress import Steps
from ..recipe import Record
from .studio import Studio

__all__ = ["IngestFolderPlan", "IngestPlan", "SoundFile", "find_missing_step", "ingest", "plan_ingest"]


class IngestFolderPlan(Record):
    """Which folder is brought in, and what is said of its tracks."""

    folder: Path
    """Folder of the tracks."""
    tracks: IngestPlan
    """What is said of every track that says nothing else itself."""


def ingest(plan: IngestFolderPlan, studio: Studio) -> Steps[IngestResult]:
    """Bring the sounds of a folder into the library. Raises as `dataset.ingest.ingest` does."""
    return (yield from tracks.ingest(plan.folder, plan.tracks, studio.library))


def plan_ingest(folder: Path, plan: IngestPlan) -> list[SoundFile]:
    """The sound files that an ingest of `folder` would read, with their stems. Raises as `dataset.ingest.find_files` does."""
    return tracks.find_sounds(folder, stems_as_tracks=plan.stems_as_tracks)


def find_missing_step(found: Sequence[Track], studio: Studio) -> str:
    """The command that comes next for `found`: it screens where one is not screened, describes where none is, else freezes."""
    notes = [studio.library.tracks.notes(track.id) for track in found]
    if any(SCREEN not in one for one in notes):
        return "twin tracks screen"
    return "twin dataset split" if any(CAPTION in one for one in notes) else "twin tracks caption"
