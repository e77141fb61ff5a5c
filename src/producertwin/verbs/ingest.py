"""`twin tracks ingest`: bring a folder of tracks into the library."""

from __future__ import annotations

from pathlib import Path

from ..dataset import ingest as tracks
from ..dataset.ingest import IngestPlan, IngestResult, SoundFile
from ..progress import Steps
from ..recipe import Record
from .studio import Studio

__all__ = ["IngestFolderPlan", "IngestPlan", "SoundFile", "ingest", "plan_ingest"]


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
