"""Jobs as they stand: read from their rows and from the state of their workflows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select

from ..errors import BadInput, NotFound
from .records import TOLD, Attempt, Budget, Job, JobState, Outcome, Queue, Thing, Update, Worker
from .schema import attempts, jobs, updates, workers
from .store import Store

if TYPE_CHECKING:
    from dbos import WorkflowStatus

STATES: Final[dict[str, JobState]] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "succeeded",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
"""What the states of workflows are for jobs."""
_UNFINISHED: Final = tuple(name for name, state in STATES.items() if state in ("queued", "running"))
SAMPLE: Final = 20
"""Earlier jobs that an estimate is made of, at most."""
ALIKE: Final = 10.0
"""Times as much work, or as little, that an earlier job may have been: the pace of others is that of loading and of overheads."""
_CHUNK: Final = 500
_SMALLEST: Final = 50
"""Jobs that are read at a time, at most and at least."""


def find_job(key: str, store: Store) -> Job:
    """The job whose id is or begins with `key`. Raises `NotFound`, or `BadInput` where several do."""
    pattern = key.strip().lower()
    with store.read() as connection:
        query = select(jobs.c.id).where(jobs.c.id.startswith(pattern, autoescape=True)).limit(6)
        found = list(connection.execute(query).scalars()) if pattern else []
    if not found:
        raise NotFound(f"no job {key}", remedy="see `twin jobs list`")
    if len(found) > 1 and pattern not in found:
        raise BadInput(f"several jobs begin with {key}: {', '.join(found)}", remedy="give more letters of the id")
    return read_job(pattern if pattern in found else found[0], store)


def read_job(name: str, store: Store) -> Job:
    """The job with exactly this id. Raises `NotFound`."""
    for job in _read([name], store):
        return job
    raise NotFound(f"no job {name}", remedy="see `twin jobs list`")


def list_jobs(
    store: Store,
    states: Sequence[JobState] = (),
    limit: int | None = None,
    *,
    kinds: Sequence[str] = (),
    after: tuple[float, str] | None = None,
) -> tuple[Job, ...]:
    """Jobs in these states and of these kinds (or all), the newest first.

    `after`, the time and id of a job, leaves out that job and those before it in the list.
    """
    query = select(jobs.c.id).order_by(jobs.c.created.desc(), jobs.c.id)
    if kinds:
        query = query.where(jobs.c.kind.in_(kinds))
    if after is not None:
        created, name = after
        query = query.where(or_(jobs.c.created < created, and_(jobs.c.created == created, jobs.c.id > name)))
    with store.read() as connection:
        names = list(connection.execute(query).scalars())
    found: list[Job] = []
    size = _CHUNK if limit is None else max(_SMALLEST, min(limit, _CHUNK))
    for first in range(0, len(names), size):
        chunk = names[first : first + size]
        found += [job for job in _read(chunk, store) if not states or job.state in states]
        if limit is not None and len(found) >= limit:
            break
    return tuple(found[:limit])


def find_newest_jobs(kind: str, field: str, values: Collection[str], store: Store) -> dict[str, Job]:
    """The newest job of a kind for each of `values` that the field of its plan has; one that is not at its end goes first."""
    running = select(attempts.c.job).where(attempts.c.job == jobs.c.id, attempts.c.state == "running").exists()
    with store.read() as connection:
        flows = store.flows(connection)
        stopping = and_(flows.c.status == "CANCELLED", running)
        unfinished = case((or_(flows.c.status.in_(_UNFINISHED), stopping), 1), else_=0)
        query = (
            select(jobs.c.id, jobs.c.plan)
            .outerjoin(flows, flows.c.workflow_uuid == jobs.c.id)
            .where(jobs.c.kind == kind)
            .order_by(unfinished, jobs.c.created, jobs.c.id.desc())
        )
        found = {str(json.loads(row.plan).get(field)): row.id for row in connection.execute(query)}
    names = {found[value]: value for value in values if value in found}
    return {names[job.id]: job for job in _read([*names], store)}


def list_workers(store: Store) -> tuple[Worker, ...]:
    """Everyone who ever worked here, the newest first."""
    with store.read() as connection:
        rows = connection.execute(select(workers).order_by(workers.c.started.desc())).mappings()
        return tuple(Worker.model_validate({name: row[name] for name in Worker.model_fields}) for row in rows)


def read_updates(store: Store, *, after: int = 0, job: str | None = None, limit: int = 1000) -> tuple[Update, ...]:
    """What jobs (or one of them) told since the update `after`, in the order of their ids."""
    query = select(updates).where(updates.c.id > after).order_by(updates.c.id).limit(limit)
    if job is not None:
        query = query.where(updates.c.job == job)
    with store.read() as connection:
        return tuple(_update(row) for row in connection.execute(query))


def list_kept_things(job: str, store: Store) -> tuple[Thing, ...]:
    """What the job with exactly this id has made so far and that is no take, each once."""
    query = select(updates).where(updates.c.job == job, updates.c.record.startswith('{"kind":"kept"', autoescape=True))
    with store.read() as connection:
        found = [thing for row in connection.execute(query.order_by(updates.c.id)) for thing in _update(row).things]
    return tuple(dict.fromkeys(found))


def find_newest_update(store: Store) -> int:
    """Id of the newest update; 0 where there is none."""
    with store.read() as connection:
        return int(connection.execute(select(func.max(updates.c.id))).scalar() or 0)


def count_jobs(store: Store) -> dict[JobState, int]:
    """How many jobs are queued and running, those that wait for room among the latter."""
    found: dict[JobState, int] = {"queued": 0, "running": 0}
    with store.read() as connection:
        flows = store.flows(connection)
        query = select(flows.c.status, func.count()).where(flows.c.status.in_(_UNFINISHED))
        for status, count in connection.execute(query.group_by(flows.c.status)):
            found[STATES[status]] += count
    return found


def _update(row: Row[Any]) -> Update:
    return Update.model_validate({"id": row.id, "job": row.job, "at": row.at, **json.loads(row.record)})


def _read(names: Sequence[str], store: Store) -> list[Job]:
    """The jobs of these ids, in their order."""
    flows = {one.workflow_id: one for one in store.client.list_workflows(workflow_ids=list(names), load_input=False)}
    with store.read() as connection:
        rows = {row.id: row for row in connection.execute(select(jobs).where(jobs.c.id.in_(names)))}
        tried: dict[str, list[Row[Any]]] = {}
        for row in connection.execute(select(attempts).where(attempts.c.job.in_(names)).order_by(attempts.c.number)):
            tried.setdefault(row.job, []).append(row)
        told_by_verb = or_(*(updates.c.record.startswith(f'{{"kind":"{kind}"', autoescape=True) for kind in sorted(TOLD)))
        told = _newest(names, told_by_verb, connection)
        reached = _newest(names, updates.c.record.startswith('{"kind":"progress"', autoescape=True), connection)
        now = store.now(connection)
    found: list[Job] = []
    paces: dict[tuple[str, str | None, float], float | None] = {}
    for name in names:
        if name not in rows:
            continue
        own = tuple(_attempt(row) for row in tried.get(name, ()))
        job = _job(rows[name], flows.get(name), own, told.get(name))
        if not job.is_over:
            which = (job.kind, _running_on(own), rows[name].amount)
            if which not in paces:
                paces[which] = _measure_pace(*which, store)
            left = _reckon(own, reached.get(name), now)
            left = _time_left(paces[which], rows[name].amount, own, now) if left is None else left
            job = job.model_copy(update={"seconds_left": left})
        found.append(job)
    return found


def _newest(names: Sequence[str], which: ColumnElement[bool], connection: Connection) -> dict[str, Update]:
    """The newest update of each job among those that are `which`."""
    newest = select(func.max(updates.c.id)).where(updates.c.job.in_(names), which).group_by(updates.c.job)
    return {row.job: _update(row) for row in connection.execute(select(updates).where(updates.c.id.in_(newest)))}


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt.model_validate({name: getattr(row, name) for name in Attempt.model_fields})


def _job(row: Row[Any], flow: WorkflowStatus | None, tried: tuple[Attempt, ...], last: Update | None) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=_state(row, flow, tried),
        queue=cast(Queue, row.queue),
        priority=row.priority,
        created=row.created,
        plan=json.loads(row.plan),
        budget=Budget.model_validate_json(row.budget),
        attempts=tried,
        outcome=_outcome(flow),
        waiting=row.waiting,
        last=last,
    )


def _state(row: Row[Any], flow: WorkflowStatus | None, tried: Iterable[Attempt]) -> JobState:
    state = "failed" if flow is None else STATES[flow.status]
    if state == "cancelled" and any(one.state == "running" for one in tried):
        return "stopping"
    if state == "running" and row.waiting:
        return "waiting"
    return state


def _outcome(flow: WorkflowStatus | None) -> Outcome | None:
    if flow is None or STATES[flow.status] != "succeeded":
        return None
    return Outcome.model_validate(flow.output)


def _running_on(tried: tuple[Attempt, ...]) -> str | None:
    """The device of the attempt that runs."""
    return next((one.device for one in reversed(tried) if one.state == "running"), None)


def _measure_pace(kind: str, device: str | None, amount: float, store: Store) -> float | None:
    """Seconds that a unit of such work took before in jobs about as large, on the same device (any, while it is queued).

    None where none was done.
    """
    query = (
        select((attempts.c.ended - attempts.c.started) / jobs.c.amount)
        .join(jobs, jobs.c.id == attempts.c.job)
        .where(jobs.c.kind == kind, attempts.c.state == "succeeded", jobs.c.amount > 0)
        .where(jobs.c.amount.between(amount / ALIKE, amount * ALIKE))
        .order_by(attempts.c.ended.desc())
        .limit(SAMPLE)
    )
    if device is not None:
        query = query.where(attempts.c.device == device)
    with store.read() as connection:
        earlier = [float(one) for one in connection.execute(query).scalars()]
    return median(earlier) if earlier else None


def _reckon(tried: tuple[Attempt, ...], reached: Update | None, now: float) -> float | None:
    """Seconds that the running part of a job still takes by its own speed; None while it has not told any."""
    running = next((one for one in reversed(tried) if one.state == "running"), None)
    if running is None or reached is None or reached.at < running.started or not reached.done or not reached.total:
        return None
    told = reached.seconds_left
    if told is None:
        told = (reached.at - running.started) * (reached.total / reached.done - 1)
    return max(0.0, told - (now - reached.at))


def _time_left(pace: float | None, amount: float, tried: tuple[Attempt, ...], now: float) -> float | None:
    """Seconds that a job still takes: what its amount takes at this pace, less what its attempts took."""
    gone = sum((one.ended or now) - one.started for one in tried)
    return None if pace is None else max(0.0, pace * amount - gone)
