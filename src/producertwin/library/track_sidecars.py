"""The JSON beside the database: one file per track at `tracks/ab/ID.json`, with its notes, from which rows can be made anew.

A sidecar is written before its row is committed and moved to `tracks/deleted/` before the row is deleted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput, NotFound
from ..recipe import read as read_record
from .disk import move, write_whole
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
        path, text = self.path(track.id), as_json(track, notes)
        if not (path.is_file() and path.read_bytes() == text):
            write_whole(path, [text])
        return path

    def bury(self, track: str) -> None:
        """Take the sidecar out of what a rebuild reads, and keep it."""
        if self.path(track).exists():
            move(self.path(track), self._grave(track))

    def unbury(self, track: str) -> None:
        """Undo `bury`."""
        if self._grave(track).exists():
            move(self._grave(track), self.path(track))

    def blob_names(self, path: Path) -> set[str]:
        """Every blob the sidecar at `path` names, even a damaged one."""
        return set(re.findall(r"b2:[0-9a-f]{64}", path.read_text(encoding="utf-8", errors="replace")))

    def all(self) -> Iterator[Path]:
        """Every living track's sidecar."""
        yield from sorted(self.folder.glob("??/*.json"))

    def _grave(self, track: str) -> Path:
        return self.folder / "deleted" / f"{track}.json"


def as_json(track: Track, notes: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The bytes of a sidecar."""
    data = {
        "schema": SCHEMA,
        "track": track.model_dump(mode="json"),
        "notes": {kind: dict(notes[kind]) for kind in sorted(notes)},
    }
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read(path: Path) -> tuple[Track, Notes]:
    """What a sidecar tells. Raises `NotFound`, or `BadInput` when it is damaged or was altered."""
    remedy = "restore it from a copy of the studio folder, or move it away"
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(f"no sidecar at {path}", remedy=remedy) from None
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}", remedy=remedy) from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA or not isinstance(data.get("track"), dict) or not isinstance(data.get("notes"), dict):
        raise BadInput(f"{path} is not a track's sidecar: schema {schema!r}", remedy="upgrade Producer Twin, or move it away")
    track = read_record(Track, data["track"], where=str(path))
    if not track.genuine:
        raise BadInput(f"{path} was altered: its sound does not belong to id {track.id}", remedy=remedy)
    return track, data["notes"]
