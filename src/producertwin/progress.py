"""Progress of long work, as plain events.

Long work is a generator of `Progress` events that returns its result; the caller prints, stores or streams them. A step
function (a denoising loop, say) instead calls back with the same event. Raising `Interrupted` from the callback cancels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` units of `what`; `note` is one short line; `seconds_left` is an estimate or None."""

    what: str
    done: int
    total: int
    note: str = ""
    seconds_left: float | None = None

    @property
    def share(self) -> float:
        """Finished part, 0 to 1."""
        return self.done / self.total if self.total else 1.0


Steps = Generator[Progress, None, T]
"""Long work: yields progress, returns a T."""
OnProgress = Callable[[Progress], None]


class Clock:
    """Estimates the time left of `total` equal units from those done so far."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self._start = time.monotonic()
        self._first: int | None = None

    def at(self, done: int, note: str = "") -> Progress:
        """The event for `done` finished units."""
        if self._first is None:
            self._first, self._start = done, time.monotonic()
        gone = done - self._first
        left = (time.monotonic() - self._start) / gone * (self.total - done) if gone > 0 else None
        return Progress(self.what, done, self.total, note, left)


def ignore(event: Progress) -> None:
    """Drop the event."""


def finish(work: Steps[T], on_progress: OnProgress = ignore) -> T:
    """Run `work` to its end, hand every event to `on_progress`, and return its result."""
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        on_progress(event)
