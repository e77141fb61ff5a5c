"""Jobs: asked for, listed, cancelled, tried again; and who does them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.exceptions import HTTPException

from ..errors import DiskFull
from ..jobs import accepting
from ..jobs.reading import count_jobs, find_job, list_jobs, list_workers, read_updates
from ..jobs.records import FINISHED, Job, JobState, Terms
from ..jobs.session import FLOOR
from ..progress import finish
from .answers import LIMIT, MOST, Page, answer, read_cursor, send_json, write_cursor, wrong_cursor
from .asked import find_served_work, read_asked, served_kinds
from .bodies import JsonRoute
from .job_facts import JobAsked, JobFacts, JobKind, Manner, Place, ToldLine, Workforce, facts_of, kind_of, line_of
from .served import Cursor, Here, Limit, Served
from .staging import FOLDERS, sweep_staging

jobs = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=JsonRoute)
workforce = APIRouter(prefix="/v1", tags=["jobs"], route_class=JsonRoute)

MOST_QUEUED: Final = 5000
"""Jobs that may wait at the same time."""
Keyed = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="The same key again is the same job.")
]


_FULL: Final[dict[int | str, dict[str, Any]]] = {429: {"description": "Too many jobs wait; see `Retry-After`."}}


@jobs.post("", operation_id="submit_job", status_code=202, response_model=JobFacts, responses=_FULL)
def submit_job(request: Request, asked: JobAsked, here: Here, key: Keyed = None) -> Response:
    """Accept a job: what can be refused is refused now, each mistake by its field; what is accepted is done, whatever crashes."""
    terms = Terms(key=key, priority=asked.priority, attempts=asked.attempts, budget=asked.budget)
    job = accept_job(asked.kind, asked.plan, terms, here)
    return _send(request, job, here, status=202, headers={"location": f"/v1/jobs/{job.id}"})


@jobs.get("", operation_id="list_jobs", response_model=Page[JobFacts])
def list_every_job(
    request: Request,
    here: Here,
    state: Annotated[tuple[JobState, ...], Query(max_length=7, description="Only jobs that stand so; may be repeated.")] = (),
    kind: Annotated[tuple[str, ...], Query(max_length=20, description="Only jobs of this kind; may be repeated.")] = (),
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """List the jobs, the newest first."""
    most, after, store = min(limit or LIMIT, MOST), _position(cursor), here.existing_jobs
    found = () if store is None else list_jobs(store, state, most + 1, kinds=kind, after=after)
    shown = found[:most]
    following = write_cursor(repr(shown[-1].created), shown[-1].id) if len(found) > most else None
    return answer(request, {"items": [facts_of(one, here) for one in shown], "next": following})


@jobs.get("/kinds", operation_id="list_job_kinds", response_model=Page[JobKind])
def list_job_kinds(request: Request) -> Response:
    """List the kinds of work, and the schema of what is asked of each: forms can be drawn from it."""
    kinds = [kind_of(name) for name in served_kinds()]
    return send_json(request, {"items": kinds, "next": None})  # references of a schema look like paths


@jobs.get("/{job}", operation_id="read_job", response_model=JobFacts)
def read_job(request: Request, job: str, here: Here) -> Response:
    """Read how a job stands: its progress, every attempt with its error, and what it made."""
    return _send(request, find_job(job, here.require_jobs(job)), here)


@jobs.get("/{job}/updates", operation_id="list_job_updates", response_model=Page[ToldLine])
def list_job_updates(
    request: Request,
    job: str,
    here: Here,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only what was told after the line of this id.")] = 0,
    limit: Limit = None,
) -> Response:
    """List what a job told, and what became of it, the oldest first: its log. `next` is the `after` of what follows."""
    store, most = here.require_jobs(job), limit or LIMIT
    found = read_updates(store, after=after, job=find_job(job, store).id, limit=most + 1)
    lines = [line_of(one, here) for one in found[:most]]
    return answer(request, {"items": lines, "next": str(lines[-1].id) if len(found) > most else None})


@jobs.post("/{job}/cancel", operation_id="cancel_job", response_model=JobFacts)
def cancel_job(request: Request, job: str, here: Here, manner: Manner = Manner()) -> Response:
    """Cancel a job: it stops at its next step. What it stored stays, and a job that ended stays as it is."""
    return _send(request, accepting.cancel(job, here.require_jobs(job), kill=manner.kill), here)


@jobs.post("/{job}/retry", operation_id="retry_job", response_model=JobFacts)
def retry_job(request: Request, job: str, here: Here) -> Response:
    """Queue a job again that failed or was cancelled; what it had done is not done again."""
    return _send(request, accepting.retry(job, here.require_jobs(job)), here)


@jobs.put("/{job}/priority", operation_id="prioritise_job", response_model=JobFacts)
def prioritise_job(request: Request, job: str, place: Place, here: Here) -> Response:
    """Give a job that waits another place in its queue."""
    return _send(request, accepting.prioritise(job, place.priority, here.require_jobs(job)), here)


@workforce.get("/workers", operation_id="list_workers", response_model=Workforce)
def list_every_worker(request: Request, here: Here) -> Response:
    """Tell who does jobs: the processes of this server, and all others that work on this studio."""
    store, crew = here.existing_jobs, here.crew.facts()
    found = () if store is None else list_workers(store)[:LIMIT]
    counts = {"queued": 0, "running": 0} if store is None else count_jobs(store)
    alive = any(one.state == "alive" for one in found) or crew.running
    stuck = "" if alive or not counts["queued"] else "start a worker: twin work, or twin serve --workers 1"
    if crew.given_up:
        stuck = f"a worker died too often ({crew.given_up[0]}): correct that, and start twin serve again"
    return answer(request, {"crew": crew, "workers": found, **counts, "stuck": stuck})


def accept_job(kind: str, asked: Mapping[str, Any], terms: Terms, here: Served) -> Job:
    """The job that was asked for, in its queue.

    Raises as `read_asked` and `accepting.submit` do, `DiskFull`, and `HTTPException` where too many wait.
    """
    find_served_work(kind)
    plan = read_asked(kind, asked, here)
    if shutil.disk_usage(here.studio.settings.studio).free < FLOOR:
        raise DiskFull("the disk is full", remedy="empty the trash, or free some room")
    if count_jobs(here.jobs)["queued"] >= MOST_QUEUED:
        raise HTTPException(429, f"{MOST_QUEUED} jobs wait already", {"Retry-After": "60"})
    return finish(accepting.submit(kind, plan, terms, here.studio, here.jobs))


def _send(request: Request, job: Job, here: Served, **how: Any) -> Response:
    return answer(request, facts_of(job, here), **how)


def _position(cursor: str | None) -> tuple[float, str] | None:
    if cursor is None:
        return None
    match read_cursor(cursor):
        case [str(created), str(job)]:
            try:
                return float(created), job
            except ValueError:
                pass
    raise wrong_cursor()


def sweep_uploads(here: Served) -> None:
    """Remove the folders in which assets stood for jobs that are over."""
    store = here.existing_jobs
    found = () if store is None else list_jobs(store, kinds=tuple(FOLDERS))
    sweep_staging(here, {str(one.plan.get("folder")) for one in found if one.state not in FINISHED or one.state == "failed"})
