"""More candidates of a track, while none is like enough to the reference that it follows."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Steps, detail
from ..recipe import fingerprint
from ..wording import plural
from .candidates import Candidate, candidate_key, make_candidate
from .heuristics import load_heuristics
from .session import Session


def seek_likeness(session: Session, place: int, made: Sequence[Candidate]) -> Steps[list[Candidate]]:
    """More candidates of track `place` beside those that were `made`, until one is like enough or the budget is needed."""
    track, bar = session.track(place), load_heuristics().references.bar
    found, why = list[Candidate](), ""
    if not track.spare or not any("likeness" in one.scores for one in made):
        return found
    while (best := best_likeness([*made, *found])) < bar:
        number = len(track.seeds) + len(found)
        if number == len(track.all_seeds):
            why = "no more are planned"
            break
        known = session.ledger.find(candidate_key(track, track.all_seeds[number])) is not None
        if not known and not session.purse.has_room(session.estimate("candidate", place), session.later(place, len(track.seeds))):
            why = "the budget is needed for the tracks after it"
            break
        found.append((yield from make_candidate(session, place, number)))
    yield from _tell(session, place, (best, bar), (len(made), len(found)), why)
    return found


def best_likeness(candidates: Sequence[Candidate]) -> float:
    """The highest likeness of `candidates`; -1 where none counts."""
    return max((one.scores["likeness"] for one in candidates if "likeness" in one.scores), default=-1.0)


def _tell(session: Session, place: int, reached: tuple[float, float], many: tuple[int, int], why: str) -> Steps[None]:
    """Write down once how like the best is, and why no more are played."""
    best, bar = reached
    song = session.album.reference_of(session.track(place))
    name = "" if song is None else song.name
    words = f"likeness to {name}: {best:.2f} is the best of {plural(sum(many), 'candidate')}"
    words += f", above the bar of {bar:g}" if not why else f", below the bar of {bar:g}; {why}"
    key = fingerprint({"what": "likeness", "track": place, "words": words, "of": session.album.key})
    yield detail(words)
    if session.ledger.find(key) is None:
        session.decide("likeness", words, track=place, key=key, evidence=(f"{many[1]} played beyond {many[0]}",))
