"""Bodies of requests: JSON that others wrote is read by the one reader of such texts, before any route sees it.

So a body that is nested too deep, and one with a number that JSON or a float does not know, is refused in words, and half of a
surrogate pair, which no file and no database stores, is U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from ..untrusted import parse_json


class JsonRequest(Request):
    """A request whose JSON is read by `parse_json`."""

    async def json(self) -> Any:
        """The value of the body. Raises `BadInput` as `parse_json` does."""
        if not hasattr(self, "_value"):
            self._value: Any = parse_json(await self.body(), "the body", remedy="send JSON, as the description of this API says")
        return self._value


class JsonRoute(APIRoute):
    """A route whose body, if it takes one, is a `JsonRequest`'s."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle = super().get_route_handler()

        async def read_and_handle(request: Request) -> Response:
            found = JsonRequest(request.scope, request.receive)
            if self.body_field is not None and await found.body():
                await found.json()  # here, since FastAPI would tell of its errors without their words
            return await handle(found)

        return read_and_handle
