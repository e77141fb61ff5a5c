"""What both kinds of server have in common: a connection that fails in known ways, and the meaning of a status.

A pause that a server asks for comes as `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3), or in the body as Google's
`retryDelay`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ValidationError

from .answers import NoAnswer
from .choice import Llm

if TYPE_CHECKING:
    import httpx

_CONNECT: Final = 20.0
"""Seconds to wait for a connection, however long an answer may take."""
_LONGEST: Final = 240
"""Most characters of a server's message that are told."""
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?")
_RETRY_DELAY: Final = re.compile(r'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"')
_BAD_KEY: Final = re.compile(r"API_KEY_INVALID|API key not valid", re.IGNORECASE)
"""Google answers 400, not 401, to a wrong key."""


class _Error(BaseModel):
    message: str


class _Body(BaseModel):
    """An error as both kinds of server write it."""

    error: _Error


@contextmanager
def line(llm: Llm) -> Iterator[httpx.Client]:
    """A connection for one question. Raises `NoAnswer`: timed_out or unreachable."""
    import httpx

    try:
        with httpx.Client(timeout=httpx.Timeout(llm.timeout, connect=min(llm.timeout, _CONNECT))) as client:
            yield client
    except httpx.TimeoutException:
        raise NoAnswer("timed_out", f"no answer within {llm.timeout:g} s") from None
    except httpx.RequestError as error:
        raise NoAnswer("unreachable", f"{llm.url} cannot be reached: {error}"[:_LONGEST]) from None


def failure(answer: httpx.Response, key: str) -> NoAnswer:
    """What a status other than 200 means."""
    status, said = answer.status_code, safe(_told(answer.text), key)
    if status == 401 or (status == 400 and _BAD_KEY.search(answer.text)):
        return NoAnswer("key_refused", f"the key was refused ({status})")  # what is said here may quote the key
    message = f"status {status}: {said or 'nothing said'}"
    if status == 403:
        return NoAnswer("key_refused", message)
    if status == 404:
        return NoAnswer("no_model", message)
    if status == 429:
        return NoAnswer("busy", message, pause=asked_pause(answer))
    if status >= 500 or status == 408:
        return NoAnswer("server_error", message, pause=asked_pause(answer))
    return NoAnswer("not_understood", message)


def _told(text: str) -> str:
    """The message of an error's body; the body itself where it has none."""
    try:
        return _Body.model_validate_json(text).error.message
    except ValidationError:
        return text


def asked_pause(answer: httpx.Response) -> float | None:
    """Seconds that a server asks to wait; None when it asks for nothing readable."""
    said = answer.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    until, now = _moment(said), _moment(answer.headers.get("Date", ""))
    if until is not None and now is not None:  # both by the server's clock, which may not be ours
        return max(until - now, 0.0)
    found = _RETRY_DELAY.search(answer.text)
    return float(found[1]) if found else None


def _moment(said: str) -> float | None:
    """Seconds since 1970 of a date in a header; None when it is none."""
    parts = parsedate_tz(said)
    try:
        return float(mktime_tz(parts)) if parts is not None else None
    except (ValueError, OverflowError):
        return None


def safe(text: str, key: str) -> str:
    """What a server said, without the key, on one line, not too long."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return (plain.replace(key, "(key)") if key else plain)[:_LONGEST]
