"""Work in a thread, seen as a generator."""

from __future__ import annotations

import threading

import pytest

from producertwin.errors import BadInput, Interrupted
from producertwin.pipeline.events import events
from producertwin.progress import OnProgress, Progress, finish


def test_progress_and_result_come_through_in_order() -> None:
    def work(report: OnProgress) -> str:
        for step in range(3):
            report(Progress("denoise", step, 3))
        return "done"

    heard: list[Progress] = []
    assert finish(events(work, "take 1 of 1"), heard.append) == "done"
    assert [event.done for event in heard] == [0, 1, 2]
    assert {(event.what, event.note) for event in heard} == {("take 1 of 1", "denoise")}


def test_an_error_comes_through() -> None:
    def work(report: OnProgress) -> None:
        report(Progress("denoise", 0, 1))
        raise BadInput("no such thing")

    with pytest.raises(BadInput, match="no such thing"):
        finish(events(work, "take"))


@pytest.mark.parametrize("stop", ["close", "throw"])
def test_stopping_stops_the_work_at_its_next_report(stop: str) -> None:
    seen, ended = threading.Event(), threading.Event()
    told: list[BaseException] = []

    def work(report: OnProgress) -> None:
        try:
            report(Progress("denoise", 0, 2))
            seen.wait(10)
            report(Progress("denoise", 1, 2))
        except Interrupted as error:
            told.append(error)
            raise
        finally:
            ended.set()

    steps = events(work, "take")
    next(steps)
    timer = threading.Timer(0.05, seen.set)
    timer.start()
    if stop == "close":
        steps.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            steps.throw(KeyboardInterrupt)
    timer.join()
    assert len(told) <= 1
    assert ended.is_set(), "closing waits for the work"


def test_works_run_at_once_and_share_threads_one_after_the_other() -> None:
    meet = threading.Barrier(2, timeout=10)

    def work(_: OnProgress) -> int:
        return threading.get_ident()

    def work_together(report: OnProgress) -> int:
        report(Progress("denoise", 0, 1))
        meet.wait()
        return threading.get_ident()

    assert len({finish(events(work, "take")) for _ in range(200)}) == 1
    both = [events(work_together, "take") for _ in range(2)]
    for one in both:
        next(one)
    assert len({finish(one) for one in both}) == 2
