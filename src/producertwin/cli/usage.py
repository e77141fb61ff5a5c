"""What is said of a command line that cannot be understood, in this program's words, with the help that would have told."""

from __future__ import annotations

from difflib import get_close_matches
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from cyclopts import (
    Argument,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from ..errors import TwinError
from .streams import spell_out

KINDS = {int: "a whole number", float: "a number", bool: "yes or no"}
"""Types as people say them."""


class Misunderstood(TwinError):
    """A command line that names no verb, or gives a verb what it does not take."""

    exit_code = 2


def usage_error(error: CycloptsError, verbs: tuple[str, ...]) -> Misunderstood:
    """What could not be understood, and where the help is. `verbs` are the commands of the program itself."""
    chain = tuple(error.command_chain or ())
    return Misunderstood(spell_out(_message(error, chain, verbs)), remedy=" ".join(("twin", *chain, "--help")))


def _message(error: CycloptsError, chain: tuple[str, ...], verbs: tuple[str, ...]) -> str:
    command = " ".join(("twin", *chain))
    match error:
        case UnknownCommandError():
            word = str(next(iter(error.unused_tokens or ()), ""))
            names = verbs if not chain else [name for name in error.app or () if not name.startswith("-")]
            return f"{command} has no command {word!r}{_meant(word, names)}"
        case UnknownOptionError():
            word = error.token.keyword or error.token.value
            names = [name for argument in error.argument_collection if argument.parse for name in argument.names]
            return f"{command} has no option {word}{_meant(word, names)}"
        case MissingArgumentError() if error.argument is not None:
            given = error.keyword or next((one.keyword for one in error.argument.tokens if one.keyword), "")
            return f"{given} needs a value" if given else f"{command} needs {_name(error.argument)}"
        case CoercionError(token=token) if token is not None and error.msg is None:
            name = token.keyword or (_name(error.argument) if error.argument else "this")
            return f"{name} takes {_kind(error.target_type)}, not {token.value!r}{_meant(token.value, _choices(error))}"
        case UnusedCliTokensError():
            left = " ".join(map(str, error.unused_tokens or ()))
            first = next((word for word in map(str, error.root_input_tokens or ()) if word not in chain), "")
            names = [name for name in (error.app or ()) if not name.startswith("-")]
            if meant := _meant(first, names):
                return f"{command} has no command {first!r}{meant}"
            return f"{command} has no use for {left!r}; words that belong together go between quotes"
        case RepeatArgumentError():
            return f"{error.token.keyword} is given twice"
    return str(error)


def _name(argument: Argument) -> str:
    """What the help calls an argument: a position in capitals, an option by its name."""
    return argument.name.lstrip("-").upper() if argument.index is not None else argument.name


def _choices(error: CoercionError) -> list[str]:
    """The values that are taken, where they are few."""
    kind: Any = error.target_type
    if get_origin(kind) is Literal:
        return [str(one) for one in get_args(kind)]
    return [str(one.value) for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _kind(kind: Any) -> str:
    """A type in words."""
    if get_origin(kind) is Literal:
        *first, last = map(str, get_args(kind))
        return f"{', '.join(first)} or {last}" if first else last
    return KINDS.get(kind, f"a {getattr(kind, '__name__', 'value').lower()}")


def _meant(word: str, names: list[str] | tuple[str, ...]) -> str:
    close = get_close_matches(word, names, 1)
    return f". Did you mean {close[0]}?" if close else ""
