"""Jobs as others ask for them and are told of them: the records of the routes of jobs."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic import Field, JsonValue

from ..jobs.catalogue import find_work
from ..jobs.reading import list_kept_things
from ..jobs.records import MOST_PRIORITY, USUAL_PRIORITY, Budget, Job, JobHead, Queue, Thing, Update, UpdateKind, Worker
from ..recipe import Record
from .asked import READ, WRITTEN, name_ids
from .crew import CrewFacts
from .served import Served
from .staging import FOLDERS

TRAININGS: Final = frozenset({"train", "twin"})
"""Kinds that have a run while they are done."""


class JobAsked(Record):
    """What is asked of a new job."""

    kind: str = Field(max_length=80)
    """Which work: see `/v1/jobs/kinds`."""
    plan: dict[str, JsonValue]
    """The record of that kind, with ids in the place of files."""
    priority: int = Field(USUAL_PRIORITY, ge=1, le=MOST_PRIORITY)
    """Place in the queue: 1 goes first."""
    attempts: int = Field(3, ge=1, le=100)
    """Attempts after which a job that fails is given up."""
    budget: Budget = Budget()
    """What it may use."""


class Place(Record):
    """A place in the queue."""

    priority: int = Field(ge=1, le=MOST_PRIORITY)
    """1 goes first."""


class Manner(Record):
    """How a job is cancelled."""

    kill: bool = False
    """Kill its worker too, if that is on the server's machine: for work that does not react."""


class Failure(Record):
    """Why a job failed, and the one thing to do."""

    error: str
    """Kind of the error."""
    message: str
    remedy: str


class Reached(Record):
    """How far a job is."""

    text: str
    done: int | None
    total: int | None
    seconds_left: float | None
    """Of this part of the work, as the work itself reckons."""


class JobFacts(JobHead):
    """A job as it stands."""

    plan: dict[str, JsonValue]
    """What will be done: what was asked for, with every seed drawn."""
    progress: Reached | None
    """Absent before it told anything."""
    text: str
    """What it made, in a line."""
    takes: tuple[str, ...]
    """Ids of the takes that it made; more appear while it runs, see the event `take`."""
    things: tuple[Thing, ...]
    """Runs, proofs, training sets, blind tests, reports and repairs that it made; the run of a training from its beginning on."""
    error: Failure | None
    """Why it failed."""


class JobKind(Record):
    """A kind of work, and what is asked of it."""

    kind: str
    about: str
    queue: Queue
    plan: dict[str, JsonValue]
    """JSON Schema of the plan. Fields that name files take the ids of assets, and folders are lists of them, `assets`."""


class ToldLine(Record):
    """Something that a job told, or that became of it."""

    id: int
    """Ids rise; send the last one as `after` for what follows."""
    at: float
    """Seconds since 1970."""
    kind: UpdateKind
    text: str
    done: int | None
    total: int | None
    takes: tuple[str, ...]
    """Takes that were stored."""


class Workforce(Record):
    """Who does jobs."""

    crew: CrewFacts
    """The processes that this server keeps."""
    workers: tuple[Worker, ...]
    """Everyone who works or lately worked, other machines too, the newest first."""
    queued: int
    running: int
    stuck: str
    """What to do where jobs wait and nobody does them; empty where all is well."""


def facts_of(job: Job, here: Served) -> dict[str, Any]:
    """A job as others are told of it: `JobFacts`."""
    last, wrong = job.last, job.error
    told = job.outcome
    return {
        **{name: getattr(job, name) for name in JobHead.model_fields},
        "plan": name_ids(job.plan, here.studio.settings.studio),
        "progress": last
        and {"text": here.hider.hide(last.text), "done": last.done, "total": last.total, "seconds_left": last.seconds_left},
        "text": here.hider.hide(told.text) if told else "",
        "takes": told.takes if told else (),
        "things": told.things if told else _list_things(job, here),
        "error": wrong and {"error": wrong.error or "", "message": wrong.message or "", "remedy": wrong.remedy or ""},
    }


def _list_things(job: Job, here: Served) -> tuple[Thing, ...]:
    """The run of a training that is not over well: it can be looked at from its first step on."""
    store = here.existing_jobs
    return list_kept_things(job.id, store) if store is not None and job.kind in TRAININGS and job.attempts else ()


def line_of(update: Update, here: Served) -> ToldLine:
    """An update as others are told of it."""
    kept = {name: getattr(update, name) for name in ToldLine.model_fields}
    return ToldLine(**kept | {"text": here.hider.hide(update.text)})


@cache
def kind_of(name: str) -> dict[str, Any]:
    """A kind of work as others are told of it: `JobKind`."""
    work = find_work(name)
    schema = work.record.model_json_schema()
    fields = {field: one for field, one in schema["properties"].items() if field not in WRITTEN | READ}
    needed = [one for one in schema.get("required", ()) if one not in WRITTEN]
    if name in FOLDERS:
        del fields["folder"]
        ids = {"type": "array", "items": {"type": "string"}, "minItems": 1, "description": "Ids of uploaded sounds."}
        fields, needed = {"assets": ids, **fields}, ["assets", *(one for one in needed if one != "folder")]
    if name == "listen":
        fields["twin"] = fields["other"] = {"type": "string", "description": "Ids of takes, with commas."}
        fields["proof"] = {"type": "string", "description": "Id of a proof, in the place of both sides."}
        needed.remove("twin")
    about = (work.record.__doc__ or "").strip().splitlines()[0]
    return {"kind": name, "about": about, "queue": work.queue, "plan": {**schema, "properties": fields, "required": needed}}
