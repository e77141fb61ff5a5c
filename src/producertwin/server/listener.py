"""Listen for HTTP: bind, tell where, and answer until the process is asked to stop."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import BadInput, Unavailable
from ..settings import Settings
from ..verbs.studio import open_studio
from .access import TOKEN, open_access
from .app import open_app
from .crew import Crew
from .guard import Door
from .plan import ServePlan, allowed_hosts, check_plan
from .served import Served

HEADER_SECONDS: Final = 10.0
"""How long the headers of a request may take."""
STOP_SECONDS: Final = 5
"""How long answers may still take when the server is asked to stop."""
MOST_CONNECTIONS: Final = 512
MOST_HEADERS: Final = 64 << 10
"""Bytes of a request's headers."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a studio is served."""

    address: str
    """Without a link's code: `http://127.0.0.1:8765`."""
    link: str
    """Lets one browser in, once and within an hour."""
    token: Path
    """File of the token, for programs."""


class TimedProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose headers do not come."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first headers."""
        super().connection_made(transport)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Take what came; what is no whole request yet has to become one in time."""
        if self._is_idle() and self._headers_due is None:
            self._expect_headers()
        super().data_received(data)
        if not self._is_idle():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _expect_headers(self) -> None:
        self._headers_due = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _give_up(self) -> None:
        self._headers_due = None
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """A server that ends the streams of events when it is asked to stop: their clients would wait for ever."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._end_streams()
        await super().shutdown(sockets)


def serve(plan: ServePlan, settings: Settings, tell: Callable[[Listening], None]) -> None:
    """Serve the studio of `settings` until Ctrl-C or SIGTERM; `tell` hears where, once it listens.

    Raises `BadInput` for an address that is not this machine's or lets others in without `expose`, `Unavailable` where the port
    is taken, and as opening the studio does.
    """
    check_plan(plan)
    access = open_access(settings.studio)
    with bind(plan) as listening, open_studio(settings) as studio:
        port = listening.getsockname()[1]
        door = Door(access, allowed_hosts(plan, port), secure=plan.behind_tls)
        address = address_of(plan, port)
        crew = Crew(settings, plan.workers)
        served = Served(studio, crew=crew, compatible=plan.ace_compat)
        config = uvicorn.Config(
            open_app(served, door), log_config=None, access_log=False, http=TimedProtocol, ws="none", server_header=False,
            date_header=True, proxy_headers=False, limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=15,
            timeout_graceful_shutdown=STOP_SECONDS, h11_max_incomplete_event_size=MOST_HEADERS,
        )  # fmt: skip
        threading.Thread(target=_warm_up, daemon=True).start()
        crew.start()
        tell(Listening(address, f"{address}/enter?code={access.make_code()}", settings.studio / TOKEN))
        try:
            with suppress(KeyboardInterrupt):  # uvicorn has ended cleanly by then, and only repeats the signal
                _Server(config, served.feed.close).run(sockets=[listening])
        finally:
            crew.stop()


def bind(plan: ServePlan) -> socket.socket:
    """A socket that listens where `plan` says. Raises `BadInput` for an address of others, `Unavailable` for a taken port."""
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named; else every answer waits 40 ms for an acknowledgement.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((plan.host, plan.port))
        made.listen(128)
    except OSError as error:
        made.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            remedy = "give another with --port, or --port 0 for any that is free"
            raise Unavailable(f"port {plan.port} of {plan.host} cannot be used: {error.strerror}", remedy=remedy) from None
        raise BadInput(f"{plan.host} is no address of this machine: {error}", remedy="give one with --host") from None
    return made


def address_of(plan: ServePlan, port: int) -> str:
    """What to open in a browser."""
    if plan.behind_tls:
        return f"https://{plan.name[0]}"
    host = plan.name[0] if plan.name else f"[{plan.host}]" if ":" in plan.host else plan.host
    return f"http://{host}:{port}"


def _warm_up() -> None:
    """Import what the first page would wait for."""
    from ..model.planner import catalogue  # noqa: F401 - takes seconds, because torch does
