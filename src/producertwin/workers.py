"""The one pool of processes that share out work on single songs.

Processes are started anew, not forked, because the parent may hold threads of torch. Each keeps its libraries to one thread,
unless `OMP_NUM_THREADS` says otherwise, and ends as soon as the process that started it is gone: a pool's processes would outlive
a `kill -9` for ever. Functions and items have to cross processes: functions of modules, and values that can be pickled.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import Final, TypeVar

A = TypeVar("A")
T = TypeVar("T")

_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool:
    """Calls a function for many items, in its processes; without any, in place."""

    def __init__(self, processes: ProcessPoolExecutor | None, count: int) -> None:
        self._processes = processes
        self._count = count

    def map(self, work: Callable[[A], T], items: Iterable[A]) -> Iterator[T]:
        """`work` of every item in the order of the items, each as soon as it is there."""
        return map(work, items) if self._processes is None else self._processes.map(work, items)

    def as_completed(self, work: Callable[[A], T], items: Iterable[A]) -> Iterator[tuple[A, T]]:
        """Every item and `work` of it, as soon as it is there; only so many are under way that results do not pile up."""
        if self._processes is None:
            yield from ((item, work(item)) for item in items)
            return
        left = iter(items)
        running: dict[Future[T], A] = {}
        while True:
            for item in islice(left, self._count + 1 - len(running)):
                running[self._processes.submit(work, item)] = item
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            yield from ((running.pop(future), future.result()) for future in done)


@contextmanager
def pool(count: int, *, apart: bool = False) -> Iterator[Pool]:
    """A pool of `count` processes. One works in place, unless `apart` asks for a process of its own.

    Where the block ends by an error, work that has not begun is given up.
    """
    if count <= 1 and not apart:
        yield Pool(None, 1)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin) as processes:
        try:
            yield Pool(processes, count)
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise


def _begin() -> None:
    """Set up this process, before it loads numpy."""
    for name in _THREADS:
        os.environ.setdefault(name, os.environ.get("OMP_NUM_THREADS", "1"))
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
