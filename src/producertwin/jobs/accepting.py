"""Jobs are accepted, cancelled, tried again and forgotten.

A job and its workflow are written in one transaction: when `submit` returns, the job is done by whoever works, and when it is
killed before that, the same key gives the same job. Cancelling takes the job's fence away, so that whoever does it can store
nothing more.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..errors import BadInput
from ..progress import Steps
from ..recipe import Record, canonical, letters, short_id
from .attempts import record
from .catalogue import find_work
from .leases import find_here, kill_worker
from .reading import find_job, list_jobs, read_job
from .records import FINISHED, MOST_PRIORITY, Job, JobState, Terms
from .schema import attempts, jobs, updates
from .store import VERSION, Store, to_json
from .works import AnyWork, read_plan, write_plan

if TYPE_CHECKING:
    from ..verbs.studio import Studio

STEP = "go on"
"""The name of every step of a job in DBOS."""


def submit(kind: str, asked: Record | Mapping[str, Any], terms: Terms, studio: Studio, store: Store) -> Steps[Job]:
    """Check and accept the job to do the work `kind` of what is asked; the same key again returns the job that it is.

    Raises all that the verb would refuse beforehand, `NotFound` for another kind, and `BadInput` where the key belongs to a job
    that was asked for something else.
    """
    work = find_work(kind)
    plan = read_plan(work, dict(asked))
    said = canonical(write_plan(plan))
    name = letters(secrets.token_bytes(8)) if terms.key is None else _name_job_of(terms.key)
    with store.read() as connection:
        known = _is_known(connection, name, kind, said)
    if not known:
        settled = yield from work.settle(read_plan(work, write_plan(plan)), studio)
        try:
            with store.write() as connection:
                _accept(connection, {"id": name, "asked": said}, work, settled, terms, store)
        except IntegrityError:  # somebody has sent the same key at the same moment
            with store.read() as connection:
                if not _is_known(connection, name, kind, said):
                    raise
    return read_job(name, store)


def has_job_of(key: str, store: Store) -> bool:
    """Whether the job of this key is there."""
    with store.read() as connection:
        return connection.execute(select(jobs.c.id).where(jobs.c.id == _name_job_of(key))).first() is not None


def _name_job_of(key: str) -> str:
    """The id of the job of this key."""
    return short_id(key, person=b"job")


def _is_known(connection: Connection, name: str, kind: str, said: str) -> bool:
    """Whether the job is there; raises `BadInput` where it is another."""
    row = connection.execute(select(jobs.c.kind, jobs.c.asked).where(jobs.c.id == name)).one_or_none()
    if row is None:
        return False
    if (row.kind, row.asked) != (kind, said):
        raise BadInput(f"the key belongs to job {name}, which was asked for something else", remedy="give another key")
    return True


def _accept(connection: Connection, named: Mapping[str, str], work: AnyWork, plan: Record, terms: Terms, store: Store) -> None:
    name = named["id"]
    row = {
        **named,
        "kind": work.kind,
        "queue": work.queue_of(plan),
        "priority": terms.priority,
        "created": store.now(connection),
        "plan": canonical(write_plan(plan)),
        "amount": work.amount(plan),
        "attempts": terms.attempts,
        "forgiven": 0,
        "budget": to_json(terms.budget.model_dump()),
        "fence": 0,
        "cancelled": False,
    }
    connection.execute(insert(jobs).values(row))
    store.client.enqueue_in_transaction(
        connection,
        {
            "workflow_name": work.workflow,
            "queue_name": work.queue_of(plan),
            "workflow_id": name,
            "app_version": VERSION,
            "priority": terms.priority,
        },
        name,
    )
    record(connection, store, name, {"kind": "state", "text": "queued"})


def _tell(job: str, state: JobState, store: Store) -> None:
    with store.note() as connection:
        record(connection, store, job, {"kind": "state", "text": state})


def tell_end(job: str, store: Store, *, patience: float) -> None:
    """Tell how a job ended, once that is stored; nothing where it is not within `patience` seconds. Raises `NotFound`."""
    until = time.monotonic() + patience
    while not (found := find_job(job, store)).is_over:
        if time.monotonic() > until:
            return
        time.sleep(0.02)
    _tell(job, found.state, store)


def cancel(key: str, store: Store, *, kill: bool = False) -> Job:
    """Cancel a job: one that waits is never done, one that runs stops at its next step, one that ended stays as it is.

    With `kill` the process that does it is killed too. Raises `NotFound`, and `BadInput` where that is on another host; then
    nothing is cancelled.
    """
    job = find_job(key, store)
    if job.state in FINISHED:
        return job
    doing = [one.worker for one in job.attempts if kill and one.state == "running"]
    killed = [worker for name in doing if (worker := find_here(name, store)) is not None]
    with store.write() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(cancelled=True, fence=jobs.c.fence + 1))
    store.client.cancel_workflow(job.id)
    for worker in killed:
        kill_worker(worker, store)
    found = find_job(job.id, store)
    _tell(found.id, found.state, store)
    return found


def retry(key: str, store: Store) -> Job:
    """Queue a job again that failed or was cancelled; what it had done is not done again, and its attempts count anew.

    Raises `NotFound`, and `BadInput` for a job that is not at its end, or succeeded.
    """
    job = find_job(key, store)
    if job.state not in {"failed", "cancelled"}:
        raise BadInput(f"job {job.id} is {job.state}", remedy="only a job that failed or was cancelled can be tried again")
    steps = store.client.list_workflow_steps(job.id)
    kept = sum(isinstance(step["output"], dict) and "kept" in step["output"] for step in steps)
    with store.write() as connection:
        fresh = {"cancelled": False, "waiting": None, "forgiven": _count(job)}
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(**fresh))
    store.client.rewind_workflow(job.id, start_step=kept + 1, application_version=VERSION, queue_name=job.queue)
    _tell(job.id, "queued", store)
    return find_job(job.id, store)


def prioritise(key: str, priority: int, store: Store) -> Job:
    """Give a job that waits another place in its queue: 1 goes first. Raises `NotFound`, and `BadInput` for one that does not."""
    job = find_job(key, store)
    if not 1 <= priority <= MOST_PRIORITY:
        raise BadInput(f"a priority of {priority} is outside 1 to {MOST_PRIORITY}", remedy="1 goes first")
    with store.write() as connection:
        flows = store.flows(connection)
        waits = (flows.c.workflow_uuid == job.id) & flows.c.status.in_(("ENQUEUED", "DELAYED"))
        moved = connection.execute(update(flows).where(waits).values(priority=priority)).rowcount
        if moved:
            connection.execute(update(jobs).where(jobs.c.id == job.id).values(priority=priority))
            record(connection, store, job.id, {"kind": "state", "text": "queued"})
    if not moved:
        raise BadInput(
            f"job {job.id} is {find_job(job.id, store).state}", remedy="only a job that waits has a place in the queue"
        )
    return find_job(job.id, store)


def _count(job: Job) -> int:
    """Attempts of a job that count towards its limit."""
    return sum(one.state in {"failed", "lost"} for one in job.attempts)


def prune(store: Store, *, older_than: float, dry_run: bool = False) -> tuple[Job, ...]:
    """Forget the jobs that ended more than `older_than` seconds ago, with all that they told. Their takes stay."""
    with store.read() as connection:
        cutoff = store.now(connection) - older_than
    old = tuple(job for job in list_jobs(store) if job.is_over and _end_of(job) <= cutoff)
    for job in () if dry_run else old:
        forget([job.id], store)
    return old


def _end_of(job: Job) -> float:
    return max([job.created, *(one.ended or one.started for one in job.attempts)])


def forget(names: Sequence[str], store: Store) -> None:
    """Remove every row of these jobs; DBOS's own first, so that what a crash leaves is still listed."""
    for name in names:
        store.client.delete_workflow(name)
    with store.write() as connection:
        for table, column in ((updates, updates.c.job), (attempts, attempts.c.job), (jobs, jobs.c.id)):
            connection.execute(delete(table).where(column.in_(names)))
