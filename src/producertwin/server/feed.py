"""What happens, for every page and program that watches: one look at the studio for all of them, sent on as it is found.

What jobs and workers told are rows with ids, so a client that was away gets all of it after the last id that it saw. Besides
those there are hints without an id: the library changed, a run logged more steps; whoever comes back looks for themselves.

Nothing waits for a slow client: each has a place in a short row of the newest frames, and one that falls behind reads on from the
rows, or is told to look anew.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

from fastapi.concurrency import run_in_threadpool

from ..errors import TwinError
from ..jobs.records import Update
from .answers import plain
from .problems import LOG, Hider

LOOK_EVERY: Final = 0.25
"""Seconds between two looks."""
HEARTBEAT: Final = 15.0
"""Seconds without news after which a client is told that the server lives."""
KEPT: Final = 1000
"""Newest frames that are kept for all clients together."""
PAGE: Final = 500
"""Rows that are read at a time."""
MOST_REPLAY: Final = 5000
"""Rows that a client that was away is sent; one that missed more is told to look anew."""
RETRY_MS: Final = 2000
NAMES: Final = {"take": "take", "worker": "worker"}
"""Names of events by the kind of their update; the others are `job`."""

ReadUpdates = Callable[[int, int], Sequence[Update]]
"""The updates after an id, at most so many."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that a client should look at."""

    event: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it is sent."""

    serial: int
    id: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the feed looks."""

    read_updates: ReadUpdates
    find_newest: Callable[[], int]
    """Id of the newest update."""
    watch: Callable[[], Iterator[Hint]]
    """What changed besides, since it was last asked."""


class Feed:
    """The events of one studio. All but `announce` and `close` run in the loop of the server."""

    def __init__(self, sources: Sources, hider: Hider) -> None:
        self._sources = sources
        self._hider = hider
        self._hints: SimpleQueue[Hint] = SimpleQueue()
        self._frames: deque[Frame] = deque(maxlen=KEPT)
        self._serial = 0
        self._seen: int | None = None
        self._changed = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False
        self._count = 0
        self._lock = threading.Lock()

    @property
    def clients(self) -> int:
        """How many watch."""
        return self._count

    def announce(self, event: str, data: dict[str, Any]) -> None:
        """Tell everybody who watches; from any thread."""
        with self._lock:
            if self._count:
                self._hints.put(Hint(event, data))

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._changed.set()

    async def stream(self, after: int | None) -> AsyncIterator[bytes]:
        """The events as frames of `text/event-stream`; those after the update `after`, or from now on."""
        with self._lock:
            self._count += 1
        try:
            self._begin_looking()
            newest = await run_in_threadpool(self._sources.find_newest)
            seen = newest if after is None else min(after, newest)
            serial = self._serial
            yield f"retry: {RETRY_MS}\n: watching\n\n".encode()
            if newest - seen > MOST_REPLAY:
                yield reset_frame(newest)
                seen = newest
            while rows := await run_in_threadpool(self._sources.read_updates, seen, PAGE):
                seen = rows[-1].id
                yield b"".join(map(self._write, rows))
            while not self._closed:
                changed = self._changed
                piece, serial, seen = self._take(serial, seen)
                if piece:
                    yield piece
                    continue
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT)
                except TimeoutError:
                    yield b": beat\n\n"
        except TwinError as error:  # the database is locked or away: the client comes again, and says where it was
            LOG.warning("events: %s", error.message)
        finally:
            with self._lock:
                self._count -= 1
            if not self._count and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def _take(self, serial: int, seen: int) -> tuple[bytes, int, int]:
        """What a client that has had the frames up to `serial`, and the updates up to `seen`, gets next."""
        if not self._frames or self._frames[-1].serial == serial:
            return b"", serial, seen
        last = self._frames[-1].serial
        if self._frames[0].serial > serial + 1:  # it fell behind further than is kept
            newest = max([seen, *(one.id for one in self._frames if one.id is not None)])
            return reset_frame(newest), last, newest
        fresh = [one for one in self._frames if one.serial > serial and (one.id is None or one.id > seen)]
        newest = max([seen, *(one.id for one in fresh if one.id is not None)])
        return b"".join(one.data for one in fresh), last, newest

    def _begin_looking(self) -> None:
        if self._looking is None or self._looking.done():
            self._frames.clear()
            self._seen = None
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        """Look again and again, and hand on what is new."""
        while not self._closed:
            try:
                found = await run_in_threadpool(self._find)
            except TwinError as error:  # the database is locked or away: what was missed comes with the next look
                LOG.warning("events: %s", error.message)
                found = []
            if found:
                for number, data in found:
                    self._serial += 1
                    self._frames.append(Frame(self._serial, number, data))
                changed, self._changed = self._changed, asyncio.Event()
                changed.set()
            await asyncio.sleep(LOOK_EVERY)

    def _find(self) -> list[tuple[int | None, bytes]]:
        if self._seen is None:
            self._seen = self._sources.find_newest()
        updates = self._sources.read_updates(self._seen, PAGE)
        found: list[tuple[int | None, bytes]] = [(one.id, self._write(one)) for one in updates]
        if updates:
            self._seen = updates[-1].id
        hints = list(self._sources.watch())
        while len(hints) < KEPT:
            try:
                hints.append(self._hints.get_nowait())
            except Empty:
                break
        return found + [(None, write_frame(one.event, plain(one.data, self._hider))) for one in hints]

    def _write(self, update: Update) -> bytes:
        data = plain(update.model_dump(mode="json", exclude_defaults=True), self._hider)
        if update.kind != "take":  # its text is a caption, which is told as it was written
            data["text"] = self._hider.hide(data["text"])
        return write_frame(NAMES.get(update.kind, "job"), data, update.id)


def write_frame(event: str, data: Any, number: int | None = None) -> bytes:
    """An event as it is sent; JSON holds no line ends."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def reset_frame(newest: int) -> bytes:
    """Tell a client that it missed something, so that it looks anew, and where it goes on."""
    return write_frame("reset", {"newest": newest}, newest)
