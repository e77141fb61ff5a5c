"""Tokens and money that language models take of an album's budget.

Words are optional, so a budget of tokens or money stops no album: a question that could exceed it is not sent, and the rules do
what the model would have done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, BudgetExceeded
from ..llm.usage import Usage
from ..wording import plural, write_number
from .budget import REMEDY, Budget, Cost

if TYPE_CHECKING:
    from ..settings import Settings

_MILLION: Final = 1_000_000


@dataclass(slots=True)
class Spending:
    """A meter of the questions of one step."""

    budget: Budget
    before: Cost
    """What the album took before."""
    prices: tuple[float, float] | None
    """Of a million tokens of questions, and of answers; None where they are not known."""
    cost: Cost = field(default_factory=Cost)
    """Of this step."""
    estimated: bool = False
    """Whether a server did not state what it took."""

    def check(self, most: Usage) -> None:
        """Raise `BudgetExceeded` where a question that takes at most so many could exceed the budget."""
        both = self.before + self.cost + self._price(most)
        limits, now = self.budget, self.before + self.cost
        if limits.tokens is not None and both.tokens > limits.tokens:
            told = f"{plural(now.tokens, 'token')} of {write_number(limits.tokens)} used"
            raise BudgetExceeded(f"{told}, and a question may take {write_number(both.tokens - now.tokens)}", remedy=REMEDY)
        if limits.money is not None and both.money > limits.money:
            told = f"{now.money:.4f} of {limits.money:g} {limits.currency} spent"
            raise BudgetExceeded(f"{told}, and a question may cost {both.money - now.money:.4f}", remedy=REMEDY)

    def count(self, used: Usage) -> None:
        """Count a question that was sent."""
        self.cost = self.cost + self._price(used)
        self.estimated = self.estimated or used.estimated

    @property
    def words(self) -> tuple[str, ...]:
        """What was taken, in a line; none where nothing was."""
        if not self.cost.tokens:
            return ()
        told = describe_spending(self.cost, self.budget.currency)
        return (f"at most {told}: estimated, for the server does not state it" if self.estimated else told,)

    @property
    def evidence(self) -> tuple[str, ...]:
        """That it is estimated, where it is: a row tells the rest as its cost."""
        return self.words if self.estimated else ()

    def _price(self, used: Usage) -> Cost:
        asked, answered = self.prices or (0.0, 0.0)
        return Cost(tokens=used.asked + used.answered, money=(used.asked * asked + used.answered * answered) / _MILLION)


def open_spending(budget: Budget, before: Cost, settings: Settings) -> Spending:
    """A meter for the next questions. Raises `BadInput` for a budget of money where the settings hold no prices."""
    check_prices(budget, settings)
    asked, answered = settings.question_price, settings.answer_price
    return Spending(budget, before, None if asked is None or answered is None else (asked, answered))


def check_prices(budget: Budget, settings: Settings) -> None:
    """Raise `BadInput` for a budget of money where the settings hold no prices."""
    if budget.money is not None and None in (settings.question_price, settings.answer_price):
        remedy = (
            "set TWIN_QUESTION_PRICE and TWIN_ANSWER_PRICE to what a million tokens cost (0 where they are free), or limit tokens"
        )
        raise BadInput("a budget of money needs the prices of the language model's tokens", remedy=remedy)


def describe_spending(cost: Cost, currency: str) -> str:
    """Tokens and money in words; empty where there are none."""
    if not cost.tokens:
        return ""
    return plural(cost.tokens, "token") + (f", {cost.money:.4f} {currency}".rstrip() if cost.money else "")
