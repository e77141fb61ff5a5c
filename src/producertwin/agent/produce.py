"""`twin produce`: make an album of its plan, in a folder that could be published.

Track by track: candidates, repairs of the best, a choice, a master, a file. A step that is finished is written down before the
next begins, so work that is stopped or killed goes on after it and comes to the same bytes. A budget is shared: what may be left
out (more candidates, repairs) is left out where it would take the time from what has to be done for every track.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ..errors import BudgetExceeded
from ..progress import Kept, Steps, warning
from ..quality.detectors.defect import REPAIRABLE
from ..recipe import fingerprint
from ..wording import plural
from .album import AlbumPlan
from .budget import Cost
from .candidates import Candidate, candidate_key, make_candidate, rank, stage_of
from .delivery import Delivered, deliver
from .explaining import explain_track
from .finishing import master, repair_candidate, tell_choice
from .likeness import check_timbres, load_likeness
from .more_candidates import seek_likeness
from .papers import write_papers
from .policy import Call, write_proposals
from .session import Session, open_session, settle_album
from .terms import GivenTerms

if TYPE_CHECKING:
    from ..verbs.studio import Studio

__all__ = ["Produced", "Waiting", "begin", "check_album", "produce"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person has to decide before a track goes on."""

    track: int
    """Its number, from 1."""
    calls: tuple[Call, ...]
    candidates: tuple[Candidate, ...] = ()
    """Those to choose from, the best by the rules first."""


@dataclass(frozen=True, slots=True)
class Produced:
    """An album, as far as it is made."""

    folder: Path
    album: AlbumPlan
    tracks: tuple[Delivered, ...]
    waiting: tuple[Waiting, ...]
    cost: Cost
    """Of all runs together."""


def produce(album: AlbumPlan | None, folder: Path, studio: Studio, **given: Unpack[GivenTerms]) -> Steps[Produced]:
    """Make `album` in `folder`, or go on with the one that is there, on its own terms where no others are given.

    Raises `BudgetExceeded` where a limit is reached, with what is finished in the folder; as `open_session` does; `Unavailable`
    without an engine for desks; and what playing, repairing and mixing raise.
    """
    check_album(settle_album(album, folder), studio)
    with open_session(album, folder, studio, **given) as session:
        yield from _load_scorers(session)
        finished: list[Delivered] = []
        waiting: list[Waiting] = []
        try:
            for place in range(1, len(session.album.tracks) + 1):
                made = yield from _make_track(session, place)
                if isinstance(made, Waiting):
                    waiting.append(made)
                    continue
                finished.append(made)
                yield from explain_track(session, made)
                write_papers(session, finished)
                yield Kept(f"track {place}", (made.take.id,))
        except BudgetExceeded as error:
            write_papers(session, finished, stopped=error.message)
            session.decide("stop", error.message)
            told = f"{len(finished)} of {plural(len(session.album.tracks), 'track')} finished in {folder}"
            raise BudgetExceeded(f"{error.message}; {told}", remedy=error.remedy) from None
        write_proposals(folder, [call for one in waiting for call in one.calls])
        write_papers(session, finished)
        return Produced(folder, session.album, tuple(finished), tuple(waiting), session.ledger.cost)


def begin(album: AlbumPlan | None, folder: Path, studio: Studio, **given: Unpack[GivenTerms]) -> None:
    """Keep `album` and its terms in `folder`, where `produce` makes it later. Raises what `produce` refuses beforehand."""
    check_album(settle_album(album, folder), studio)
    with open_session(album, folder, studio, **given):
        pass


def check_album(album: AlbumPlan, studio: Studio) -> None:
    """Refuse before anything is written what would be refused later: licence, engine, desk, variants, adapters, producer."""
    from ..dataset.licences import licence
    from ..mixing.desk import find_desk
    from ..mixing.engine import check_installed
    from ..verbs.scorers import PRODUCER, check_scorers

    licence(album.licence)
    if album.desk:
        check_installed()
        find_desk(album.desk, studio.settings.studio / "desks")
    check_timbres(album, studio)
    for one in {one.playing: one for one in album.tracks}.values():
        studio.read_card(one.playing.variant)
        studio.find_adapters(stage_of(one, one.seeds[0]).play)
    if album.producer is not None:
        check_scorers([PRODUCER], album.producer, studio)


def _load_scorers(session: Session) -> Steps[None]:
    from ..verbs.scorers import SCORERS, nearness_scorer

    session.caption = SCORERS["caption"](session.studio)
    session.likeness = yield from load_likeness(session.album, session.studio)
    if session.album.producer is not None:
        session.nearness = yield from nearness_scorer(session.album.producer, session.studio)


def _make_track(session: Session, place: int) -> Steps[Delivered | Waiting]:
    track = session.track(place)
    call = Call(action="candidates", track=place, subject=(fingerprint(track.model_dump(exclude={"title"})),))
    if not session.gate.lets(call):
        return Waiting(place, (call,))
    made = yield from _make_candidates(session, place)
    best, asked = yield from _repair_best(session, place, rank(made))
    ranked = rank(best)
    calls = {one.letter: Call(action="choose", track=place, subject=(one.take.id,), letter=one.letter) for one in ranked}
    picked = session.gate.choice(calls)
    if picked is None and session.gate.needs("choose"):
        return Waiting(place, (*calls.values(), *asked), ranked)
    letter, by = picked or (ranked[0].letter, "rules")
    chosen = next(one for one in ranked if one.letter == letter)
    tell_choice(session, place, ranked, chosen, by=by)
    call = Call(action="master", track=place, subject=(chosen.take.id, session.album.desk, f"{session.album.loudness:g}"))
    if not session.gate.lets(call):
        return Waiting(place, (call,))
    take = yield from master(session, place, chosen)
    return (yield from deliver(session, place, ranked, chosen, take))


def _make_candidates(session: Session, place: int) -> Steps[list[Candidate]]:
    """The candidates of a track: as many as the budget leaves room for where every later track gets as many, and a master."""
    made = [(yield from make_candidate(session, place, 0))]
    wanted = len(session.track(place).seeds)
    for number in range(1, wanted):
        track = session.track(place)
        known = session.ledger.find(candidate_key(track, track.seeds[number])) is not None
        if not known and not session.purse.has_room(session.estimate("candidate", place), session.later(place, number + 1)):
            yield from _leave_out(
                session, "candidate", place, f"{wanted - number} of {wanted} candidates of track {place}", wanted - number
            )
            break
        made.append((yield from make_candidate(session, place, number)))
    return [*made, *(yield from seek_likeness(session, place, made))]


def _repair_best(session: Session, place: int, ranked: tuple[Candidate, ...]) -> Steps[tuple[list[Candidate], tuple[Call, ...]]]:
    """All candidates, the best of them repaired where that is better; and the repairs that need approval."""
    found = list(ranked)
    asked: list[Call] = []
    for at, one in enumerate(ranked[: session.album.repaired]):
        call = Call(action="repair", track=place, subject=(one.take.id, str(session.album.repairs)), letter=one.letter)
        if not session.gate.lets(call):
            session.pass_over("repair", place)
            asked += [call] if REPAIRABLE & {*one.defects} else []
            continue
        if not session.purse.has_room(session.estimate("repair", place), session.later(place, len(ranked))):
            yield from _leave_out(session, "repair", place, f"repairs of track {place} from {one.letter} on", 1)
            break
        found[at] = yield from repair_candidate(session, place, one)
    return found, tuple(asked)


def _leave_out(session: Session, kind: str, place: int, what: str, steps: int) -> Steps[None]:
    """Say, and write down once, that something is left out for want of budget."""
    key = fingerprint({"what": "skip", "left out": what, "of": session.album.key})
    for _ in range(steps):
        session.pass_over("candidate" if kind == "candidate" else "repair", place)
    if session.ledger.find(key) is None:
        words = f"{what} left out, so that the budget lasts for every track"
        session.decide("skip", words, track=place, key=key)
        yield warning(words)
