"""What one client is attached to: the studio and its jobs, opened when they are first needed, and who does the jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Final

from ...errors import BudgetExceeded, NotFound
from ...jobs.accepting import has_job_of, retry
from ...jobs.leases import LEASE
from ...jobs.reading import count_jobs, find_job, list_workers
from ...jobs.records import Job, Terms
from ...jobs.store import Store
from ...settings import Settings
from ...verbs.studio import open_studio
from ..album_facts import AlbumTerms
from ..album_jobs import find_busy, go_on_with
from ..crew import Crew
from ..problems import Hider
from ..routes_jobs import accept_job
from ..served import Served
from .album_references import ReadingsApart
from .plan import McpPlan

READ_ONLY: Final = "show it to the user: twin mcp was started with --read-only, so nothing is made or changed from here"
"""What to do next where a tool that is not offered would be called."""


class Attached:
    """An open studio for one client. Its methods may be called by several threads."""

    def __init__(self, plan: McpPlan, settings: Settings) -> None:
        self.plan = plan
        self.settings = settings
        self.crew = Crew(settings, plan.workers)
        self.hider = Hider(settings.studio)
        self._opened = ExitStack()
        self._lock = threading.RLock()
        self._here: Served | None = None
        self._crew_started = False

    @property
    def here(self) -> Served:
        """What is served, opened by the first who asks. Raises as `open_studio` does."""
        with self._lock:
            if self._here is None:
                studio = self._opened.enter_context(open_studio(self.settings))
                self._here = Served(studio, crew=self.crew, readings=ReadingsApart)
                self._opened.callback(self._here.close)
            return self._here

    def accept(self, kind: str, asked: Mapping[str, Any], key: str | None) -> Job:
        """The job that was asked for, in its queue; the same key again is the same job.

        Raises as `accept_job` does, and `BudgetExceeded` where as many as are allowed wait or run.
        """
        here = self.here
        terms = Terms(key=None if key is None else f"mcp {key}")
        with self._lock:  # two calls at a time would both find room for one
            store = here.existing_jobs
            if store is None or terms.key is None or not has_job_of(terms.key, store):
                self.check_room()
            job = accept_job(kind, asked, terms, here)
        self.see_to_workers()
        return job

    def make_album(self, album: str) -> Job:
        """The job that makes an album: the one that does, or a new one. Raises as `go_on_with` does, and `BudgetExceeded`."""
        with self._lock:
            if find_busy(album, self.here) is None:
                self.check_room()
            job = go_on_with(album, AlbumTerms(), self.here)
        self.see_to_workers()
        return job

    def retry(self, job: str) -> Job:
        """Queue a job again. Raises as `accepting.retry` does, and `BudgetExceeded` as `accept` does."""
        with self._lock:
            self.check_room()
            found = retry(job, self.here.jobs)
        self.see_to_workers()
        return found

    def hide(self, data: Any) -> Any:
        """JSON without this machine's paths and without keys."""
        if isinstance(data, str):
            return self.hider.hide(data)
        if isinstance(data, list):
            return [self.hide(one) for one in data]
        return {name: self.hide(one) for name, one in data.items()} if isinstance(data, dict) else data

    def check_room(self) -> None:
        """Raise `BudgetExceeded` where no further job may wait."""
        store = self.here.existing_jobs
        unfinished = 0 if store is None else sum(count_jobs(store).values())
        if unfinished >= self.plan.most_jobs:
            remedy = "wait until one ends (job_status) or cancel one (cancel_job); the user may allow more with --most-jobs"
            raise BudgetExceeded(f"{unfinished} jobs wait or run, and {self.plan.most_jobs} may", remedy=remedy)

    def see_to_workers(self) -> str:
        """Start workers where jobs wait and nobody does them. Returns what to do where they still will not be done."""
        store = self.here.existing_jobs
        if store is None or self.plan.read_only:
            return ""
        with self._lock:
            if self._crew_started:
                given_up = self.crew.facts().given_up
                return f"a worker died too often: {given_up[0]}" if given_up else ""
            if not any(count_jobs(store).values()) or _is_worked(store):
                return ""
            if not self.plan.workers:
                return "jobs wait and nobody does them: ask the user to run `twin work`"
            self._crew_started = True
            self.crew.start()
            return ""

    def require_job(self, key: str) -> Job:
        """The job `key`. Raises `NotFound`, whose remedy is a tool."""
        remedy = "call list_jobs: it lists the jobs of this studio, the newest first"
        store = self.here.existing_jobs
        if store is None:
            raise NotFound(f"no job {key[:40]}: none was ever asked for here", remedy=remedy)
        try:
            return find_job(key, store)
        except NotFound as error:
            raise NotFound(error.message, remedy=remedy) from None

    def close(self) -> None:
        """Have the workers give their jobs back, and close the studio."""
        with self._lock:
            self._opened.close()


def _is_worked(store: Store) -> bool:
    """Whether anybody does the jobs of this studio: `twin work`, `twin serve`, or what another client is attached to."""
    return any(one.state == "alive" and time.time() - one.beat < LEASE for one in list_workers(store))
