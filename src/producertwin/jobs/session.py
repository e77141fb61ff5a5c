"""One worker doing one job: the steps of its workflow, each up to the next unit that is stored.

The verb behind a job is a stream of events. A step of the workflow runs it up to the next `Kept`, and DBOS stores that; the
stream stays open for the step after it. Where the worker died, another replays the steps that are stored, which runs nothing,
and begins the verb anew with the units that they tell. Between two events the job may be cancelled, given back, or found to be
another's.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..errors import BadInput, BudgetExceeded, DiskFull, Diverged, Interrupted, NotFound, PartialFailure, TwinError
from ..library.reserve import act_with_reserve
from ..progress import Event, Kept, Message, Progress, Steps
from . import attempts
from .budgets import Spending
from .catalogue import find_work
from .records import Outcome
from .works import read_plan

if TYPE_CHECKING:
    from ..library import Take, TakeDraft
    from ..verbs.studio import Studio
    from .store import Store

FINAL: Final = (BadInput, NotFound, BudgetExceeded, Diverged, PartialFailure)
"""Errors that another attempt would only repeat."""
CHECK_EVERY: Final = 0.02
"""Seconds between two looks at the fence, less than any step of denoising takes."""
TELL_EVERY: Final = 0.5
"""Seconds between two writings of progress; messages go with the next."""
FLOOR: Final = 64_000_000
"""Bytes that have to be free before a job that found the disk full tries again."""
PAUSES: Final = 8
"""Pauses after which it tries again though no more is free than before (some minutes): copies may go to another disk."""
LONGEST_WAIT: Final = 60.0
"""Seconds between two attempts, at most; the first waits are shorter."""


class LetGo(BaseException):
    """Leave a workflow as it is, without an outcome: it is somebody else's now. DBOS lets it pass, as it is no `Exception`."""


class JobFailed(Exception):
    """How a job that failed ends in DBOS; its attempts keep every error."""


class Host(Protocol):
    """The worker that a job is done on, as far as the job knows it."""

    name: str
    device: str
    store: Store
    pace: float
    """Seconds before the second attempt."""
    stopping: threading.Event
    sessions: dict[str, Session]
    """Jobs that are being done."""

    def take_studio(self) -> Studio:
        """An open studio for one job."""

    def return_studio(self, studio: Studio) -> None:
        """Take a studio back."""

    def put_back(self, job: str) -> None:
        """Put a job back into its queue."""


class Session:
    """The job `job` on `worker`."""

    def __init__(self, job: str, worker: Host) -> None:
        self.job, self.worker, self.store = job, worker, worker.store
        self.units: list[Kept] = []
        self.begun: attempts.Begun | None = None
        self.studio: Studio | None = None
        self.spending: Spending | None = None
        self.work: Steps[Outcome] | None = None
        self.tried = 0
        self._told: list[Event] = []
        self._telling = threading.Lock()
        self._checked = self._wrote = 0.0

    def add(self, answer: dict[str, Any]) -> None:
        """Take note of a unit that is stored."""
        self.units.append(Kept(answer["kept"], tuple(answer["takes"])))

    def go_on(self) -> dict[str, Any]:
        """Do the job up to its next unit or to its end, and say which, in JSON: `kept`, `done` or `failed`.

        Raises `LetGo` where the job is not to be gone on with here.
        """
        trouble: Exception | None = None
        while True:
            try:
                if trouble is not None and (failed := self._meet(trouble)) is not None:
                    return failed
                trouble = None
                if self.work is None:
                    self._begin()
                return self._advance()
            except attempts.Moved as moved:
                self._stop(moved)
                raise LetGo(str(moved)) from None
            except attempts.Exhausted as error:
                return {"failed": str(error)}
            except Exception as error:  # whatever a job meets ends its attempt, never the worker
                trouble = error

    def close(self) -> None:
        """Put away what is still open."""
        self._put_away()

    def _begin(self) -> None:
        begun = self.begun = attempts.begin(self.job, self.worker.name, self.worker.device, self.store)
        self._checked = self._wrote = time.monotonic()
        self.tried += 1
        work = find_work(begun.kind)
        self.studio = self.worker.take_studio()
        self.studio.watch_storing(self._permit, self._tell_take)
        self.spending = Spending(begun, [take for unit in self.units for take in unit.takes], self.studio)
        self.work = work.play(read_plan(work, begun.plan), self.studio, tuple(self.units))

    def _advance(self) -> dict[str, Any]:
        work, begun = self.work, self.begun
        assert work is not None and begun is not None
        while True:
            try:
                event = next(work)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                with self._telling:
                    told, self._told = self._told, []
                    attempts.end(begun, "succeeded", self.store, told=told)
                self._put_away()
                return {"done": outcome.model_dump(mode="json")}
            self._look()
            self._note(event)
            if isinstance(event, Kept):
                self.tell()
                return {"kept": event.unit, "takes": list(event.takes)}

    def _note(self, event: Event) -> None:
        """Remember an event until the next writing; of progress only the newest."""
        with self._telling:
            if isinstance(event, Progress) and self._told and isinstance(self._told[-1], Progress):
                self._told[-1] = event
            elif not (isinstance(event, Message) and event.kind == "detail"):
                self._told.append(event)
        if time.monotonic() - self._wrote >= TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        """Store what the job told. The worker calls it too, so that what was told before a long silence is heard in it."""
        with self._telling:
            if self.begun is not None:
                attempts.tell(self.begun, self._told, self.store)
                self._told, self._wrote = [], time.monotonic()

    def _look(self) -> None:
        """See whether the job is still ours, and still to be done. Raises `Moved`, `LetGo` and `BudgetExceeded`."""
        now, begun, spending = time.monotonic(), self.begun, self.spending
        assert begun is not None and spending is not None
        if self.worker.stopping.is_set():
            self._give_back()
        if now - self._checked < CHECK_EVERY:
            return
        self._checked = now
        attempts.check(begun, self.store)
        spending.check_seconds()

    def _permit(self, draft: TakeDraft) -> None:
        """Whether a take may be stored: only while the job is ours, and within its budget."""
        begun, spending = self.begun, self.spending
        assert begun is not None and spending is not None
        attempts.check(begun, self.store)
        spending.add(draft)

    def _tell_take(self, take: Take) -> None:
        """Tell those who watch that a take is there."""
        with self.store.note() as connection:
            attempts.record(connection, self.store, self.job, {"kind": "take", "text": take.caption, "takes": [take.id]})

    def _give_back(self) -> None:
        """Put the job back into its queue; what is stored of it is not done again."""
        begun = self.begun
        assert begun is not None
        self._interrupt()
        self.tell()
        attempts.end(begun, "given back", self.store)
        self._put_away()
        self.worker.put_back(self.job)
        raise LetGo("the worker stops")

    def _stop(self, moved: attempts.Moved) -> None:
        """Leave a job that is not ours any more."""
        self._interrupt()
        if self.begun is not None and moved.cancelled:
            attempts.end(self.begun, "cancelled", self.store)
        self._put_away()

    def _interrupt(self) -> None:
        """Stop the verb where it stands, as Ctrl-C would: what it keeps then, it keeps."""
        if self.work is None:
            return
        try:
            with suppress(KeyboardInterrupt, Exception):  # what it says while it is stopped is no outcome
                self.work.throw(KeyboardInterrupt())
        finally:
            self.work.close()

    def _meet(self, trouble: Exception) -> dict[str, Any] | None:
        """Deal with what ended an attempt: returns the end of the job, or None where there is to be another attempt."""
        if isinstance(trouble, DiskFull):
            self._wait_for_room(trouble)
            return None
        return self._fail(trouble)

    def _fail(self, error: Exception) -> dict[str, Any] | None:
        """Close the attempt with its error, and wait before the next; the job is at its end where that would only repeat it."""
        typed = error if isinstance(error, TwinError) else TwinError(f"unexpected {type(error).__name__}: {error}")
        begun = self.begun
        if begun is None:  # the database did not let it begin
            self._pause(self.tried)
            return None
        self._interrupt()
        self.tell()
        attempts.end(begun, "given back" if isinstance(error, Interrupted) else "failed", self.store, typed)
        self._put_away()
        if isinstance(typed, FINAL):
            return {"failed": typed.message}
        self._pause(self.tried)
        return None

    def _pause(self, tried: int) -> None:
        """Wait before the next attempt; a worker that stops meanwhile leaves the job in the queue."""
        if self.worker.stopping.wait(min(self.worker.pace * 2.0**tried, LONGEST_WAIT)):
            self.worker.put_back(self.job)
            raise LetGo("the worker stops")

    def _wait_for_room(self, error: DiskFull) -> None:
        """Hold the job, and so its queue, until the disk has room; no attempt is counted. Raises `Moved`."""
        begun, before, pauses = self.begun, self._free(), 0
        self._interrupt()
        self._put_away()
        while pauses == 0 or (free := self._free()) < FLOOR or (free <= before and pauses < PAUSES):
            if begun is not None:
                with suppress(DiskFull):  # the reserve is enough to say so, unless others have taken that too
                    act_with_reserve(self.store.settings.studio, partial(self._say_waiting, begun, error))
                attempts.check(begun, self.store)
            pauses += 1
            self._pause(min(pauses, 6))

    def _say_waiting(self, begun: attempts.Begun, error: DiskFull) -> None:
        attempts.end(begun, "given back", self.store, error)
        attempts.wait_for(begun, f"{error.message}; {error.remedy}", self.store)

    def _free(self) -> int:
        return shutil.disk_usage(self.store.settings.studio).free

    def _put_away(self) -> None:
        if self.work is not None:
            self.work.close()
        if self.studio is not None:
            self.studio.watch_storing(None, None)
            self.worker.return_studio(self.studio)
        self.work = self.studio = self.begun = None


def run_job(job: str, worker: Host, step: Callable[[Callable[[], dict[str, Any]]], dict[str, Any]]) -> dict[str, Any]:
    """The workflow of every job: its steps in a row, each stored by `step`. Raises `JobFailed`, and `LetGo`."""
    session = Session(job, worker)
    worker.sessions[job] = session
    try:
        while True:
            answer = step(session.go_on)
            if "kept" in answer:
                session.add(answer)
            elif "done" in answer:
                done: dict[str, Any] = answer["done"]
                return done
            else:
                raise JobFailed(answer["failed"])
    finally:
        del worker.sessions[job]
        session.close()
