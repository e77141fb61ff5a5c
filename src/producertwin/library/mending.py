"""What a kill left half-done, mended when the studio is next opened: records between sidecar and row, and deletions.

The sidecar wins, as in a rebuild: a record that was being added or changed is there as its sidecar tells. A deletion of which
not all has reached the trash is undone; one of which all has is finished.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from ..disk import disk_errors
from ..errors import BadInput, NotFound
from . import labels, rows, track_rows, track_sidecars, verdicts
from .sidecars import Sidecars
from .track_sidecars import TrackSidecars
from .trash import Kind, Trash, TrashEntry
from .unfinished import Kind as Marked
from .unfinished import marks_of, remove_mark


def mend(studio: Path, engine: Engine) -> None:
    """Bring everything that is marked as unfinished to one of its ends. The caller holds the studio's lock."""
    menders: tuple[tuple[Marked, Callable[[Path, Engine, str], None]], ...] = (
        ("trash", _mend_trash),
        ("take", _mend_take),
        ("track", _mend_track),
        ("labels", labels.mend),
        ("verdict", verdicts.mend),
    )
    with disk_errors(studio):
        for kind, mend_one in menders:
            for name in marks_of(studio, kind):
                mend_one(studio, engine, name)
                remove_mark(studio, kind, name)


def mend_trash_files(studio: Path) -> None:
    """Undo deletions of which not all has reached the trash, as far as files go. The caller holds the studio's lock."""
    with disk_errors(studio):
        for name in marks_of(studio, "trash"):
            with suppress(BadInput):  # a damaged one stays, and `trash list` names it
                _settle(Trash(studio), name)


def _settle(trash: Trash, name: str) -> tuple[TrashEntry, bool] | None:
    """Bring an entry that is not whole back; returns what it was and whether it lies in the trash, None where nothing is told."""
    entry = trash.find(name)
    if entry is None:
        trash.drop_remains(name)
        return None
    whole = trash.is_whole(entry)
    if not whole:
        trash.bring_back(entry)
        trash.drop(entry)
    return entry, whole


def _mend_trash(studio: Path, engine: Engine, name: str) -> None:
    settled = None
    with suppress(BadInput):
        settled = _settle(Trash(studio), name)
    if settled is None or settled[0].kind is not Kind.TAKES:
        return
    entry, whole = settled
    live = [take for name in entry.names if (take := Sidecars(studio / "takes").find(name)) is not None]
    with engine.begin() as connection:
        if whole:
            rows.remove(connection, sorted(set(entry.names) - {take.id for take in live}))
        else:
            for take in live:
                if not rows.is_listed(connection, take.id):
                    rows.add(connection, take)


def _mend_take(studio: Path, engine: Engine, name: str) -> None:
    take = Sidecars(studio / "takes").find(name)
    with engine.begin() as connection:
        listed = rows.is_listed(connection, name)
        if take is not None and not listed and all(rows.is_listed(connection, parent) for parent in take.parents):
            rows.add(connection, take)


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
