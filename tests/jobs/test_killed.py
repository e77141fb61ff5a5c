"""Workers that are killed, frozen or stopped, as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import jobs_kit
from jobs_kit import Count, submit, times
from producertwin.jobs import accepting
from producertwin.jobs.reading import find_job, list_jobs, list_workers
from producertwin.jobs.store import Store, open_store
from producertwin.settings import Settings

pytestmark = pytest.mark.slow


@contextmanager
def process(settings: Settings, what: str = "serve", *rest: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as a process of its own; it is killed at the end."""
    line = [sys.executable, "-m", "jobs_kit", str(settings.studio), what, *rest]
    environment = os.environ | ({"TWIN_DATABASE": settings.database} if settings.database else {})
    begun = subprocess.Popen(line, cwd=Path(jobs_kit.__file__).parent, stdout=subprocess.DEVNULL, env=environment)
    try:
        yield begun
    finally:
        begun.send_signal(signal.SIGCONT)
        begun.kill()
        begun.wait()


def wait_until(done: Callable[[], bool], seconds: float = 400.0) -> None:
    """Wait until `done`, and fail after `seconds`."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)


def test_a_killed_workers_job_goes_on_after_its_last_part(settings: Settings, store: Store, log: Path) -> None:
    job = submit(store, Count(units=4, log=log, seconds=0.3), attempts=10)
    for unit in range(3):
        with process(settings):
            wait_until(lambda unit=unit: f"unit-{unit}" in times(log))  # type: ignore[misc]
    with process(settings):
        wait_until(lambda: find_job(job.id, store).is_over)
    found = find_job(job.id, store)
    assert found.state == "succeeded"
    assert [one.state for one in found.attempts][:-1] == ["lost"] * (len(found.attempts) - 1)
    assert max(times(log).values()) <= 2  # a unit is done again only where the kill fell between doing and storing it


def test_a_frozen_worker_that_wakes_up_stores_nothing(settings: Settings, store: Store, log: Path) -> None:
    job = submit(store, Count(units=3, log=log, seconds=0.5))
    with process(settings) as frozen:
        wait_until(lambda: "unit-0" in times(log))
        frozen.send_signal(signal.SIGSTOP)
        with process(settings):
            wait_until(lambda: find_job(job.id, store).is_over)
        done, found = times(log), find_job(job.id, store)
        frozen.send_signal(signal.SIGCONT)
        assert frozen.wait(200) != 0
    assert find_job(job.id, store) == found
    assert found.state == "succeeded"
    assert sum(times(log).values()) <= sum(done.values()) + 1  # at most the unit that it was in, which nobody stores


def test_a_worker_that_is_asked_to_stop_gives_its_job_back(settings: Settings, store: Store, log: Path) -> None:
    job = submit(store, Count(units=2, log=log, seconds=1.0), attempts=1)
    with process(settings) as stopped:
        wait_until(lambda: "unit-0" in times(log))
        stopped.send_signal(signal.SIGINT)
        stopped.wait(200)
    assert find_job(job.id, store).state == "queued"
    with process(settings):
        wait_until(lambda: find_job(job.id, store).is_over)
    assert [one.state for one in find_job(job.id, store).attempts] == ["given back", "succeeded"]
    assert times(log) == {"unit-0": 1, "unit-1": 1}


def test_a_job_is_cancelled_with_its_worker_that_does_not_react(settings: Settings, store: Store, log: Path) -> None:
    job = submit(store, Count(units=2, log=log, seconds=600.0))
    with process(settings) as deaf:
        wait_until(lambda: find_job(job.id, store).state == "running" and find_job(job.id, store).attempts != ())
        deaf.send_signal(signal.SIGSTOP)
        assert accepting.cancel(job.id, store).state == "stopping"  # it would, if it could
        assert accepting.cancel(job.id, store, kill=True).state == "cancelled"
        assert deaf.wait(60) == -signal.SIGKILL
    assert [one.state for one in find_job(job.id, store).attempts] == ["lost"]
    assert [one.state for one in list_workers(store)] == ["dead"]
    other = submit(store, Count())
    with process(settings, "work") as next_one:
        assert next_one.wait(200) == 0
    assert find_job(other.id, store).state == "succeeded"
    assert (find_job(job.id, store).state, times(log)) == ("cancelled", {})


def test_each_worker_does_as_many_at_once_as_it_was_told(settings: Settings, store: Store) -> None:
    for _ in range(12):
        submit(store, Count(units=1, seconds=1.0))
    most: dict[str, int] = {}
    with process(settings, "serve", "3") as many, process(settings, "serve", "1") as one:
        while any(not job.is_over for job in list_jobs(store)):
            running = [attempt.worker for job in list_jobs(store) for attempt in job.attempts if attempt.state == "running"]
            for worker in running:
                most[worker] = max(most.get(worker, 0), running.count(worker))
            time.sleep(0.05)
        by_process = {worker.process: most[worker.id] for worker in list_workers(store)}
        assert by_process == {many.pid: 3, one.pid: 1}


def test_two_workers_share_a_queue_and_do_nothing_twice(settings: Settings, store: Store, tmp_path: Path) -> None:
    logs = []
    for number in range(30):
        logs.append(tmp_path / f"log-{number}")
        logs[-1].mkdir()
        submit(store, Count(units=2, log=logs[-1], seconds=0.02))
    with process(settings), process(settings):
        wait_until(lambda: all(job.is_over for job in list_jobs(store)))
    done = list_jobs(store)
    assert [times(log) for log in logs] == [{"unit-0": 1, "unit-1": 1}] * 30
    assert {job.state for job in done} == {"succeeded"}
    assert len({job.attempts[0].worker for job in done}) == 2


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(settings: Settings, store: Store, log: Path) -> None:
    job = submit(store, Count(units=1, log=log, seconds=30.0), attempts=2)
    for attempt in (1, 2):
        with process(settings):
            wait_until(lambda attempt=attempt: len(find_job(job.id, store).attempts) == attempt)  # type: ignore[misc]
    with process(settings):
        wait_until(lambda: find_job(job.id, store).is_over)
    found = find_job(job.id, store)
    assert (found.state, [one.state for one in found.attempts]) == ("failed", ["lost", "lost"])


def test_stores_are_made_by_many_at_once(settings: Settings) -> None:
    (settings.studio / "jobs.sqlite").unlink()
    with process(settings, "work"), process(settings, "work"), process(settings, "work") as last:
        assert last.wait(400) == 0
    with open_store(settings) as store:
        assert list_jobs(store) == ()
