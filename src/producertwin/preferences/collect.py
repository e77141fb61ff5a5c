"""Pairs out of verdicts: preferences as they were given, and ratings of takes of one prompt that differ.

Of a tie nothing can be learned. Where a listener preferred both ways, their newest preference counts. Ratings make pairs only
within one listener's: another's four stars may be this one's two. Takes of two prompts are no pair, whichever is better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from ..library import Take, TakePreference, TakeRating, Verdict
from .pair import Pair, Side, prompt_of

FindTake = Callable[[str], Take | None]
"""A take by its id; None where it is gone."""


def collect(verdicts: Iterable[Verdict], find: FindTake) -> tuple[Pair, ...]:
    """The pairs that `verdicts`, which stand and of which the newest come first, make of takes that are still there."""
    every = list(verdicts)
    found = {pair.id: pair for pair in [*_of_ratings(every, find), *_of_preferences(every, find)]}
    return tuple(found.values())


def _of_preferences(verdicts: list[Verdict], find: FindTake) -> Iterator[Pair]:
    settled: set[tuple[str, str, frozenset[str]]] = set()
    for one in verdicts:
        if not isinstance(one, TakePreference):
            continue
        by = (one.judgement.source, one.judgement.judge, frozenset((one.a, one.b)))
        if by in settled:
            continue
        settled.add(by)
        if one.better is not None:
            worse = one.b if one.better == one.a else one.a
            yield from _pair(one, find(one.better), find(worse), one.margin)


def _of_ratings(verdicts: list[Verdict], find: FindTake) -> Iterator[Pair]:
    newest: dict[tuple[str, str], dict[str, TakeRating]] = defaultdict(dict)
    for one in verdicts:
        if isinstance(one, TakeRating):
            newest[one.judgement.source, one.judgement.judge].setdefault(one.take, one)
    for rated in newest.values():
        by_prompt: dict[str, list[tuple[TakeRating, Take]]] = defaultdict(list)
        for name, one in rated.items():
            if (known := find(name)) is not None:
                by_prompt[prompt_of(known).id].append((one, known))
        for alike in by_prompt.values():
            for (one, take), (other, second) in combinations(alike, 2):
                margin = float(abs(one.stars - other.stars))
                if margin:
                    better, worse = (take, second) if one.stars > other.stars else (second, take)
                    yield from _pair(one if one.stars > other.stars else other, better, worse, margin)


def _pair(verdict: Verdict, chosen: Take | None, rejected: Take | None, margin: float | None) -> Iterator[Pair]:
    if chosen is None or rejected is None:
        return
    prompt, said = prompt_of(chosen), verdict.judgement
    if prompt.id == prompt_of(rejected).id:
        sides = {"chosen": Side.of(chosen), "rejected": Side.of(rejected)}
        yield Pair(prompt=prompt, **sides, margin=margin, source=said.source, judge=said.judge, verdict=verdict.id)
