"""The application: one studio, its routes, its description, and the guard before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from .. import __version__
from ..verbs.studio import Studio
from . import (
    instruments,
    page,
    routes_ace,
    routes_albums,
    routes_assets,
    routes_captions,
    routes_desks,
    routes_ears,
    routes_events,
    routes_improvements,
    routes_jobs,
    routes_listening,
    routes_pairs,
    routes_pipelines,
    routes_releases,
    routes_runs,
    routes_session,
    routes_songs,
    routes_studio,
    routes_takes,
    routes_tracks,
    routes_trash,
    routes_verdicts,
)  # fmt: skip
from .answers import REFUSALS, send_json
from .guard import Door, Guard
from .problems import install
from .served import Served
from .uploads import UploadLimits

ROUTERS = (
    routes_session.router,
    routes_jobs.jobs,
    routes_jobs.workforce,
    routes_events.router,
    routes_assets.router,
    routes_takes.router,
    routes_verdicts.router,
    routes_pairs.router,
    routes_trash.router,
    routes_captions.router,
    routes_tracks.tracks,
    routes_tracks.datasets,
    routes_tracks.producers,
    routes_runs.runs,
    routes_runs.proofs,
    routes_releases.router,
    routes_improvements.router,
    routes_albums.router,
    routes_ears.reports,
    routes_ears.repairs,
    routes_songs.router,
    routes_pipelines.router,
    routes_desks.router,
    routes_listening.router,
    routes_studio.router,
)
NO_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
}  # fmt: skip
"""FastAPI measures and sends nothing, whatever the environment says."""
_ABOUT = (
    "Everything that the studio holds, over HTTP. Programs send the studio's token as `Authorization: Bearer`. "
    "Lists come in pages: send `next` back as `cursor`. Errors are problem+json (RFC 9457) with a remedy. "
    "Things are named by ids, never by paths."
)


def make_app(studio: Studio, door: Door, limits: UploadLimits = UploadLimits()) -> ASGIApp:
    """The application over an open `studio`, behind the guard. It closes the studio when it ends."""
    return open_app(Served(studio, limits), door)


def open_app(served: Served, door: Door) -> ASGIApp:
    """The application over what is `served`, behind the guard. It closes that when it ends."""

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(routes_jobs.sweep_uploads, served)
        yield
        await run_in_threadpool(served.close)

    app = make_routes(lifespan=live, compatible=served.compatible)
    app.state.served, app.state.door = served, door
    app.state.hider = served.hider
    return Guard(app, door)


def make_routes(lifespan: Callable[[FastAPI], Any] | None = None, *, compatible: bool = False) -> FastAPI:
    """The routes and their description, with nothing to serve yet; with `compatible` those of ACE-Step's own API too.

    FastAPI's own pages are off: they load from other machines.
    """
    app = FastAPI(
        title="Producer Twin", version=__version__, description=_ABOUT, lifespan=lifespan,
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=NO_TELEMETRY,
        separate_input_output_schemas=False,
    )  # fmt: skip
    install(app)
    for router in (*ROUTERS, *((routes_ace.router,) if compatible else ())):
        app.include_router(router, responses=REFUSALS)
    app.include_router(page.router)
    app.include_router(instruments.router)
    app.add_api_route("/v1/openapi.json", _send_description, include_in_schema=False)
    return app


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of the routes, with the ways to be let in."""
    found = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, separate_input_output_schemas=False
    )
    found["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "The studio's token, in STUDIO/server.token."},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "twin_PORT",
            "description": "What a browser has once it was let in.",
        },
    }
    found["security"] = [{"token": []}, {"cookie": []}]
    refusals = {str(status): one for status, one in REFUSALS.items()}
    found["components"]["responses"] = {}
    for operation in (one for methods in found["paths"].values() for one in methods.values()):
        for status in operation["responses"].keys() & refusals.keys():
            if operation["responses"][status]["description"] == refusals[status]["description"]:
                found["components"]["responses"][f"refused_{status}"] = operation["responses"][status]
                operation["responses"][status] = {"$ref": f"#/components/responses/refused_{status}"}
    for path in ("/healthz", "/enter"):
        found["paths"][path]["get"]["security"] = []
    return found


def _send_description(request: Request) -> Response:
    """Send the OpenAPI description."""
    return send_json(request, describe(request.app))  # its references look like paths
