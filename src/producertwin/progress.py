"""Events of long work: progress, notes, warnings and finished units in one stream.

Long work is a generator of events that returns its result; the caller prints, stores or streams them, so that a terminal, a
page and a job's log show the same. A step function (a denoising loop, say) instead calls back with its progress. Raising
`Interrupted` from the callback cancels. Only what a signal handler has to say goes past the stream (`tell_at_once`).
Where somebody else than the consumer may stop the work, the work itself asks at every step (`stop_when`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, TypeVar

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


@dataclass(frozen=True, slots=True)
class Message:
    """One line that long work tells whoever started it.

    A `note` is worth knowing, a `warning` is about something they should look at, a `detail` is for those who ask for more.
    """

    kind: Literal["note", "warning", "detail"]
    text: str


def note(text: str) -> Message:
    """A line worth knowing."""
    return Message("note", text)


def warning(text: str) -> Message:
    """A line about something that needs attention although the work goes on."""
    return Message("warning", text)


def detail(text: str) -> Message:
    """A line for those who ask for more."""
    return Message("detail", text)


@dataclass(frozen=True, slots=True)
class Kept:
    """A unit of the work that is done and stored; work that is stopped or killed goes on after it."""

    unit: str
    """Which unit, as the work names it."""
    takes: tuple[str, ...] = ()
    """Ids of the takes that it made."""
    run: str = ""
    """Id of the run that it belongs to; empty where it is of none."""


Event = Progress | Message | Kept
Steps = Generator[Event, None, T]
"""Long work: yields events, returns a T."""
OnProgress = Callable[[Progress], None]
OnEvent = Callable[[Event], None]
_STOP: ContextVar[Callable[[], bool] | None] = ContextVar("stop", default=None)
_listening: list[Callable[[str], None]] = []
"""Who hears what cannot wait: signals belong to the process, and so does this list."""


@contextmanager
def hear_at_once(tell: Callable[[str], None]) -> Iterator[None]:
    """For the length of a `with`, hand to `tell` what cannot wait for the stream. `tell` may be called in a signal handler."""
    _listening.append(tell)
    try:
        yield
    finally:
        _listening.remove(tell)


def tell_at_once(text: str) -> None:
    """Tell a line that cannot wait until the work next yields, such as that a signal was noticed."""
    for tell in _listening:
        tell(text)


@contextmanager
def stop_when(asked: Callable[[], bool]) -> Iterator[None]:
    """For the length of a `with`, have work of this thread stop at the end of the step in which `asked` becomes true.

    A consumer that stops reading is noticed one step later: the step after is under way by then.
    """
    token = _STOP.set(asked)
    try:
        yield
    finally:
        _STOP.reset(token)


def stop_request() -> Callable[[], bool]:
    """Tells whether the work that this thread does now is to stop; it may be called in any thread."""
    return _STOP.get() or (lambda: False)


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


def ignore(event: Event) -> None:
    """Drop the event."""


def relay(work: Steps[T], tell: Callable[[Event], Iterable[Event]]) -> Steps[T]:
    """`work`, with what `tell` makes of each of its events in the event's place. What is thrown in reaches `work`."""
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        try:
            yield from tell(event)
        except BaseException as error:
            work.throw(error)
            raise


def finish(work: Steps[T], on_event: OnEvent = ignore) -> T:
    """Run `work` to its end, hand every event to `on_event`, and return its result."""
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        on_event(event)
