"""The studio folder, opened.

STUDIO/
├── library.sqlite          the catalogue (elsewhere when TWIN_DATABASE says so)
├── blobs/ab/cdef…          contents, named by their hash
├── takes/YYYY-MM/ID.json   sidecars, from which the catalogue can be rebuilt
├── labels/ID.json          what people say of takes: tags, folders, likes
├── verdicts/YYYY-MM/ID.json  ratings of takes and preferences between them
├── assets/ab/cdef…         sounds that were uploaded, named by their hash; what is known of each in assets/facts
├── datasets/ID.json        frozen training sets, and their reports
├── cache/encoded/ab/…      what `twin dataset encode` computed; may be removed, and is then computed again
├── runs/ID/                runs, each with its recipe, log, checkpoints and adapter
├── releases/ID/            releases of twins that were made here
├── tracks/ab/ID.json       sidecars of tracks, with their notes; tracks/deleted/… of deleted ones
├── trash/ID/               what was deleted, until the trash is emptied
├── backups/                copies of the catalogue, made before every migration and rebuild
├── unfinished/             marks of what is being changed
├── reserve                 a mebibyte that is given up when the disk is full
└── studio.lock             held by whoever writes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Engine

from ..disk import STALE, disk_errors, find_leftovers, make_folder, remove_leftover
from ..errors import Resources
from ..settings import Settings
from . import labels, rows, track_rows
from .blobs import Blobs
from .clock import Clock
from .database import address_of, connect, typed_errors, upgrade
from .lock import Unwritable, hold_lock
from .mending import mend
from .reading import open_to_read
from .reserve import act_with_reserve
from .restoring import restore_takes
from .runs import Runs
from .schema import HEAD
from .sidecars import blob_names
from .takes import Takes
from .tracks import Tracks
from .trash import Kind, Trash, TrashEntry
from .unfinished import mark_unfinished
from .verdicts import Verdicts

FROZEN: Final = "datasets"
"""Where frozen training sets lie in the studio; a sweep spares what they name."""


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Info:
    """Where a library is and how much it holds."""

    studio: Path
    database: str
    """URL without its password."""
    schema: str
    takes: int
    tracks: int
    blobs: int
    bytes: int
    """What the blobs take on disk."""
    trashed: int
    """Entries of the trash."""
    trash_bytes: int
    """What the trash takes on disk, blobs among it."""


@dataclass(frozen=True, slots=True)
class Emptied:
    """What was removed from the trash for good."""

    entries: tuple[TrashEntry, ...]
    damaged: tuple[str, ...]
    """Ids of entries that could not be read."""
    bytes: int
    """Room that was freed."""


class Library:
    """An open library; close it, or use it in a `with` statement. Threads may share one, processes open their own."""

    def __init__(self, studio: Path, engine: Engine, clock: Clock) -> None:
        self.studio = studio
        self.engine = engine
        self.takes = Takes(studio, engine, clock)
        self.tracks = Tracks(studio, engine, clock)
        self.verdicts = Verdicts(studio, engine, clock, self.takes.get)
        self.runs = Runs(studio, clock)
        self.trash = Trash(studio)

    @property
    def blobs(self) -> Blobs:
        """The contents of takes and tracks."""
        return self.takes.blobs

    def info(self) -> Info:
        """Count what is there."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            takes, tracks = rows.count(connection), track_rows.count(connection)
        sizes = [self.blobs.path(name).stat().st_size for name in self.blobs.names()]
        url = self.engine.url.render_as_string(hide_password=True)
        trashed = self.trash.survey()[0]
        in_trash = sum(one.bytes for one in trashed)
        return Info(self.studio, url, HEAD, takes, tracks, len(sizes), sum(sizes), len(trashed), in_trash)

    def sweep(self, *, older_than: float = STALE, dry_run: bool = False) -> tuple[Path, ...]:
        """Remove what crashes left: unfinished files and folders, and blobs that no row, sidecar or frozen training set names.

        Only what has not changed for `older_than` seconds. Returns what was removed (or, with `dry_run`, would be).
        """
        with hold_lock(self.studio), typed_errors(self.engine):
            named = self._named_blobs() | self.trash.blob_names()
            left = find_leftovers(self.studio, older_than=older_than)
            strays = sorted({*left, *self.blobs.strays(named, older_than=older_than)})
            for path in () if dry_run else strays:
                remove_leftover(path)
        return tuple(strays)

    def _named_blobs(self) -> set[str]:
        """Every blob that a row, a sidecar or a frozen training set names."""
        with self.engine.connect() as connection:
            named = rows.blob_names(connection) | track_rows.blob_names(connection)
        frozen = (self.studio / FROZEN).glob("*.json")
        for path in chain(self.takes.sidecars.all(), self.tracks.sidecars.all(), frozen):
            named |= blob_names(path)
        return named

    def restore(self, key: str) -> tuple[TrashEntry, tuple[str, ...]]:
        """Bring what the trash holds under `key` (see `Trash.get`) back to its place, the same bytes under the same ids.

        Returns its entry, and parents of its takes that are gone for good. Raises `NotFound` where the trash has no such entry,
        `BadInput` where something stands in its place; then it stays in the trash.
        """

        def act() -> tuple[TrashEntry, tuple[str, ...]]:
            with hold_lock(self.studio), typed_errors(self.engine):
                entry = self.trash.get(key)
                lost: tuple[str, ...] = ()
                with mark_unfinished(self.studio, "trash", [entry.id]):
                    if entry.kind is Kind.TAKES:
                        lost = restore_takes(entry, self.studio, self.engine)
                    else:
                        self.trash.bring_back(entry)
                    self.trash.drop(entry)
            return entry, lost

        return act_with_reserve(self.studio, act)

    def emptying_plan(
        self, keys: Sequence[str] = (), days: float | None = None
    ) -> tuple[tuple[TrashEntry, ...], tuple[str, ...]]:
        """The entries that `empty_trash` would remove, and ids of damaged ones. Raises as it does."""
        entries, damaged = self.trash.survey()
        if keys:
            entries = tuple({one.id: one for one in map(self.trash.get, keys)}.values())
        if days is not None:
            last = self.takes.clock() - timedelta(days=days)
            entries = tuple(one for one in entries if one.deleted <= last)
        return entries, () if keys or days is not None else tuple(damaged)

    def empty_trash(self, keys: Sequence[str] = (), days: float | None = None) -> Emptied:
        """Remove the entries `keys`, or all, that were deleted `days` ago or earlier, with all that nothing else needs.

        Entries that cannot be read go where neither keys nor days are named. Raises `NotFound` for an unknown entry.
        """
        with hold_lock(self.studio), typed_errors(self.engine):
            entries, damaged = self.emptying_plan(keys, days)
            going = [*(one.id for one in entries), *damaged]
            takes = [one.id for one in entries if one.kind is Kind.TAKES]
            blobs = {blob for name in takes for path in self.trash.records(name) for blob in blob_names(path)}
            with mark_unfinished(self.studio, "trash", going):
                freed = sum(map(self.trash.remove, going))
            gone = [name for one in entries if one.kind is Kind.TAKES for name in one.names]
            with self.engine.begin() as connection:
                labels.forget(self.studio, connection, gone)
            free = blobs - self._named_blobs() - self.trash.blob_names() if blobs else set()
            for path in map(self.blobs.path, sorted(free)):
                freed += path.stat().st_size if path.exists() else 0
                remove_leftover(path)
        return Emptied(entries, damaged, freed)

    def close(self) -> None:
        """Close the database."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_library(settings: Settings, *, clock: Clock = now) -> Library:
    """Open the library of `settings.studio`, creating it or bringing it to the newest schema.

    A studio that cannot be written, or whose disk is full, is opened for reading. `clock` dates new takes. Raises `Unavailable`
    when it was made by a newer Producer Twin or a server does not answer, `BadInput` when the folder cannot be used or the
    database is damaged, `Resources` when the disk is full and there is nothing to read.
    """
    try:
        engine = act_with_reserve(settings.studio, lambda: _open_to_write(settings))
    except (Resources, Unwritable) as cause:
        engine = open_to_read(address_of(settings), cause)
    return Library(settings.studio, engine, clock)


def _open_to_write(settings: Settings) -> Engine:
    with open_engine(settings) as engine:
        upgrade(engine)
        with typed_errors(engine):
            mend(settings.studio, engine)
    return engine


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The studio's lock and an engine for the time of the block; the engine survives it unless the block fails."""
    with disk_errors(settings.studio):
        make_folder(settings.studio)
    engine = connect(address_of(settings))
    try:
        with hold_lock(settings.studio):
            yield engine
    except BaseException:
        engine.dispose()
        raise
