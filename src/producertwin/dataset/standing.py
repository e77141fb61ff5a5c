"""How each track of the library stands: whether a twin can learn from it, and what a person has to do before it can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ..errors import BadInput, NotFound
from ..library import Library, Track
from . import manifest as manifests
from . import store
from .captions import Caption, explain_flags
from .manifest import CAPTION, DatasetPlan, Row, find_refusal, make_row
from .screen import NOTE as SCREEN
from .screen import ScreenNote


class State(StrEnum):
    """Where a track is on its way into a training set."""

    BEGUN = "begun"
    """It is not screened or not described yet."""
    LEFT_OUT = "left out"
    NEEDS_YOU = "needs you"
    """It can be learned from, without what is not sure."""
    READY = "ready"


class Frozen(StrEnum):
    """What the newest training set holds of a track."""

    LEARNED = "learned from"
    HELD_OUT = "held out"
    DIFFERS = "differs from the newest set"
    """It was described or prepared otherwise since then, or the set was edited elsewhere."""
    ABSENT = "not in the newest set"
    """Such as a copy of a track that is in it."""
    NEWER = "newer than the newest set"
    NO_SET = "in no set yet"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a track, and what is to be said of it."""

    state: State
    why: str
    """What is missing, why it is left out, or what is not sure; empty where it is ready."""
    frozen: Frozen
    """What the newest training set holds of it."""

    @property
    def text(self) -> str:
        """Both in words."""
        if self.state is State.BEGUN:
            return self.why
        if self.state is State.LEFT_OUT:
            return f"left out: {self.why}"
        said = "ready" if self.state is State.READY else f"needs you: {self.why}"
        return said if self.frozen is Frozen.LEARNED else f"{said}; {self.frozen.value}"


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest training set of a producer."""

    plan: DatasetPlan
    frozen: datetime
    rows: dict[str, Row]
    """By track."""


def find_standings(tracks: Iterable[Track], library: Library, studio: Path) -> dict[str, Standing]:
    """How every one of `tracks` stands, by id, under the plan of its producer's newest training set in the folder `studio`."""
    screens = library.tracks.notes_of_kind(SCREEN, ScreenNote)
    captions = library.tracks.notes_of_kind(CAPTION, Caption)
    given = list(tracks)
    sets = {producer: _newest_set(producer, studio) for producer in {track.producer for track in given}}
    return {track.id: _stand(track, screens.get(track.id), captions.get(track.id), sets[track.producer]) for track in given}


def _stand(track: Track, screen: ScreenNote | None, caption: Caption | None, newest: _Newest | None) -> Standing:
    frozen = _look_up(track, screen, caption, newest)
    reason = find_refusal(track, screen, caption, DatasetPlan() if newest is None else newest.plan)
    if reason is not None:
        begun = reason in (manifests.NOT_SCREENED, manifests.NO_CAPTION)
        return Standing(State.BEGUN if begun else State.LEFT_OUT, reason.replace("_", " "), frozen)
    if caption is not None and caption.flags:
        return Standing(State.NEEDS_YOU, explain_flags(caption), frozen)
    return Standing(State.READY, "", frozen)


def _look_up(track: Track, screen: ScreenNote | None, caption: Caption | None, newest: _Newest | None) -> Frozen:
    if newest is None:
        return Frozen.NO_SET
    row = newest.rows.get(track.id)
    if row is None:
        return Frozen.NEWER if track.created > newest.frozen else Frozen.ABSENT
    if screen is None or caption is None or make_row(track, screen, caption, row.rating, row.side) != row:
        return Frozen.DIFFERS
    return Frozen.LEARNED if row.side == "train" else Frozen.HELD_OUT


def _newest_set(producer: str, studio: Path) -> _Newest | None:
    """The newest training set of a producer, or of everybody; None where there is none, or it is damaged."""
    for one in store.list_datasets(studio):
        if one.producer in (None, producer):
            try:
                found = manifests.load(one.path)
            except (BadInput, NotFound):
                return None
            return _Newest(found.plan, one.frozen, {row.track: row for row in found.rows})
    return None
