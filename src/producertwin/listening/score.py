"""What the answers of a listening test say.

Only first answers to the pairs count. Listeners are left out by the rules of the plan, which were fixed before: too many obvious
pairs missed, one letter nearly always, too few trials answered. A listener who disagrees with himself in the repeats stays in: so
does everybody who hears no difference, and leaving those out would turn 'cannot tell' into 'can'. Answers of one listener, and
answers to one pair, hang together; tests and bounds are made at the number of independent answers they are worth (`statistics`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import BadInput
from ..metrics.statistics import Interval
from . import statistics
from .answers import Answer, first_answers
from .plan import ListeningPlan
from .statistics import Clustering, clustering, combine
from .trials import BlindTest, Role, Trial, first_of

_FEW: int = 10
"""Answers below which the use of one letter says nothing."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener's answers, counted."""

    name: str
    answered: int
    right: int
    """Pairs that count, answered right; for a preference, with the twin."""
    of: int
    missed: int
    """Obvious pairs answered wrong."""
    one_side: float
    """Share of the letter that was given more often."""
    left_out: str | None
    """Why the answers do not count; None where they do."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was so, of how many, and the share between its bounds."""

    count: int
    of: int
    share: Interval


@dataclass(frozen=True, slots=True)
class ListeningScore:
    """Everything that is told of a test's answers. `right` means: with the twin, where the question was of taste."""

    question: str
    listeners: tuple[Listener, ...]
    planned: int
    """Listeners the test was meant for."""
    right: Count
    """Of all answers that count; the bounds are those of the answers they are worth."""
    by_listener: Clustering
    by_pair: Clustering
    worth: float
    """Independent answers that these are worth."""
    better: float
    """One-sided p: right more often than by guessing."""
    other: float
    """Two-sided p: other than by guessing."""
    upper: float
    """One-sided upper bound of the share of right answers."""
    margin: float
    agreement: Count
    """Repeats answered as the first time."""
    identical: Count
    """Pairs of one sound and itself 'answered right': anything but half of them means that the test leaks."""
    side_a: Count
    """Answers A, of all."""
    styles: dict[str, Count]
    changed: int
    """Later answers to the same trial that say something else; they are passed over."""

    @property
    def counting(self) -> tuple[Listener, ...]:
        """Listeners whose answers count."""
        return tuple(one for one in self.listeners if one.left_out is None)

    @property
    def complete(self) -> bool:
        """Whether as many listeners count as the test was meant for; before that, a look is no verdict."""
        return len(self.counting) >= self.planned

    @property
    def passes(self) -> bool:
        """Whether it is proven that listeners are right less often than the margin."""
        return self.right.of > 0 and self.upper < self.margin


def score(test: BlindTest, answers: Iterable[Answer]) -> ListeningScore:
    """Count `answers` to `test`. Raises `BadInput` where there are none."""
    first, changed = first_answers(answers)
    if not first:
        raise BadInput(f"no answers to test {test.id}", remedy=f"listen with `twin listen run {test.id}`, or give answer files")
    trials = {trial.id: trial for trial in test.trials}
    by_name: dict[str, list[tuple[Trial, Answer]]] = defaultdict(list)
    for answer in first:
        by_name[answer.listener].append((trials[answer.trial], answer))
    listeners = tuple(_listener(name, given, test) for name, given in sorted(by_name.items()))
    kept = {one.name for one in listeners if one.left_out is None}
    counted = [given for name in sorted(kept) for given in by_name[name]]
    main = _of(counted, "pair")
    right = [_is_right(*given) for given in main]
    ways = clustering(right, [answer.listener for _, answer in main]), clustering(right, [trial.item for trial, _ in main])
    worth = len(right) / combine(*ways)
    hits = worth * (sum(right) / len(right)) if right else 0.0
    identical = _of(counted, "identical")
    return ListeningScore(
        question=test.plan.question,
        listeners=listeners,
        planned=test.plan.listeners,
        right=Count(sum(right), len(right), statistics.share(hits, worth)),
        by_listener=ways[0],
        by_pair=ways[1],
        worth=worth,
        better=statistics.at_least(hits, worth),
        other=statistics.two_sided(hits, worth),
        upper=statistics.upper_bound(hits, worth),
        margin=test.plan.margin,
        agreement=_agreement(counted, test),
        identical=_count([trial.right == answer.answer for trial, answer in identical if trial.right is not None]),
        side_a=_count([answer.answer == "a" for _, answer in counted]),
        styles=_styles(main, test),
        changed=changed,
    )


def _is_right(trial: Trial, answer: Answer) -> bool:
    """Whether the answer is right; where it is a matter of taste, whether it is for the twin."""
    return answer.answer == (trial.right or trial.twin)


def _of(given: Sequence[tuple[Trial, Answer]], role: Role) -> list[tuple[Trial, Answer]]:
    return [(trial, answer) for trial, answer in given if trial.role == role]


def _count(values: Sequence[bool]) -> Count:
    return Count(sum(values), len(values), statistics.share(sum(values), len(values)))


def _listener(name: str, given: Sequence[tuple[Trial, Answer]], test: BlindTest) -> Listener:
    main, obvious = _of(given, "pair"), _of(given, "obvious")
    missed = sum(not _is_right(*one) for one in obvious)
    side = max(Counter(answer.answer for _, answer in given).values()) / len(given)
    why = _why_not(len(given), len(test.trials), missed, side, test.plan)
    return Listener(name, len(given), sum(_is_right(*one) for one in main), len(main), missed, side, why)


def _why_not(answered: int, trials: int, missed: int, side: float, plan: ListeningPlan) -> str | None:
    """Which rule of the plan leaves a listener out."""
    if missed > plan.misses:
        return f"{missed} obvious pairs missed, {plan.misses} allowed"
    if answered >= _FEW and side > plan.one_side:
        return f"one letter in {side:.0%} of the answers, {plan.one_side:.0%} allowed"
    if answered < plan.complete * trials:
        return f"{answered} of {trials} trials answered, {plan.complete:.0%} wanted"
    return None


def _agreement(given: Sequence[tuple[Trial, Answer]], test: BlindTest) -> Count:
    """Repeats answered for the same sound (for abx: as right or as wrong) as the pair was the first time."""
    before = {(answer.listener, trial.id): _is_right(trial, answer) for trial, answer in _of(given, "pair")}
    same = []
    for trial, answer in _of(given, "repeat"):
        earlier = before.get((answer.listener, first_of(test, trial).id))
        if earlier is not None:
            same.append(earlier == _is_right(trial, answer))
    return _count(same)


def _styles(main: Sequence[tuple[Trial, Answer]], test: BlindTest) -> dict[str, Count]:
    held: dict[str, list[bool]] = defaultdict(list)
    for trial, answer in main:
        held[test.items[trial.item].style or "-"].append(_is_right(trial, answer))
    return {style: _count(values) for style, values in sorted(held.items())}
