"""The rows of a job while it is done: its attempts, its fence, what it tells, what it waits for.

Every attempt takes the next number of its job's fence. Whoever finds that the number has moved on (the job was cancelled, or
given to another worker because this one seemed dead) stops, and stores nothing more. These rows tell how a job is done; that it
is accepted, and which units of it are, is stored elsewhere. So they are written without waiting for the disk.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, select, text, update

from ..errors import TwinError
from ..progress import Event, Kept, Message, Progress
from .records import AttemptState, Budget
from .schema import attempts, jobs, updates
from .store import Store, to_json

COUNTED: Final = ("failed", "lost")
"""Attempts that count towards a job's limit; what was given back or cancelled does not."""
_OPEN: Final[tuple[AttemptState, ...]] = ("running", "succeeded")
"""What an attempt is in whose worker died before the job's own end was stored."""
_LINE: Final = 0x6E657773  # any fixed number: who writes updates on a server holds it


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that has begun."""

    job: str
    kind: str
    plan: dict[str, Any]
    number: int
    fence: int
    """What the job's fence was when it began."""
    budget: Budget
    seconds: float
    """Seconds that earlier attempts took."""


class Exhausted(Exception):
    """A job has no attempt left; the message names the last error."""


class Moved(Exception):
    """The job is not this attempt's any more: it was cancelled, or given to another worker."""

    def __init__(self, cancelled: bool) -> None:
        super().__init__("cancelled" if cancelled else "given to another worker")
        self.cancelled = cancelled


def begin(job: str, worker: str, device: str, store: Store) -> Begun:
    """Begin the next attempt at `job`. An attempt that is still open, or that succeeded, is one whose worker died: the job
    would be at its end otherwise.

    Raises `Exhausted` where no attempt is left, and `Moved` where the job was cancelled.
    """
    with store.note() as connection:
        now = store.now(connection)
        fresh = update(jobs).where(jobs.c.id == job).values(fence=jobs.c.fence + 1, waiting=None)
        row = connection.execute(fresh.returning(*jobs.c)).one()
        tried = select(attempts).where(attempts.c.job == job).order_by(attempts.c.number)
        earlier = connection.execute(tried).all()
        if any(one.state in _OPEN for one in earlier):
            lose(connection, job, now, _OPEN)
            earlier = connection.execute(tried).all()
        counted = [one for one in earlier if one.state in COUNTED]
        over = len(counted) - row.forgiven >= row.attempts
        if not (over or row.cancelled):
            number = 1 + max((one.number for one in earlier), default=0)
            new = {"job": job, "number": number, "worker": worker, "device": device, "started": now, "state": "running"}
            connection.execute(insert(attempts).values(new))
            record(connection, store, job, {"kind": "state", "text": "running", "worker": worker})
    if row.cancelled:
        raise Moved(cancelled=True)
    if over:
        raise Exhausted(f"given up after {len(counted)} attempts; the last: {counted[-1].message}")
    took = sum((one.ended or one.started) - one.started for one in earlier)
    budget = Budget.model_validate_json(row.budget)
    return Begun(job, row.kind, json.loads(row.plan), number, row.fence, budget, took)


def lose(connection: Connection, job: str, now: float, states: Sequence[AttemptState] = ("running",)) -> None:
    """Note that whoever was doing `job` is gone: its attempts in one of `states` are lost."""
    connection.execute(
        update(attempts)
        .where(attempts.c.job == job, attempts.c.state.in_(states))
        .values(state="lost", ended=now, error="WorkerLost", message="the worker died, or was killed")
    )


def end(begun: Begun, state: AttemptState, store: Store, error: TwinError | None = None, told: Sequence[Event] = ()) -> None:
    """Close an attempt with what it told last, and with its error where it failed. One that others closed stays as it is."""
    said = {} if error is None else {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    with store.note() as connection:
        connection.execute(
            update(attempts)
            .where(attempts.c.job == begun.job, attempts.c.number == begun.number, attempts.c.state == "running")
            .values(state=state, ended=store.now(connection), **said)
        )
        _insert(connection, begun, told, store)
        if state == "cancelled":
            record(connection, store, begun.job, {"kind": "state", "text": "cancelled"})


def check(begun: Begun, store: Store) -> None:
    """Raise `Moved` unless the job is still this attempt's."""
    with store.read() as connection:
        row = connection.execute(select(jobs.c.fence, jobs.c.cancelled).where(jobs.c.id == begun.job)).one_or_none()
    if row is None or row.fence != begun.fence:
        raise Moved(cancelled=row is None or row.cancelled)


def tell(begun: Begun, events: Sequence[Event], store: Store) -> None:
    """Store what the job told."""
    if not events:
        return
    with store.note() as connection:
        _insert(connection, begun, events, store)


def _insert(connection: Connection, begun: Begun, events: Sequence[Event], store: Store) -> None:
    record(connection, store, begun.job, *map(_plain, events))


def record(connection: Connection, store: Store, job: str, *found: dict[str, Any]) -> None:
    """Write updates; each begins with its `kind`. Their ids become visible in their order: on a server writers wait in line."""
    if not found:
        return
    if store.engine.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LINE})"))
    now = store.now(connection)
    connection.execute(insert(updates), [{"job": job, "at": now, "record": to_json(one)} for one in found])


def _plain(event: Event) -> dict[str, Any]:
    match event:
        case Progress():
            text = f"{event.what}: {event.note}" if event.note else event.what
            left = None if event.seconds_left is None else round(event.seconds_left, 1)
            return {"kind": "progress", "text": text, "done": event.done, "total": event.total, "seconds_left": left}
        case Message():
            return {"kind": event.kind, "text": event.text}
        case Kept():
            things = [{"kind": "run", "id": event.run}] if event.run else []
            return {"kind": "kept", "text": event.unit, "takes": event.takes, **({"things": things} if things else {})}


def wait_for(begun: Begun, what: str | None, store: Store) -> None:
    """Note what the job waits for, or that it waits no longer."""
    with store.note() as connection:
        connection.execute(update(jobs).where(jobs.c.id == begun.job, jobs.c.fence == begun.fence).values(waiting=what))
