"""One writer at a time, across processes.

Whoever changes the studio (adds, deletes, migrates, rebuilds) holds its lock, so a blob can never be collected between being
stored and being named by a row. The lock is an exclusive transaction on an empty SQLite file: it works wherever the library
works, needs no other package, and the system lets go of it when its holder dies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ..disk import disk_errors, make_folder
from ..errors import BadInput, DiskFull, Unavailable

LOCK = "studio.lock"
"""The file that is locked."""
PATIENCE = 120.0
"""Seconds to wait for another writer."""
REMEDY = "choose a studio folder that you may write to"


class Unwritable(BadInput):
    """The studio cannot be written."""


@contextmanager
def hold_lock(studio: Path, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold `studio` alone. Not re-entrant.

    Raises `Unavailable` when another holder outlasts `patience` seconds, `Unwritable` where the studio cannot be written, and
    `DiskFull` where its disk is full.
    """
    path = studio / LOCK
    try:
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise Unwritable(f"cannot use {path}: {error}", remedy=REMEDY) from error
    with closing(connection):
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")  # a journal would need room on the disk
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                message = f"another process has held the studio {studio} for {patience:g} s"
                raise Unavailable(message, remedy="wait for it to finish, or stop it, and run again") from None
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise DiskFull(f"cannot use {path}: {error}", remedy="free some disk space and run again") from error
            raise Unwritable(f"cannot use {path}: {error}", remedy=REMEDY) from error
        yield


@contextmanager
def hold_work(
    folder: Path, busy: str, remedy: str = "wait for it to finish, or stop it", *, patience: float = 0.5
) -> Iterator[None]:
    """Hold the `folder` of a work alone, which is made where it is missing; `busy` says what another holder does.

    Raises `Unavailable` with these words, and as `hold_lock` does.
    """
    with disk_errors(folder):
        make_folder(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_lock(folder, patience=patience))
        except Unavailable:
            raise Unavailable(busy, remedy=remedy) from None
        yield
