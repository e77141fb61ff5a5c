"""A few processes that share out work on single songs; one process works in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")


class Crew:
    """Calls a function for every item and gives the results in the order of the items, each as soon as it is there."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def __call__(self, work: Callable[[A], T], items: Sequence[A]) -> Iterator[T]:
        return map(work, items) if self._pool is None else self._pool.map(work, items)


@contextmanager
def crew(workers: int) -> Iterator[Crew]:
    """A crew of `workers` processes. They are started anew, not forked, because the parent may hold torch's threads."""
    if workers <= 1:
        yield Crew(None)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield Crew(pool)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
