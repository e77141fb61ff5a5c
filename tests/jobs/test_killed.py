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
from producertwin.jobs.reading import find_job, list_jobs
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
        wait_until(lambda: find_job(job.id, store).finished)
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
            wait_until(lambda: find_job(job.id, store).finished)
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
        wait_until(lambda: find_job(job.id, store).finished)
    assert [one.state for one in find_job(job.id, store).attempts] == ["given back", "succeeded"]
    assert times(log) == {"unit-0": 1, "unit-1": 1}


def test_two_workers_share_a_queue_and_do_nothing_twice(settings: Settings, store: Store, tmp_path: Path) -> None:
    logs = []
    for number in range(30):
        logs.append(tmp_path / f"log-{number}")
        logs[-1].mkdir()
        submit(store, Count(units=2, log=logs[-1], seconds=0.02))
    with process(settings), process(settings):
        wait_until(lambda: all(job.finished for job in list_jobs(store)))
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
        wait_until(lambda: find_job(job.id, store).finished)
    found = find_job(job.id, store)
    assert (found.state, [one.state for one in found.attempts]) == ("failed", ["lost", "lost"])


def test_stores_are_made_by_many_at_once(settings: Settings) -> None:
    (settings.studio / "jobs.sqlite").unlink()
    with process(settings, "work"), process(settings, "work"), process(settings, "work") as last:
        assert last.wait(400) == 0
    with open_store(settings) as store:
        assert list_jobs(store) == ()
