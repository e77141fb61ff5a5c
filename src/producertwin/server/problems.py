"""Errors as answers: problem+json (RFC 9457), with the remedy, a JSON pointer for every field, and nothing of this machine.

An answer holds no path, no name of a user and no stack trace: those go to the server's own log, under the id of the request.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ..errors import AudioRejected, BadInput, PartialFailure, TwinError
from ..recipe import Record
from ..wording import hide_keys, make_visible

MEDIA: Final = "application/problem+json"
LOG: Final = logging.getLogger("producertwin.server")
_PATH: Final = re.compile(r"(?<![\w.:/])(?:/[^\s/:;,'\"()<>]+)+/([^\s/:;,'\"()<>]+)/?|\b[A-Za-z]:\\(?:[^\s\\]+\\)*([^\s\\]+)")
_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _show_hidden(record: logging.LogRecord) -> bool:
    """What others sent may stand in an error: on the terminal of who serves, hidden characters of it are escapes."""
    record.msg, record.args = make_visible(hide_keys(record.getMessage())), ()
    if record.exc_info:
        record.exc_text = make_visible(hide_keys(logging.Formatter().formatException(record.exc_info)))
    return True


LOG.addFilter(_show_hidden)


class Fault(Record):
    """One thing that is wrong with what was sent."""

    pointer: str
    """JSON pointer (RFC 6901) into the body, or `?name` of the address; empty is the whole."""
    detail: str


class Problem(Record):
    """What went wrong, and what to do about it."""

    type: str
    """`urn:producertwin:` and the kind of error."""
    title: str
    status: int
    detail: str
    remedy: str = ""
    """The one thing to do next."""
    reason: str = ""
    """A stable code, where a sound was rejected."""
    request: str = ""
    """Id of the request, which the server's log names too."""
    errors: tuple[Fault, ...] = ()
    """Every mistake by its field."""


class Hider:
    """Takes this machine's paths out of texts that go to others."""

    def __init__(self, studio: Path) -> None:
        known = {str(studio): "the studio", str(studio.resolve()): "the studio", str(Path.home()): "~"}
        self._known = sorted(known.items(), key=lambda one: -len(one[0]))

    def hide(self, text: str) -> str:
        """`text` with a path cut to its last name, and without keys and tokens."""
        return hide_keys(self.hide_paths(text))

    def hide_paths(self, text: str) -> str:
        """`text` with a path cut to its last name."""
        if "/" not in text and "\\" not in text:
            return text
        for place, name in self._known:
            if len(place) > 1:
                text = re.sub(re.escape(place) + r"(?=[\s/\\'\",;:)]|$)", name, text)
        return _PATH.sub(lambda found: f"…/{found[1] or found[2]}", text)


def title_of(kind: str) -> str:
    """The name of an error in words: `bad input`."""
    return _WORDS.sub(" ", kind).lower()


def problem_of(error: TwinError, hider: Hider) -> Problem:
    """`error` as others are told of it."""
    kind = type(error).__name__
    faults: list[Fault] = []
    if isinstance(error, BadInput):
        faults = [Fault(pointer=pointer, detail=hider.hide(text)) for pointer, text in map(_split, error.faults)]
    if isinstance(error, PartialFailure):
        faults = [Fault(pointer="", detail=hider.hide(f"{unit}: {why.message}")) for unit, why in error.failures.items()]
    return Problem(
        type=f"urn:producertwin:{title_of(kind).replace(' ', '-')}",
        title=title_of(kind),
        status=error.http_status,
        detail=hider.hide(error.message),
        remedy=hider.hide(error.remedy),
        reason=error.reason if isinstance(error, AudioRejected) else "",
        errors=tuple(faults),
    )


def status_problem(status: int, detail: str, remedy: str = "") -> Problem:
    """A problem that HTTP itself has a name for."""
    title = HTTPStatus(status).phrase.lower()
    return Problem(type="about:blank", title=title, status=status, detail=detail, remedy=remedy)


def send_problem(problem: Problem, request: str, headers: dict[str, str] | None = None) -> Response:
    """The answer that tells `problem` to the request of that id."""
    body = problem.model_copy(update={"request": request}).model_dump(mode="json", exclude_defaults=True)
    return Response(json.dumps(body, ensure_ascii=False), problem.status, headers or {}, MEDIA)


def install(app: FastAPI) -> None:
    """Let `app` answer every error as a problem."""
    app.add_exception_handler(TwinError, _on_twin_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_twin_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TwinError)
    if error.http_status >= 500:
        LOG.warning("request %s: %s: %s", _id(request), type(error).__name__, error.message)
    return send_problem(problem_of(error, request.app.state.hider), _id(request))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = tuple(Fault(pointer=_pointer(one["loc"]), detail=str(one["msg"])) for one in error.errors())
    count = f"{len(faults)} fields" if len(faults) > 1 else "a field"
    problem = Problem(type="urn:producertwin:bad-input", title="bad input", status=422, detail=f"{count} cannot be used",
                      remedy="correct the named fields", errors=faults)  # fmt: skip
    return send_problem(problem, _id(request))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return send_problem(status_problem(error.status_code, str(error.detail)), _id(request), dict(error.headers or {}))


async def _on_unexpected(request: Request, _: Exception) -> Response:
    """Tell nothing but which request it was: the guard logs the rest."""
    remedy = "see the server's log for this request"
    return send_problem(status_problem(500, "something unexpected happened here", remedy), _id(request))


def _id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


def _pointer(place: Sequence[Any]) -> str:
    """Where a field stands: a JSON pointer into the body, or `?name` for what stands in the address."""
    origin, *rest = map(str, place) or ("body",)
    return _join(rest) if origin == "body" else "?" + ".".join(rest)


def _join(parts: Iterable[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _split(fault: str) -> tuple[str, str]:
    """Pointer and text of a fault that is written `field.inner: what`."""
    path, colon, text = fault.partition(": ")
    named = colon and re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", path)
    return (_join(path.split(".")), text) if named else ("", fault)
