"""The store of jobs: the database of DBOS with our own tables in it, opened as they need it.

DBOS opens SQLite as it finds it. So the file is opened here: WAL (readers do not block the writer), `synchronous=FULL` (what was
accepted survives a power cut), a write lock taken at once (two writers wait for each other rather than fail) and patience for it.
DBOS pickles what it is not told to write otherwise: everything here is written as JSON, and in this process its reader of pickles
is switched off, since the rows say themselves how they are to be read.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url

from ..disk import disk_errors, make_folder
from ..errors import TwinError
from ..library.database import BUSY_MS, connect, typed_errors
from ..settings import Settings
from .schema import STATEMENTS, jobs

if TYPE_CHECKING:
    from dbos import DBOSClient

APPLICATION: Final = "producertwin"
"""Owner of our workflows in the tables of DBOS."""
VERSION: Final = "1"
"""Of the workflow that does jobs: raised when one begun by an older version could not be gone on with."""
COMPARE_EVERY: Final = 60.0
"""Seconds between two comparisons of our clock with the server's."""
_MIGRATION_LOCK = 0x6A6F6273  # any fixed number: who makes the tables on a server holds it


class Store:
    """The open store."""

    def __init__(self, settings: Settings, engine: Engine, quick: Engine, client: DBOSClient) -> None:
        """`quick` commits without waiting for the disk."""
        self.settings = settings
        self.engine = engine
        self.quick = quick
        self.client = client
        self._is_file = engine.dialect.name == "sqlite"
        self._alone = engine if self._is_file else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._ahead, self._compared = 0.0, -COMPARE_EVERY

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction. Raises `Unavailable` where the database stays locked, `DiskFull` where it cannot grow."""
        with typed_errors(self.engine), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def note(self) -> Iterator[Connection]:
        """A transaction that the death of a process does not undo, but the loss of power may: for what is not promised.

        It is in order with all others, so the next `write` makes it durable too. Raises as `write` does.
        """
        if self._is_file:
            with typed_errors(self.quick), self.quick.begin() as connection:
                yield connection
            return
        with typed_errors(self._alone), self._alone.connect() as connection:
            connection.exec_driver_sql("BEGIN; SET LOCAL synchronous_commit = off")  # in one way to the server
            yield connection
            connection.exec_driver_sql("COMMIT")  # left out by an error: then the pool rolls back

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with. Raises as `write` does."""
        with typed_errors(self._alone), self._alone.connect() as connection:
            yield connection

    def flows(self, connection: Connection) -> Table:
        """DBOS's table of workflows, for what its client cannot ask; `connection` finds it from now on."""
        tables = self.client._sys_db
        connection.execution_options(schema_translate_map={tables.tables.workflow_status.schema: tables.schema})
        found: Table = tables.tables.workflow_status
        return found

    def now(self, connection: Connection) -> float:
        """Seconds since 1970: by the server's clock where hosts share one, else by this host's.

        How far the server's is ahead of ours is asked now and then, since asking is a way to the server and back.
        """
        if not self._is_file and time.monotonic() - self._compared > COMPARE_EVERY:
            found = connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
            self._ahead, self._compared = float(found) - time.time(), time.monotonic()
        return time.time() + self._ahead


def address_of(settings: Settings) -> URL:
    """Where the jobs of a studio are: its file `jobs.sqlite`, or the server that holds its library."""
    server = make_url(settings.database) if settings.database else None
    if server is not None and server.get_backend_name() == "postgresql":
        return server.set(drivername="postgresql+psycopg")
    return URL.create("sqlite", database=str(settings.studio / "jobs.sqlite"))


def has_jobs(settings: Settings) -> bool:
    """Whether there may be jobs: nothing is made where there are none."""
    address = address_of(settings)
    return address.get_backend_name() != "sqlite" or (settings.studio / "jobs.sqlite").is_file()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store of the jobs of a studio, made where there is none.

    Raises `BadInput` where its folder cannot be used, `Unavailable` where a server does not answer, `DiskFull`.
    """
    address = address_of(settings)
    engine = open_engine(address, settings)
    quick = _connect(address, "NORMAL") if address.get_backend_name() == "sqlite" else engine
    try:
        client = prepare_dbos(engine)
        try:
            yield Store(settings, engine, quick, client)
        finally:
            client.destroy()
    finally:
        quick.dispose()
        engine.dispose()


def open_engine(address: URL, settings: Settings) -> Engine:
    """An engine for `address` with every table in place."""
    if address.get_backend_name() == "sqlite":
        with disk_errors(settings.studio):
            make_folder(settings.studio)
        engine = _connect(address, "FULL")
        with typed_errors(engine), closing(sqlite3.connect(str(address.database), timeout=BUSY_MS / 1000)) as file:
            if file.execute("PRAGMA journal_mode").fetchone()[0] != "wal":  # switching takes the file for itself
                file.execute("PRAGMA journal_mode = WAL")
    else:
        engine = connect(address)
    with typed_errors(engine):
        if not inspect(engine).has_table(jobs.name):
            _make_tables(engine)
    return engine


def _connect(address: URL, synchronous: str) -> Engine:
    """An engine for a SQLite file whose commits wait for the disk (FULL), or do not (NORMAL)."""
    engine = create_engine(address, pool_size=20, max_overflow=0)

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")

    event.listen(engine, "connect", prepare)
    return engine


def _make_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("BEGIN IMMEDIATE"))  # before CREATE the driver begins nothing itself
        else:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        for statement in STATEMENTS:
            connection.execute(statement)


def prepare_dbos(engine: Engine) -> DBOSClient:
    """Bring DBOS's own tables to its newest schema, and return a client: it runs no threads and opens no ports."""
    from dbos import DBOSClient
    from dbos import error as dbos_errors
    from dbos._sys_db import SystemDatabase

    silence_dbos()
    serializer = json_serializer()
    with typed_errors(engine):
        tables = SystemDatabase.create(
            system_database_url=dbos_url(engine),
            engine_kwargs={},
            engine=engine,
            schema=None,
            serializer=serializer,
            executor_id=None,
        )
        try:
            tables.verify_migrations()
        except dbos_errors.DBOSInitializationError:  # there are none yet, or they are older
            tables.run_migrations()
        return DBOSClient(system_database_engine=engine, serializer=serializer, application_name=APPLICATION)


def dbos_url(engine: Engine) -> str:
    """What DBOS is told of an engine that is open already: which kind of database it is."""
    return "sqlite:///opened" if engine.dialect.name == "sqlite" else "postgresql://opened/elsewhere"


def json_serializer() -> Any:
    """DBOS's serializer that writes JSON; its reader of pickles is switched off with it, for rows that somebody else wrote."""
    from dbos import DBOSPortableJSONSerializer
    from dbos import _serialization as forms

    def refuse(data: Any) -> str:  # noqa: ARG001 - DBOS calls it so
        raise TwinError("a job's row holds a pickle, which is not read", remedy="twin jobs prune, and submit the job again")

    forms.DBOSDefaultSerializer.serialize = refuse  # type: ignore[method-assign]
    forms.DBOSDefaultSerializer.deserialize = refuse  # type: ignore[method-assign, assignment]
    return DBOSPortableJSONSerializer()


def silence_dbos() -> None:
    """Keep DBOS's log off the console: what a person should know is told by jobs themselves."""
    logger = logging.getLogger("dbos")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def to_json(data: Any) -> str:
    """`data` as JSON for a column."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
