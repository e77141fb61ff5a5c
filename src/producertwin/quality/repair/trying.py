"""The loop of repair: try a candidate, inspect what it made, keep it only if the report is better and nothing else is worse.

The defects of one kind are tried together first, and one by one where that does not help. What is compared is the score's parts:
the kind that was repaired must cost less, and no other kind more than `TOLERANCE`. Every sound is read at 48 kHz, before and
after alike; what a file of another rate says of clipping is left alone, since its tops are round by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ...audio.samples import Samples
from ..detectors.catalogue import Asked, detect
from ..detectors.defect import Defect
from ..report import ScorePart, score, score_parts
from .candidates import CANDIDATES, Candidate
from .edits import Edited, Stretch, apply

TOLERANCE: Final = 0.05
"""Points of ten by which another kind may cost more."""
_MOST_SINGLE: Final = 12
"""Defects of one kind that are tried one by one."""


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


@dataclass(slots=True)
class _State:
    """What stands so far."""

    sound: Samples
    defects: tuple[Defect, ...]
    start: int = 0


def repair(sound: Samples, asked: Asked | None = None, only: Iterable[str] = (), most: int = 100) -> Repaired:
    """Repair `sound` (2, n) at 48 kHz by plain edits: the kinds `only`, or all; at most `most` inspections.

    Raises as `detect` does.
    """
    before = detect(sound, asked).defects
    state = _State(sound, before)
    wanted = tuple(only) or tuple(CANDIDATES)
    attempts: list[Attempt] = []
    stretches: list[Stretch] = []
    for kind in (name for name in CANDIDATES if name in wanted):
        for group in _groups(state, kind):
            if len(attempts) >= most or not group:
                break
            if _try_group(state, group, asked, attempts, stretches):
                break
    return Repaired(state.sound, state.start, _join(stretches), tuple(attempts), before, state.defects)


def _groups(state: _State, kind: str) -> Iterator[tuple[Defect, ...]]:
    """The defects of a kind together, then one by one as far as they are still there."""
    found = _of_kind(state, kind)
    yield found
    if len(found) > 1:
        for one in found[:_MOST_SINGLE]:
            yield (one,)


def _of_kind(state: _State, kind: str) -> tuple[Defect, ...]:
    return tuple(one for one in state.defects if one.kind == kind and one.severity != "info")


def _try_group(
    state: _State, group: Sequence[Defect], asked: Asked | None, attempts: list[Attempt], stretches: list[Stretch]
) -> bool:
    """Try every candidate for `group`; whether the kind has no defect left."""
    kind = group[0].kind
    best: tuple[float, Edited, tuple[Defect, ...], Candidate] | None = None
    for candidate in CANDIDATES[kind]:
        edited = apply(candidate.edit, state.sound, group)
        found = detect(edited.sound, asked).defects
        why = judge(state.defects, found, kind)
        after = score_of(found)
        attempts.append(Attempt(kind, candidate.name, len(group), not why, score_of(state.defects), after, why or "better"))
        if not why and (best is None or after > best[0]):
            best = after, edited, found, candidate
        if best is not None and not any(one.kind == kind and one.severity != "info" for one in best[2]):
            break
    if best is None:
        return False
    _mark_kept(attempts, kind, best[3])
    stretches += [(first + state.start, last + state.start) for first, last in best[1].stretches]
    state.sound, state.defects, state.start = best[1].sound, best[2], state.start + best[1].start
    return not _of_kind(state, kind)


def score_of(defects: Sequence[Defect]) -> float:
    """The score of a sound with `defects`."""
    return score(score_parts(defects))


def judge(before: Sequence[Defect], after: Sequence[Defect], kind: str) -> str:
    """Why a candidate for `kind` is refused; empty where it is kept."""
    old, new = _costs(score_parts(before)), _costs(score_parts(after))
    if new.get(kind, 0.0) >= old.get(kind, 0.0) - 1e-9 and _amount(after, kind) >= 0.9 * _amount(before, kind):
        return "it is still there"
    worse = [name for name, cost in new.items() if name != kind and cost > old.get(name, 0.0) + TOLERANCE]
    return f"worse: {', '.join(worse)}" if worse else ""


def _costs(parts: Iterable[ScorePart]) -> dict[str, float]:
    return {part.kind: part.cost for part in parts}


def _amount(defects: Sequence[Defect], kind: str) -> float:
    """How much of a kind there is: readings above the limit, so that half of a mud is less mud."""
    own = [one for one in defects if one.kind == kind and one.severity != "info"]
    return sum(max(one.reading - one.threshold, 0.0) + 1e-3 for one in own)


def _mark_kept(attempts: list[Attempt], kind: str, candidate: Candidate) -> None:
    """Only the best of the candidates that would do is kept."""
    for at, one in enumerate(attempts):
        if one.kind == kind and one.kept and one.why == "better" and one.candidate != candidate.name:
            attempts[at] = replace(one, kept=False, why="another did better")


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
