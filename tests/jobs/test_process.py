"""A worker as a child process: it ends when its parent is gone, whoever holds its stdin and whatever it is doing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from producertwin.jobs.process import PATIENCE

PARENT = """
import os, sys, time
from pathlib import Path
from producertwin.jobs.process import start_worker
from producertwin.settings import Settings

worker = start_worker(Settings(studio=Path(sys.argv[1]), device="cpu", offline=True))
holder = os.fork()
if holder == 0:
    os.close(1)
    time.sleep(600)
print(worker.pid, holder, flush=True)
worker.wait()
"""
DEAF = """
import os, signal, sys, time
from producertwin.jobs import process

process.PATIENCE = process.LOOK = 0.05
parent = os.getpid()
if os.fork() == 0:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.end_with(parent)
    print(os.getpid(), flush=True)
    os.close(1)
    while True:
        time.sleep(600)
time.sleep(600)
"""


def kill_parent(code: str, *words: str) -> list[psutil.Process]:
    """Start `code`, which names its children, kill it, and return those children."""
    with subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        children = [psutil.Process(int(number)) for number in parent.stdout.readline().split()]
        parent.kill()
    return children


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="the children are forked")
def test_a_worker_ends_with_its_parent_while_another_child_holds_its_stdin(tmp_path: Path) -> None:
    worker, holder = kill_parent(PARENT, str(tmp_path / "studio"))
    try:
        worker.wait(PATIENCE + 30)  # one that is still starting may not hear that it is to stop
    finally:
        holder.kill()
    assert not worker.is_running()


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="the child is forked")
def test_a_process_that_does_not_react_ends_without_its_parent(tmp_path: Path) -> None:
    [deaf] = kill_parent(DEAF)
    deaf.wait(20)
    assert not deaf.is_running()
