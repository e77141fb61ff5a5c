"""An album that is being made: its folder, its plan, what was decided, what may be spent, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack

from ..disk import is_leftover, write_whole
from ..errors import BadInput, BudgetExceeded, Interrupted, NotFound
from ..library.lock import LOCK, hold_work
from ..progress import Event, Message, Progress, Steps, detail, relay, stop_request, stop_when
from ..wording import plural
from .album import AlbumPlan, TrackPlan, read_plan, write_plan
from .budget import REMEDY, Cost, Purse
from .decisions import Decision, Kind, Ledger
from .policy import Gate
from .spending import check_prices
from .terms import FILE as TERMS
from .terms import GivenTerms, Terms, compare_terms, read_terms, write_terms

if TYPE_CHECKING:
    from ..library import Take
    from ..llm import Kind as ModelKind
    from ..pipeline.choosing import Scorer
    from ..verbs.studio import Studio
    from .likeness import Likeness

T = TypeVar("T")
PLAN: Final = "plan.json"
_FIRST: Final = frozenset({LOCK, TERMS})
"""What a folder holds of an album before its plan."""
_BUSY: Final = 0.2
"""Seconds that a second run waits for the first."""
_WEIGHTS: Final[dict[Kind, float]] = {"candidate": 1.0, "repair": 0.6, "master": 0.2}
"""How long a step takes beside another, for a second of music."""
USUAL: Final[dict[Kind, float]] = {"candidate": 0.25, "repair": 0.2, "master": 0.08}
"""Seconds for a second of music where none was made yet: nano on two cores."""


@dataclass(slots=True)
class Session:
    """What every step is given."""

    folder: Path
    album: AlbumPlan
    studio: Studio
    ledger: Ledger
    purse: Purse
    gate: Gate
    nearness: Scorer | None = None
    """Nearness to a producer's tracks, where one is named."""
    likeness: Likeness | None = None
    """Likeness to the references that tracks follow, where there are some."""
    caption: Scorer | None = None
    llm: ModelKind | None = None
    """The kind of language model that explains choices, where one is asked."""
    silent: str = ""
    """Why it is asked no more in this run."""
    clock: float = field(default_factory=time.monotonic)
    done: float = 0.0
    """Work that is finished, in weighted seconds of music."""
    passed: float = 0.0
    """Of that, what this run did not do: it was made before, or left out."""

    def track(self, place: int) -> TrackPlan:
        """Track `place`, from 1."""
        return self.album.tracks[place - 1]

    @property
    def work(self) -> float:
        """All work, in weighted seconds of music."""
        repairs = min(self.album.repaired, 3)
        return sum(
            one.seconds
            * (len(one.seeds) * _WEIGHTS["candidate"] + min(repairs, len(one.seeds)) * _WEIGHTS["repair"] + _WEIGHTS["master"])
            for one in self.album.tracks
        )

    def find_take(self, row: Decision | None, at: int = -1) -> Take | None:
        """A take of a finished step; None where there is no such step, or its take is gone from this studio."""
        if row is None or not row.takes:
            return None
        try:
            return self.studio.library.takes.get(row.takes[at])
        except NotFound:
            return None

    def decide(self, kind: Kind, decision: str, **facts: Any) -> Decision:
        """Write a row down, and count its cost."""
        row = self.ledger.add(Decision(step=0, at=datetime.now(UTC), kind=kind, decision=decision, **facts))
        self.purse.add(row.cost)
        return row

    def pass_over(self, kind: Kind, place: int) -> None:
        """Count a step as done, made or left out."""
        work = self.track(place).seconds * _WEIGHTS.get(kind, 0.0)
        self.done += work
        self.passed += work

    def follow(self, work: Steps[T], kind: Kind, place: int, what: str) -> Steps[T]:
        """Do one step: its progress is told as the album's, its notes as details, and it stops when the time is up."""
        self.purse.check(what, takes=self._takes(kind))
        outer = stop_request()
        weight = self.track(place).seconds * _WEIGHTS.get(kind, 0.0)
        try:
            with stop_when(lambda: outer() or self.purse.is_over()):
                result = yield from self._relay(work, weight, what)
        except Interrupted:
            if not outer() and self.purse.is_over():
                raise BudgetExceeded(f"the budget ends in {what}", remedy=REMEDY) from None
            raise
        self.done += weight
        return result

    def _relay(self, work: Steps[T], weight: float, what: str) -> Steps[T]:
        def tell(event: Event) -> Iterator[Event]:
            if isinstance(event, Progress):
                yield self._progress(event.share, weight, what)
            elif isinstance(event, Message) and event.kind != "warning":
                yield detail(f"{what}: {event.text}")
            elif isinstance(event, Message):
                yield event

        yield self._progress(0.0, weight, what)
        return (yield from relay(work, tell))

    def _progress(self, share: float, weight: float, what: str) -> Progress:
        now = self.done + share * weight
        gone, made = time.monotonic() - self.clock, now - self.passed
        left = gone / made * (self.work - now) if made > 0.02 * self.work else None
        return Progress("album", round(min(now, self.work) * 10), max(round(self.work * 10), 1), what, left)

    def later(self, place: int, candidates: int) -> Cost:
        """What is to be done yet for the track and those after it, where each of these gets so many candidates, and a master."""
        rates = {kind: self.ledger.rate(kind, usual) for kind, usual in USUAL.items()}
        after = self.album.tracks[place:]
        seconds = sum(one.seconds * (min(candidates, len(one.seeds)) * rates["candidate"] + rates["master"]) for one in after)
        takes = sum(min(candidates, len(one.seeds)) for one in after)
        return Cost(seconds=seconds + self.track(place).seconds * rates["master"], takes=takes)

    def estimate(self, kind: Kind, place: int) -> Cost:
        """What a step of a kind will cost."""
        seconds = self.track(place).seconds * self.ledger.rate(kind, USUAL[kind])
        return Cost(seconds=seconds, takes=self._takes(kind))

    def _takes(self, kind: Kind) -> int:
        """The most takes that a step of a kind plays."""
        return {"candidate": 1, "repair": self.album.repairs}.get(kind, 0)

    def count_bytes(self, take: Take) -> int:
        """Bytes of what a take keeps in the studio."""
        return sum(self.studio.library.takes.content(take, part).stat().st_size for part in take.blobs)


@contextmanager
def open_session(
    album: AlbumPlan | None,
    folder: Path,
    studio: Studio,
    **given: Unpack[GivenTerms],
) -> Iterator[Session]:
    """The album in `folder`, alone with it: a new one, or the one that is there, which must be the same.

    What is not `given` of its terms stays as it is; another one than before is a decision.
    Raises `NotFound` where there is neither plan nor album, `BadInput` for a folder of something else or of another album, and
    `Unavailable` where another process makes it.
    """
    settle_album(album, folder)  # nothing is written where it refuses
    with hold_album(folder, patience=_BUSY):
        album = settle_album(album, folder)  # again, for another process may have changed it meanwhile
        before = read_terms(folder)
        terms = (before or Terms()).change(given.get("autonomy"), given.get("budget"), given.get("llm"))
        check_prices(terms.budget, studio.settings)
        if before is None:  # before the plan: an album that is there has the terms it was begun on, whatever is killed
            write_terms(folder, terms)
        if not (folder / PLAN).exists():
            write_whole(folder / PLAN, write_plan(album))
        ledger = Ledger(folder, writes=True)
        purse, gate = Purse(terms.budget, ledger.cost), Gate(terms.autonomy, folder)
        session = Session(folder, album, studio, ledger, purse, gate, llm=terms.llm)
        if not ledger.rows:
            told = [f"{one.words}: {one.meaning}" for one in album.understood]
            told += [f"{one.name}: {line}" for one in album.references for line in one.summary]
            planning = given.get("planning")
            spent, words = (Cost(), ()) if planning is None else (planning.cost, planning.evidence)
            facts = {"evidence": (*told, *album.notes, *words), "alternatives": album.cannot, "key": album.key}
            decision = f"{album.title}: {plural(len(album.tracks), 'track')} by {album.planner}"
            session.decide("plan", decision, **facts, cost=spent)
        if before is not None and terms != before:
            write_terms(folder, terms)
            session.decide("terms", compare_terms(before, terms))
        yield session


def hold_album(folder: Path, *, patience: float = 5.0) -> AbstractContextManager[None]:
    """Hold the folder of an album alone. Raises `Unavailable` where another process does, and `BadInput` for a read-only one."""
    return hold_work(folder, f"another process makes the album in {folder}", patience=patience)


def read_album(folder: Path) -> AlbumPlan:
    """The album in `folder`. Raises `NotFound` where there is none, and as `read_plan` does."""
    if not (folder / PLAN).is_file():
        raise NotFound(f"there is no album in {folder}", remedy="name the folder that `twin produce` wrote")
    return read_plan(folder / PLAN)


def settle_album(album: AlbumPlan | None, folder: Path) -> AlbumPlan:
    """The album that is to be made in `folder`: `album`, or the one that is there. Raises as `open_session` does."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file", remedy="give a folder for the album: -o FOLDER")
    there = (folder / PLAN).is_file()
    if not there and folder.is_dir() and not all(one.name in _FIRST or is_leftover(one.name) for one in folder.iterdir()):
        raise BadInput(f"{folder} holds something else", remedy="give an empty folder, or a new one")
    if not there and album is None:
        raise NotFound(f"there is no album in {folder}", remedy='say what to make: twin produce "lofi EP, 3 tracks" -o FOLDER')
    if not there or album is None:
        return album if album is not None else read_plan(folder / PLAN)
    found = read_plan(folder / PLAN)
    if found.key != album.key:
        raise BadInput(
            f"{folder} holds another album, {found.title}, or the same brief with other options",
            remedy="give another folder, or leave brief and options out to go on with it",
        )
    return found
