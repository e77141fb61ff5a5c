"""What a person lets an album cost. A budget is a hard stop: what is finished is kept, and nothing more is begun."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from ..errors import BadInput, BudgetExceeded
from ..recipe import Record
from ..wording import duration, write_number

_AMOUNT: Final = re.compile(r"(?P<money>[$€£])?\s*(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z]*)")
_SECONDS: Final = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "hour": 3600.0}
_BYTES: Final = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
_CARE: Final = 1.25
"""How much longer than before a step may take, in deciding whether there is time for it."""


class Cost(Record):
    """What a step cost."""

    seconds: float = 0.0
    takes: int = 0
    bytes: int = 0
    tokens: int = 0
    money: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(**{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields})


class Budget(Record):
    """The most that an album may cost, all its runs together; None is without end."""

    seconds: float | None = Field(None, gt=0)
    takes: int | None = Field(None, ge=1)
    bytes: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=0)
    money: float | None = Field(None, ge=0)
    """In the currency of the language model's provider."""


def read_budget(value: object) -> object:
    """`10m`, `1h, 40 takes, 500 MB, 20000 tokens, $2` as the fields of a `Budget`. Raises `BadInput` for anything else."""
    if not isinstance(value, str):
        return value
    found: dict[str, Any] = {}
    for part in filter(None, (one.strip().lower() for one in re.split(r"[,;+]|\band\b", value))):
        read = _AMOUNT.fullmatch(part)
        unit = read["unit"] if read else ""
        number = float(read["number"].replace(",", ".")) if read else 0.0
        short = unit.removesuffix("s") if len(unit) > 1 else unit
        short = {"minute": "m", "second": "s", "hr": "h"}.get(short, short)
        if read and read["money"]:
            name, amount = "money", number
        elif short in _SECONDS:
            name, amount = "seconds", number * _SECONDS[short]
        elif short in ("take", "token"):
            name, amount = f"{short}s", int(number)
        elif unit in _BYTES:
            name, amount = "bytes", int(number * _BYTES[unit])
        else:
            raise BadInput(
                f"{part[:40]!r} is no budget", remedy='write time, takes, bytes, tokens or money: "10m, 40 takes, 500 MB, $2"'
            )
        if name in found or (amount <= 0 and name != "money"):
            raise BadInput(f"{part[:40]!r} cannot be kept to", remedy="give each limit once, above 0")
        found[name] = amount
    return found


BudgetText = Annotated[Budget, BeforeValidator(read_budget)]
"""A budget in one text."""


@dataclass(slots=True)
class Purse:
    """A budget, and what was spent of it."""

    budget: Budget
    spent: Cost
    """Before this run began, and by the steps that it finished."""
    began: float = field(default_factory=time.monotonic)
    before: float = 0.0
    """Seconds spent before this run."""

    def __post_init__(self) -> None:
        self.before = self.spent.seconds

    @property
    def seconds(self) -> float:
        """Seconds spent, this run's included."""
        return self.before + time.monotonic() - self.began

    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.budget.seconds is not None and self.seconds >= self.budget.seconds

    def add(self, cost: Cost) -> None:
        """Count a finished step."""
        self.spent = self.spent + cost

    def check(self, what: str, takes: int = 0) -> None:
        """Raise `BudgetExceeded` where `what`, which makes so many takes, must not begin any more."""
        limits = self.budget
        told = {
            "seconds": self.is_over() and f"the {duration(limits.seconds or 0)} are used up",
            "takes": limits.takes is not None and self.spent.takes + takes > limits.takes and f"{limits.takes} takes are made",
            "bytes": limits.bytes is not None
            and self.spent.bytes >= limits.bytes
            and f"{write_number(limits.bytes)} bytes are used up",
            "tokens": limits.tokens is not None and self.spent.tokens > limits.tokens and f"{limits.tokens} tokens are used up",
            "money": limits.money is not None and self.spent.money > limits.money and f"{limits.money:g} of money are used up",
        }
        reason = next(filter(None, told.values()), None)
        if reason:
            raise BudgetExceeded(f"the budget ends before {what}: {reason}", remedy=REMEDY)

    def has_room(self, needed: Cost, later: Cost) -> bool:
        """Whether a step that may be left out fits, beside what has to be done `later`."""
        limits, both = self.budget, needed + later
        time_left = limits.seconds is None or self.seconds + _CARE * both.seconds <= limits.seconds
        takes_left = limits.takes is None or self.spent.takes + both.takes <= limits.takes
        return time_left and takes_left and (limits.bytes is None or self.spent.bytes + both.bytes <= limits.bytes)


REMEDY: Final = "what is finished is in the folder; the same command with a larger --budget goes on from there"
