"""Two sets of candidates of the same prompts and seeds, played by others: how often the second is better, by each scorer.

A take is compared with the one of the same prompt and seed, so luck of the draw is the same on both sides. Takes of one prompt
hang together: a win rate is the mean over prompts of the share of the takes that are better (a tie counts half), and its
interval is the bootstrap over prompts. A scorer that what is compared was trained on says least: the others are its judges, and
say whether anything else was paid. Loudness and length are watched, since scorers like what is loud and long, and so are
defects and diversity (the Vendi score of the takes of one prompt; beside it the spread of each scorer inside prompts). What
contradicts a gain is told as an alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import BadInput
from ..metrics.statistics import Interval, mean_interval
from .candidates import Candidates

LEAST: Final = 2
"""Prompts below which nothing is compared."""
ALLOWED: Final[Mapping[str, float]] = {"loudness": 0.5, "seconds": 0.1}
"""How far loudness (LU) and length may move: less is not heard."""
LEAST_FALL: Final = 0.01
"""Fall of the Vendi score of a prompt's takes below which they are as different as before."""
_MOVED: Final = {"loudness": ("louder", "quieter", "LU"), "seconds": ("longer", "shorter", "s")}


@dataclass(frozen=True, slots=True)
class ScorerComparison:
    """How the second set stands to the first by one scorer."""

    scorer: str
    learned: bool
    """Whether what is compared was trained on it; otherwise it is a judge."""
    wins: Interval
    """Share of the takes of the second that are better; half is none."""
    difference: Interval
    """Mean of the second less the first, in the scorer's own units."""
    spread: tuple[float, float]
    """Mean standard deviation inside a prompt, of the first and of the second."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets held against each other."""

    prompts: int
    takes: int
    scorers: tuple[ScorerComparison, ...]
    left_out: int
    """Prompts that both sets have and that were learned from."""
    controls: dict[str, Interval]
    """Mean of the second less the first, of loudness (LU), seconds, defects a take and diversity, as far as both sets know
    them."""
    alarms: tuple[str, ...]
    """What speaks against a gain."""


def compare(
    first: Mapping[int, Candidates],
    second: Mapping[int, Candidates],
    taught: Collection[str] = (),
    learned: Collection[str] = (),
) -> Comparison:
    """Hold `second` against `first`, prompts by their place; those whose ids are `taught` are left out.

    `learned` names the scorers that what is compared was trained on. Raises `BadInput` where fewer than two prompts are left, or
    where a place has another prompt or number of takes.
    """
    both = sorted(first.keys() & second.keys())
    for place in both:
        one, other = first[place], second[place]
        if one.prompt.id != other.prompt.id or len(one.takes) != len(other.takes):
            message = f"prompt {place + 1} is another one in the two sets"
            raise BadInput(message, remedy="make both with the same --n, --takes, --seconds, --style and --seed")
    kept = [place for place in both if first[place].prompt.id not in taught]
    if len(kept) < LEAST:
        message = f"{len(kept)} prompts to compare, of {len(both)} that both sets have"
        raise BadInput(message, remedy="make both sets with another --seed than the pairs that were learned from")
    rows = [(first[place], second[place]) for place in kept]
    names = sorted(set(rows[0][0].scores[0]) & set(rows[0][1].scores[0]))
    scorers = tuple(_by_scorer(name, rows, learned=name in learned) for name in names)
    controls = _control(rows)
    trained, judges = ({one.scorer: one.wins for one in scorers if one.learned is wanted} for wanted in (True, False))
    takes = sum(len(one.takes) for one, _ in rows)
    return Comparison(len(kept), takes, scorers, len(both) - len(kept), controls, find_alarms(trained, judges, controls))


def find_alarms(
    learned: Mapping[str, Interval], judges: Mapping[str, Interval], controls: Mapping[str, Interval]
) -> tuple[str, ...]:
    """What speaks against a gain.

    `learned` and `judges` are win rates by scorer, and `controls` differences. A reward that was learned from and rises while no
    judge does may be exploited: the policy found what the scorer likes, and nobody else hears it.
    """
    found = []
    risen = [name for name, wins in learned.items() if wins.low > 0.5]
    if risen and not any(wins.low > 0.5 for wins in judges.values()):
        who = ", ".join(judges)
        said = f"no judge does ({who})" if who else "there is no judge: score both sets by one that was not learned from"
        found.append(f"{', '.join(risen)}, which was learned from, rises, and {said}")
    found += [f"{name} falls: {wins.value:.0%} of the takes are better" for name, wins in judges.items() if wins.high < 0.5]
    for name, most in ALLOWED.items():
        if (moved := controls.get(name)) is not None and (moved.low > most or moved.high < -most):
            more, less, unit = _MOVED[name]
            found.append(f"takes are {abs(moved.value):.2g} {unit} {more if moved.value > 0 else less}")
    if (defects := controls.get("defects")) is not None and defects.low > 0:
        found.append(f"there are {defects.value:.2g} more defects a take")
    if (diversity := controls.get("diversity")) is not None and diversity.high < 0 and diversity.value < -LEAST_FALL:
        found.append(f"takes of a prompt are more alike: {diversity.value:.2g} of the Vendi score")
    return tuple(found)


def _by_scorer(name: str, rows: list[tuple[Candidates, Candidates]], *, learned: bool) -> ScorerComparison:
    before = [np.array([one[name] for one in mine.scores]) for mine, _ in rows]
    after = [np.array([one[name] for one in theirs.scores]) for _, theirs in rows]
    shares = [float(np.mean((b > a) + 0.5 * (b == a))) for a, b in zip(before, after, strict=True)]
    steps = [float(np.mean(b - a)) for a, b in zip(before, after, strict=True)]
    spread = float(np.mean([one.std() for one in before])), float(np.mean([one.std() for one in after]))
    return ScorerComparison(name, learned, mean_interval(np.array(shares)), mean_interval(np.array(steps)), spread)


def _control(rows: list[tuple[Candidates, Candidates]]) -> dict[str, Interval]:
    """The differences of what is watched, of each only where every prompt of both sets knows it."""
    means: dict[str, Callable[[Candidates], float | None]] = {
        "loudness": lambda one: _mean(one.loudness),
        "seconds": lambda one: _mean(one.seconds),
        "defects": lambda one: _mean([float(len(kinds)) for kinds in one.defects]),
        "diversity": lambda one: one.diversity,
    }
    found = {}
    for name, mean in means.items():
        sides = [(mean(one), mean(other)) for one, other in rows]
        known = [after - before for before, after in sides if before is not None and after is not None]
        if len(known) == len(rows):
            found[name] = mean_interval(np.array(known))
    return found


def _mean(values: Collection[float | None]) -> float | None:
    """The mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
