"""A worker: a process that takes jobs out of the queues and does them, until it is stopped.

It runs DBOS, of which there can be one in a process: its queues, its storing of steps and its replay of those that are stored;
nothing else. No key of its Conductor, no traces and no ports: what would switch those on is refused or left out. Three of its
inner functions are used, so `pyproject.toml` holds its version: giving a single job back to its queue, the schema of its tables,
and what a worker reads of a queue, so that each worker does as many jobs at once as it was told.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from ..errors import BadInput, DiskFull, TwinError, Unavailable
from ..progress import Steps, note, warning
from ..settings import Settings
from . import leases
from .accepting import STEP, tell_end
from .catalogue import WORKS
from .records import QUEUES, Queue
from .session import JobFailed, LetGo, Session, run_job
from .store import APPLICATION, VERSION, Store, dbos_url, json_serializer, open_store

if TYPE_CHECKING:
    from dbos import DBOS

    from ..verbs.studio import Studio

POLL: Final = 0.1
"""Seconds between two looks into a queue."""
RESTING_POLL, RESTS_AFTER = 0.5, 5.0
"""The same for a worker that has had nothing to do for so many seconds: a look takes a few milliseconds of a processor."""
STUCK: Final = 15.0
"""Seconds after which a job that runs under our id and is not done here is put back: DBOS could not store how it ended."""
STORED_WITHIN: Final = 5.0
"""Seconds that DBOS may take to store how a job ended before nobody is told of it."""
FORBIDDEN: Final = ("DBOS__CLOUD", "DBOS__CONDUCTOR_KEY", "DBOS_CONDUCTOR_KEY")
"""Variables with which DBOS would call a service of its makers."""
_current: list[Worker] = []
"""The worker of this process, for the workflows: DBOS calls them by name."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a worker works."""

    queues: tuple[Queue, ...] = QUEUES
    at_once: int = 1
    """Jobs of the CPU queue that this worker does at once; of the GPU queue it is always one."""
    beat: float = leases.BEAT
    lease: float = leases.LEASE
    pace: float = 1.0
    """Seconds before the second attempt at a job; twice as many before each further one."""


class Worker:
    """The worker of this process."""

    def __init__(self, name: str, device: str, store: Store, manner: Manner, stop: threading.Event | None = None) -> None:
        self.name, self.device, self.store, self.manner = name, device, store, manner
        self.pace = manner.pace
        self.stopping = stop or threading.Event()
        self.lost = False
        """Whether others have found this worker dead."""
        self.doing: dict[str, float] = {}
        """Jobs that are being done here, and since when."""
        self.sessions: dict[str, Session] = {}
        self.finished = 0
        self._active = time.monotonic()
        self.ended: SimpleQueue[str] = SimpleQueue()
        """Jobs that came to their end here, to be told of; an empty text ends the telling."""
        self._studios: list[Studio] = []
        self._lock = threading.Lock()
        self._suspects: dict[str, float] = {}

    def take_studio(self) -> Studio:
        """An open studio for one job; what was loaded for an earlier job is in it still."""
        from ..verbs.studio import Studio

        with self._lock:
            return self._studios.pop() if self._studios else Studio(self.store.settings)

    def return_studio(self, studio: Studio) -> None:
        """Take a studio back."""
        with self._lock:
            self._studios.append(studio)

    def close(self) -> None:
        """Close every studio."""
        for studio in self._studios:
            studio.close()

    def do(self, job: str) -> dict[str, Any]:
        """The workflow of a job."""
        from dbos import DBOS

        self.doing[job] = time.monotonic()
        try:
            if self.stopping.is_set():
                self.put_back(job)
                raise LetGo("the worker stops")
            found = run_job(job, self, lambda step: DBOS.run_step({"name": STEP}, step))
            self.ended.put(job)
            return found
        except JobFailed:
            self.ended.put(job)
            raise
        finally:
            self.doing.pop(job, None)
            self.finished += 1
            self._active = time.monotonic()

    @property
    def poll(self) -> float:
        """Seconds until the next look into a queue."""
        rests = not self.doing and time.monotonic() - self._active > RESTS_AFTER
        return RESTING_POLL if rests else POLL

    def tell_ends(self) -> None:
        """Tell of every job that came to its end here, once DBOS has stored that; until `ended` gives an empty text."""
        while job := self.ended.get():
            with suppress(TwinError):  # forgotten meanwhile, or the database is away: who watches looks by themselves
                tell_end(job, self.store, patience=STORED_WITHIN)

    def put_back(self, job: str) -> None:
        """Put a job that runs under this worker's id back into its queue."""
        leases.give_back(job, self.name, self.store)

    def look_after(self) -> None:
        """Say that this worker lives and what its jobs told, and put back the jobs of those that do not live.

        Raises what the database raises.
        """
        if not leases.beat(self.name, self.store):
            self.lost = True
            self.stopping.set()
            return
        for session in [*self.sessions.values()]:
            session.tell()
        alive = leases.bury(self.name, self.store, self.manner.lease)
        orphans = leases.find_orphans(alive, self.name, set(self.doing), self.store)
        now = time.monotonic()
        self._suspects = {job: self._suspects.get(job, now) for job, worker in orphans.items() if worker == self.name}
        for job, worker in orphans.items():  # one of our own may be just about to begin or to end
            if worker != self.name or now - self._suspects[job] > STUCK:
                leases.give_back(job, worker, self.store)


def work(
    settings: Settings, manner: Manner = Manner(), *, until_idle: bool = False, stop: threading.Event | None = None
) -> Steps[int]:
    """Do jobs until interrupted or `stop` is set (or, with `until_idle`, until none is left), and return how many were.

    The first event comes once jobs are taken. Raises `Unavailable` where others have found this worker dead, and have its jobs.
    """
    with open_worker(settings, manner, stop) as worker:
        yield note(f"worker {worker.name} on {worker.device} takes jobs of: {', '.join(manner.queues)}")
        told: set[str] = set()
        while not worker.stopping.wait(min(manner.beat, 0.2) if until_idle else manner.beat):
            try:
                worker.look_after()
            except DiskFull as error:
                yield warning(error.message)
            except Unavailable as error:  # the database is locked or away: DBOS waits for it too
                yield warning(error.message)
            for job in [one for one in worker.doing if one not in told]:
                told.add(job)
                yield note(f"job {job}")
            if until_idle and not worker.doing and not _has_work(worker):
                break
        if worker.lost:
            message = f"worker {worker.name} did not answer in time, and its jobs were given to others"
            raise Unavailable(message, remedy="start it again: twin work")
        return worker.finished


def _has_work(worker: Worker) -> bool:
    waiting = worker.store.client.list_workflows(
        status=["ENQUEUED", "PENDING", "DELAYED"],
        queue_name=list(worker.manner.queues),
        load_input=False,
        load_output=False,
        limit=1,
    )
    return bool(waiting)


@contextmanager
def open_worker(settings: Settings, manner: Manner = Manner(), stop: threading.Event | None = None) -> Iterator[Worker]:
    """A worker that takes jobs for the time of the block; at its end the jobs that it is doing go back into their queues.

    Raises `BadInput` where this process is a worker already, or its environment would make DBOS call its makers' service.
    """
    if _current:
        raise BadInput("this process is a worker already", remedy="start another process: twin work")
    for name in FORBIDDEN:
        if os.environ.get(name):
            raise BadInput(f"{name} would connect DBOS with a service of its makers", remedy=f"unset {name}")
    from ..model.variants.load import choose_device

    device = str(choose_device(settings.device))
    with open_store(settings) as store:
        worker = Worker(leases.join(device, manner.queues, store), device, store, manner, stop)
        _current.append(worker)
        teller = threading.Thread(target=worker.tell_ends, daemon=True)
        teller.start()
        try:
            _launch(worker)
            yield worker
        finally:
            _shut_down(worker)
            worker.ended.put("")
            teller.join()
            _current.clear()


def _launch(worker: Worker) -> None:
    """Start DBOS on the store's engine, and have it listen to the worker's queues."""
    from dbos import DBOS, DBOSConfig

    for kind in WORKS:
        _register(DBOS, f"twin.{kind}")
    config = DBOSConfig(
        name=APPLICATION,
        system_database_url=dbos_url(worker.store.engine),
        system_database_engine=worker.store.engine,
        application_version=VERSION,
        executor_id=worker.name,
        serializer=json_serializer(),
        enable_otlp=False,
        log_level="CRITICAL",
        scheduler_polling_interval_sec=3600.0,
    )
    DBOS(config=config)
    DBOS.listen_queues(worker.manner.queues)
    DBOS.launch()
    _look_in_own_manner(worker)


def _look_in_own_manner(worker: Worker) -> None:
    """Have this worker take so many jobs of each queue at once as it was told, and look less often while it rests.

    DBOS keeps both numbers in the queue's row, for all workers, and reads them at every look into the queue. So the row says one
    job, and what is read of it here says what this worker does.
    """
    from dbos import DBOS
    from dbos._dbos import _get_dbos_instance

    own: dict[str, Any] = {}
    for name in worker.manner.queues:
        queue = DBOS.register_queue(name, worker_concurrency=1, polling_interval_sec=POLL, on_conflict="always_update")
        queue._worker_concurrency = worker.manner.at_once if name == "cpu" else 1
        own[name] = queue
    tables = _get_dbos_instance()._sys_db
    read = tables.get_queue

    def look(name: str, **more: Any) -> Any:
        queue = own.get(name)
        if queue is None:
            return read(name, **more)
        queue._polling_interval_sec = worker.poll
        return queue

    tables.get_queue = look  # type: ignore[method-assign]


_registered: set[str] = set()


def _register(dbos: type[DBOS], name: str) -> None:
    """Make known to DBOS the workflow `name`: every kind of job has its own, and all do the same."""
    if name in _registered:
        return

    def do_job(job: str) -> dict[str, Any]:
        return _current[0].do(job)

    do_job.__qualname__ = do_job.__name__ = name
    dbos.workflow(name=name, max_recovery_attempts=None)(do_job)
    _registered.add(name)


def _shut_down(worker: Worker) -> None:
    """Stop taking jobs, wait until those that run are given back, and stop DBOS."""
    from dbos import DBOS

    worker.stopping.set()
    deadline = time.monotonic() + 600.0
    while worker.doing and time.monotonic() < deadline:
        time.sleep(0.02)
    DBOS.destroy()
    worker.close()
    with suppress(TwinError):  # on a full disk: it is found dead
        leases.leave(worker.name, worker.store)
