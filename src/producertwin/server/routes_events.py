"""The events of everything that happens, as one stream for each client."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from .bodies import JsonRoute
from .served import Here

router = APIRouter(prefix="/v1", tags=["events"], route_class=JsonRoute)
MOST_STREAMS: Final = 256
"""Clients that may watch events at the same time."""


@router.get(
    "/events",
    operation_id="watch_events",
    response_class=StreamingResponse,
    responses={200: {"description": "The events.", "content": {"text/event-stream": {}}}},
)
async def watch_events(
    request: Request,
    here: Here,
    last: Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=1 << 53, description="Go on after this event.")] = None,
    after: Annotated[int | None, Query(ge=0, le=1 << 53, description="The same, for who can send no header.")] = None,
) -> Response:
    """Watch what happens, as server-sent events, in one stream.

    `job` (progress, notes and states of jobs), `take` (one was stored) and `worker` are rows with ids: `Last-Event-ID` brings all
    that came after. `library` (takes appeared or changed) and `run` (points of its curves) are hints without ids. `reset` tells
    that something was missed, so that everything should be read anew.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if request.scope.get("head"):
        return Response(headers=headers, media_type="text/event-stream")
    if here.feed.clients >= MOST_STREAMS:
        raise HTTPException(503, f"{MOST_STREAMS} clients watch already", {"Retry-After": "30"})
    return StreamingResponse(here.feed.stream(after if last is None else last), headers=headers, media_type="text/event-stream")
