"""The pool of processes: order, limits, errors, and an end with the parent."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from producertwin.workers import pool

STAY = """
import os, threading
from producertwin.workers import pool

def stay(number):
    print(os.getpid(), flush=True)
    threading.Event().wait()

if __name__ == "__main__":
    with pool(2) as many:
        list(many.map(stay, [1, 2]))
"""


@pytest.mark.parametrize("count", [1, 2])
def test_answers_come_in_order_or_as_they_are_there(count: int) -> None:
    numbers = [9.0, 4.0, 1.0, 16.0, 25.0]
    with pool(count) as many:
        assert list(many.map(math.sqrt, numbers)) == [3.0, 2.0, 1.0, 4.0, 5.0]
        assert dict(many.as_completed(math.sqrt, iter(numbers))) == {number: math.sqrt(number) for number in numbers}
        assert list(many.as_completed(math.sqrt, [])) == []


def test_one_process_works_in_place_unless_it_is_to_be_apart() -> None:
    with pool(1) as many:
        assert next(many.map(_process, [0])) == os.getpid()
    with pool(1, apart=True) as many:
        assert next(many.map(_process, [0])) != os.getpid()


def test_only_so_many_are_under_way() -> None:
    taken: list[float] = []

    def numbers() -> object:
        for number in range(100):
            taken.append(number)
            yield float(number)

    with pool(2) as many:
        answers = many.as_completed(math.sqrt, numbers())
        next(answers)
        assert len(taken) <= 6
        assert len(list(answers)) == 99


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_reaches_the_caller_and_ends_the_pool(count: int) -> None:
    with pytest.raises(ValueError), pool(count) as many:
        list(many.as_completed(math.sqrt, [4.0, -1.0]))


def test_each_process_has_one_thread_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    with pool(2) as many:
        assert list(many.map(os.getenv, ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])) == ["1", "1"]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    with pool(2) as many:
        assert list(many.map(os.getenv, ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])) == ["3", "3"]


@pytest.mark.thorough
def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "stay.py"
    script.write_text(STAY)
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        children = [psutil.Process(int(parent.stdout.readline())) for _ in range(2)]
        parent.kill()
        parent.wait(60)
        gone, alive = psutil.wait_procs(children, timeout=60)
    for child in alive:
        child.kill()
    assert len(gone) == 2


def _process(_: int) -> int:
    return os.getpid()
