"""`twin jobs`: long work that is queued, and `twin work`, which does it."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from ..errors import BadInput, NotFound
from ..jobs import accepting
from ..jobs.catalogue import WORKS
from ..jobs.reading import find_job, list_jobs
from ..jobs.records import QUEUES, Budget, Job, JobState, Queue, Terms
from ..jobs.store import has_jobs, open_store
from ..jobs.watching import watch as watch_job
from ..settings import Settings
from ..untrusted import read_object
from ..verbs.studio import open_studio
from .options import options
from .output import Console
from .renderings import DryRun
from .text import duration, quote, shorten, table

DAY = 86_400.0
ENDS = {"succeeded": 0, "failed": 1, "cancelled": 130}
"""Exit code of `watch` by how the job ended."""

app = App(name="jobs", help="Long work in queues: submit, list, watch, cancel, try again.")

Key = Annotated[str, Parameter(name="JOB", help="Id of a job, or its beginning.")]


@app.command
@options(Terms, parameter="terms", renamed={name: f"--budget-{name}" for name in Budget.model_fields})
def submit(
    kind: Annotated[str, Parameter(name="KIND", help=f"What to do: {', '.join(WORKS)}.")],
    plan: Annotated[Path | None, Parameter(name="PLAN", help="JSON file of what is asked; stdin when absent.")] = None,
    *,
    terms: Terms,
    console: Console,
) -> None:
    """Queue a job. What can be refused is refused now; a job that is accepted is done, whatever crashes."""
    asked = _read(plan)
    with open_studio(console.settings) as studio, open_store(console.settings) as store:
        job = console.follow(accepting.submit(kind, asked, terms, studio, store))
    console.result("job", job, job.id)
    console.next(f"twin jobs watch {quote(job.id)}")


@app.command(name="list")
def list_every_job(
    *,
    state: Annotated[tuple[JobState, ...], Parameter(help="Only jobs that stand so; may be repeated.")] = (),
    limit: Annotated[int | None, Parameter(help="At most so many, the newest.")] = None,
    console: Console,
) -> None:
    """List the jobs, the newest first: how each stands and how long it may take."""
    if limit is not None and limit < 1:
        raise BadInput(f"a limit of {limit} lists nothing", remedy="give 1 or more")
    found: tuple[Job, ...] = ()
    if has_jobs(console.settings):
        with open_store(console.settings) as store:
            found = list_jobs(store, state, limit)
    header = ("id", "made", "kind", "state", "queue", "attempts", "left", "")
    console.result("jobs", found, lambda: table(map(_line, found), header) if found else "")
    for job in found:
        if job.waiting:
            console.warn(f"job {job.id} waits: {job.waiting}")
    console.next(f"twin jobs show {quote(found[0].id)}" if found else 'twin make "lofi, rainy" --detach')


@app.command
def show(key: Key, /, *, console: Console) -> None:
    """Show a job: what was asked, every attempt with its error, and what it made."""
    with open_store(_there(key, console)) as store:
        job = find_job(key, store)
    console.result("job", job, lambda: _describe(job))
    console.next(_next_command(job))


@app.command
def watch(
    key: Key,
    /,
    *,
    after: Annotated[int, Parameter(help="Begin after the update of this number; updates are numbered in `--json`.")] = 0,
    console: Console,
) -> int:
    """Tell what a job tells, from its beginning to its end. Ctrl-C stops the watching, not the job."""
    with open_store(_there(key, console)) as store:
        job = console.follow(watch_job(key, store, after=after))
    console.result("job", job, lambda: _describe(job))
    console.next(_next_command(job))
    return ENDS[job.state]


@app.command
def cancel(
    key: Key,
    /,
    *,
    kill: Annotated[bool, Parameter(help="Kill its worker, if that is on this host.")] = False,
    console: Console,
) -> None:
    """Cancel a job: it stops at its next step, and stores no take any more. What it stored stays."""
    with open_store(_there(key, console)) as store:
        job = accepting.cancel(key, store, kill=kill)
    console.result("job", job, f"{job.id}  {job.state}")
    console.next("twin jobs list" if job.state == "succeeded" else f"twin jobs retry {quote(job.id)}")


@app.command
def retry(key: Key, /, *, console: Console) -> None:
    """Queue a job again that failed or was cancelled; the units that it had done are not done again."""
    with open_store(_there(key, console)) as store:
        job = accepting.retry(key, store)
    console.result("job", job, f"{job.id}  {job.state}")
    console.next(f"twin jobs watch {quote(job.id)}")


@app.command
def prune(
    *,
    days: Annotated[float, Parameter(help="Jobs that ended longer ago.")] = 30.0,
    dry_run: DryRun = False,
    console: Console,
) -> None:
    """Forget jobs that ended long ago. Their takes, runs and sets stay."""
    if not days >= 0:
        raise BadInput(f"{days} days lie in the future", remedy="give 0 or more")
    gone: tuple[Job, ...] = ()
    if has_jobs(console.settings):
        with open_store(console.settings) as store:
            gone = accepting.prune(store, older_than=days * DAY, dry_run=dry_run)
    verb = "would forget" if dry_run else "forgot"
    console.result("pruned", {"jobs": [job.id for job in gone], "dry_run": dry_run}, f"{verb} {len(gone)} job(s)")


def work(
    *,
    queue: Annotated[tuple[Queue, ...], Parameter(help="Queues to take jobs of; both when absent.")] = (),
    at_once: Annotated[int, Parameter(help="Jobs of the queue `cpu` that this worker does at once; of `gpu` it does one.")] = 1,
    until_idle: Annotated[bool, Parameter(help="Stop when no job is left.")] = False,
    console: Console,
) -> None:
    """Do jobs until Ctrl-C, which gives those that run back to their queues. Start several for several at once."""
    from ..jobs.worker import Manner
    from ..jobs.worker import work as do_jobs

    if not 1 <= at_once <= 64:
        raise BadInput(f"{at_once} jobs at once cannot be done", remedy="give 1 to 64")
    manner = Manner(queues=queue or QUEUES, at_once=at_once)
    done = console.follow(do_jobs(console.settings, manner, until_idle=until_idle))
    console.result("work", {"jobs": done}, f"{done} job(s) taken")
    console.next("twin jobs list")


def _read(plan: Path | None) -> dict[str, Any]:
    """The JSON object in a file or on stdin. Raises `BadInput` and `NotFound`."""
    if plan is not None:
        return read_object(plan)
    try:
        found = json.loads(sys.stdin.read())
    except ValueError as error:
        raise BadInput(f"stdin is no JSON: {error}", remedy="write the fields of the record as {…}") from None
    if not isinstance(found, dict):
        raise BadInput("stdin holds no JSON object", remedy="write the fields of the record as {…}")
    return found


def _there(key: str, console: Console) -> Settings:
    """The settings, where there are jobs at all: a look makes no database."""
    if not has_jobs(console.settings):
        raise NotFound(f"no job {key}: none was ever queued here", remedy='queue one: twin make "lofi, rainy" --detach')
    return console.settings


def _line(job: Job) -> tuple[object, ...]:
    left = "" if job.is_over or job.seconds_left is None else duration(job.seconds_left)
    told = job.outcome.text if job.outcome else job.waiting or (job.error.message if job.error else None)
    said = told or (job.last.text if job.last else "")
    return job.id, _time(job.created), job.kind, job.state, job.queue, len(job.attempts), left, shorten(said or "")


def _describe(job: Job) -> str:
    rows: list[tuple[object, object]] = [
        ("job", job.id),
        ("kind", job.kind),
        ("state", job.state),
        ("queued", _time(job.created)),
        ("queue", f"{job.queue}, priority {job.priority}"),
    ]
    if job.waiting:
        rows.append(("waits", job.waiting))
    for one in job.attempts:
        told = f": {one.message}" if one.message else ""
        rows.append((f"attempt {one.number}", f"{_time(one.started)} on {one.worker} ({one.device}), {one.state}{told}"))
    if job.last and not job.is_over:
        share = f" {job.last.done} of {job.last.total}" if job.last.total else ""
        rows.append(("at", job.last.text + share))
    if job.seconds_left is not None:
        rows.append(("left", f"about {duration(job.seconds_left)}"))
    if job.outcome:
        rows += [("made", job.outcome.text), *(("take", take) for take in job.outcome.takes)]
        rows += [("file", path) for path in job.outcome.files]
    return table(rows)


def _next_command(job: Job) -> str:
    if job.state == "succeeded":
        takes = job.outcome.takes if job.outcome else ()
        return f"twin takes show {quote(takes[0])}" if takes else "twin jobs list"
    if job.is_over:
        return f"twin jobs retry {quote(job.id)}"
    return "twin work" if job.state == "queued" else f"twin jobs watch {quote(job.id)}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
