"""Records that a kill left between their sidecar and their row, brought together when the studio is next opened.

Whoever changes a record holds the studio's lock, puts an empty file at `unfinished/KIND-ID` first and removes it last. A file
that is there while the lock is free was left by a kill. The sidecar wins, as in a rebuild: a record that was being added or
changed is there as its sidecar tells; one that was being deleted and still has its row is there again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine

from ..disk import disk_errors, make_folder, sync_folder
from ..errors import BadInput, NotFound
from . import rows, track_rows, track_sidecars
from .sidecars import Sidecars
from .track_sidecars import TrackSidecars

FOLDER: Final = "unfinished"


Kind = Literal["take", "track"]


@contextmanager
def mark_unfinished(studio: Path, kind: Kind, names: Iterable[str]) -> Iterator[None]:
    """Mark the records `names` as being changed, for the time of the block. Raises `Resources` or `BadInput` of the disk."""
    folder = studio / FOLDER
    marks = [folder / f"{kind}-{name}" for name in names]
    with disk_errors(folder):
        make_folder(folder)
        try:
            for path in marks:
                path.touch()
            sync_folder(folder)
            yield
        finally:
            for path in marks:
                path.unlink(missing_ok=True)


def mend(studio: Path, engine: Engine) -> None:
    """Bring every record that is marked to what its sidecar tells. The caller holds the studio's lock."""
    folder = studio / FOLDER
    with disk_errors(folder):
        for kind, mend_one in (("take", _mend_take), ("track", _mend_track)):
            for path in sorted(folder.glob(f"{kind}-*")):
                mend_one(studio, engine, path.name.removeprefix(f"{kind}-"))
                path.unlink(missing_ok=True)


def _mend_take(studio: Path, engine: Engine, name: str) -> None:
    sidecars = Sidecars(studio / "takes")
    take = sidecars.find(name)
    with engine.begin() as connection:
        listed = rows.is_listed(connection, name)
        if take is not None and not listed and all(rows.is_listed(connection, parent) for parent in take.parents):
            rows.add(connection, take)
    if take is None and listed:
        sidecars.restore_name(name)


def _mend_track(studio: Path, engine: Engine, name: str) -> None:
    sidecars = TrackSidecars(studio / "tracks")
    with engine.connect() as connection:
        if not sidecars.path(name).exists() and track_rows.is_listed(connection, name):
            sidecars.restore(name)
    with suppress(NotFound, BadInput), engine.begin() as connection:  # a damaged one is for `verify` to tell
        track, notes = track_sidecars.read(sidecars.path(name))
        track_rows.remove(connection, name)
        track_rows.put(connection, track)
        for kind, record in notes.items():
            track_rows.write_note(connection, name, kind, record)
