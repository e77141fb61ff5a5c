"""What happened to an album: its decisions in order, the choices a person can still make, and its tracks made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, NotFound
from ..progress import Steps
from .album import AlbumPlan
from .candidates import LETTERS, candidate_key
from .decisions import Decision, Ledger
from .delivery import delivery_key, find_delivery, name_file
from .policy import Call, Gate, read_approvals, read_proposals
from .session import hold_album, read_album
from .terms import Terms, read_terms

if TYPE_CHECKING:
    from ..verbs.studio import Studio

__all__ = [
    "ReplayedTrack",
    "Story",
    "TriedCandidate",
    "approve_by_hash",
    "choose",
    "find_calls",
    "find_master",
    "find_waiting",
    "list_candidates",
    "list_proposals",
    "read_story",
    "replay_album",
]


@dataclass(frozen=True, slots=True)
class Story:
    """An album and every decision on the way to it."""

    folder: Path
    album: AlbumPlan
    decisions: tuple[Decision, ...]
    finished: tuple[int, ...]
    """Numbers of the tracks whose files are there, as the plan has them now."""


@dataclass(frozen=True, slots=True)
class ReplayedTrack:
    """A finished track made again from the records of its takes."""

    track: int
    takes: tuple[str, ...]
    """From the candidate to the master."""
    same: bool
    differences: tuple[str, ...]
    """What is not as it was; empty where the bytes are the same."""


@dataclass(frozen=True, slots=True)
class TriedCandidate:
    """A candidate of a track, as it is told of."""

    letter: str
    take: str
    """The repaired take where there is one."""
    why: str
    mended: str
    """What a repair did; empty where nothing was repaired."""
    scores: dict[str, float]
    defects: tuple[str, ...]
    call: Call
    """To choose it."""
    chosen: bool


def read_story(folder: Path) -> Story:
    """The story of the album in `folder`. Raises `NotFound` where there is none, `BadInput` for damaged files."""
    album = read_album(folder)
    rows = tuple(Ledger(folder).rows)
    names = {place: name_file(place, one.title) for place, one in enumerate(album.tracks, 1)}
    there = (place for place, name in names.items() if (folder / f"{name}.flac").is_file())
    finished = tuple(place for place in there if _is_current(album, rows, place))
    return Story(folder, album, rows, finished)


def _is_current(album: AlbumPlan, rows: Sequence[Decision], place: int) -> bool:
    """Whether the file of a track is of the plan as it is now, and not of one that was changed since."""
    row = find_delivery(rows, place)
    return row is None or row.key in ("", delivery_key(album, place))  # older albums have no keys there


def list_candidates(story: Story, track: int) -> tuple[TriedCandidate, ...]:
    """The candidates of a track that are made, by their letters; a repaired one stands for the one that it came from."""
    plan = story.album.tracks[track - 1]
    keys = {candidate_key(plan, seed): LETTERS[at] for at, seed in enumerate(plan.all_seeds)}
    mine = [row for row in story.decisions if row.track == track]
    repaired = {row.takes[0]: row for row in mine if row.kind == "repair" and len(row.takes) > 1}
    picked = next((row.takes[0] for row in reversed(mine) if row.kind == "choose"), "")
    rows = {keys[row.key]: row for row in mine if row.key in keys}
    return tuple(_tell(letter, track, rows[letter], repaired.get(rows[letter].takes[0]), picked) for letter in sorted(rows))


def _tell(letter: str, track: int, row: Decision, repair: Decision | None, picked: str) -> TriedCandidate:
    best = repair or row
    take = best.takes[-1]
    call = Call(action="choose", track=track, subject=(take,), letter=letter)
    return TriedCandidate(
        letter, take, " ".join(row.evidence), repair.decision if repair else "", best.scores, best.defects, call, take == picked
    )


def find_master(story: Story, track: int) -> str | None:
    """The take that lies in the folder as track `track`; None where it is not finished."""
    row = find_delivery(story.decisions, track)
    return row.takes[0] if row is not None and track in story.finished else None


def choose(folder: Path, track: int, letter: str, *, by: str = "studio") -> Call:
    """Approve that a candidate becomes track `track`; `twin produce -o FOLDER` goes on with it.

    The approval names the take that the letter means now. Raises `NotFound` for a track or a letter that is not there.
    """
    story = read_story(folder)
    if not 1 <= track <= len(story.album.tracks):
        raise NotFound(f"there is no track {track}", remedy=f"the album has {len(story.album.tracks)}")
    calls = {one.letter: one.call for one in list_candidates(story, track)}
    letter = letter.strip().upper()
    if letter not in calls:
        there = ", ".join(calls) or "none"
        raise NotFound(
            f"track {track} has no candidate {letter[:10]!r}", remedy=f"candidates are {there}; see twin produce show FOLDER"
        )
    _approve(folder, [calls[letter]], by)
    return calls[letter]


def approve_by_hash(folder: Path, hashes: Sequence[str], *, by: str = "studio") -> tuple[Call, ...]:
    """Approve the calls with these hashes. Raises as `find_calls` does, and then approves none."""
    calls = find_calls(folder, hashes)
    _approve(folder, [*calls], by)
    return calls


def find_calls(folder: Path, hashes: Sequence[str]) -> tuple[Call, ...]:
    """The calls with these hashes, each of which waits for approval or chooses a candidate that is there.

    Raises `NotFound` for a hash of anything else.
    """
    story = read_story(folder)
    choices = (one.call for track in range(1, len(story.album.tracks) + 1) for one in list_candidates(story, track))
    known = {call.hash: call for call in (*choices, *read_proposals(folder))}
    if missing := [one for one in hashes if one not in known]:
        remedy = "look again at what the album waits for, and approve that"
        raise NotFound(f"nothing with the hash {missing[0][:80]!r} is proposed", remedy=remedy)
    return tuple(known[one] for one in dict.fromkeys(hashes))


def list_proposals(folder: Path) -> list[Call]:
    """What the album waits for, as it was proposed last and is not approved yet. Raises as `read_story` does."""
    read_album(folder)
    return find_waiting(folder)


def find_waiting(folder: Path) -> list[Call]:
    """What waits for approval in the folder of an album that is there."""
    calls = read_proposals(folder)
    level = (read_terms(folder) or Terms()).autonomy
    approved = {one.call for one in read_approvals(folder) if one.counts(level)}
    chosen = {call.track for call in calls if call.action == "choose" and call.hash in approved}
    return [call for call in calls if call.hash not in approved and call.track not in chosen]


def _approve(folder: Path, calls: list[Call], by: str) -> None:
    with hold_album(folder):
        gate = Gate("collaborative", folder)
        for call in calls:
            gate.approve(call, datetime.now(UTC), by)


def replay_album(folder: Path, studio: Studio) -> Steps[tuple[ReplayedTrack, ...]]:
    """Make every finished track again from the records of its takes, without any planner or language model.

    Raises `NotFound` where takes are gone from this studio, and as `verbs.replay` does.
    """
    from ..verbs.replay import replay

    story, found = read_story(folder), []
    for place in story.finished:
        row = find_delivery(story.decisions, place)
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
