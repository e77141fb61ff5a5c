"""What a tool is, and how a call of one is answered: with data, or with an error that says what to do next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ...errors import BadInput, NotFound, PartialFailure, TwinError
from ...recipe import Record, read
from ..answers import TEXTS, plain
from ..problems import LOG
from ..served import Served
from .arguments import Arguments, arrange_record, read_arguments
from .attached import Attached
from .quoting import NOTE, quote_data

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a call may change, as it is told to clients."""

    reads: bool = False
    """Whether it changes nothing."""
    destroys: bool = False
    """Whether it may undo or remove something."""
    repeats: bool = False
    """Whether a second call with the same arguments changes nothing more."""


_WRITTEN: Final = TEXTS | {"name", "producer"}
"""Fields that hold what people wrote."""
READS: Final = Hints(reads=True, repeats=True)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or sound that is sent beside the data."""

    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found."""

    data: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool."""

    name: str
    about: str
    """What a model reads to choose it."""
    hints: Hints
    arguments: Arguments
    call: Callable[[Mapping[str, Any], Attached], Answer]


def make_tool(
    name: str,
    hints: Hints,
    record: type[R],
    work: Callable[[R, Attached], Answer | Mapping[str, Any]],
    *,
    left_out: Collection[str] = (),
) -> Tool:
    """A tool that answers at once: its arguments are the fields of `record`, but for those that are left out, and what `work`
    says of itself is what it is for."""
    arguments = arrange_record(record, left_out)

    def call(given: Mapping[str, Any], attached: Attached) -> Answer:
        found = work(read(record, read_arguments(record, given, arguments), where=name), attached)
        return found if isinstance(found, Answer) else Answer(found)

    assert work.__doc__, f"{name} says nothing of itself"
    return Tool(name, " ".join(work.__doc__.split()), hints, arguments, call)


def answer_call(tool: Tool, given: Mapping[str, Any], attached: Attached) -> Answer:
    """The answer to a call; what goes wrong is told as an error with a remedy, and what nobody expected goes to the log."""
    try:
        found = tool.call(given, attached)
        return Answer(show(found.data, attached.here), found.attachments)
    except TwinError as error:
        return Answer(describe_error(error, attached), is_error=True)
    except Exception:  # the outermost loop: the client is told, and the server goes on
        LOG.exception("the tool %s failed", tool.name)
        remedy = "this is a fault of Producer Twin; its log, on standard error, says more"
        return Answer({"error": "Unexpected", "message": "something unexpected happened here", "remedy": remedy}, is_error=True)


def show(data: Any, here: Served) -> dict[str, Any]:
    """`data` in JSON's types, without paths of this machine, as quoted data."""
    found: dict[str, Any] = quote_data(plain(data, here.hider))
    return found | {"note": NOTE} if _has_texts(found) else found


def describe_error(error: TwinError, attached: Attached) -> dict[str, Any]:
    """What went wrong and the one thing to do, as data. Nothing of this machine is in it."""
    faults = error.faults if isinstance(error, BadInput) else ()
    if isinstance(error, PartialFailure):
        faults = tuple(f"{unit}: {why.message}" for unit, why in error.failures.items())
    found: dict[str, Any] = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    if faults:
        found["faults"] = list(faults)
    if isinstance(error, NotFound):
        found["found"] = False
    hidden: dict[str, Any] = quote_data(attached.hide(found))
    return hidden


def _has_texts(value: Any) -> bool:
    if isinstance(value, dict):
        return any((name in _WRITTEN and one not in ("", None, [])) or _has_texts(one) for name, one in value.items())
    return any(map(_has_texts, value)) if isinstance(value, list) else False


logging.getLogger("mcp").setLevel(logging.WARNING)
