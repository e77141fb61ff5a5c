"""Assets: sounds that are uploaded, to work on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ..library.assets import Asset
from .answers import Page, answer, page
from .bodies import JsonRoute
from .previews import Sound
from .served import Cursor, Here, Limit, Served
from .sounds import add_sound_routes

router = APIRouter(prefix="/v1/assets", tags=["assets"], route_class=JsonRoute)
_SOUND = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "",
    operation_id="upload_asset",
    status_code=201,
    response_model=Asset,
    responses={
        200: {"model": Asset, "description": "The same sound was here already."},
        408: {"description": "It came too slowly."},
        413: {"description": "It is too large."},
        415: {"description": "It was sent in a form, not as it is."},
        429: {"description": "Other uploads are being taken; see `Retry-After`."},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _SOUND, "audio/*": _SOUND}}},
)
async def upload_asset(
    request: Request, here: Here, name: Annotated[str, Query(max_length=1000, description="What its file is called.")] = ""
) -> Response:
    """Upload a sound: its bytes are the body. It is decoded to its end first; the same sound again is the same asset."""
    asset, new = await here.uploads.take(request.stream(), name)
    return answer(request, asset, status=201 if new else 200, headers={"location": f"/v1/assets/{asset.id}"})


@router.get("", operation_id="list_assets", response_model=Page[Asset])
def list_assets(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List what was uploaded, the newest first."""
    return answer(request, page(here.assets.list(), limit, cursor))


@router.get("/{asset}", operation_id="read_asset", response_model=Asset)
def read_asset(request: Request, asset: str, here: Here) -> Response:
    """Read what is known of an asset."""
    return answer(request, here.assets.get(asset))


@router.delete("/{asset}", operation_id="delete_asset", response_model=Asset)
def delete_asset(request: Request, asset: str, here: Here) -> Response:
    """Delete an asset. Takes that were made from it stay."""
    return answer(request, here.assets.delete(asset))


def sound_of(key: str, here: Served) -> Sound:
    """The sound of a asset."""
    asset = here.assets.get(key)
    return Sound(asset.id, here.assets.content(asset), asset.name)


add_sound_routes(router, "asset", sound_of)
