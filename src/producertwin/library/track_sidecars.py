"""The JSON beside the database: one file per track at `tracks/ab/ID.json`, with its notes, from which rows can be made anew.

A sidecar is written before its row is committed and moved to `tracks/deleted/` before the row is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput
from ..recipe import read as read_record
from .sidecars import REMEDY, data_of, move_if_there, text_of, write_if_changed
from .track import Track

SCHEMA: Final = "producertwin.track/1"
Notes = dict[str, dict[str, Any]]
"""Kind to record."""


class TrackSidecars:
    """The sidecars under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, track: str) -> Path:
        """Where the sidecar of the track with this id lies."""
        return self.folder / track[:2] / f"{track}.json"

    def write(self, track: Track, notes: Mapping[str, Mapping[str, Any]]) -> Path:
        """Write the sidecar, all or nothing, unless it already says the same."""
        return write_if_changed(self.path(track.id), as_json(track, notes))

    def archive(self, track: str) -> None:
        """Move the sidecar to the archive of deleted ones, which a rebuild does not read."""
        move_if_there(self.path(track), self._archive_path(track))

    def restore(self, track: str) -> None:
        """Undo `archive`."""
        move_if_there(self._archive_path(track), self.path(track))

    def all(self) -> Iterator[Path]:
        """Every sidecar outside the archive."""
        yield from sorted(self.folder.glob("??/*.json"))

    def _archive_path(self, track: str) -> Path:
        return self.folder / "deleted" / f"{track}.json"


def as_json(track: Track, notes: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The bytes of a sidecar."""
    return text_of(SCHEMA, {"track": track.model_dump(mode="json"), "notes": {kind: dict(notes[kind]) for kind in sorted(notes)}})


def read(path: Path) -> tuple[Track, Notes]:
    """What a sidecar tells. Raises `NotFound`, or `BadInput` when it is damaged or was altered."""
    data = data_of(path, SCHEMA, "track")
    if not isinstance(data.get("track"), dict) or not isinstance(data.get("notes"), dict):
        raise BadInput(f"{path} lacks its track or its notes", remedy=REMEDY)
    track = read_record(Track, data["track"], where=str(path))
    if not track.genuine:
        raise BadInput(f"{path} was altered: its sound does not belong to id {track.id}", remedy=REMEDY)
    return track, data["notes"]
