"""The library's database: opened, brought to the newest schema, and its refusals typed.

SQLite runs in WAL with full synchronisation: a committed take survives a power cut. Migrations run in one transaction, under the
studio's lock, after a copy was put in `backups/`; on a server (Postgres) back up with its own tools before upgrading.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy.orm  # noqa: F401 - DBOS imports it later, and meanwhile no other thread of a server can ask the database
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from ..disk import disk_errors, make_folder, move, sync_folder, whole_file
from ..errors import BadInput, DiskFull, Resources, TwinError, Unavailable
from ..settings import Settings
from ..wording import hide_secrets
from .lock import REMEDY, Unwritable
from .schema import HEAD, metadata, takes

BUSY_MS = 30_000
"""How long a statement waits for another process."""
CAUSE = "cause"
"""The option of an engine that only reads: the error for which it does."""
_MIGRATION_LOCK = 0x7477696E  # any fixed number: who migrates a server holds it

_LOST_SCHEMA = (
    "malformed JSON",
    "no such table",
    "no such column",
    "has no column named",
    "no such index",
    "malformed",
    "unsupported file format",
    "already exists",
    "duplicate column",
)
"""What SQLite says of a file whose tables a flipped bit has renamed."""


class Damaged(BadInput):
    """The SQLite file is not a sound database any more."""


class Newer(Unavailable):
    """The library says that a newer Producer Twin made it."""


def address_of(settings: Settings) -> str | URL:
    """What `connect` opens: `settings.database`, or the SQLite file in the studio, whatever signs its path has."""
    if settings.database is not None:
        return settings.database
    return URL.create("sqlite", database=str(settings.studio / "library.sqlite"))


def connect(url: str | URL, *, creator: Callable[[], sqlite3.Connection] | None = None) -> Engine:
    """An engine for `url`; `creator` opens its file in another way.

    Raises `BadInput` for a bad URL and `Unavailable` when the driver is not installed.
    """
    try:
        address = _normal(make_url(url))
        engine = create_engine(address) if creator is None else create_engine(address, creator=creator)
    except (ArgumentError, NoSuchModuleError, ValueError):  # their words repeat the URL, with its password
        message = f"{hide_secrets(str(url))!r} is not a database URL"
        raise BadInput(message, remedy="set TWIN_DATABASE to sqlite:////FILE or postgresql://USER:PASSWORD@HOST/NAME") from None
    except ModuleNotFoundError as error:
        message = f"the database driver {error.name!r} is not installed"
        raise Unavailable(message, remedy=f"pip install {error.name}") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def file_of(engine: Engine) -> Path | None:
    """The SQLite file behind `engine`; None for a server."""
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


def upgrade(engine: Engine) -> None:
    """Bring the schema to `HEAD`; the caller holds the studio's lock.

    An older library is copied into `backups/` beside it first, a newer one refused with `Newer`.
    """
    path = file_of(engine)
    if path is not None:
        with disk_errors(path.parent):
            make_folder(path.parent)
    with typed_errors(engine):
        if path is not None:
            _write_ahead(path)
        found = version(engine)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            message = f"the library has schema {found}, made by a newer Producer Twin; this one knows {HEAD}"
            raise Newer(message, remedy="upgrade Producer Twin: pip install --upgrade producertwin")
        if found is not None and path is not None:
            back_up(path, found)
        _migrate(engine)


def version(engine: Engine) -> str | None:
    """The schema's number; None for an empty database. Raises `Damaged` when the number was lost."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" not in tables and takes.name in tables:
            raise Damaged(f"{engine.url.database} has takes but no schema number", remedy="run `twin library rebuild`")
        if "alembic_version" not in tables:
            return None
        found = [str(number) for number in connection.execute(text("SELECT version_num FROM alembic_version")).scalars()]
        if len(found) > 1 or not all(re.fullmatch(r"\d{4}", number) for number in found):
            raise Damaged(f"{engine.url.database} has the schema number {' '.join(found)}", remedy="run `twin library rebuild`")
        return found[0] if found else None


def check(engine: Engine) -> None:
    """Raise `Damaged` when the SQLite file is not sound, its indexes included."""
    with typed_errors(engine), engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if found != "ok":
        raise Damaged(f"{engine.url.database} is damaged: {found}", remedy="run `twin library rebuild`")


def back_up(path: Path, label: str) -> Path:
    """Copy the SQLite file at `path` into `backups/` beside it, while others may use it, and return the copy."""
    target = _backup_name(path, label)
    with whole_file(target) as temporary, closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(temporary)) as copy:
        source.backup(copy)
    return target


def set_aside(path: Path) -> Path:
    """Move a damaged SQLite file and its companions into `backups/` beside it, and return where it went."""
    target = _backup_name(path, "damaged")
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            move(part, target.with_name(target.name + ending))
    sync_folder(path.parent)
    return target


@contextmanager
def typed_errors(engine: Engine) -> Iterator[None]:
    """Turn the database's refusals into the project's errors."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except DBAPIError as error:
        known = _typed_error(error.orig, where)
        if isinstance(known, Unwritable):
            known = engine.get_execution_options().get(CAUSE, known)
        if known is None and isinstance(error, OperationalError) and engine.dialect.name != "sqlite":
            remedy = "check that the server runs and TWIN_DATABASE names it"
            known = Unavailable(f"no answer from the database {where}: {error.orig}", remedy=remedy)
        if known is None:
            raise
        raise known from error
    except sqlite3.Error as error:
        known = _typed_error(error, where)
        if known is None:
            raise
        raise known from error
    except UnicodeDecodeError as error:  # by the driver, of a message that quotes a damaged schema
        raise Damaged(f"{where} is damaged: {error}", remedy="run `twin library rebuild`") from error


def _backup_name(path: Path, label: str) -> Path:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    return path.parent / "backups" / f"{path.stem}-{moment}-{label}.sqlite"


def _normal(url: URL) -> URL:
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and (url.database or ":memory:") == ":memory:":
        raise ArgumentError("a library in memory would be lost")
    return url


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: the driver would leave DDL outside of them
    connection.text_factory = lambda data: data.decode("utf-8", "replace")  # a flipped bit is for the reader of the row to find
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _write_ahead(path: Path) -> None:
    """Switch the file to WAL, which it remembers; nobody else may be looking, hence under the lock."""
    with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _migrate(engine: Engine) -> None:
    from alembic.migration import MigrationContext  # only a new or older library pays for importing it
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent / "migrations"))
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:  # rebuilding a table drops the old one, which must not cascade; only settable outside a transaction
            connection.connection.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            if not sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
            found = context.get_current_revision()  # on a server another host may have been first
            missing = [script for script in scripts.iterate_revisions(HEAD, "base") if script.revision > (found or "")]
            with Operations.context(context):
                for script in reversed(missing):
                    script.module.upgrade()
            context.stamp(scripts, HEAD)
            if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise Damaged(f"{engine.url.database} does not hold together", remedy="run `twin library rebuild`")
        if sqlite:
            connection.connection.execute("PRAGMA foreign_keys = ON")


def _typed_error(error: BaseException | None, where: str) -> TwinError | None:
    code = getattr(error, "sqlite_errorname", None) or ""
    if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        kind = DiskFull if code == "SQLITE_FULL" else Resources
        return kind(f"cannot write {where}: {error}", remedy="free some disk space and run again")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unavailable(f"{where} is in use: {error}", remedy="wait for the other process and run again")
    lost_schema = code == "SQLITE_ERROR" and any(sign in str(error) for sign in _LOST_SCHEMA)
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_MISMATCH", "SQLITE_FORMAT")) or lost_schema:
        return Damaged(f"{where} is damaged: {error}", remedy="run `twin library rebuild`")
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return Unwritable(f"cannot use {where}: {error}", remedy=REMEDY)
    return None
