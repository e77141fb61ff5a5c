"""Jobs on a real PostgreSQL server: the same promises with many workers, and workers that are killed all the time."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import update
from test_killed import process

import postgres_kit
from jobs_kit import Count, stub_worker, submit, times
from producertwin.errors import BadInput
from producertwin.jobs.reading import find_job, list_jobs, list_workers, read_updates
from producertwin.jobs.schema import jobs
from producertwin.jobs.session import run_job
from producertwin.jobs.store import open_store
from producertwin.library import open_library
from producertwin.settings import Settings

pytestmark = pytest.mark.slow
JOBS = 200
KILL_EVERY = 30


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a studio whose library and jobs are on a server."""
    programs = postgres_kit.find_programs()
    if programs is None:
        if os.environ.get(postgres_kit.REQUIRED):
            pytest.fail(postgres_kit.ABSENT)
        pytest.skip(postgres_kit.ABSENT)
    with postgres_kit.serve(programs) as url:
        yield Settings(studio=tmp_path / "studio", device="cpu", offline=True, database=url)


def test_a_job_on_a_server_is_accepted_done_and_told(server: Settings, log: Path) -> None:
    with open_store(server) as store:
        job = submit(store, Count(units=2, log=log, take=1), key="the key")
        assert submit(store, Count(units=2, log=log, take=1), key="the key") == job
        with pytest.raises(BadInput):
            submit(store, Count(units=3), key="the key")
        with stub_worker(store) as worker:
            assert len(run_job(job.id, worker, lambda step: step())["takes"]) == 1
        assert [one.state for one in find_job(job.id, store).attempts] == ["succeeded"]
        told = [one.id for one in read_updates(store, job=job.id)]
        assert told == sorted(set(told))
        for _ in range(20):  # more often than the pool has connections
            with pytest.raises(ZeroDivisionError), store.note() as connection:
                connection.execute(update(jobs).values(waiting="for nothing"))
                raise ZeroDivisionError
        assert find_job(job.id, store).waiting is None  # what fails is undone, and nothing of it is left open
        with store.note() as connection:
            assert connection.execute(update(jobs).values(waiting=None)).rowcount == 1
    assert not (server.studio / "jobs.sqlite").exists()


def test_two_workers_that_are_killed_again_and_again_do_every_job_once(server: Settings, tmp_path: Path) -> None:
    logs = [tmp_path / f"log-{number}" for number in range(JOBS)]
    with open_library(server):
        pass
    with open_store(server) as store, ExitStack() as running:
        for number, log in enumerate(logs):
            log.mkdir()
            submit(store, Count(units=2, log=log, seconds=0.1, take=number), attempts=100)
        workers = [running.enter_context(process(server, "serve", "4")) for _ in range(2)]
        kills, until, last = 0, time.monotonic() + 1200.0, 0
        for turn in itertools.count():
            assert time.monotonic() < until, "it takes too long"
            finished = len(list_jobs(store, ("succeeded",)))
            if finished == JOBS:
                break
            busy = {one.process for one in list_workers(store) if one.state == "alive"}
            victim = workers[turn % 2]
            if finished - last >= KILL_EVERY and victim.pid in busy:
                victim.kill()
                victim.wait()
                kills, last = kills + 1, finished
                workers[turn % 2] = running.enter_context(process(server, "serve", "4"))
            time.sleep(0.5)
        done = list_jobs(store)
    assert kills >= 3
    assert {job.state for job in done} == {"succeeded"}
    assert [[one.state for one in job.attempts].count("succeeded") for job in done] == [1] * JOBS
    assert any(one.state == "lost" for job in done for one in job.attempts)
    assert all(set(times(log)) == {"unit-0", "unit-1"} for log in logs)
    with open_library(server) as library:
        assert library.info().takes == JOBS
        assert {take for job in done if job.outcome for take in job.outcome.takes} == {take.id for take in library.takes.list()}
