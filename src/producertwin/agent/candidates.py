"""Candidates of a track: played by the guide and a seed, inspected, scored and ranked.

A candidate's points are the inspector's, of ten, less once more what watched defects cost, and for its agreement with the
caption, the written chords and notes that are heard, and its nearness to references what `presets/planner.toml` says.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors import Diverged
from ..pipeline.stages import Play, Refine
from ..progress import Steps
from ..recipe import fingerprint, read
from ..verbs.song import SongPlay, as_stage
from .album import TrackPlan
from .budget import Cost
from .heuristics import load_heuristics
from .likeness import UNCOUNTED, find_sound_of
from .session import Session

if TYPE_CHECKING:
    from ..library import Take
    from ..pipeline.stages import Generate

LETTERS: Final = "ABCDEFGHIJKLMNOP"
VERSION: Final = 2
"""Changes with what a candidate of the same plan sounds like, or how it is scored."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A take of a track, and how it is judged."""

    letter: str
    take: Take
    scores: dict[str, float]
    """Points, and the figures they come from."""
    defects: tuple[str, ...]
    """Kinds of defects, the dearest first."""
    mended: str = ""
    """What the repair did; empty for one that was not repaired."""

    @property
    def points(self) -> float:
        return self.scores["points"]

    @property
    def why(self) -> str:
        """Its figures in words."""
        said = {
            "inspector": "inspector {:.1f} of 10",
            "caption": "caption {:.2f}",
            "chords": "chords {:.0%}",
            "notes": "notes {:.0%}",
            "nearness": "nearness {:.2f}",
            "likeness": "likeness {:.2f}",
        }
        words = [text.format(self.scores[name]) for name, text in said.items() if name in self.scores]
        return ", ".join([*words, *(one.replace("_", " ") for one in self.defects[:2])])


def stage_of(track: TrackPlan, seed: int) -> Generate:
    """The stage that plays a candidate. What its file says of its title does not count. Raises `BadInput` as the records do."""
    who = track.playing
    play = {"variant": who.variant, "adapters": who.adapters, "seed": seed, "batch": 1, "steps": who.steps}
    play |= {"guidance": who.guidance, "shift": who.shift}
    asked = read(Play, {name: value for name, value in play.items() if value not in (None, ())}, where=track.title)
    return as_stage(track.sheet.model_copy(update={"title": ""}), SongPlay(guide_strength=who.guide_strength, play=asked))


def candidate_key(track: TrackPlan, seed: int) -> str:
    """Fingerprint of everything that decides how a candidate sounds and is scored."""
    told: dict[str, Any] = {
        "stage": stage_of(track, seed).model_dump(mode="json"),
        "refine": track.playing.refine,
        "watch": track.watch,
    }
    told |= {"like": [track.like, track.playing.timbre]} if track.like else {}
    return fingerprint(told | {"what": "candidate", "version": VERSION})


def make_candidate(session: Session, place: int, number: int) -> Steps[Candidate]:
    """Candidate `number`, from 0, of track `place`: the one that was made before, or a new one."""
    track = session.track(place)
    seed = track.all_seeds[number]
    key = candidate_key(track, seed)
    row = session.ledger.find(key)
    known = session.find_take(row)
    if row is not None and known is not None:
        session.pass_over("candidate", place)
        return Candidate(LETTERS[number], known, row.scores, row.defects)
    what = f"track {place} of {len(session.album.tracks)}, candidate {number + 1} of {max(len(track.seeds), number + 1)}"
    begun = time.monotonic()
    take = yield from session.follow(_play(session, track, seed), "candidate", place, what)
    scores, defects = judge(session, track, take)
    found = Candidate(LETTERS[number], take, scores, defects)
    copied = () if session.likeness is None or track.like is None or "likeness" in scores else (UNCOUNTED,)
    cost = Cost(seconds=time.monotonic() - begun, takes=1, bytes=session.count_bytes(take))
    decision = f"candidate {found.letter} of {track.title}: take {take.id}, {found.points:.2f} points"
    session.decide("candidate", decision, track=place, key=key, takes=(take.id,), evidence=(found.why, *copied), scores=scores,
                   defects=defects, cost=cost)  # fmt: skip
    return found


def _play(session: Session, track: TrackPlan, seed: int) -> Steps[Take]:
    """Play a candidate, and play it again where the plan asks for a second pass."""
    from ..verbs.edit import edit
    from ..verbs.make import make

    stage = stage_of(track, seed)
    song = session.album.reference_of(track)
    if track.playing.timbre and song is not None:
        stage = stage.model_copy(update={"reference": (find_sound_of(song, session.studio),)})
    take = (yield from make(stage, session.studio))[0].take
    if track.playing.refine is not None:
        again = Refine(source=take.id, denoise=track.playing.refine, play=stage.play)
        take = (yield from edit(again, session.studio))[0].take
    return take


def judge(
    session: Session, track: TrackPlan, take: Take, *, before: Mapping[str, float] | None = None
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Points and figures of a take, and its defects.

    A repaired take keeps the shares of chords and notes of `before`, its figures before that, for none are read of repairs.
    """
    from ..verbs.inspect import inspect_take

    table = load_heuristics().ranking
    report = inspect_take(take, session.studio)
    watched = sum(part.cost for part in report.parts if part.kind in track.watch)
    scores = {"inspector": report.score, "watched": watched, "seconds": take.seconds}
    points = report.score - table.watch * watched
    heard = _read_heard(take) if before is None else before
    caption = None if session.caption is None else session.caption(take)
    nearness = None if session.nearness is None else session.nearness(take)
    likeness = None if session.likeness is None else session.likeness(track, take)
    for name, value, weight in (
        ("caption", caption, table.caption),
        ("chords", heard.get("chords"), table.chords),
        ("notes", heard.get("notes"), table.notes),
        ("nearness", nearness, table.nearness),
        ("likeness", likeness, table.likeness),
    ):
        if value is not None:
            scores[name] = round(float(value), 6)
            points += weight * float(value)
    scores = {name: round(value, 6) for name, value in scores.items()} | {"points": round(points, 6)}
    if not all(abs(value) < float("inf") for value in scores.values()):
        raise Diverged(f"take {take.id} cannot be scored: its sound is no sound", remedy="play it with another variant or seed")
    return scores, tuple(part.kind for part in report.parts)


def _read_heard(take: Take) -> dict[str, float]:
    """Shares of the written chords that are heard, and of how clearly the guide's own sound has its notes."""
    meters = take.meters
    found = {"chords": meters.get("chords_root")}
    if (notes := meters.get("notes_heard")) is not None and (own := meters.get("guide_notes_heard")):
        found["notes"] = min(notes / own, 1.0)
    return {name: float(value) for name, value in found.items() if value is not None}


def rank(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The best first; of equals the one that was made first."""
    return tuple(sorted(candidates, key=lambda one: (-one.points, one.letter)))
