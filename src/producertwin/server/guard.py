"""The one door: every request is judged here before any route sees it.

- `Host` must be a name of this server, so that a name that an attacker points at 127.0.0.1 (DNS rebinding) is turned away.
- A request that a page of another origin sends (`Origin`, `Sec-Fetch-Site`) is turned away, whatever it asks.
- All but `OPEN` and the page itself needs the token or a browser's cookie.
- What writes is JSON, or a sound for the assets: kinds that no form can send from elsewhere.
- Bodies are counted as they arrive; who sends or reads too slowly is cut off.
- Every answer says what a browser may do with it, and the id of its request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import Access
from .addresses import is_page
from .problems import LOG, Problem, send_problem, status_problem

OPEN: Final = frozenset({"/enter", "/healthz"})
"""Paths that need no token, beside those of the page; they tell nothing of the studio."""
UPLOADS: Final = "/v1/assets"
"""The path that takes sounds."""
TEXT_UPLOADS: Final = "/store_upload_web"
"""The path that takes sounds as text, where that is served."""
MOST_TEXT: Final = 70 << 20
"""Most bytes of a sound as text: 50 MB in base64."""
SONG_UPLOADS: Final = "/v1/songs/import"
"""The path that takes MIDI files as text."""
MOST_SONG: Final = 6 << 20
"""Most bytes of a MIDI file as text: 4 MiB in base64."""
MOST_JSON: Final = 1 << 20
"""Most bytes of a body that is no upload."""
MOST_UPLOAD: Final = 1 << 30
"""Most bytes of an uploaded sound."""
POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""What a browser may do with an answer that says nothing else: show it, and load nothing."""
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_READING: Final = frozenset({"GET", "HEAD"})
_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="producertwin"'}
_LOCKED: Final = "send the token of the studio (Authorization: Bearer), or open the link that `twin serve` printed"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take."""

    pause: float = 20.0
    """Seconds between two pieces of a body that is sent or read."""
    grace: float = 10.0
    """Seconds after which the mean speed of a body that is sent counts."""
    slowest: float = 4096.0
    """Bytes a second, the least mean speed."""


@dataclass(frozen=True, slots=True)
class Door:
    """Whom the guard lets in."""

    access: Access
    hosts: frozenset[str]
    """Every `Host` that is ours, in small letters."""
    secure: bool = False
    """Whether browsers come by HTTPS, through a proxy."""
    patience: Patience = Patience()
    most_json: int = MOST_JSON
    most_upload: int = MOST_UPLOAD

    @property
    def cookie(self) -> str:
        """Name of the cookie: ports share a browser's cookies, so that two servers need two names."""
        port = min(self.hosts, key=len).rpartition(":")[2]
        return f"twin_{port}" if port.isdigit() else "twin"


class Guard:
    """The ASGI application that stands before `app`."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request, and hand it on or answer it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(scope, send, self.door.patience)
        scope["request_id"] = answer.id
        refused = self._judge(scope)
        if refused is not None:
            headers = _CHALLENGE if refused.status == 401 else None
            await send_problem(refused, answer.id, headers)(scope, receive, answer.send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", "head": True}
        await self._hand_on(scope, _Body(scope, receive, self.door), answer)

    async def _hand_on(self, scope: Scope, body: _Body, answer: _Answer) -> None:
        try:
            await self.app(scope, body.receive, answer.send)
        except TimeoutError:
            LOG.warning("request %s: the client read too slowly", answer.id)
            raise
        except Exception:  # the outermost loop: the client was told by a problem, and the server goes on
            LOG.exception("request %s failed", answer.id)
            if not answer.finished:
                raise

    def _judge(self, scope: Scope) -> Problem | None:
        """Why a request is refused; None where it may pass."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.door.hosts:
            return status_problem(400, "this server has another name", "use the address that `twin serve` printed")
        if not self._is_same_origin(headers, hosts[0].lower(), method, path):
            return status_problem(403, "a page of another origin sent this", "open the studio's own page")
        if method not in _READING | _WRITING:
            return status_problem(405, f"{method[:20]} is not understood here")
        if not _is_open(path) and not self._is_let_in(headers):
            return status_problem(401, "the token is missing or wrong", _LOCKED)
        return self._judge_body(headers, method, path)

    def _is_same_origin(self, headers: Headers, host: str, method: str, path: str) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"{'https' if self.door.secure else 'http'}://{host}":
            return False
        site = headers.get("sec-fetch-site", "none")
        follows_link = method == "GET" and _is_open(path) and headers.get("sec-fetch-mode") == "navigate"
        return site in {"same-origin", "none"} or follows_link

    def _is_let_in(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.door.access.is_token(token.strip())
        return is_browser_known(headers.get("cookie", ""), self.door)

    def _judge_body(self, headers: Headers, method: str, path: str) -> Problem | None:
        length = headers.get("content-length")
        empty = length in (None, "0") and "transfer-encoding" not in headers
        if method in _READING or (empty and "content-type" not in headers):
            return None if empty else status_problem(400, f"a {method} has no body")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if path == UPLOADS:
            if not (kind == "application/octet-stream" or kind.startswith("audio/")):
                remedy = "send the sound itself, as audio/… or application/octet-stream"
                return status_problem(415, "a sound is uploaded as it is, not in a form", remedy)
        elif kind != "application/json":
            return status_problem(415, "bodies are JSON here", "send it as application/json")
        if length is not None and length.isdigit() and int(length) > _most(path, self.door):
            return status_problem(413, f"at most {_most(path, self.door)} bytes are taken")
        return None


class _Body:
    """The body of a request, counted and timed as it arrives."""

    def __init__(self, scope: Scope, receive: Receive, door: Door) -> None:
        self._receive = receive
        self._patience = door.patience
        self._most = _most(scope["path"], door)
        self._begun = time.monotonic()
        self._bytes = 0
        self._done = False

    async def receive(self) -> Message:
        """The next piece. Raises `HTTPException` for one too many, and for one that is too late."""
        if self._done:  # only whether the client is still there
            return await self._receive()
        try:
            async with asyncio.timeout(self._patience.pause):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "the body came too slowly") from None
        self._bytes += len(message.get("body", b""))
        self._done = not message.get("more_body", False)
        if self._bytes > self._most:
            raise HTTPException(413, f"at most {self._most} bytes are taken")
        took = time.monotonic() - self._begun
        if not self._done and took > self._patience.grace and self._bytes < took * self._patience.slowest:
            raise HTTPException(408, "the body came too slowly")
        return message


class _Answer:
    """The answer to a request: its headers are completed, and a client that does not read it is cut off."""

    def __init__(self, scope: Scope, send: Send, patience: Patience) -> None:
        self.id = f"{time.time_ns():x}"
        self.finished = False
        self._head = scope["method"] == "HEAD"
        self._send = send
        self._pause = patience.pause

    async def send(self, message: Message) -> None:
        """Send one piece. Raises `TimeoutError` where the client does not take it."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers["x-request-id"] = self.id
        elif self._head:
            message = {**message, "body": b""}
        async with asyncio.timeout(self._pause):
            await self._send(message)
        self.finished = message["type"] == "http.response.body" and not message.get("more_body", False)


def is_browser_known(cookies: str, door: Door) -> bool:
    """Whether one of the cookies of a request lets its browser in."""
    try:
        found = SimpleCookie(cookies).get(door.cookie)
    except CookieError:
        return False
    return found is not None and door.access.is_cookie(found.value)


def _is_open(path: str) -> bool:
    return path in OPEN or is_page(path)


def _most(path: str, door: Door) -> int:
    if path == TEXT_UPLOADS:
        return min(MOST_TEXT, door.most_upload)
    if path == SONG_UPLOADS:
        return min(MOST_SONG, door.most_upload)
    return door.most_upload if path == UPLOADS else door.most_json
