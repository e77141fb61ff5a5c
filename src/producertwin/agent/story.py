"""What happened to an album: its decisions in order, the choices a person can still make, and its tracks made again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound
from ..progress import Steps
from .album import AlbumPlan
from .candidates import LETTERS, candidate_key
from .decisions import Decision, Ledger
from .delivery import name_file
from .policy import Call, Gate, read_proposals
from .session import hold_album, read_album

if TYPE_CHECKING:
    from ..verbs.studio import Studio

__all__ = ["ReplayedTrack", "Story", "approve", "choose", "list_proposals", "read_story", "replay_album"]


@dataclass(frozen=True, slots=True)
class Story:
    """An album and every decision on the way to it."""

    folder: Path
    album: AlbumPlan
    decisions: tuple[Decision, ...]
    finished: tuple[int, ...]
    """Numbers of the tracks whose files are there."""


@dataclass(frozen=True, slots=True)
class ReplayedTrack:
    """A finished track made again from the records of its takes."""

    track: int
    takes: tuple[str, ...]
    """From the candidate to the master."""
    same: bool
    differences: tuple[str, ...]
    """What is not as it was; empty where the bytes are the same."""


def read_story(folder: Path) -> Story:
    """The story of the album in `folder`. Raises `NotFound` where there is none, `BadInput` for damaged files."""
    album = read_album(folder)
    rows = tuple(Ledger(folder).rows)
    names = {place: name_file(place, one.title) for place, one in enumerate(album.tracks, 1)}
    finished = tuple(place for place, name in names.items() if (folder / f"{name}.flac").is_file())
    return Story(folder, album, rows, finished)


def choose(folder: Path, track: int, letter: str, *, by: str = "studio") -> Call:
    """Approve that a candidate becomes track `track`; `twin produce -o FOLDER` goes on with it.

    The approval names the take that the letter means now. Raises `NotFound` for a track or a letter that is not there.
    """
    story = read_story(folder)
    takes = _heads(story, track)
    letter = letter.strip().upper()
    if letter not in takes:
        there = ", ".join(sorted(takes)) or "none"
        raise NotFound(
            f"track {track} has no candidate {letter[:10]!r}", remedy=f"candidates are {there}; see twin produce show FOLDER"
        )
    call = Call(action="choose", track=track, subject=(takes[letter],), letter=letter)
    _approve(folder, [call], by)
    return call


def approve(folder: Path, calls: list[Call], *, by: str = "studio") -> None:
    """Write down that `calls`, as they are proposed now, may be done."""
    read_album(folder)
    _approve(folder, calls, by)


def list_proposals(folder: Path) -> list[Call]:
    """What the album waits for, as it was proposed last. Raises as `read_story` does."""
    read_album(folder)
    return read_proposals(folder)


def _approve(folder: Path, calls: list[Call], by: str) -> None:
    with hold_album(folder):
        gate = Gate("collaborative", folder)
        for call in calls:
            gate.approve(call, datetime.now(UTC), by)


def _heads(story: Story, track: int) -> dict[str, str]:
    """The take that each letter of a track stands for: the repaired one where there is one."""
    if not 1 <= track <= len(story.album.tracks):
        raise NotFound(f"there is no track {track}", remedy=f"the album has {len(story.album.tracks)}")
    plan = story.album.tracks[track - 1]
    keys = {candidate_key(plan, seed): LETTERS[at] for at, seed in enumerate(plan.all_seeds)}
    found = {keys[row.key]: row.takes[0] for row in story.decisions if row.key in keys}
    repaired = {row.takes[0]: row.takes[-1] for row in story.decisions if row.kind == "repair"}
    return {letter: repaired.get(take, take) for letter, take in found.items()}


def replay_album(folder: Path, studio: Studio) -> Steps[tuple[ReplayedTrack, ...]]:
    """Make every finished track again from the records of its takes, without any planner or language model.

    Raises `NotFound` where takes are gone from this studio, and as `verbs.replay` does.
    """
    from ..verbs.replay import replay

    story, found = read_story(folder), []
    for place in story.finished:
        row = next((one for one in reversed(story.decisions) if one.kind == "deliver" and one.track == place), None)
        if row is None:
            raise BadInput(f"track {place} was not finished by this album", remedy="go on with it: twin produce -o FOLDER")
        takes = tuple(_lineage(row.takes[0], studio))
        differences: list[str] = []
        for take in takes:
            again = yield from replay(take, studio)
            differences += [] if again.same_bytes else [f"take {take}: {'; '.join(again.differences)}"]
        differences += list(_compare_file(folder, place, story.album, takes[-1], studio))
        found.append(ReplayedTrack(place, takes, not differences, tuple(differences)))
    return tuple(found)


def _lineage(take: str, studio: Studio) -> Iterator[str]:
    """The takes that a take was made from, the first one first, and itself."""
    for parent in studio.library.takes.get(take).parents:
        yield from _lineage(parent, studio)
    yield take


def _compare_file(folder: Path, place: int, album: AlbumPlan, take: str, studio: Studio) -> Iterator[str]:
    """What is wrong with the file of a track beside the sound of its take."""
    from ..audio import files
    from ..release.bundle.hashing import hash_samples

    path = folder / f"{name_file(place, album.tracks[place - 1].title)}.flac"
    own = studio.library.takes.content(studio.library.takes.get(take))
    if hash_samples(files.read(path)) != hash_samples(files.read(own)):
        yield f"{path.name} has other samples than take {take}"
