"""Turn work that reports progress by callback into a generator of events, so that the caller can stop it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any, ClassVar, TypeVar

from ..errors import Interrupted
from ..progress import OnProgress, Progress, Steps, stop_request

T = TypeVar("T")


def events(work: Callable[[OnProgress], T], what: str) -> Steps[T]:
    """Run `work` in another thread, yield the progress it reports as progress of `what`, and return its result.

    Raises what the work raises. When the generator is closed or interrupted, or `stop_when` says so, the next report raises
    `Interrupted` inside the work, and closing waits for it to end: a step of the engine is the longest that takes.
    """
    queue: SimpleQueue[Progress | None] = SimpleQueue()
    stopped, asked_to_stop = threading.Event(), stop_request()

    def report(event: Progress) -> None:
        if stopped.is_set() or asked_to_stop():
            raise Interrupted("stopped")
        queue.put(event)

    future = _start(lambda: work(report))
    future.add_done_callback(lambda _: queue.put(None))
    try:
        while (event := queue.get()) is not None:
            yield replace(event, what=what, note=event.note or event.what)
    finally:
        stopped.set()
        wait([future])
    return future.result()


class _Worker:
    """A thread that does one piece of work after another.

    Threads are kept: the allocator gives every new one memory of its own, and it adds up. A `ThreadPoolExecutor` answers before
    its thread counts as idle, so that work given at once on the answer begins a new one.
    """

    idle: ClassVar[deque[_Worker]] = deque()

    def __init__(self) -> None:
        self.given: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        threading.Thread(target=self._serve, name="instrument", daemon=True).start()

    def _serve(self) -> None:
        while True:
            work, future = self.given.get()
            try:
                tell = partial(future.set_result, work())
            except BaseException as error:  # whoever waits for the result raises it
                tell = partial(future.set_exception, error)
            self.idle.append(self)
            tell()
            del work, future, tell  # an idle thread keeps nothing alive


def _start(work: Callable[[], T]) -> Future[T]:
    """Give `work` to an idle thread, or to a new one."""
    future: Future[T] = Future()
    try:
        worker = _Worker.idle.pop()
    except IndexError:
        worker = _Worker()
    worker.given.put((work, future))
    return future


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Worker.idle.clear)  # threads do not live on in a child
