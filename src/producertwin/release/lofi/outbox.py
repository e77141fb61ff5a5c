"""Lines on their way to the client: any thread sends, one writes, so nobody waits for a client that does not read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, Protocol

PATIENCE: Final = 5.0
"""Seconds that what is sent last may take, once nothing more will be sent."""


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: memoryview, /) -> int | None:
        """Write the beginning of `data`; returns how many bytes."""
        ...


class Outbox:
    """Writes whole lines in the order in which they were sent."""

    def __init__(self, sink: Sink, on_broken: Callable[[], None]) -> None:
        """`on_broken` is called once, in the thread that writes, when the client has gone."""
        self._sink, self._on_broken = sink, on_broken
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self.broken = False
        """Whether the client has gone."""
        self._writer = threading.Thread(target=self._write_all, name="lofi-writer", daemon=True)
        self._writer.start()

    def send(self, line: bytes) -> None:
        """Send a line, its end included."""
        self._lines.put(line)

    def close(self) -> None:
        """Wait until all is written, or until the client does not read it."""
        self._lines.put(None)
        self._writer.join(PATIENCE)

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            rest = memoryview(line)
            try:
                while rest and not self.broken:
                    rest = rest[self._sink.write(rest) or 0 :]
            except (OSError, ValueError):  # the pipe is broken, or was closed here
                self.broken = True
                self._on_broken()
