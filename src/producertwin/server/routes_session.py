"""The way in: a browser follows a link once and has a cookie; programs need neither."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from ..recipe import Record
from .bodies import JsonRoute
from .guard import Door, is_browser_known
from .problems import send_problem, status_problem

router = APIRouter(tags=["session"], route_class=JsonRoute)


class Link(Record):
    """A way in for one browser, once and within an hour."""

    path: str
    """What follows the address of the server."""


class Health(Record):
    """That the server answers."""

    status: str = "ok"


@router.get("/healthz", operation_id="read_health")
def read_health() -> Health:
    """Say that the server answers. Needs no token and tells nothing of the studio."""
    return Health()


@router.get("/enter", operation_id="enter", status_code=303, response_class=RedirectResponse)
def enter(request: Request, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Let the browser in that follows a link: its cookie stays until the token changes."""
    door: Door = request.app.state.door
    known = is_browser_known(request.headers.get("cookie", ""), door)  # one that was let in may follow its old link again
    if not (door.access.use_code(code) or known):
        remedy = "print a new link: start `twin serve` again, or POST /v1/links with the token"
        problem = status_problem(403, "this link was used, or is too old", remedy)
        return send_problem(problem, str(request.scope.get("request_id", "")))
    answer = RedirectResponse("/", 303)
    answer.set_cookie(door.cookie, door.access.cookie, httponly=True, samesite="strict", secure=door.secure, path="/",
                      max_age=90 * 86_400)  # fmt: skip
    return answer


@router.post("/v1/links", operation_id="make_link", status_code=201)
def make_link(request: Request) -> Link:
    """Make a link that lets a browser in, once and within an hour."""
    door: Door = request.app.state.door
    return Link(path=f"/enter?code={door.access.make_code()}")
