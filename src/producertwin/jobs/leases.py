"""Who works, and whose jobs are given to others.

Every worker has an id of its own, which is its executor id in DBOS too, and says every few seconds that it lives. By itself DBOS
takes up only what was begun under the same id; so whoever works looks for jobs that run under an id that is not alive, and puts
them back into their queues. Their fences move on with that: a worker that was only frozen finds its jobs to be others'.
"""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Final

import psutil
from sqlalchemy import Connection, Row, delete, insert, select, update

from ..errors import BadInput
from .attempts import lose, record
from .records import QUEUES, Queue
from .schema import attempts, jobs, workers
from .store import Store

BEAT: Final = 2.0
"""Seconds between two signs of life."""
LEASE: Final = 20.0
"""Seconds without one after which a worker counts as dead; on the same host a process that is gone does at once."""
KILLED: Final = 10.0
"""Seconds in which a process that is killed is gone, whatever it was waiting for."""
REMEMBERED: Final = 86_400.0
"""Seconds for which workers that are no more stay listed."""


def join(device: str, queues: Sequence[Queue], store: Store) -> str:
    """Register this process as a worker, under a new id, and return that."""
    name = f"{platform.node()}-{os.getpid()}-{secrets.token_hex(4)}"
    with store.write() as connection:
        now = store.now(connection)
        old = (workers.c.state != "alive") & (workers.c.beat < now - REMEMBERED)
        connection.execute(delete(workers).where(old))
        row = {"id": name, "host": platform.node(), "process": os.getpid(), "born": psutil.Process().create_time()}
        row |= {"device": device, "queues": " ".join(queues), "started": now, "beat": now, "state": "alive"}
        connection.execute(insert(workers).values(row))
        _tell(connection, name, "alive", store)
    return name


def beat(name: str, store: Store) -> bool:
    """Say that the worker `name` lives; False where others have found it dead."""
    with store.note() as connection:
        alive = update(workers).where(workers.c.id == name, workers.c.state == "alive")
        return connection.execute(alive.values(beat=store.now(connection))).rowcount == 1


def leave(name: str, store: Store) -> None:
    """Say that the worker `name` has stopped."""
    with store.write() as connection:
        alive = update(workers).where(workers.c.id == name, workers.c.state == "alive")
        if connection.execute(alive.values(state="gone")).rowcount:
            _tell(connection, name, "gone", store)


def _tell(connection: Connection, worker: str, state: str, store: Store) -> None:
    record(connection, store, "", {"kind": "worker", "text": state, "worker": worker})


def bury(name: str, store: Store, lease: float = LEASE) -> tuple[str, ...]:
    """Find workers besides `name` that are dead, take their jobs' fences away, and return the ids of those alive."""
    with store.read() as connection:
        now = store.now(connection)
        found = connection.execute(select(workers).where(workers.c.state == "alive")).all()
        dead = [one.id for one in found if one.id != name and (one.beat < now - lease or _has_died(one))]
    for worker in dead:
        with store.write() as connection:
            late = (workers.c.id == worker) & (workers.c.state == "alive")
            if connection.execute(update(workers).where(late).values(state="dead")).rowcount:
                _take_away(connection, worker, store)
                _tell(connection, worker, "dead", store)
    return tuple(one.id for one in found if one.id not in dead)


def _has_died(worker: Row[Any]) -> bool:
    """Whether a process of this host is no more; of another host one cannot tell."""
    if worker.host != platform.node():
        return False
    try:
        process = psutil.Process(worker.process)
        return abs(process.create_time() - worker.born) > 1.0 or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _take_away(connection: Connection, worker: str, store: Store) -> None:
    held = (
        connection.execute(select(attempts.c.job).where(attempts.c.worker == worker, attempts.c.state == "running"))
        .scalars()
        .all()
    )
    for job in held:
        connection.execute(update(jobs).where(jobs.c.id == job).values(fence=jobs.c.fence + 1))
        lose(connection, job, store.now(connection))
        record(connection, store, job, {"kind": "state", "text": "queued"})


def find_orphans(alive: Collection[str], own: str, doing: Collection[str], store: Store) -> dict[str, str]:
    """Jobs that run under a worker that is not alive, or under `own` though it is not `doing` them: their ids and workers."""
    running = store.client.list_workflows(status="PENDING", load_input=False, load_output=False)
    return {
        one.workflow_id: one.executor_id or ""
        for one in running
        if one.executor_id not in alive or (one.executor_id == own and one.workflow_id not in doing)
    }


def give_back(job: str, worker: str, store: Store) -> None:
    """Put a job that runs under `worker` back into its queue; nothing where it runs under another by now."""
    store.client._sys_db.reenqueue_for_recovery(job, [worker], QUEUES[0])  # it has a queue, so this one is not taken


def find_here(name: str, store: Store) -> Row[Any] | None:
    """The worker `name` if it lives, to be killed. Raises `BadInput` where it is on another host."""
    with store.read() as connection:
        worker = connection.execute(select(workers).where(workers.c.id == name)).one_or_none()
    if worker is None or worker.state != "alive":
        return None
    if worker.host != platform.node():
        remedy = f"cancel it without --kill, or kill process {worker.process} there"
        raise BadInput(f"worker {name} is on the host {worker.host}", remedy=remedy)
    return worker


def kill_worker(worker: Row[Any], store: Store) -> None:
    """Kill the process of a worker and bury it: its other jobs go to others, which counts as an attempt of theirs."""
    if not _has_died(worker):
        with suppress(psutil.NoSuchProcess):
            psutil.Process(worker.process).kill()
        until = time.monotonic() + KILLED
        while not _has_died(worker) and time.monotonic() < until:
            time.sleep(0.01)
    bury("", store)
