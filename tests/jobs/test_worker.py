"""A worker with DBOS running in this process: what it refuses, and that jobs come to their end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jobs_kit import QUICK, Count, submit, times
from producertwin.errors import BadInput
from producertwin.jobs import worker
from producertwin.jobs.reading import find_job, list_jobs, list_workers
from producertwin.jobs.store import Store
from producertwin.progress import finish
from producertwin.settings import Settings


@pytest.mark.parametrize("name", worker.FORBIDDEN)
def test_a_worker_refuses_what_would_call_out(settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "a key")
    with pytest.raises(BadInput, match=name), worker.open_worker(settings):
        pass


@pytest.mark.slow
def test_a_worker_does_what_is_queued_by_priority_and_a_failure_ends_nothing_else(
    settings: Settings, store: Store, log: Path
) -> None:
    last = submit(store, Count(units=1, log=log), priority=50)
    failing = submit(store, Count(fail="odd"), priority=20, attempts=2)
    first = submit(store, Count(units=3), priority=1)
    manner = worker.Manner(beat=0.2, pace=0.01)
    assert finish(worker.work(settings, manner, until_idle=True)) == 3
    begun = {job.id: job.attempts[0].started for job in list_jobs(store)}
    assert begun[first.id] < begun[failing.id] < begun[last.id]
    assert find_job(failing.id, store).state == "failed"
    assert [one.error for one in find_job(failing.id, store).attempts] == ["TwinError"] * 2
    assert times(log) == {"unit-0": 1}
    assert {one.state for one in list_workers(store)} == {"gone"}
    names = {thread.name for thread in threading.enumerate()}
    assert not any("conductor" in name.lower() for name in names)


@pytest.mark.slow
def test_a_process_is_one_worker(settings: Settings) -> None:
    with worker.open_worker(settings, QUICK), pytest.raises(BadInput, match="already"), worker.open_worker(settings):
        pass


@pytest.mark.slow
def test_a_job_whose_end_could_not_be_stored_is_put_back(
    settings: Settings, store: Store, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STUCK", 0.5)
    job = submit(store, Count(units=1, log=log))
    do, seen = worker.Worker.do, []

    def break_once(self: worker.Worker, name: str) -> object:
        seen.append(name)
        if len(seen) == 1:
            raise KeyboardInterrupt  # as any error that DBOS cannot store: the workflow stays running, and nobody does it
        return do(self, name)

    monkeypatch.setattr(worker.Worker, "do", break_once)
    finish(worker.work(settings, QUICK, until_idle=True))
    assert seen == [job.id, job.id]
    assert find_job(job.id, store).state == "succeeded"
