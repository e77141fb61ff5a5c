"""Captions, read while they are typed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..errors import BadInput
from ..verbs import hearing
from .answers import answer
from .asked import REMEDY, looks_like_path
from .bodies import JsonRoute
from .served import Here

router = APIRouter(prefix="/v1/captions", tags=["captions"], route_class=JsonRoute)


@router.post("/read", operation_id="read_caption", response_model=hearing.CaptionReading)
def read_caption(request: Request, plan: hearing.CaptionToRead, here: Here) -> Response:
    """Tell what a caption would be understood as: tempo, key, style, words that are not known. Nothing is played or kept."""
    if looks_like_path(plan.variant):
        raise BadInput("a path is not taken here", remedy=REMEDY, faults=("variant: a path is not taken here",))
    return answer(request, hearing.read(plan, here.studio))
