"""How fast jobs are: durable jobs that do nothing, on SQLite and on PostgreSQL, beside the commits that any queue needs.

    python benchmarks/jobs.py [--jobs 200] [--turns 3] [--postgres]

A job that does nothing is accepted, taken, begun, stored as done and closed. The alternative in the same turn, on the same disk
and engine, is the least that a durable queue commits for it: four transactions of one row each, one after the other. Figures
are medians of the turns. `--postgres` starts a server of its own, which flushes what it commits.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import jobs_kit
import postgres_kit
from producertwin.jobs import worker
from producertwin.jobs.reading import list_jobs
from producertwin.jobs.store import Store, open_store
from producertwin.progress import finish
from producertwin.settings import Settings

COMMITS = 4
"""Accepted, begun, done, closed."""


def seconds_of(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def commit(store: Store, count: int) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS least (id INTEGER, text TEXT)")
    for number in range(count):
        with store.write() as connection:
            connection.exec_driver_sql(f"INSERT INTO least VALUES ({number}, 'accepted')")


def measure(settings: Settings, jobs: int, turns: int, at_once: int) -> None:
    accepted, done, least, busy = [], [], [], []
    for _ in range(turns):
        with open_store(settings) as store:
            least.append(jobs / seconds_of(lambda: commit(store, COMMITS * jobs)))
            accepted.append(jobs / seconds_of(lambda: [jobs_kit.submit(store, jobs_kit.Count(units=0)) for _ in range(jobs)]))
        with worker.open_worker(settings, worker.Manner(at_once=at_once)) as one:
            start, used = time.perf_counter(), time.process_time()
            while one.finished < jobs:
                time.sleep(0.005)
            done.append(jobs / (time.perf_counter() - start))
            busy.append((time.process_time() - used) / jobs)
    with open_store(settings) as store:
        assert {job.state for job in list_jobs(store)} == {"succeeded"}
    both = [1 / (1 / a + 1 / b) for a, b in zip(accepted, done, strict=True)]
    print(f"accepted {median(accepted):6.0f}/s   done {median(done):6.0f}/s   both by one process {median(both):6.0f}/s")
    print(f"processor time of the worker for a job: {1e3 * median(busy):.1f} ms")
    print(f"the least: {COMMITS} transactions each {median(least):6.0f}/s; jobs reach {median(both) / median(least):.2f} of it")


def measure_overhead(settings: Settings, units: int) -> None:
    """What a stored unit costs by itself: a job of many units that do nothing."""
    with open_store(settings) as store:
        jobs_kit.submit(store, jobs_kit.Count(units=units))
    spent = seconds_of(lambda: finish(worker.work(settings, until_idle=True)))
    with open_store(settings) as store:
        [attempt] = list_jobs(store)[0].attempts
    print(f"a unit that does nothing: {1e3 * ((attempt.ended or 0) - attempt.started) / units:.1f} ms (whole run {spent:.1f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    jobs_kit.register()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(studio=Path(folder) / "studio", device="cpu", offline=True)
        if not asked.postgres:
            measure(settings, asked.jobs, asked.turns, at_once=8)
            measure_overhead(settings, 200)
            return
        programs = postgres_kit.find_programs()
        if programs is None:
            raise SystemExit(postgres_kit.ABSENT)
        with postgres_kit.serve(programs, durable=True) as url:
            measure(settings.model_copy(update={"database": url}), asked.jobs, asked.turns, at_once=32)
            measure_overhead(settings.model_copy(update={"database": url}), 200)


if __name__ == "__main__":
    main()
