"""What is asked of a job and what is known of it, as frozen records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from ..recipe import Record

Queue = Literal["gpu", "cpu"]
"""Jobs that need the instrument wait in `gpu`, whatever it plays on; the others in `cpu`."""
QUEUES: Final[tuple[Queue, ...]] = ("gpu", "cpu")
JobState = Literal["queued", "running", "waiting", "stopping", "succeeded", "failed", "cancelled"]
FINISHED: Final = frozenset[JobState]({"succeeded", "failed", "cancelled"})
AttemptState = Literal["running", "succeeded", "failed", "lost", "given back", "cancelled"]
USUAL_PRIORITY: Final = 10
MOST_PRIORITY: Final = 1000
UpdateKind = Literal["progress", "note", "warning", "detail", "kept", "state", "take", "worker"]
TOLD: Final = frozenset[UpdateKind]({"progress", "note", "warning", "detail", "kept"})
"""Updates that the verb behind a job told; the others tell what became of it."""


class Budget(Record):
    """What a job may use at most, all its attempts together; None is no limit."""

    seconds: Annotated[float, Field(gt=0)] | None = None
    """Seconds of work."""
    takes: Annotated[int, Field(ge=1)] | None = None
    """Takes that are stored."""
    bytes: Annotated[int, Field(ge=1)] | None = None
    """Bytes of the takes that are stored."""


class Terms(Record):
    """How a job is queued and what it may use."""

    key: str | None = Field(None, min_length=1, max_length=200)
    """Any text: the same key again is the same job, however often it is sent."""
    priority: int = Field(USUAL_PRIORITY, ge=1, le=MOST_PRIORITY)
    """Place in the queue: 1 goes first."""
    attempts: int = Field(3, ge=1, le=100)
    """Attempts after which a job that fails, or kills its worker, is given up."""
    budget: Budget = Budget()
    """What it may use."""


class Attempt(Record):
    """One attempt at a job, and its error where it failed."""

    number: int
    worker: str
    device: str
    started: float
    """Seconds since 1970."""
    ended: float | None = None
    state: AttemptState = "running"
    error: str | None = None
    """Kind of the error."""
    message: str | None = None
    remedy: str | None = None


class Thing(Record):
    """Something that a job made and that is no take."""

    kind: Literal["run", "proof", "dataset", "test", "report", "repair", "desk", "release", "album"]
    """`test` is a blind listening test, `desk` a draft of one."""
    id: str


class Update(Record):
    """Something that a job told (how far it is, a line, a unit that is done), or that became of a job or a worker. Ids rise."""

    id: int
    job: str
    """Empty where it is about a worker."""
    at: float
    """Seconds since 1970."""
    kind: UpdateKind
    text: str
    """The line; of a `state` and a `worker` how it stands now, of a `take` its caption."""
    done: int | None = None
    total: int | None = None
    seconds_left: float | None = None
    takes: tuple[str, ...] = ()
    """Takes of a unit that is done, or the take that was stored."""
    things: tuple[Thing, ...] = ()
    """The run that a unit belongs to."""
    worker: str | None = None
    """Whose state it is, or who does the job."""


class Outcome(Record):
    """What a job made."""

    text: str = ""
    """In a line."""
    takes: tuple[str, ...] = ()
    things: tuple[Thing, ...] = ()
    """Runs, proofs, training sets, reports, repairs and releases."""
    files: tuple[Path, ...] = ()
    """Copies outside the library."""


class JobHead(Record):
    """What everyone is told of a job as it stands."""

    id: str
    kind: str
    state: JobState
    queue: Queue
    priority: int
    created: float
    """Seconds since 1970."""
    budget: Budget
    attempts: tuple[Attempt, ...]
    waiting: str | None = None
    """What it waits for while it runs: room on the disk."""
    seconds_left: float | None = None
    """Of the part that runs, by its own speed; before it has one, of all, by what such work took before on the same device.
    Absent where nothing is known."""


class Job(JobHead):
    """A job as it stands."""

    plan: dict[str, Any]
    """What was asked for: the record of its kind, as JSON."""
    outcome: Outcome | None = None
    """What it made, once it succeeded."""
    last: Update | None = None
    """What it told last."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.state in FINISHED

    @property
    def error(self) -> Attempt | None:
        """The last attempt that failed or was lost, if the job failed."""
        wrong = [one for one in self.attempts if one.state in {"failed", "lost"}]
        return wrong[-1] if self.state == "failed" and wrong else None


class Worker(Record):
    """A process that does jobs."""

    id: str
    host: str
    process: int
    device: str
    queues: str
    started: float
    beat: float
    """When it last said that it lives, in seconds since 1970."""
    state: Literal["alive", "gone", "dead"]
