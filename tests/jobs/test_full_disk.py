"""A disk that is full to the last byte while a worker works: its queue waits and says so, and goes on when there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_killed import process, wait_until

from jobs_kit import submit
from producertwin.jobs.reading import find_job, list_jobs, read_updates
from producertwin.jobs.store import Store, open_store
from producertwin.jobs.work_takes import MakeJob
from producertwin.library import open_library
from producertwin.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root mounts a small disk"),
]
TAKES = 12


@pytest.fixture
def small(tmp_path: Path, empty: Path) -> Iterator[Settings]:
    """A studio on a disk of its own of 160 MB."""
    studio = tmp_path / "small"
    studio.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "none", str(studio)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode()}")
    try:
        shutil.copy(empty, studio)
        yield Settings(studio=studio, device="cpu", offline=True)
    finally:
        subprocess.run(["umount", "-l", str(studio)], check=True)


def fill(path: Path) -> None:
    """Write until nothing more goes on the disk."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 10, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def kept(job: str, store: Store) -> int:
    return sum(told.kind == "kept" for told in read_updates(store, job=job))


def test_a_full_disk_holds_the_queue_says_so_and_loses_nothing(small: Settings) -> None:
    play = {"variant": "tiny", "steps": 2, "seed": 5, "batch": TAKES}
    plan = MakeJob.model_validate({"plan": {"prompt": {"caption": "lofi"}, "play": play, "seconds": 1.5}})
    filler = small.studio / "filler"
    with open_store(small) as store:
        first = submit(store, plan, "make", attempts=1)
        behind = submit(store, plan.model_copy(update={"picture": True}), "make", attempts=1)
        with process(small):
            wait_until(lambda: kept(first.id, store) >= 2)
            fill(filler)
            wait_until(lambda: find_job(first.id, store).state == "waiting")
            waiting = find_job(first.id, store).waiting or ""
            assert ("free some" in waiting and "No space left" in waiting) or "full" in waiting or "MB free" in waiting
            assert find_job(behind.id, store).state == "queued"
            filler.unlink()
            wait_until(lambda: all(job.is_over for job in list_jobs(store)))
        done = [find_job(job.id, store) for job in (first, behind)]
        for job in done:
            assert job.state == "succeeded"
            assert all(one.state in {"given back", "succeeded"} for one in job.attempts)
            assert job.outcome is not None and len(job.outcome.takes) == TAKES
    with open_library(small) as library:
        assert library.info().takes == 2 * TAKES  # a take with a picture is another one
