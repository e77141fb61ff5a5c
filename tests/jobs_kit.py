"""What tests of jobs share: works that need no instrument, and a worker whose database is real and whose DBOS is not started.

`python -m jobs_kit STUDIO work|hold|…` runs the same in a process that can be killed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from producertwin.errors import BadInput, DiskFull, Unavailable
from producertwin.jobs import accepting, leases, worker
from producertwin.jobs.catalogue import WORKS
from producertwin.jobs.process import end_with
from producertwin.jobs.records import Job, Outcome, Terms
from producertwin.jobs.store import Store, open_store
from producertwin.jobs.works import Work
from producertwin.library import TakeDraft
from producertwin.progress import Kept, Progress, Steps, finish, ignore, note, warning
from producertwin.recipe import Record
from producertwin.settings import Settings

if TYPE_CHECKING:
    from producertwin.verbs.studio import Studio

ERRORS: dict[str, Exception] = {
    "input": BadInput("the caption is empty", remedy="say something"),
    "locked": Unavailable("the database is in use: database is locked", remedy="wait"),
    "full": DiskFull("no room on the disk", remedy="free some"),
    "odd": ZeroDivisionError("division by zero"),
}


class Count(Record):
    """Do so many units: each writes a line of its own to `log`."""

    units: int = 1
    log: Path | None = None
    """A folder: every unit that is done lies in it as a file, with one byte for each time it was done."""
    fail: str | None = None
    """The error of its attempts, by its name."""
    failures: int = 1_000_000
    """How many attempts fail."""
    seconds: float = 0.0
    """How long a unit takes."""
    take: int | None = None
    """A take that is stored at the end, with this seed."""


def play_count(plan: Count, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    yield note("begun")
    if plan.fail is not None and _times(plan, "tried") <= plan.failures:
        raise ERRORS[plan.fail]
    for unit in range(len(kept), plan.units):
        yield Progress("unit", unit, plan.units)
        until = time.monotonic() + plan.seconds
        while time.monotonic() < until:
            time.sleep(0.005)
            yield Progress("unit", unit, plan.units, "at it")
        _times(plan, f"unit-{unit}")
        yield Kept(f"unit-{unit}")
    takes = () if plan.take is None else (studio.library.takes.add(draft_of(plan.take)).id,)
    return Outcome(text=f"{plan.units} units", takes=takes)


def draft_of(seed: int) -> TakeDraft:
    """A small take that nobody played."""
    fields = {"task": "text2music", "caption": "lofi", "variant": "nano", "revision": "b2:00ff", "seconds": 1.0, "seed": seed}
    audio = b"fLaC" + seed.to_bytes(4, "big") * 100
    return TakeDraft.model_validate({**fields, "audio": audio, "stage": {}, "metas": {}, "meters": {}})


def _times(plan: Count, name: str) -> int:
    """Note that something was done, and return how often it was."""
    if plan.log is None:
        return 1
    path = plan.log / name
    with path.open("ab") as file:
        file.write(b".")
    return path.stat().st_size


def settle_count(plan: Count, studio: Studio) -> Steps[Count]:
    if plan.units < 0:
        raise BadInput("fewer than no units", remedy="take some")
    yield warning("settled")
    return plan


def register() -> None:
    """Make `count` a kind of job."""
    WORKS["count"] = lambda: Work("count", Count, "cpu", play_count, settle_count, lambda plan: float(plan.units))


def submit(store: Store, plan: Record, kind: str = "count", **terms: Any) -> Job:
    """Accept a job of `plan` as it is."""
    from producertwin.verbs.studio import Studio

    return finish(accepting.submit(kind, plan, Terms(**terms), Studio(store.settings), store))


def times(log: Path) -> dict[str, int]:
    """How often each unit was done."""
    return {path.name: path.stat().st_size for path in sorted(log.iterdir())}


@contextmanager
def stub_worker(store: Store, **manner: Any) -> Iterator[worker.Worker]:
    """A worker in the database that runs no DBOS."""
    chosen = worker.Manner(**{"pace": 0.001, **manner})
    made = worker.Worker(leases.join("cpu", chosen.queues, store), "cpu", store, chosen)
    yield made
    made.close()


QUICK = worker.Manner(beat=0.2, lease=10.0, pace=0.01, at_once=4)
"""A worker that finds the dead soon."""


def main(studio: str, what: str, *rest: str) -> None:
    """In a process of its own: `work` until nothing is left, `serve` for ever, `submit KEY` and die before the reply."""
    register()
    settings = Settings(studio=Path(studio), device="cpu", offline=True, database=os.environ.get("TWIN_DATABASE"))
    if what in {"work", "serve"}:
        manner = worker.Manner(beat=QUICK.beat, lease=QUICK.lease, pace=QUICK.pace, at_once=int(rest[0]) if rest else 1)
        finish(worker.work(settings, manner, until_idle=what == "work"), ignore)
    elif what == "submit":
        with open_store(settings) as store:
            submit(store, Count(units=1), key=rest[0])
            os.kill(os.getpid(), 9)


if __name__ == "__main__":
    end_with(os.getppid())
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs in the background ignores it
    main(*sys.argv[1:])
