"""How many tokens a question takes: as its server states it, or else estimated.

The estimate is a token for every byte that is sent and comes back, the schema included, and 64 for how the server wraps it. No
tokenizer that works on bytes makes more of them, so that before a question is sent the estimate, with the longest answer that is
allowed, is the most that it can take. English takes about a quarter of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from .failures import NoAnswer

if TYPE_CHECKING:
    from .answers import Schema
    from .records import Question

_MOST: Final = 10_000_000
"""Tokens of a question or an answer that a server is believed to have counted."""
_WRAPPING: Final = 64


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a question and of its answer, thinking included."""

    asked: int
    answered: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a text, or why it is none; and the tokens that the server states."""

    text: str
    usage: Usage | None = None
    failure: NoAnswer | None = None


class Meter(Protocol):
    """Whatever counts tokens."""

    def check(self, most: Usage) -> None:
        """Raise `BudgetExceeded` where a question must not be sent that may take so many."""

    def count(self, used: Usage) -> None:
        """Count a question that was sent."""


class Unlimited:
    """Counts nothing."""

    def check(self, most: Usage) -> None:
        """Let every question be sent."""

    def count(self, used: Usage) -> None:
        """Forget it."""


def read_usage(asked: Any, answered: Any) -> Usage | None:
    """The tokens that a server states; None where it states none that can be."""
    if type(asked) is not int or type(answered) is not int or not (0 < asked <= _MOST and 0 <= answered <= _MOST):
        return None
    return Usage(asked, answered)


def estimate_most(question: Question, schema: Schema | None, longest: int) -> Usage:
    """The most tokens that `question` can take."""
    sent = len(question.text.encode("utf-8", "replace")) + (0 if schema is None else len(json.dumps(schema)))
    return Usage(sent + (0 if question.clip is None else len(question.clip.data)) + _WRAPPING, longest, estimated=True)


def estimate_answer(text: str, most: Usage) -> Usage:
    """What a question took that was answered by `text`, where the server does not say."""
    return Usage(most.asked, min(len(text.encode("utf-8", "replace")), most.answered), estimated=True)
