"""Tools for long work. Each queues a job and returns its id at once; `job_status` says how it stands and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import Field

from ...errors import BadInput
from ...jobs import accepting
from ...jobs.reading import list_jobs
from ...jobs.records import Job, JobState
from ...pipeline.sound_stages import Mix
from ...pipeline.stages import Complete, Cover, Extract, Generate, Lego, Morph, Refine, Repaint
from ...recipe import Record
from ...verbs.desk_mix import DraftPlan
from ...verbs.inspect_plan import InspectPlan
from ...verbs.pipeline import PipelineRun
from ...verbs.repair import RepairPlan
from ..job_facts import facts_of
from .arguments import Arguments, arrange, wrong_arguments
from .attached import READ_ONLY, Attached
from .presets import use_desk, use_pipeline
from .tool import READS, Answer, Hints, Tool, make_tool

KEY: Final = "idempotency_key"
LONGEST_KEY: Final = 120
LONGEST_WAIT: Final = 30.0
"""Seconds that one call may wait for a job."""
ADDS: Final = Hints()
"""Jobs add takes; they change and remove nothing."""


class JobKey(Record):
    """Which job."""

    job: str


class JobWatch(JobKey):
    """Which job, and how long to wait for it."""

    wait: float = Field(0.0, ge=0.0, le=LONGEST_WAIT)
    """Seconds to wait for its end, so that you need not ask again and again."""


class JobList(Record):
    """Which jobs."""

    state: JobState | None = None
    """Only jobs that stand so."""
    kind: Annotated[str, Field(max_length=40)] | None = None
    """Only jobs of this kind: make, edit, pipeline, inspect, repair, mix, desk, produce."""
    limit: int = Field(20, ge=1, le=50)
    """At most so many, the newest."""


@dataclass(frozen=True, slots=True)
class Queued:
    """How the arguments of a tool become the plan of a job."""

    kind: str
    """Of the job."""
    record: type[Record]
    """What the arguments are made of."""
    inside: str = ""
    """Field of the plan that holds the record; empty where the record is the plan."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the record that the tool itself says."""
    left_out: Collection[str] = ()
    """Fields that are not asked for here."""
    needed: Collection[str] = ()
    """Arguments that have to be given, beside those that the record itself needs."""
    settle: Callable[[dict[str, Any], Attached], dict[str, Any]] | None = None
    """Turns what was said into the fields of the record, where it is not said as they are."""


def _job_tool(name: str, about: str, queued: Queued) -> Tool:
    """The tool that queues a job."""
    arranged = arrange(queued.record, queued.left_out, queued.needed)
    key = {
        "type": "string", "minLength": 1, "maxLength": LONGEST_KEY,
        "description": "Any text of your own: the same key again is the same job, so that a call may be sent twice.",
    }  # fmt: skip
    properties = {**arranged.schema["properties"], KEY: key}
    arguments = Arguments({**arranged.schema, "properties": properties}, {**arranged.places, KEY: (KEY,)})

    def call(given: Mapping[str, Any], attached: Attached) -> Answer:
        said = arguments.place(given)
        key = _read_key(said.pop(KEY, None))
        asked = {**queued.fixed, **said}
        if queued.settle is not None:
            asked = queued.settle(asked, attached)
        try:
            job = attached.accept(queued.kind, {queued.inside: asked} if queued.inside else asked, key)
        except BadInput as error:
            above = f"plan.{queued.inside}" if queued.inside else "plan"
            told = tuple(arguments.call_back(fault, above) for fault in error.faults)
            message = wrong_arguments(told).message if told else error.message
            raise BadInput(message, remedy=error.remedy, faults=told) from None
        return Answer(tell_job(job, attached))

    words = f"{about} Queues a job and returns its id at once; call job_status with it."
    return Tool(name, words, ADDS, arguments, call)


def _read_key(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_KEY:
        raise wrong_arguments((f"{KEY}: give a text of 1 to {LONGEST_KEY} characters",))
    return value


def tell_job(job: Job, attached: Attached) -> dict[str, Any]:
    """A job as a client is told of it, with what to call next."""
    facts = facts_of(job, attached.here)
    found: dict[str, Any] = {
        "job": job.id, "kind": job.kind, "state": job.state, "created": job.created, "text": facts["text"],
        "takes": facts["takes"], "things": facts["things"], "attempts": len(job.attempts),
    }  # fmt: skip
    if not job.is_over:
        found |= {"progress": facts["progress"], "seconds_left": job.seconds_left, "waiting": job.waiting}
        if stuck := attached.see_to_workers():
            found["stuck"] = stuck
    if facts["error"]:
        found["failure"] = facts["error"]
    return found | {"next": _say_next(job, attached)}


def _say_next(job: Job, attached: Attached) -> str:
    if not job.is_over:
        return f"call job_status with job {job.id} and wait {LONGEST_WAIT:.0f}, until its state is succeeded, failed or cancelled"
    if job.state != "succeeded" and attached.plan.read_only:
        return READ_ONLY
    if job.state != "succeeded" and job.kind == "produce" and job.plan.get("album"):
        return f"do what the remedy says, and call go_on_with_album with album {job.plan['album']}"
    if job.state != "succeeded":
        return f"do what the remedy says and ask anew, or call retry_job with job {job.id}"
    things = {one.kind: one.id for one in job.outcome.things} if job.outcome else {}
    if job.outcome and job.outcome.takes and "album" not in things:
        return f"call show_take with take {job.outcome.takes[0]}"
    for kind, said in (
        ("report", "show_report with report"),
        ("repair", "show_repair with repair"),
        ("desk", "mix with desk"),
        ("album", "show_album with album"),
    ):
        if kind in things:
            return f"call {said} {things[kind]}"
    return "nothing: it is done"


def _show_job(asked: JobWatch, attached: Attached) -> Mapping[str, Any]:
    """Say how a job stands, what it made, why it failed, and what to call next. An unknown id is an error with found: false."""
    return tell_job(attached.require_job(asked.job), attached)


def _list_jobs(asked: JobList, attached: Attached) -> Mapping[str, Any]:
    """List the jobs of this studio, the newest first: for when an id was lost."""
    store = attached.here.existing_jobs
    states = () if asked.state is None else (asked.state,)
    kinds = () if asked.kind is None else (asked.kind,)
    found = () if store is None else list_jobs(store, states, asked.limit, kinds=kinds)
    return {"jobs": [tell_job(one, attached) for one in found]}


def _cancel(asked: JobKey, attached: Attached) -> Mapping[str, Any]:
    """Stop a job at its next step. Takes that it stored stay; one that ended stays as it is."""
    job = attached.require_job(asked.job)
    return tell_job(accepting.cancel(job.id, attached.here.jobs), attached)


def _retry(asked: JobKey, attached: Attached) -> Mapping[str, Any]:
    """Queue a job again that failed or was cancelled; what it had done is not done again."""
    job = attached.require_job(asked.job)
    return tell_job(attached.retry(job.id), attached)


def make_job_tools() -> tuple[Tool, ...]:
    """The tools that queue jobs, and those that look after them."""
    edits = (
        ("cover", "Play a take's music in another style, which the caption says.", Cover),
        ("repaint", "Play regions of a take anew and keep the rest to the sample.", Repaint),
        ("extract", "Take one stem, such as drums or vocals, out of a take.", Extract),
        ("lego", "Play one more stem to a take; the result is that stem alone.", Lego),
        ("complete", "Arrange a take: play missing stems together with it.", Complete),
        ("refine", "Play a take again, closer or further from how it was.", Refine),
        ("morph", "Make a take what the caption says, and change nothing else.", Morph),
    )
    queue = (
        (
            "make",
            "Make music from words: a caption, lyrics, tempo, key, chords and form.",
            Queued("make", Generate, "plan", needed=("caption",)),
        ),
        *((name, about, Queued("edit", record, "plan", {"kind": name})) for name, about, record in edits),
        ("run_pipeline", "Play the stages of a pipeline in a row.", Queued("pipeline", PipelineRun, "run", settle=use_pipeline)),
        (
            "inspect",
            "Listen closely to a take or uploaded sound: its defects, where they are, and a score of ten.",
            Queued("inspect", InspectPlan, left_out=("reference", "stems")),
        ),
        (
            "repair",
            "Mend the defects of a take or uploaded sound; a better one becomes a new take.",
            Queued("repair", RepairPlan),
        ),
        ("mix", "Mix takes and uploaded sounds into one, plainly or through a desk.", Queued("mix", Mix, settle=use_desk)),
        ("draft_desk", "Let the rules set a desk for stems; mix plays it.", Queued("desk", DraftPlan, left_out=("desk",))),
    )
    return (*(_job_tool(*one) for one in queue), *_make_recovery_tools())


def _make_recovery_tools() -> tuple[Tool, ...]:
    """The tools that look after jobs, and find one whose id was lost."""
    return (
        make_tool("job_status", READS, JobWatch, _show_job),
        make_tool("list_jobs", READS, JobList, _list_jobs),
        make_tool("cancel_job", Hints(destroys=True, repeats=True), JobKey, _cancel),
        make_tool("retry_job", ADDS, JobKey, _retry),
    )
