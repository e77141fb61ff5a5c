"""The worker processes that `twin serve` keeps: started with it, started again when one dies, stopped with it.

The work is done there, never in the server's own process. A worker that dies again and again is given up, and said so.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ..jobs.process import start_worker
from ..recipe import Record
from ..settings import Settings
from .problems import LOG

DEATHS: Final = 5
"""Deaths within `WINDOW` after which a worker is given up."""
WINDOW: Final = 600.0
"""Seconds."""
FIRST_PAUSE: Final = 1.0
"""Seconds before the first new start; twice as many before each further one."""
LAST_WORDS: Final = 10.0
"""Seconds to wait for what a dead worker said last: what it had started itself may hold its stderr open after it died."""
PATIENCE: Final = 20.0
"""Seconds that workers have to give their jobs back when the server ends; then they are ended, and others take their jobs."""

Start = Callable[[Settings], subprocess.Popen[bytes]]


class CrewFacts(Record):
    """The worker processes of this server."""

    wanted: int
    running: int
    deaths: int
    """How often one died since the server started."""
    given_up: tuple[str, ...] = ()
    """What the workers said last that died too often, and that are not started again."""


class Crew:
    """So many workers of one studio."""

    def __init__(self, settings: Settings, wanted: int, *, start: Start = start_worker, pause: float = FIRST_PAUSE) -> None:
        self.settings = settings
        self.wanted = wanted
        self._start, self._pause = start, pause
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._given_up: dict[int, str] = {}
        self._deaths = 0
        self._threads = [threading.Thread(target=self._keep, args=(place,), daemon=True) for place in range(wanted)]

    def start(self) -> None:
        """Start them."""
        for thread in self._threads:
            thread.start()

    def facts(self) -> CrewFacts:
        """How they stand."""
        with self._lock:
            running = sum(one.poll() is None for one in self._running.values())
            given_up = tuple(self._given_up[place] for place in sorted(self._given_up))
            return CrewFacts(wanted=self.wanted, running=running, deaths=self._deaths, given_up=given_up)

    def stop(self) -> None:
        """Have them give their jobs back and end; those that do not within `PATIENCE` are ended."""
        self._stopping.set()
        with self._lock:
            running = list(self._running.values())
        for process in running:  # a signal, since children forked for sounds hold the other end of its stdin open
            process.terminate()
        until = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(PATIENCE)

    def _keep(self, place: int) -> None:
        """Keep one worker running until the crew stops, or the worker has died too often."""
        deaths: deque[float] = deque(maxlen=DEATHS)
        while not self._stopping.is_set():
            said = self._run_one(place)
            if self._stopping.is_set():
                return
            now = time.monotonic()
            deaths.append(now)
            LOG.warning("a worker died: %s", said)
            with self._lock:
                self._deaths += 1
                if len(deaths) == DEATHS and now - deaths[0] < WINDOW:
                    self._given_up[place] = said
                    return
            self._stopping.wait(self._pause * 2.0 ** (len(deaths) - 1))

    def _run_one(self, place: int) -> str:
        """Run one worker to its end, and return what it said last."""
        with self._lock:
            if self._stopping.is_set():
                return ""
            try:
                process = self._running[place] = self._start(self.settings)
            except OSError as error:  # no memory or no more processes
                return f"it could not be started: {error}"
        told: deque[str] = deque(maxlen=1)
        listener = threading.Thread(target=_listen, args=(process, told), daemon=True)
        listener.start()
        code = process.wait()
        until = time.monotonic() + LAST_WORDS
        while listener.is_alive() and time.monotonic() < until and not self._stopping.wait(0.01):
            pass
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        return told[-1] if told else f"it ended with {code}"


def _listen(process: subprocess.Popen[bytes], told: deque[str]) -> None:
    """Pass on to the log what a worker says."""
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text:
                LOG.warning("worker %d: %s", process.pid, text)
                told.append(text)
