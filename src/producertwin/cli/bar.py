"""Progress on stderr: a bar with the time left on a terminal, a rare plain line elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..progress import Progress
from ..wording import make_visible
from .text import duration

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

PLAIN_LINE_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Bar:
    """Shows the events of one piece of long work. Use as a context manager and hand `show` to whoever makes events."""

    def __init__(self, *, terminal: bool, coloured: bool, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = terminal
        self._coloured = coloured
        self._drawn: RichProgress | None = None
        self._rows: dict[str, TaskID] = {}
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn is not None:
            self._drawn.stop()

    def show(self, event: Progress) -> None:
        """Show one event."""
        if self._quiet:
            return
        event = replace(event, what=make_visible(event.what, keep=""), note=make_visible(event.note, keep=""))
        words = " · ".join(filter(None, (event.note, time_left(event))))
        if self._terminal:
            self._draw(event, words)
        elif time.monotonic() - self._last_line >= PLAIN_LINE_EVERY:
            self._last_line = time.monotonic()
            sys.stderr.write(f"{event.what} {event.share:.0%}" + (f" · {words}\n" if words else "\n"))
            sys.stderr.flush()

    def _draw(self, event: Progress, words: str) -> None:
        if self._drawn is None:
            self._drawn = _bars(self._coloured)
            self._drawn.start()
        if event.what not in self._rows:
            self._rows[event.what] = self._drawn.add_task(event.what, total=event.total, words=words)
        self._drawn.update(self._rows[event.what], completed=event.done, total=event.total, words=words)


def _bars(coloured: bool) -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f}%")
    console = Console(stderr=True, no_color=not coloured)
    return RichProgress(*columns, TextColumn("{task.fields[words]}", markup=False), console=console, transient=True)


def time_left(event: Progress) -> str:
    """`12 s left`, or nothing when that is unknown."""
    if event.seconds_left is None or event.done >= event.total:
        return ""
    return f"{duration(event.seconds_left)} left"
