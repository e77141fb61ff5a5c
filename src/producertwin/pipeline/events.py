"""Turn work that reports progress by callback into a generator of events, so that the caller can stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from typing import TypeVar

from ..errors import Interrupted
from ..progress import OnProgress, Progress, Steps

T = TypeVar("T")


def events(work: Callable[[OnProgress], T], what: str) -> Steps[T]:
    """Run `work` in a thread of its own, yield the progress it reports as progress of `what`, and return its result.

    Raises what the work raises. When the generator is closed or interrupted, the next report raises `Interrupted` inside the
    work, and closing waits for it to end: a step of the engine is the longest that takes.
    """
    queue: SimpleQueue[Progress | None] = SimpleQueue()
    stopped = threading.Event()

    def report(event: Progress) -> None:
        if stopped.is_set():
            raise Interrupted("stopped")
        queue.put(event)

    with ThreadPoolExecutor(1, thread_name_prefix="instrument") as pool:
        future = pool.submit(work, report)
        future.add_done_callback(lambda _: queue.put(None))
        try:
            while (event := queue.get()) is not None:
                yield replace(event, what=what, note=event.note or event.what)
        finally:
            stopped.set()
        return future.result()
