"""What a person lets an album cost. A budget is a hard stop: what is finished is kept, and nothing more is begun."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Final

from pydantic import Field

from ..errors import BadInput, BudgetExceeded
from ..recipe import Record
from ..wording import duration, plural, write_number

_AMOUNT: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]+)")
_UNITS: Final = {
    "s": ("seconds", 1.0), "sec": ("seconds", 1.0), "second": ("seconds", 1.0), "m": ("seconds", 60.0),
    "min": ("seconds", 60.0), "minute": ("seconds", 60.0), "h": ("seconds", 3600.0), "hr": ("seconds", 3600.0),
    "hour": ("seconds", 3600.0), "take": ("takes", 1.0), "byte": ("bytes", 1.0), "kb": ("bytes", 1e3), "mb": ("bytes", 1e6),
    "gb": ("bytes", 1e9), "tb": ("bytes", 1e12), "token": ("tokens", 1.0),
}  # fmt: skip
_CURRENCIES: Final = {
    "usd", "eur", "gbp", "chf", "jpy", "cny", "inr", "krw", "aud", "cad", "nzd", "sek", "nok", "dkk", "pln", "czk", "huf", "ron",
    "brl", "mxn", "zar", "try", "ils", "sgd",
}  # fmt: skip
_MOST: Final = 1e15
"""Of anything."""
_CARE: Final = 1.25
"""How much longer than before a step may take, in deciding whether there is time for it."""


class Cost(Record):
    """What a step cost."""

    seconds: float = Field(0.0, ge=0)
    takes: int = Field(0, ge=0)
    bytes: int = Field(0, ge=0)
    tokens: int = Field(0, ge=0)
    """Of language models: questions and answers."""
    money: float = Field(0.0, ge=0)
    """For these tokens, at the prices of the settings."""

    def __add__(self, other: Cost) -> Cost:
        return Cost(**{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields})


class Budget(Record):
    """The most that an album may cost, all its runs together; None is without end."""

    seconds: float | None = Field(None, gt=0)
    takes: int | None = Field(None, ge=1)
    bytes: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    """Of language models: questions and answers."""
    money: float | None = Field(None, gt=0)
    """For these tokens, at the prices of the settings."""
    currency: str = Field("", pattern="^([A-Z]{3})?$")
    """What the prices are stated in: a word, by which nothing is converted."""


def read_budget(text: str) -> Budget:
    """`10m`, or `1h30m, 40 takes, 500 MB, 20000 tokens, 0.50 USD`, as a budget; `none` is without a limit.

    Raises `BadInput` for anything else.
    """
    remedy = 'write each once and above 0: "1h30m, 40 takes, 500 MB, 20000 tokens, 0.50 USD"'
    said, plain = repr(text[:40]), text.strip().lower()
    if plain == "none":
        return Budget()
    found: dict[str, float] = {}
    units: set[str] = set()
    currency = ""
    for number, written in _AMOUNT.findall(plain):
        unit = written.removesuffix("s") if len(written) > 1 else written
        if (unit not in _UNITS and written not in _CURRENCIES) or re.fullmatch(r"\d+,\d{3}", number):
            raise BadInput(f"{number} {written[:20]} is no budget", remedy=remedy)
        name, size = _UNITS.get(unit, ("money", 1.0))
        currency = written.upper() if name == "money" else currency
        if unit in units or (name in found and name != "seconds"):
            raise BadInput(f"{said} gives a limit twice", remedy=remedy)
        units.add(unit)
        found[name] = found.get(name, 0.0) + float(number.replace(",", ".")) * size
    if not found or re.sub(r"[\s,;+]|\band\b", "", _AMOUNT.sub(" ", plain)):
        raise BadInput(f"{said} is no budget", remedy=remedy)
    for name, amount in found.items():
        if not 0 < amount <= _MOST or (name in ("takes", "tokens") and amount % 1) or (name == "bytes" and amount < 1):
            raise BadInput(f"{said} cannot be kept to", remedy=remedy)
    whole = {name: int(amount) for name, amount in found.items() if name not in ("seconds", "money")}
    return Budget.model_validate(found | whole | {"currency": currency})


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
            "seconds": self.is_over() and f"the time, {duration(limits.seconds or 0)}, is used up",
            "takes": limits.takes is not None
            and self.spent.takes + takes > limits.takes
            and f"{plural(self.spent.takes, 'take')} of {limits.takes} made",
            "bytes": limits.bytes is not None
            and self.spent.bytes >= limits.bytes
            and f"{write_number(self.spent.bytes)} bytes of {write_number(limits.bytes)} used",
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
