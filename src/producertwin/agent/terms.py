"""What an album does without asking, and what it may cost: kept in its folder, so that whoever goes on with it keeps to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from ..disk import write_json
from ..llm import Kind
from ..recipe import Record, read
from ..untrusted import read_object
from ..wording import duration, plural, write_number
from .budget import Budget
from .policy import Autonomy

if TYPE_CHECKING:
    from .spending import Spending

FILE: Final = "terms.json"
Reader = Literal[Kind, "none"]
"""Which language model reads and writes; none takes it away again."""


class Terms(Record):
    """On which terms an album is made."""

    autonomy: Autonomy = "full"
    """What is done without asking."""
    budget: Budget = Budget()
    """The most that it may cost, all runs together."""
    llm: Kind | None = None
    """The language model that explains choices; None: the rules alone."""

    def change(self, autonomy: Autonomy | None = None, budget: Budget | None = None, llm: Reader | None = None) -> Terms:
        """These terms with what is asked for instead; None leaves what is."""
        kept = self.budget if budget is None else budget
        return Terms(autonomy=autonomy or self.autonomy, budget=kept, llm=None if llm == "none" else llm or self.llm)


class GivenTerms(TypedDict, total=False):
    """What whoever makes an album says of its terms; what is absent or None leaves what is."""

    budget: Budget | None
    autonomy: Autonomy | None
    llm: Reader | None
    planning: Spending | None
    """What its plan took of a language model, which is counted with the first row."""


def read_terms(folder: Path) -> Terms | None:
    """The terms of the album in `folder`; None where none were kept yet. Raises `BadInput` for a damaged file."""
    path = folder / FILE
    return read(Terms, read_object(path), where=FILE) if path.is_file() else None


def write_terms(folder: Path, terms: Terms) -> None:
    """Keep the terms of the album in `folder`."""
    write_json(folder / FILE, terms.model_dump(mode="json"))


def describe_budget(budget: Budget) -> str:
    """A budget in words."""
    said = [duration(budget.seconds)] if budget.seconds else []
    said += [plural(budget.takes, "take")] if budget.takes else []
    said += [f"{write_number(budget.bytes)} bytes"] if budget.bytes else []
    said += [plural(budget.tokens, "token")] if budget.tokens else []
    said += [f"{budget.money:g} {budget.currency}".rstrip()] if budget.money else []
    return ", ".join(said) or "without a limit"


def compare_terms(before: Terms, after: Terms) -> str:
    """What becomes another, in words; empty where nothing does."""
    told = [f"autonomy {after.autonomy} instead of {before.autonomy}"] if before.autonomy != after.autonomy else []
    if before.budget != after.budget:
        told.append(f"budget {describe_budget(after.budget)} instead of {describe_budget(before.budget)}")
    if before.llm != after.llm:
        told.append(f"explained by {after.llm or 'the rules'} instead of {before.llm or 'the rules'}")
    return "; ".join(told)
