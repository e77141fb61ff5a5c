"""The studio folder, opened.

STUDIO/
├── library.sqlite          the catalogue (elsewhere when TWIN_DATABASE says so)
├── blobs/ab/cdef…          contents, named by their hash
├── takes/YYYY-MM/ID.json   sidecars, from which the catalogue can be rebuilt
├── takes/deleted/…         sidecars of deleted takes
├── assets/ab/cdef…         sounds that were uploaded, named by their hash; what is known of each in assets/facts
├── datasets/ID.json        frozen training sets, and their reports
├── cache/encoded/ab/…      what `twin dataset encode` computed; may be removed, and is then computed again
├── runs/ID/                runs, each with its recipe, log, checkpoints and adapter
├── tracks/ab/ID.json       sidecars of tracks, with their notes; tracks/deleted/… of deleted ones
├── backups/                copies of the catalogue, made before every migration and rebuild
├── unfinished/             records that are being changed
├── reserve                 a mebibyte that is given up when the disk is full
└── studio.lock             held by whoever writes
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Engine

from ..disk import STALE, disk_errors, find_leftovers, make_folder, remove_leftover
from ..errors import Resources
from ..settings import Settings
from . import rows, track_rows
from .blobs import Blobs
from .clock import Clock
from .database import address_of, connect, typed_errors, upgrade
from .lock import Unwritable, hold_lock
from .reading import open_to_read
from .reserve import act_with_reserve
from .runs import Runs
from .schema import HEAD
from .sidecars import blob_names
from .takes import Takes
from .tracks import Tracks
from .unfinished import mend

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


class Library:
    """An open library; close it, or use it in a `with` statement. Threads may share one, processes open their own."""

    def __init__(self, studio: Path, engine: Engine, clock: Clock) -> None:
        self.studio = studio
        self.engine = engine
        self.takes = Takes(studio, engine, clock)
        self.tracks = Tracks(studio, engine, clock)
        self.runs = Runs(studio, clock)

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
        return Info(self.studio, url, HEAD, takes, tracks, len(sizes), sum(sizes))

    def sweep(self, *, older_than: float = STALE, dry_run: bool = False) -> tuple[Path, ...]:
        """Remove what crashes left: unfinished files and folders, and blobs that no row, sidecar or frozen training set names.

        Only what has not changed for `older_than` seconds. Returns what was removed (or, with `dry_run`, would be).
        """
        with hold_lock(self.studio), typed_errors(self.engine):
            with self.engine.connect() as connection:
                named = rows.blob_names(connection) | track_rows.blob_names(connection)
            frozen = (self.studio / FROZEN).glob("*.json")
            for path in chain(self.takes.sidecars.all(), self.tracks.sidecars.all(), frozen):
                named |= blob_names(path)
            left = find_leftovers(self.studio, older_than=older_than)
            strays = sorted({*left, *self.blobs.strays(named, older_than=older_than)})
            for path in () if dry_run else strays:
                remove_leftover(path)
        return tuple(strays)

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
