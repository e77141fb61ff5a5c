"""Every reason for which a model gives no answer, and what a server's error response means.

A server asks for a pause by `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3), or by Google's `retryDelay` in the body.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from pydantic import AliasPath, BaseModel, Field, ValidationError

from ..errors import Unavailable

if TYPE_CHECKING:
    import httpx

REMEDIES: Final = {
    "offline": "unset TWIN_OFFLINE, or go on without this model",
    "no_key": "set the variable to the key that the provider gave you",
    "no_package": "install the package of this kind of server",
    "key_refused": "check the key, and that it may use this model",
    "no_model": "check the model's name and the address",
    "not_understood": "choose a model that hears sound and answers in JSON",
    "busy": "wait for the quota to renew and run the same command again, or ask less often",
    "server_error": "run the same command again later",
    "timed_out": "run the same command again later, or allow more time",
    "unreachable": "check the network and the address",
    "refused": "look at the material, or choose another model",
    "truncated": "allow a longer answer, or choose a model that thinks less",
    "too_large": "check the address, or choose another model",
    "not_json": "run the same command again, or choose a model that answers in JSON",
    "does_not_fit": "run the same command again, or choose another model",
}
"""What to do next, by the reason of a `NoAnswer`."""
_REASONS: Final = {401: "key_refused", 403: "key_refused", 404: "no_model", 408: "server_error", 429: "busy"}
"""By the status of a response."""
_LONGEST: Final = 320
"""Most characters of a message."""
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?")
_RETRY_DELAY: Final = re.compile(r'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"')
_BAD_KEY: Final = re.compile(r"API_KEY_INVALID|API key not valid", re.IGNORECASE)
"""Google answers 400, not 401, to a wrong key."""


class NoAnswer(Unavailable):
    """A model gave no usable answer. `reason` is a key of `REMEDIES`; `pause` is what the server asked for, in seconds;
    `sent`: the question went out, and nobody says what it took.
    """

    def __init__(self, reason: str, message: str, *, remedy: str = "", pause: float | None = None, sent: bool = False) -> None:
        super().__init__(message, remedy=remedy or REMEDIES[reason])
        self.reason = reason
        self.pause = pause
        self.sent = sent


class _Error(BaseModel):
    """The message of an error, as both kinds of server write it."""

    message: str = Field(validation_alias=AliasPath("error", "message"))


def read_failure(response: httpx.Response) -> NoAnswer:
    """What a status other than 200 means."""
    status = response.status_code
    if status == 401 or (status == 400 and _BAD_KEY.search(response.text)):
        return NoAnswer("key_refused", f"the key was refused ({status})")  # the server's message may hold part of the key
    reason = _REASONS.get(status, "server_error" if status >= 500 else "not_understood")
    return NoAnswer(reason, f"status {status}: {_message(response.text) or 'no message'}", pause=_requested_pause(response))


def quote(text: str, key: str) -> str:
    """`text`, which may hold what a server said, on one line, without `key` and not too long."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return (plain.replace(key, "(key)") if key else plain)[:_LONGEST]


def _message(text: str) -> str:
    """The message of an error's body; the body itself where it has none."""
    try:
        return _Error.model_validate_json(text).message
    except ValidationError:
        return text


def _requested_pause(response: httpx.Response) -> float | None:
    """Seconds that a server asks to wait; None when it asks for nothing readable."""
    value = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:  # both by the server's clock, which may not be ours
        until, now = (parsedate_to_datetime(response.headers.get(name, "")) for name in ("Retry-After", "Date"))
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, OverflowError, TypeError):  # no date, one out of range, or only one with a time zone
        found = _RETRY_DELAY.search(response.text)
        return float(found[1]) if found else None
