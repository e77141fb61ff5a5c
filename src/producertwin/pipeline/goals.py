"""What a take is to keep, so that it is played again where it does not: `chords>=0.8, melody>=0.4, tempo, key`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator

from ..errors import BadInput
from ..wording import suggest_name, write_number

READINGS: Final[Mapping[str, tuple[str, float | None]]] = {
    "chords": ("chords_root", 0.8),
    "thirds": ("chords_third", 0.8),
    "melody": ("melody_pitch", 0.4),
    "form": ("form_boundaries", 0.5),
    "tempo": ("tempo_kept", None),
    "key": ("key_kept", None),
}
"""What can be held -> the reading of a take, and the least that is meant where no number is given; None is kept or not."""
OF_GUIDE: Final = frozenset({"chords", "thirds", "melody", "form"})
"""What is held against a guide."""
_GOAL: Final = re.compile(r"([^\W\d_]+)\s*(?:(>=|≥|=|>)\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?))?")


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing to keep, and how much of it at least, 0 to 1."""

    name: str
    least: float

    @property
    def is_share(self) -> bool:
        """Whether it is a share; else it is kept or not."""
        return READINGS[self.name][1] is not None

    def value(self, meters: Mapping[str, float | None]) -> float | None:
        """What a take reads; None where it cannot be told."""
        return meters.get(READINGS[self.name][0])

    def __str__(self) -> str:
        return f"{self.name}>={write_number(self.least)}" if self.is_share else self.name


@dataclass(frozen=True, slots=True)
class Held:
    """How a take stands to its goals."""

    missed: tuple[Goal, ...]
    short: float
    """What the missed ones lack, together."""
    unread: tuple[Goal, ...]
    """Those that cannot be told of it, which count as neither kept nor missed."""


def read_goals(text: str) -> tuple[Goal, ...]:
    """The goals in `chords>=.8, tempo`. Raises `BadInput` for what is none, said twice, or out of range."""
    found: dict[str, Goal] = {}
    for word in filter(None, (part.strip() for part in re.split(r"[,;]|\band\b", text))):
        read = _GOAL.fullmatch(word)
        name = read[1].lower() if read else word
        if read is None or name not in READINGS:
            known = ", ".join(READINGS)
            raise BadInput(f"{word!r} cannot be held{suggest_name(name, READINGS)}", remedy=f'write "chords>=.8", of {known}')
        usual = READINGS[name][1]
        if name in found:
            raise BadInput(f"{name} is to be held twice", remedy="say it once")
        if usual is None and read[3]:
            raise BadInput(f"{name} is kept or not: {word!r} says how much", remedy=f"write {name} alone")
        least = 1.0 if usual is None else usual if not read[3] else float(read[3]) / (100.0 if read[4] else 1.0)
        if not 0.0 < least <= 1.0:
            raise BadInput(f"{word!r} is out of range", remedy=f"write a share above 0 and up to 1, such as {name}>=.8")
        found[name] = Goal(name, least)
    return tuple(found.values())


def judge(goals: tuple[Goal, ...], meters: Mapping[str, float | None]) -> Held:
    """How a take with these `meters` stands to `goals`."""
    read: dict[Goal, Any] = {goal: goal.value(meters) for goal in goals}
    unread = tuple(goal for goal, value in read.items() if value is None)
    missed = tuple(goal for goal, value in read.items() if value is not None and value < goal.least - 1e-9)
    return Held(missed, float(sum(goal.least - read[goal] for goal in missed)), unread)


def tell_goals(goals: tuple[Goal, ...], meters: Mapping[str, float | None]) -> str:
    """What a take reads of each goal, in words."""
    words = []
    for goal in goals:
        value = goal.value(meters)
        if value is None:
            words.append(f"{goal.name} cannot be told")
        elif goal.is_share:
            words.append(
                f"{goal.name} {value:.0%} of the asked {goal.least:.0%}" if value < goal.least else f"{goal.name} {value:.0%}"
            )
        else:
            words.append(f"{goal.name} {'kept' if value else 'not kept'}")
    return ", ".join(words)


GoalsText = Annotated[str, AfterValidator(lambda text: ", ".join(map(str, read_goals(text))))]
"""Goals in one text, written as they are stored."""
