"""The HTTP client that both packages send through: it bounds what a server can do and keeps the key secret.

Neither package limits the length of an answer or the time of a slow one, and both send facts about this computer in headers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from .failures import NoAnswer, read_failure
from .records import Llm

_CONNECT: Final = 20.0
"""Seconds to wait for a connection, however long an answer may take."""
_LARGEST: Final = 8_000_000
"""Bytes of a response; the longest answer that can be asked for takes a tenth."""
_UNSENT: Final = ("x-stainless-", "x-goog-api-client", "openai-")
"""How the headers begin that tell of this computer, of the packages, and of OpenAI's variables; they are not sent."""
_LOGGERS: Final = frozenset({"httpcore", "httpx", "openai", "google_genai"})
"""Packages that log requests and responses."""


@contextmanager
def open_client(llm: Llm, key: str) -> Iterator[httpx.Client]:
    """A client for one question. What goes wrong while it is open, every status but 200 included, becomes a `NoAnswer`."""
    late = NoAnswer("timed_out", f"no answer within {llm.timeout:g} s", sent=True)
    until = time.monotonic() + llm.timeout

    def trim(request: httpx.Request) -> None:
        for name in [*request.headers]:
            if name.startswith(_UNSENT) and name != "x-stainless-raw-response":  # which the package reads again itself
                del request.headers[name]

    def check(response: httpx.Response) -> None:
        response.headers.pop("Content-Encoding", None)  # none was asked for, and a small response could unpack to a huge one
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Limited(response.stream, until, late)
        if response.status_code != 200:
            response.read()
            raise read_failure(response)

    client = httpx.Client(
        timeout=httpx.Timeout(llm.timeout, connect=min(llm.timeout, _CONNECT)),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"request": [trim], "response": [check]},
    )
    try:
        with _redact_logs(key), client:
            yield client
    except httpx.TimeoutException:
        raise late from None
    except (httpx.RequestError, OSError) as error:
        sent = isinstance(error, httpx.RequestError) and not isinstance(error, httpx.ConnectError)
        raise NoAnswer("unreachable", f"{llm.url} cannot be reached: {error}", sent=sent) from None


@dataclass(frozen=True)
class _Limited(httpx.SyncByteStream):
    """A response's bytes, with an end to their number and to the time they take."""

    stream: httpx.SyncByteStream
    until: float
    late: NoAnswer

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        for chunk in self.stream:
            length += len(chunk)
            if length > _LARGEST:
                raise NoAnswer("too_large", f"the response is larger than {_LARGEST // 1_000_000} MB", sent=True)
            if time.monotonic() > self.until:
                raise self.late
            yield chunk

    def close(self) -> None:
        self.stream.close()


@contextmanager
def _redact_logs(key: str) -> Iterator[None]:
    """Keep `key` out of what the packages log meanwhile, such as headers that a server sends back."""

    def hide(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        record.msg, record.args, record.exc_info = text.replace(key, "(key)") if key else text, (), None
        return True

    with ExitStack() as stack:
        for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _LOGGERS]:
            logging.getLogger(name).addFilter(hide)
            stack.callback(logging.getLogger(name).removeFilter, hide)
        yield
