"""The loop of repair: try a candidate, inspect what it made, keep it only if the report is better and nothing else is worse.

The defects of one kind are tried together first, and one by one where that does not help. What is compared is the score's parts:
the kind that was repaired must cost less, and no other kind more than `TOLERANCE`, but for what cutting silence off cannot
have done: a drift of tempo that was hidden by silence is no fault of the cut. Every sound is read at 48 kHz, before and
after alike; what a file of another rate says of clipping is left alone, since its tops are round by now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...audio.samples import Samples
from ...progress import Steps, finish, note
from ...timebase import SAMPLE_RATE
from ..detectors.catalogue import Asked, detect
from ..detectors.defect import KINDS, Defect
from ..report import ScorePart, score, score_parts
from .candidates import CANDIDATES, Candidate
from .edits import Edited, Stretch, apply

TOLERANCE: Final = 0.05
"""Points of ten by which another kind may cost more."""
_MOST_SINGLE: Final = 12
"""Defects of one kind that are tried one by one."""
_AT_ENDS: Final = frozenset({"abrupt_start", "abrupt_end", "silent_start", "silent_end", "silent", "loop_seam"})
"""What cutting silence off the ends of a sound can make worse; whatever else is told then was in the music before."""
_NEAR: Final = 0.05
"""Seconds beside a defect that still name it: readings move a little when something else was mended."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One candidate that was tried."""

    kind: str
    candidate: str
    defects: int
    kept: bool
    before: float
    after: float
    """Scores out of ten."""
    why: str
    """Why it was kept or not."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A sound after repair."""

    sound: Samples
    start: int
    """Samples that were cut off before it."""
    stretches: tuple[Stretch, ...]
    """Samples of the given sound in which it may differ, sorted and joined."""
    attempts: tuple[Attempt, ...]
    before: tuple[Defect, ...]
    after: tuple[Defect, ...]

    @property
    def score_before(self) -> float:
        """Of ten."""
        return score_of(self.before)

    @property
    def score_after(self) -> float:
        """Of ten."""
        return score_of(self.after)

    @property
    def changed_seconds(self) -> float:
        """Length of the stretches."""
        return sum(last - first for first, last in self.stretches) / SAMPLE_RATE

    @property
    def cut_seconds(self) -> float:
        """What was cut off before the sound."""
        return self.start / SAMPLE_RATE


@dataclass(slots=True)
class _State:
    """What stands so far."""

    sound: Samples
    defects: tuple[Defect, ...]
    at: tuple[float, ...]
    """Seconds of the given sound at which defects are repaired; everywhere where empty."""
    start: int = 0


def repair(
    sound: Samples, asked: Asked | None = None, only: Iterable[str] = (), *, at: Iterable[float] = (), most: int = 100
) -> Repaired:
    """`repair_in_steps`, to its end."""
    return finish(repair_in_steps(sound, asked, only, at=at, most=most))


def repair_in_steps(
    sound: Samples, asked: Asked | None = None, only: Iterable[str] = (), *, at: Iterable[float] = (), most: int = 100
) -> Steps[Repaired]:
    """Repair `sound` (2, n) at 48 kHz by plain edits, and tell every attempt.

    The kinds `only` are repaired, or all, by at most `most` inspections; with `at` only the defects that lie at one of these
    seconds. Raises as `detect` does.
    """
    before = detect(sound, asked).defects
    state = _State(sound, before, tuple(at))
    wanted = tuple(only) or tuple(CANDIDATES)
    attempts: list[Attempt] = []
    stretches: list[Stretch] = []
    for kind in (name for name in CANDIDATES if name in wanted):
        for group in _groups(state, kind):
            if len(attempts) >= most or not group:
                break
            told = len(attempts)
            done = _try_group(state, group, asked, attempts, stretches)
            yield from (note(_say(one)) for one in attempts[told:])
            if done:
                break
    return Repaired(state.sound, state.start, _join(stretches), tuple(attempts), before, state.defects)


def _say(attempt: Attempt) -> str:
    """An attempt in a line."""
    places = "one place" if attempt.defects == 1 else f"{attempt.defects} places"
    what = f"{KINDS[attempt.kind].words}, {places}: {attempt.candidate}"
    return f"{what}, kept, {attempt.after:.1f} of 10" if attempt.kept else f"{what}, not kept: {attempt.why}"


def lies_at(defect: Defect, at: Sequence[float], shift: float = 0.0) -> bool:
    """Whether a defect lies at one of the seconds `at`, or `at` is empty; `shift` seconds were cut off before its sound."""
    return not at or any(defect.start + shift - _NEAR <= one <= defect.end + shift + _NEAR for one in at)


def _groups(state: _State, kind: str) -> Iterator[tuple[Defect, ...]]:
    """The defects of a kind together, then one by one as far as they are still there."""
    found = _of_kind(state, kind)
    yield found
    if len(found) > 1:
        for one in found[:_MOST_SINGLE]:
            yield (one,)


def _of_kind(state: _State, kind: str) -> tuple[Defect, ...]:
    return _pick(state.defects, kind, state)


def _pick(defects: Iterable[Defect], kind: str, state: _State, cut: int = 0) -> tuple[Defect, ...]:
    """Those of `defects` that are of a kind and lie where it was asked; `cut` more samples are gone before their sound."""
    shift = (state.start + cut) / SAMPLE_RATE
    return tuple(one for one in defects if one.kind == kind and one.severity != "info" and lies_at(one, state.at, shift))


def _try_group(
    state: _State, group: Sequence[Defect], asked: Asked | None, attempts: list[Attempt], stretches: list[Stretch]
) -> bool:
    """Try every candidate for `group`; whether the kind has no defect left."""
    kind, first = group[0].kind, len(attempts)
    best: tuple[float, Edited, tuple[Defect, ...], Candidate] | None = None
    for candidate in CANDIDATES[kind]:
        edited = apply(candidate.edit, state.sound, group)
        found = detect(edited.sound, asked).defects
        left = _pick(found, kind, state, edited.start) if state.at else found
        there = (_of_kind(state, kind) if state.at else state.defects, left)
        why = judge(state.defects, found, kind, there=there, among=_AT_ENDS if edited.only_cuts else KINDS)
        before, after = score_of(state.defects), score_of(found)
        if not why and after < before - TOLERANCE:
            why = "worse on the whole"
        attempts.append(Attempt(kind, candidate.name, len(group), not why, before, after, why or "better"))
        if not why and (best is None or after > best[0]):
            best = after, edited, found, candidate
        if best is not None and not _pick(best[2], kind, state, best[1].start):
            break
    if best is None:
        return False
    attempts[first:] = _keep_one(attempts[first:], best[3])
    stretches += [(first + state.start, last + state.start) for first, last in best[1].stretches]
    state.sound, state.defects, state.start = best[1].sound, best[2], state.start + best[1].start
    return not _of_kind(state, kind)


def score_of(defects: Sequence[Defect]) -> float:
    """The score of a sound with `defects`."""
    return score(score_parts(defects))


def judge(
    before: Sequence[Defect],
    after: Sequence[Defect],
    kind: str,
    *,
    there: tuple[Sequence[Defect], Sequence[Defect]] | None = None,
    among: Collection[str] = KINDS,
) -> str:
    """Why a candidate for `kind` is refused; empty where it is kept.

    `there` are the defects before and after at the places that were to be repaired, where that is not everywhere; `among` the
    kinds that the candidate can have made worse.
    """
    old, new = _costs(score_parts(before)), _costs(score_parts(after))
    had, has = there or (before, after)
    if new.get(kind, 0.0) >= old.get(kind, 0.0) - 1e-9 and _amount(has, kind) >= 0.9 * _amount(had, kind):
        return "it is still there"
    others = {name: cost for name, cost in new.items() if name in among and name != kind}
    worse = [name for name, cost in others.items() if cost > old.get(name, 0.0) + TOLERANCE]
    return f"worse: {', '.join(worse)}" if worse else ""


def _costs(parts: Iterable[ScorePart]) -> dict[str, float]:
    return {part.kind: part.cost for part in parts}


def _amount(defects: Sequence[Defect], kind: str) -> float:
    """How much of a kind there is: readings above the limit, so that half of a mud is less mud."""
    own = [one for one in defects if one.kind == kind and one.severity != "info"]
    return sum(max(one.reading - one.threshold, 0.0) + 1e-3 for one in own)


def _keep_one(attempts: Sequence[Attempt], candidate: Candidate) -> list[Attempt]:
    """`attempts` at one group of defects, of which `candidate` alone is kept: others that would do did less."""
    return [
        replace(one, kept=False, why="another did better") if one.kept and one.candidate != candidate.name else one
        for one in attempts
    ]


def _join(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    joined: list[Stretch] = []
    for first, last in sorted(stretches):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def is_untouched(old: Samples, repaired: Repaired) -> bool:
    """Whether every sample outside the stretches is the old one."""
    length = repaired.sound.shape[1]
    same = (old[:, repaired.start : repaired.start + length] == repaired.sound).all(axis=0)
    for first, last in repaired.stretches:
        same[max(first - repaired.start, 0) : max(last - repaired.start, 0)] = True
    return bool(np.all(same))
