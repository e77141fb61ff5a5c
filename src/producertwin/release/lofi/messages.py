"""Lines of JSON-RPC 2.0: requests read from bytes that anybody may have sent, answers and notifications written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ...errors import BadInput
from ...untrusted import parse_json
from .faults import INVALID_PARAMS, INVALID_REQUEST, PARSE, Refused

LONGEST_LINE: Final = 1 << 20
"""Bytes of one request, 1 MiB."""
CHUNK: Final = 1 << 16
Id = int | str


class Source(Protocol):
    """Where bytes come from, as soon as some are there; none are its end."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request."""

    id: Id
    method: str
    params: Mapping[str, Any]


def read_lines(source: Source, longest: int = LONGEST_LINE) -> Iterator[bytes | None]:
    """The lines of `source` without their ends, the last one also where it has none; None for one longer than `longest`.

    What comes of such a line is dropped as it comes, so memory stays bounded.
    """
    held, dropping = bytearray(), False
    while chunk := source.read(CHUNK):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            if not dropping:
                held += part
                yield bytes(held) if len(held) <= longest else None
            held, dropping = bytearray(), False
        if not dropping:
            held += rest
            if len(held) > longest:
                yield None
                held, dropping = bytearray(), True
    if held:
        yield bytes(held)


def read_call(line: bytes) -> Call:
    """The request in a line. Raises `Refused`, which `id_of` has no id for, for what is none."""
    try:
        data = parse_json(line, "the line", remedy="send each request as one line of JSON, in UTF-8")
    except BadInput as error:
        raise Refused(PARSE, error.message, remedy=error.remedy) from None
    if isinstance(data, list):
        raise Refused(INVALID_REQUEST, "a batch of requests is not taken", remedy="send each request as a line of its own")
    if not isinstance(data, dict):
        raise Refused(INVALID_REQUEST, "a request is an object", remedy='such as {"jsonrpc":"2.0","id":1,"method":"ping"}')
    return _check(data)


class RefusedCall(Refused):
    """A request that is none, although its id can be read."""

    def __init__(self, id_: Id, reason: str, remedy: str) -> None:
        super().__init__(INVALID_REQUEST, reason, remedy=remedy)
        self.id = id_


def _check(data: dict[str, Any]) -> Call:
    id_ = data.get("id")
    if isinstance(id_, bool) or not isinstance(id_, int | str):
        why = "it has no id" if "id" not in data else "its id is neither a whole number nor a text"
        raise Refused(INVALID_REQUEST, why, remedy="give every request an id of its own")
    if data.get("jsonrpc") != "2.0":
        raise RefusedCall(id_, "it is not of version 2.0", 'write "jsonrpc":"2.0"')
    method, params = data.get("method"), data.get("params")
    if not isinstance(method, str):
        raise RefusedCall(id_, "it names no method", 'write "method" and the name of one')
    if params is None or params == []:  # an empty table of Lua may be written as a list
        params = {}
    return Call(id_, method, params if isinstance(params, dict) else {"": params})


def check_names(params: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raise `Refused` for parameters that are no object, and for one that is not `known`."""
    if "" in params:
        raise Refused(INVALID_PARAMS, "params are no object", remedy=f"name them: {', '.join(known) or 'none are needed'}")
    for name in params:
        if name not in known:
            reason = f"no parameter is called {name[:40]!r}"
            raise Refused(INVALID_PARAMS, reason, remedy=f"known are {', '.join(known) or 'none'}")


def write_result(id_: Id, result: Mapping[str, Any]) -> bytes:
    """The line that answers a request."""
    return _line({"jsonrpc": "2.0", "id": id_, "result": result})


def write_error(id_: Id | None, refused: Refused) -> bytes:
    """The line that refuses a request; its id is None where it could not be read."""
    return _line({"jsonrpc": "2.0", "id": id_, "error": refused.as_json()})


def write_notification(method: str, params: Mapping[str, Any]) -> bytes:
    """The line that tells something nobody asked for just now."""
    return _line({"jsonrpc": "2.0", "method": method, "params": params})


def _line(data: Mapping[str, Any]) -> bytes:
    """One line of ASCII, so that it is UTF-8 whatever a path of this machine holds."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
