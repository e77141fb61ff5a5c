"""`twin tracks screen`: decode, judge and prepare the tracks of the library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..dataset import duplicates, formats
from ..dataset import screen as screening
from ..dataset.duplicates import Duplicate
from ..dataset.screen import ScreenNote, ScreenPlan
from ..dataset.screening import ScreeningResult
from ..errors import NotFound, TwinError
from ..library import Track
from ..progress import Steps, warning
from ..recipe import Record
from .studio import Studio

__all__ = ["ScreenPlan", "ScreenTracksPlan", "Screened", "ScreeningResult", "find_tracks", "screen"]


class ScreenTracksPlan(Record):
    """Which tracks are screened, how, and where what is kept is written."""

    producer: str | None = None
    """Whose tracks; everybody's when absent."""
    screen: ScreenPlan = ScreenPlan()
    """How they are screened."""
    export: Literal["flac", "mp3"] | None = None
    """Format in which what is kept is written; nothing is written when absent."""
    out: Path = Path("screened")
    """Folder of what is written."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screening found."""

    tracks: tuple[Track, ...]
    notes: dict[str, ScreenNote]
    """By track."""
    duplicates: tuple[Duplicate, ...]
    """Pairs of tracks that are one recording."""
    files: tuple[Path, ...]
    """What was written."""

    @property
    def verdicts(self) -> dict[str, ScreeningResult]:
        """By track."""
        return {track: note.verdict for track, note in self.notes.items()}

    @property
    def failures(self) -> dict[str, TwinError]:
        """Why tracks could not be decoded, by their names."""
        return screening.explain_undecoded(self.tracks, self.verdicts)


def screen(plan: ScreenTracksPlan, studio: Studio) -> Steps[Screened]:
    """Screen tracks and warn of those that are one recording; what was screened before stands.

    Raises `NotFound` where there are no tracks, and as `dataset.screen` does.
    """
    library = studio.library
    tracks = find_tracks(plan.producer, studio)
    notes = yield from screening.screen_tracks(tracks, plan.screen, library)
    copies = duplicates.duplicates_of_notes(notes, library)
    files: list[Path] = []
    if plan.export:
        files = yield from formats.export_screened(tracks, notes, plan.out, library, audio=plan.export)
    for line in duplicates.describe(copies, {track.id: track.name for track in tracks}):
        yield warning(line)
    return Screened(tracks, notes, tuple(copies), tuple(files))


def find_tracks(producer: str | None, studio: Studio) -> tuple[Track, ...]:
    """The tracks of `producer`, or all. Raises `NotFound` when there are none."""
    found = studio.library.tracks.list(producer)
    if not found:
        remedy = 'bring some: twin tracks ingest FOLDER --producer "NAME" --licence CC-BY-4.0'
        raise NotFound(f"there are no tracks of {producer}" if producer else "there are no tracks", remedy=remedy)
    return found
