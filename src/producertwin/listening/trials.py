"""A listening test as it is kept: its trials in order, and the key that says what was what.

Every draw is made from the seed together with a hash of the sounds, so another test with the same seed has other sides. Among
the pairs that count, and among the identical ones, the twin is A as often as B (and X is A as often as B), so a listener who
always gives one letter is right half of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import AwareDatetime, Field

from ..recipe import Record
from .plan import ListeningPlan, Question

Side = Literal["a", "b"]
SIDES: Final[tuple[Side, Side]] = ("a", "b")
Role = Literal["pair", "repeat", "identical", "obvious"]
"""A pair that counts; one heard before; a sound and itself; a sound and a spoiled copy."""
TEST_ID: Final = r"^[a-z2-7]{12}$"


class Trial(Record):
    """One question, and its answer."""

    id: str = Field(pattern=r"^t\d{3,4}$")
    role: Role
    item: int = Field(ge=0)
    """Place of its pair in the test's items."""
    files: dict[str, str]
    """Name of the file behind each letter: a, b and, for abx, x."""
    twin: Side
    """Where the twin (in an obvious pair: the spoiled copy) is; without a meaning in an identical pair."""
    right: Side | None
    """The right answer; None where it is a matter of taste."""


class Item(Record):
    """A matched pair."""

    twin: str
    """The file of the twin's sound."""
    other: str
    """The file of the other."""
    title: str
    style: str
    twin_bpm: float
    other_bpm: float


class BlindTest(Record):
    """A prepared test. It holds the key: listeners do not get to see it."""

    id: str = Field(pattern=TEST_ID)
    created: AwareDatetime
    plan: ListeningPlan
    lufs: float
    """Loudness of every sound."""
    items: tuple[Item, ...]
    trials: tuple[Trial, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """What is heard in every trial, in this order."""
        return letters(self.plan.question)


@dataclass(frozen=True, slots=True)
class Slot:
    """A trial before its sounds are written: which sound is behind each letter."""

    role: Role
    item: int
    sounds: dict[str, str]
    """`twin`, `other` or `spoiled` by letter."""
    twin: Side
    right: Side | None


def letters(question: Question) -> tuple[str, ...]:
    """The letters of a trial."""
    return (*SIDES, "x") if question == "abx" else SIDES


def lay_out(plan: ListeningPlan, rng: np.random.Generator) -> list[Slot]:
    """The trials of a test of `plan.trials` pairs, each heard `plan.times` times, in the order they are heard.

    Repeats are of pairs from the first half and come in the second.
    """
    count = plan.trials * plan.times
    sides, xs = _balance(count, rng), _balance(count, rng)
    slots = [_slot(plan.question, "pair", place % plan.trials, sides[place], xs[place]) for place in range(count)]
    catches: list[tuple[Role, int]] = [("identical", plan.identical), ("obvious", plan.obvious)]
    for role, count in catches:
        drawn = zip(rng.integers(plan.trials, size=count).tolist(), _balance(count, rng), _balance(count, rng), strict=True)
        slots += [_slot(plan.question, role, item, side, x) for item, side, x in drawn]
    order = [slots[place] for place in rng.permutation(len(slots))]
    half = (len(order) + 1) // 2
    early = [slot.item for slot in order[:half] if slot.role == "pair"]
    again = [early[place] for place in rng.permutation(len(early))[: plan.repeats]]
    for item in again:
        place = int(rng.integers(half + 1, len(order) + 1)) if half < len(order) else len(order)
        order.insert(place, _slot(plan.question, "repeat", item, _draw_side(rng), _draw_side(rng)))
    return order


def _slot(question: Question, role: Role, item: int, side: Side, x: Side) -> Slot:
    """A trial with the twin (or what stands for it) on `side` and, for abx, X the sound of side `x`."""
    intact = _other(side)
    pair: dict[Role, tuple[str, str]] = {"identical": ("other", "other"), "obvious": ("spoiled", "other")}
    first, second = pair.get(role, ("twin", "other"))
    sounds = {side: first, intact: second}
    if question == "abx":
        return Slot(role, item, {"a": sounds["a"], "b": sounds["b"], "x": sounds[x]}, side, x)
    right = None if question == "preference" and role != "obvious" else intact
    return Slot(role, item, {"a": sounds["a"], "b": sounds["b"]}, side, right)


def _balance(count: int, rng: np.random.Generator) -> list[Side]:
    """`count` sides, each as often as the other, an odd one drawn."""
    sides: list[Side] = [SIDES[place % 2] for place in range(count - count % 2)] + [_draw_side(rng)] * (count % 2)
    return [sides[place] for place in rng.permutation(count)]


def _draw_side(rng: np.random.Generator) -> Side:
    return SIDES[int(rng.integers(2))]


def _other(side: Side) -> Side:
    return "b" if side == "a" else "a"


def find(test: BlindTest, trial: str) -> Trial | None:
    """The trial with the id `trial`."""
    return next((one for one in test.trials if one.id == trial), None)


def first_of(test: BlindTest, repeat: Trial) -> Trial:
    """The trial in which the pair of a repeat was heard first."""
    return next(one for one in test.trials if one.role == "pair" and one.item == repeat.item)
