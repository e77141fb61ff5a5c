"""The tracks that are asked for: one is made at a time, ten may wait, urgent ones before the others.

Whoever reads requests and whoever makes tracks are two threads. Each changes the state of a job, and sends what tells of that,
while it holds `lock`: so an answer is always sent before what follows from it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ...errors import Interrupted
from .asked import Asked
from .faults import ALREADY_COMPLETE, INVALID_PARAMS, QUEUE_FULL, TRACK_NOT_FOUND, Refused

MOST_WAITING: Final = 10
REMEMBERED: Final = 100
"""Finished tracks whose end is still known."""


class State(StrEnum):
    """How a track stands; the first four are what clients are told."""

    QUEUED = "queued"
    GENERATING = "generating"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Job:
    """A track, and how far it is."""

    track: str
    asked: Asked
    steps: int
    """How many it is planned to take."""
    state: State = State.QUEUED
    step: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    """Set to have it stop at the end of the step."""
    stored: bool = False
    """Whether its take is stored, or about to be: then it is too late to cancel."""


class Queue:
    """Jobs that wait, the one that is played, and how the last ones ended."""

    def __init__(self) -> None:
        self.lock = threading.Condition(threading.RLock())
        self._waiting: list[Job] = []
        self._playing: Job | None = None
        self._ended: OrderedDict[str, State] = OrderedDict()
        self._closed = False

    def add(self, track: str, asked: Asked, steps: int) -> Job:
        """The job of a track, the one that there is where it is under way already.

        Raises `Refused` where ten wait, and where the id belongs to a track that is made with other parameters.
        """
        with self.lock:
            for job in self._live():
                if job.track == track and not job.stop.is_set():
                    if job.asked != asked:
                        reason = f"track {track} is being made with other steps, scheduler or guidance_scale"
                        raise Refused(INVALID_PARAMS, reason, remedy="wait for it, cancel it, or give another seed")
                    return job
            if len(self._waiting) >= MOST_WAITING:
                reason = f"{len(self._waiting)} tracks wait already"
                raise Refused(QUEUE_FULL, reason, remedy="wait until one is done, or cancel one")
            job = Job(track, asked, steps)
            place = sum(one.asked.urgent for one in self._waiting) if asked.urgent else len(self._waiting)
            self._waiting.insert(place, job)
            self.lock.notify_all()
            return job

    def position(self, job: Job) -> int:
        """How many tracks are made before it."""
        with self.lock:
            return 0 if job is self._playing else self._waiting.index(job) + (self._playing is not None)

    def take(self) -> Job | None:
        """The next job, which is played from now on; waits for one. None once the queue is closed."""
        with self.lock:
            self.lock.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return None
            self._playing = self._waiting.pop(0)
            self._playing.state = State.GENERATING
            return self._playing

    def cancel(self, track: str) -> Job:
        """Have a track not made: it is gone if it waited, and asked to stop if it is played. Returns it.

        Raises `Refused` for one that is not known or has ended.
        """
        with self.lock:
            found = [job for job in self._live() if job.track == track]  # one that stops, and one that was asked for since
            job = next((job for job in found if not job.stop.is_set()), found[0] if found else None)
            if job is None and track not in self._ended:
                raise Refused(
                    TRACK_NOT_FOUND, f"no track {track[:40]!r} is under way", remedy="give the id that generate answered"
                )
            if job is None or job.stored:
                state = State.COMPLETE if job else self._ended[track]
                raise Refused(ALREADY_COMPLETE, f"track {track} has ended: {state}", remedy="nothing is left to cancel")
            job.stop.set()
            if job in self._waiting:
                self._waiting.remove(job)
                self._remember(job, State.CANCELLED)
            return job

    def seal(self, job: Job) -> None:
        """Say that its take is about to be stored. Raises `Interrupted` where it was cancelled before."""
        with self.lock:
            if job.stop.is_set():
                raise Interrupted("cancelled")
            job.stored = True

    def end(self, job: Job, state: State) -> None:
        """Say how the job that was played ended."""
        with self.lock:
            self._playing = None
            self._remember(job, state)

    def close(self) -> list[Job]:
        """Have nothing more made: the one that is played is asked to stop. Returns those that waited."""
        with self.lock:
            self._closed = True
            left, self._waiting = self._waiting, []
            for job in left:
                self._remember(job, State.CANCELLED)
            if self._playing is not None and not self._playing.stored:
                self._playing.stop.set()
            self.lock.notify_all()
            return left

    def _live(self) -> list[Job]:
        return [*([self._playing] if self._playing else []), *self._waiting]

    def _remember(self, job: Job, state: State) -> None:
        job.state = self._ended[job.track] = state
        self._ended.move_to_end(job.track)
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
