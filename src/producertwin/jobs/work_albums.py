"""Jobs of albums: `produce` makes one that was begun, or goes on with it. Its tracks are the units.

Other terms are kept in the album when they are asked for, and not in the job: one that is tried again brings none back.
An album that waits for a person holds no worker: the job is done, and what is approved is another one's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from ..agent.albums import ALBUMS, ID, find_folder
from ..agent.budget import Budget
from ..agent.policy import Autonomy
from ..agent.produce import Produced, begin, check_album, produce
from ..agent.session import read_album
from ..errors import BadInput
from ..progress import Event, Kept, Steps, relay
from ..recipe import Record
from ..verbs.studio import Studio
from ..wording import plural
from .records import Outcome, Thing
from .works import Work


class ProduceJob(Record):
    """Make an album of its plan, or go on with it."""

    album: str | None = Field(None, pattern=ID)
    """Id of an album of this studio."""
    out: Path | None = None
    """Folder of an album that lies elsewhere."""
    autonomy: Autonomy | None = None
    """What is done without asking; as before when absent."""
    budget: Budget | None = None
    """The most that the album may cost, all its jobs together; as before when absent."""


def produce_work() -> Work[ProduceJob]:
    """The entry of `produce`."""
    return Work("produce", ProduceJob, "gpu", _play, _settle)


def _find(plan: ProduceJob, studio: Studio) -> Path:
    """The folder of the album. Raises `BadInput` unless the plan names one of both, and `NotFound`."""
    if (plan.album is None) == (plan.out is None):
        raise BadInput("a job names one album", remedy="give the id of an album")
    return find_folder(plan.album, studio) if plan.album is not None else plan.out or Path()


def _settle(plan: ProduceJob, studio: Studio) -> Steps[ProduceJob]:
    """Check as `produce` does, and keep the terms that are asked for in the album, which is named by its id where it is one of
    this studio. Raises `Unavailable` where its terms would change while it is made."""
    folder = _find(plan, studio)
    check_album(read_album(folder), studio)
    if plan.autonomy is not None or plan.budget is not None:
        begin(None, folder, studio, autonomy=plan.autonomy, budget=plan.budget)
    yield from ()
    here = re.fullmatch(ID, folder.name) and folder.absolute().parent == (studio.settings.studio / ALBUMS).absolute()
    return ProduceJob(album=folder.name) if here else ProduceJob(out=plan.out)


def _play(plan: ProduceJob, studio: Studio, kept: Sequence[Kept]) -> Steps[Outcome]:
    folder = _find(plan, studio)
    known = {one.unit for one in kept}

    def tell(event: Event) -> Iterator[Event]:
        if not (isinstance(event, Kept) and event.unit in known):  # tracks that were finished before are told once
            yield event

    done = yield from relay(produce(None, folder, studio), tell)
    things = (Thing(kind="album", id=plan.album),) if plan.album is not None else ()
    return Outcome(text=_describe(done), takes=tuple(one.take.id for one in done.tracks), things=things)


def _describe(done: Produced) -> str:
    """In a line: what is finished, and what waits."""
    made = f"{done.album.title}: {len(done.tracks)} of {plural(len(done.album.tracks), 'track')} finished"
    waits = ", ".join(f"{one.track}" for one in done.waiting)
    return f"{made}; waiting for you: track {waits}" if waits else made
