"""A database that can only be read: on a read-only drive, in a folder of somebody else, or on a full disk."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from ..disk import disk_errors
from ..errors import TwinError
from .database import CAUSE, connect, file_of, typed_errors, version
from .schema import HEAD


def open_to_read(address: str | URL, cause: TwinError) -> Engine:
    """An engine that reads the SQLite file as it lies there; whatever writes raises `cause`.

    Raises `cause` where there is no file, where it is a server's, or where its schema is not the newest.
    """
    plain = connect(address)
    path = file_of(plain)
    if path is None or not path.is_file():
        raise cause
    engine = connect(address, creator=lambda: _open(path)).execution_options(**{CAUSE: cause})
    with typed_errors(engine):
        if version(engine) != HEAD:
            raise cause
    return engine


def is_reading(engine: Engine) -> bool:
    """Whether the engine came of `open_to_read`."""
    return CAUSE in engine.get_execution_options()


def _open(path: Path) -> sqlite3.Connection:
    """Open the file without a lock or a journal; with what a stopped writer left in its log, read from a copy."""
    log = path.with_name(path.name + "-wal")
    if not (log.is_file() and log.stat().st_size):
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    with disk_errors(path), tempfile.TemporaryDirectory() as folder:
        for part in (path, log):
            shutil.copyfile(part, Path(folder) / part.name)
        copy = sqlite3.connect(Path(folder) / path.name)
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        copy.backup(memory)
        copy.close()
    memory.execute("PRAGMA query_only = ON")
    return memory
