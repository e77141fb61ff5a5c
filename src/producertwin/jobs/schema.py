"""The tables of jobs: what was accepted, every attempt at it, what was told meanwhile, and who works.

They lie in the database of DBOS (`jobs.sqlite` in the studio, or the server that TWIN_DATABASE names), so that a job and its
workflow are accepted in one transaction. Which steps of a job are done, and how it ended, is in the tables of DBOS alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, MetaData, String, Table, Text
from sqlalchemy.sql.ddl import CreateIndex, CreateTable, ExecutableDDLElement

metadata = MetaData()
COUNTED = BigInteger().with_variant(Integer, "sqlite")
"""Numbers that the database counts up; SQLite does so for INTEGER only."""

jobs = Table(
    "twin_jobs",
    metadata,
    Column("id", String(12), primary_key=True),  # of its workflow too
    Column("kind", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("created", Float, nullable=False, index=True),  # seconds since 1970, by the database's clock
    Column("asked", Text, nullable=False),  # JSON: the record as it was sent
    Column("plan", Text, nullable=False),  # JSON: the same, settled: seeds drawn, files read
    Column("amount", Float, nullable=False),  # of work, by which the time left is estimated
    Column("attempts", Integer, nullable=False),  # at most so many
    Column("budget", Text, nullable=False),  # JSON
    Column("fence", Integer, nullable=False),  # whoever does not hold this number may not publish
    Column("cancelled", Boolean, nullable=False),
    Column("waiting", Text),  # what a running job waits for
)

attempts = Table(
    "twin_job_attempts",
    metadata,
    Column("job", String(12), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("worker", String, nullable=False, index=True),
    Column("device", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("state", String, nullable=False),
    Column("error", String),
    Column("message", Text),
    Column("remedy", Text),
)

updates = Table(
    "twin_job_updates",
    metadata,
    Column("id", COUNTED, primary_key=True, autoincrement=True),
    Column("job", String(12), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("record", Text, nullable=False),  # JSON
    sqlite_autoincrement=True,  # a number never comes back, though rows are pruned
)

workers = Table(
    "twin_workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("born", Float, nullable=False),  # when the process began: numbers of processes come back
    Column("device", String, nullable=False),
    Column("queues", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("beat", Float, nullable=False),
    Column("state", String, nullable=False),  # alive, gone (it said so), dead (others found it so)
)

STATEMENTS: Final[tuple[ExecutableDDLElement, ...]] = (
    *(CreateTable(table, if_not_exists=True) for table in metadata.sorted_tables),
    *(CreateIndex(index, if_not_exists=True) for table in metadata.sorted_tables for index in sorted(table.indexes, key=str)),
)
"""What makes the tables where they are missing."""
