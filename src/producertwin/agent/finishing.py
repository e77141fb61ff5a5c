"""From candidates to a finished track: repair the best, keep pairs, choose, master."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..library import Judgement, VerdictFilter
from ..progress import Steps
from ..quality.detectors.defect import REPAIRABLE
from ..recipe import fingerprint
from .budget import Cost
from .candidates import Candidate, judge
from .session import Session

if TYPE_CHECKING:
    from ..library import Take

VERSION = 1
"""Changes with what repairing or mastering the same take sounds like."""


def repair_candidate(session: Session, place: int, one: Candidate) -> Steps[Candidate]:
    """The repaired candidate, or `one` where nothing of it can be repaired or nothing was better.

    Where it is better a pair is kept: the repaired take over the candidate.
    """
    from ..verbs.repair import RepairPlan, repair

    if not REPAIRABLE & {*one.defects}:
        session.pass_over("repair", place)
        return one
    key = fingerprint({"what": "repair", "take": one.take.id, "stages": session.album.repairs, "version": VERSION})
    row = session.ledger.find(key)
    if row is not None and (known := session.find_take(row)) is not None:
        session.pass_over("repair", place)
        return one if known.id == one.take.id else Candidate(one.letter, known, row.scores, row.defects, row.decision)
    track, begun = session.track(place), time.monotonic()
    plan = RepairPlan(subject=one.take.id, budget=session.album.repairs, variant=track.playing.variant)
    what = f"track {place} of {len(session.album.tracks)}, repair of {one.letter}"
    done = yield from session.follow(repair(plan, session.studio), "repair", place, what)
    tried = tuple(f"{each.kind}: {each.candidate}, {'kept' if each.kept else each.why}" for each in done.attempts)
    cost = Cost(seconds=time.monotonic() - begun, takes=sum(each.candidate in ("repaint", "cover") for each in done.attempts))
    facts = {"track": place, "key": key, "evidence": tried, "cost": cost}
    if done.take is None:
        session.decide(
            "repair",
            f"nothing of {one.letter} could be made better",
            takes=(one.take.id,),
            scores=one.scores,
            defects=one.defects,
            **facts,
        )
        return one
    take = session.studio.library.takes.get(done.take)
    facts["cost"] = cost + Cost(bytes=session.count_bytes(take))
    scores, defects = judge(session, track, take, before=one.scores)
    words = f"{one.letter} repaired: {done.score_before:.1f} of 10 before, {done.score_after:.1f} after"
    _keep_pair(session, (take.id, one.take.id), scores["points"] - one.points)
    session.decide("repair", words, takes=(one.take.id, take.id), scores=scores, defects=defects, **facts)
    return Candidate(one.letter, take, scores, defects, words)


def _keep_pair(session: Session, pair: tuple[str, str], margin: float) -> None:
    """Keep that the repaired take is better than the candidate, once."""
    verdicts = session.studio.library.verdicts
    known = list(verdicts.list(VerdictFilter(take=pair[0], only="preference", source="repair")))
    if margin > 0 and not known:
        verdicts.prefer(pair, "a", Judgement(source="repair", judge="twin produce"), margin=round(margin, 6))


def tell_choice(session: Session, place: int, ranked: Sequence[Candidate], chosen: Candidate, *, by: str) -> None:
    """Write down which candidate is taken, why, and instead of which; once."""
    key = fingerprint({"what": "choose", "take": chosen.take.id, "of": sorted(one.take.id for one in ranked), "by": by})
    if session.ledger.find(key) is not None:
        return
    others = tuple(f"{one.letter}: {one.points:.2f} points; {one.why}" for one in ranked if one.letter != chosen.letter)
    evidence = (f"{chosen.points:.2f} points; {chosen.why}", *filter(None, [chosen.mended]))
    decision = f"{chosen.letter} becomes {session.track(place).title}" + ("" if by == "rules" else f", as {by} chose")
    session.decide("choose", decision, track=place, key=key, takes=(chosen.take.id,), evidence=evidence, alternatives=others,
                   scores=chosen.scores, defects=chosen.defects)  # fmt: skip


def master(session: Session, place: int, chosen: Candidate) -> Steps[Take]:
    """The take of track `place` at the album's loudness; the chosen take itself where the plan names no desk."""
    from ..verbs.mix import MixPlan, mix

    album = session.album
    if not album.desk:
        session.pass_over("master", place)
        return chosen.take
    key = master_key(session, chosen.take.id)
    known = session.find_take(session.ledger.find(key))
    if known is not None:
        session.pass_over("master", place)
        return known
    begun = time.monotonic()
    plan = MixPlan(stems=(chosen.take.id,), desk=album.desk, target=album.loudness, caption=chosen.take.caption)
    done = yield from session.follow(mix(plan, session.studio), "master", place, f"track {place} of {len(album.tracks)}, master")
    read = done.report.mix
    evidence = (f"{read.loudness_lufs:.1f} LUFS, {read.true_peak_db:.1f} dBTP, range {read.loudness_range:.1f} LU",)
    scores = {"loudness": round(read.loudness_lufs, 3), "true_peak": round(read.true_peak_db, 3), "seconds": done.take.seconds}
    words = f"{session.track(place).title} mastered by the desk {album.desk} to {album.loudness:g} LUFS"
    cost = Cost(seconds=time.monotonic() - begun, bytes=session.count_bytes(done.take))
    facts = {"evidence": evidence, "scores": scores, "cost": cost}
    session.decide("master", words, track=place, key=key, takes=(done.take.id,), **facts)
    return done.take


def master_key(session: Session, take: str) -> str:
    """Fingerprint of mastering a take."""
    told = {"what": "master", "take": take, "desk": session.album.desk, "loudness": session.album.loudness, "version": VERSION}
    return fingerprint(told)
