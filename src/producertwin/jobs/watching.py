"""What a job tells, for whoever watches it: from the last update they saw to its end."""

from __future__ import annotations

import time

from ..progress import Event, Kept, Message, Progress, Steps
from .reading import find_job, read_updates
from .records import TOLD, Job, Update
from .store import Store

LOOK_EVERY = 0.5
"""Seconds between two looks."""


def watch(key: str, store: Store, *, after: int = 0) -> Steps[Job]:
    """Tell what a job told after the update `after`, and go on until it ends; returns it as it ended. Raises `NotFound`."""
    job, seen = find_job(key, store), after
    while True:
        over = job.is_over
        while updates := read_updates(store, after=seen, job=job.id):
            yield from (as_event(one) for one in updates if one.kind in TOLD)
            seen = updates[-1].id
        if over:
            return job
        if job.waiting:
            yield Message("warning", f"job {job.id} waits: {job.waiting}")
        time.sleep(LOOK_EVERY)
        job = find_job(job.id, store)


def as_event(update: Update) -> Event:
    """An update as the event that it was."""
    if update.kind == "progress":
        return Progress(update.text, update.done or 0, update.total or 0, seconds_left=update.seconds_left)
    if update.kind == "kept":
        return Kept(update.text, update.takes, next((one.id for one in update.things if one.kind == "run"), ""))
    assert update.kind in ("note", "warning", "detail"), "only what a verb told is an event"
    return Message(update.kind, update.text)
