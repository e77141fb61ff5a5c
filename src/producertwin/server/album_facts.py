"""Albums as others ask for them and are told of them: the records of the routes of albums."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import Field

from ..agent.album import AlbumPlan
from ..agent.albums import KeptAlbum
from ..agent.budget import Budget, Cost
from ..agent.commission import Commission
from ..agent.decisions import total
from ..agent.policy import Action, Autonomy
from ..agent.references import MOST
from ..agent.revising import Change
from ..agent.shelf import AlbumLine, line_of
from ..agent.story import TriedCandidate, find_master, list_candidates
from ..audio.loudness import GATE_LUFS
from ..errors import NotFound
from ..jobs.records import Job
from ..library import Take
from ..recipe import Record
from .served import Served

AlbumState = Literal["planned", "queued", "running", "waiting", "stopped", "failed", "finished"]
"""`planned`: nothing was made yet; `waiting`: for a person; `stopped`: by a person, or by its budget."""
Hash = Annotated[str, Field(pattern="^b2:[0-9a-f]{32}$")]


SongId = Annotated[str, Field(min_length=1, max_length=250)]


class AlbumAsked(Commission):
    """An album to plan."""

    brief: str = Field(max_length=4_000)
    """What to make, in your own words: "lofi EP, 3 tracks, rainy, one with sax"."""
    like: tuple[SongId, ...] = Field((), max_length=MOST)
    """Songs that it is to be like, by the ids of uploads or takes: what the brief leaves open is read of them."""

    @property
    def commission(self) -> Commission:
        """What is asked for beside songs, as `twin produce` asks: the same words make the same plan."""
        return Commission.model_validate(self.model_dump(exclude={"like"}))


class SongAsked(Record):
    """A song that an album is to be like, to be read."""

    song: SongId
    """Id of an upload or a take."""
    adapters: tuple[str, ...] = Field((), max_length=8)
    """Twins that the album is played with; a copy of what one learned from is told as such."""


class PlannedAlbum(Record):
    """A plan, and what to expect of it."""

    plan: AlbumPlan
    seconds: float
    """Of music."""
    candidates: int
    """Takes that are played for it."""


class AlbumBegun(Record):
    """An album to begin."""

    plan: dict[str, Any]
    """What to make, as it was planned and edited."""
    autonomy: Autonomy = "full"
    """What is done without asking."""
    budget: Budget = Budget()
    """The most that it may cost."""


class AlbumTerms(Record):
    """On which terms an album is gone on with."""

    autonomy: Autonomy | None = None
    """What is done without asking; as before when absent."""
    budget: Budget | None = None
    """The most that it may cost, all runs together; as before when absent."""


class Approvals(Record):
    """What may be done."""

    calls: tuple[Hash, ...] = Field(min_length=1, max_length=500)
    """Hashes of calls that wait for approval, or choose a candidate."""


class RevisionAsked(Record):
    """What is to be changed of an album."""

    words: str = Field(min_length=1, max_length=2_000)
    """In your own words: "track 3 slower and darker, keep the chorus of 5"."""


class RevisionApproved(RevisionAsked):
    """Changes that were shown, and may be made."""

    call: Hash
    """Hash of the changes, as they were shown."""


class PlannedRevision(Record):
    """What words would change."""

    changes: tuple[Change, ...]
    unknown: tuple[str, ...]
    """Words that were not understood."""
    cannot: tuple[str, ...]
    """What was understood and cannot be done, each with its reason."""
    notes: tuple[str, ...]
    call: str
    """Hash of these changes, for approval."""


class AlbumHead(Record):
    """An album in a line."""

    id: str
    title: str
    artist: str
    kind: str
    state: AlbumState
    tracks: int
    finished: int
    waiting: tuple[int, ...]
    """Numbers of the tracks that wait for a person."""
    seconds: float
    """Of music, as planned."""
    changed: float
    """When something was decided last, in seconds since 1970."""
    job: str | None
    """The job that makes it, or did so last."""
    trouble: str
    """Why it stopped; empty where it did not."""


class AlbumCandidate(Record):
    """A candidate of a track."""

    letter: str
    take: str
    seconds: float
    points: float
    """By which candidates are ranked."""
    why: str
    """The figures behind the points, in words."""
    mended: str
    """What a repair did; empty where nothing was repaired."""
    defects: tuple[str, ...]
    gain: float
    """Decibels to turn it by, so that all candidates of the track are equally loud and none louder than it was."""
    call: str
    """Hash of choosing it, for approval."""
    chosen: bool


class AlbumTrack(Record):
    """How far a track is."""

    track: int
    """Its number, from 1."""
    take: str | None
    """The finished take."""
    candidates: tuple[AlbumCandidate, ...]
    """The best by the rules first."""


class ProposedCall(Record):
    """Something that waits for approval."""

    call: str
    """Its hash."""
    action: Action
    track: int
    letter: str
    """The candidate that it is about; empty where it is about none."""


class AlbumDetail(AlbumHead):
    """An album in detail."""

    plan: AlbumPlan
    autonomy: Autonomy
    budget: Budget
    cost: Cost
    """Of all runs together."""
    made: tuple[AlbumTrack, ...]
    proposals: tuple[ProposedCall, ...]


def head_of(found: AlbumLine, job: Job | None) -> AlbumHead:
    """An album in a line, with the job that makes it, or did last."""
    error = job.error if job is not None else None
    return AlbumHead(
        id=found.id,
        title=found.title,
        artist=found.artist,
        kind=found.kind,
        state=_state_of(found, job),
        tracks=found.tracks,
        finished=found.finished,
        waiting=found.waiting,
        seconds=found.seconds,
        changed=found.last_change,
        job=job.id if job is not None else None,
        trouble=(error.message or "") if error is not None else "",
    )


def detail_of(found: KeptAlbum, job: Job | None, here: Served) -> AlbumDetail:
    """An album in detail."""
    story = found.story
    places = range(1, len(story.album.tracks) + 1)
    made = tuple(
        AlbumTrack(track=place, take=find_master(story, place), candidates=_tell_candidates(list_candidates(story, place), here))
        for place in places
    )
    calls = (ProposedCall(call=call.hash, action=call.action, track=call.track, letter=call.letter) for call in found.proposals)
    return AlbumDetail(
        **head_of(line_of(found), job).model_dump(), plan=story.album, autonomy=found.terms.autonomy, budget=found.terms.budget,
        cost=total(row.cost for row in story.decisions), made=made, proposals=tuple(calls),
    )  # fmt: skip


def _state_of(found: AlbumLine, job: Job | None) -> AlbumState:
    if job is not None and not job.is_over:
        return "queued" if job.state == "queued" else "running"
    if job is not None and job.state == "failed":
        return "stopped" if job.error is not None and job.error.error == "BudgetExceeded" else "failed"
    if found.waiting:
        return "waiting"
    if job is not None and job.state == "cancelled":
        return "stopped"
    if found.finished == found.tracks:
        return "finished"
    return "planned" if found.decisions == 1 else "stopped"


def _tell_candidates(tried: tuple[TriedCandidate, ...], here: Served) -> tuple[AlbumCandidate, ...]:
    """The candidates whose takes are still there."""
    takes: dict[str, Take] = {}
    for one in tried:
        with suppress(NotFound):
            takes[one.take] = here.library.takes.get(one.take)
    known = [one for one in tried if one.take in takes]
    measured = {name: take.meters.get("loudness_lufs") for name, take in takes.items()}
    levels = {name: level for name, level in measured.items() if level is not None and level > GATE_LUFS}
    quietest = min(levels.values(), default=0.0)
    told = [
        AlbumCandidate(
            letter=one.letter, take=one.take, seconds=takes[one.take].seconds, points=one.scores.get("points", 0.0), why=one.why,
            mended=one.mended, defects=one.defects, gain=quietest - levels.get(one.take, quietest), call=one.call.hash,
            chosen=one.chosen,
        )
        for one in known
    ]  # fmt: skip
    return tuple(sorted(told, key=lambda one: (-one.points, one.letter)))
