"""`twin tracks list`: the tracks of the library, and how each stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..dataset.manifest import NO_CAPTION, NOT_SCREENED
from ..dataset.standing import Frozen, Standing, State, find_standings
from ..library import Track
from .studio import Studio

__all__ = ["ListedTracks", "Standing", "Step", "list_tracks"]

Step = Literal["screen", "caption", "split", "train"]
"""A step on the way from tracks to a twin."""


@dataclass(frozen=True, slots=True)
class ListedTracks:
    """The tracks of a library."""

    tracks: tuple[Track, ...]
    standings: dict[str, Standing]
    """By track."""
    unlisted: tuple[Path, ...]
    """Records of tracks that the database does not know."""
    missing_step: Step | None
    """What comes next for them; None where there are none."""


def list_tracks(producer: str | None, studio: Studio) -> ListedTracks:
    """The tracks of `producer`, everybody's where that is None, with how they stand."""
    library = studio.library
    found = library.tracks.list(producer)
    standings = find_standings(found, library, studio.settings.studio)
    unlisted = library.tracks.unlisted_sidecars()
    return ListedTracks(tuple(found), standings, unlisted, _find_missing_step(standings.values()))


def _find_missing_step(standings: Iterable[Standing]) -> Step | None:
    """Screening where a track is not screened, captions where none has one, a set where it lacks a track, else training."""
    found = list(standings)
    if not found:
        return None
    if any(one.why == NOT_SCREENED for one in found):
        return "screen"
    fit = [one for one in found if one.state in (State.READY, State.NEEDS_YOU)]
    if not fit and any(one.why == NO_CAPTION for one in found):
        return "caption"
    frozen = {one.frozen for one in fit}
    return "train" if Frozen.LEARNED in frozen and not frozen & {Frozen.DIFFERS, Frozen.NEWER, Frozen.NO_SET} else "split"
