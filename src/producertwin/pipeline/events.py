"""Turn work that reports progress by callback into a generator of events, so that the caller can stop it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache
from queue import SimpleQueue
from typing import TypeVar

from ..errors import Interrupted
from ..progress import OnProgress, Progress, Steps, stop_request

T = TypeVar("T")
MOST_THREADS = 32
"""Works that run at once."""


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

    future = _threads().submit(work, report)
    future.add_done_callback(lambda _: queue.put(None))
    try:
        while (event := queue.get()) is not None:
            yield replace(event, what=what, note=event.note or event.what)
    finally:
        stopped.set()
        wait([future])
    return future.result()


@cache
def _threads() -> ThreadPoolExecutor:
    """The threads that work runs in. They are kept: the allocator gives every new one memory of its own, and it adds up."""
    return ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="instrument")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)  # threads do not live on in a child
