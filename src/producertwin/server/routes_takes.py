"""Takes: listed, found, traced to what they were made from, and written in other formats."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from ..errors import NotFound
from ..library import Filter, Take
from ..progress import finish
from ..recipe import Record
from ..verbs import takes as verb
from .answers import LIMIT, MOST, Page, answer, read_cursor, write_cursor, wrong_cursor
from .media import TYPES, send_bytes
from .previews import Sound
from .served import Here, Served
from .sounds import add_sound_routes

router = APIRouter(prefix="/v1/takes", tags=["takes"])
MOST_RELATED: Final = 500
"""Takes of a lineage that are told, at most."""


class TakeQuery(Filter):
    """Which takes to list, and which part of the list."""

    cursor: str | None = Field(None, max_length=400)
    """What the page before gave as `next`."""


class TakeDetail(Record):
    """A take, and what was made from it."""

    take: Take
    children: tuple[str, ...]
    """Ids of the takes made from it."""


class Lineage(Record):
    """What a take was made from, and what was made from it."""

    take: str
    takes: tuple[Take, ...]
    """The take and all its relatives, ancestors first; each names its parents."""
    missing: tuple[str, ...] = ()
    """Ids of ancestors that are gone."""
    cut: bool = False
    """Whether there are more than are told."""


@router.get("", operation_id="list_takes", response_model=Page[Take])
def list_takes(request: Request, query: Annotated[TakeQuery, Query()], here: Here) -> Response:
    """List takes, the newest first, as `twin takes list` finds them."""
    limit = min(query.limit or LIMIT, MOST)
    asked = Filter.model_validate(query.model_dump(exclude={"cursor", "limit"}) | {"limit": limit + 1})
    found, damaged = here.library.takes.survey(asked, after=_position(query.cursor))
    shown, more = found[:limit], len(found) > limit
    following = write_cursor(shown[-1].created.isoformat(), shown[-1].id) if more else None
    return answer(request, {"items": shown, "next": following, "damaged": [one.id for one in damaged]})


@router.get("/{take}", operation_id="read_take", response_model=TakeDetail)
def read_take(request: Request, take: str, here: Here) -> Response:
    """Read a take: how it came to be, what it measures, and what was made from it."""
    found = here.library.takes.get(take)
    return answer(request, TakeDetail(take=found, children=here.library.takes.children(found.id)))


@router.get("/{take}/lineage", operation_id="read_lineage", response_model=Lineage)
def read_lineage(request: Request, take: str, here: Here) -> Response:
    """Read what a take was made from and what was made from it, through all generations."""
    return answer(request, _lineage(take, here))


@router.get("/{take}/export", operation_id="export_take", response_class=Response, responses={200: {"content": {"audio/*": {}}}})
def export_take(
    request: Request, take: str, here: Here, form: Annotated[Literal["flac", "wav", "mp3", "ogg"], Query(alias="format")] = "flac"
) -> Response:
    """Write a take in another format, with its tags inside, to be saved."""
    found = here.library.takes.get(take)
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        path = Path(folder) / f"{found.id}.{form}"
        finish(verb.export(found.id, here.studio, path))
        return send_bytes(request, path.read_bytes(), media=TYPES[form], name=path.name)


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    match read_cursor(cursor):
        case [str(created), str(take)]:
            try:
                return datetime.fromisoformat(created), take
            except ValueError:
                pass
    raise wrong_cursor()


def _lineage(key: str, here: Served) -> Lineage:
    takes, first = here.library.takes, here.library.takes.get(key)
    known, missing = {first.id: first}, []
    queue = list(first.parents)
    while queue and len(known) < MOST_RELATED:
        parent = queue.pop(0)
        if parent in known or parent in missing:
            continue
        try:
            known[parent] = takes.get(parent)
        except NotFound:
            missing.append(parent)
        else:
            queue += known[parent].parents
    below = list(takes.children(first.id))
    while below and len(known) < MOST_RELATED:
        child = below.pop(0)
        if child not in known:
            known[child] = takes.get(child)
            below += takes.children(child)
    ordered = sorted(known.values(), key=lambda take: (take.created, take.id))
    return Lineage(take=first.id, takes=tuple(ordered), missing=tuple(missing), cut=bool(queue or below))


def _sound(key: str, here: Served) -> Sound:
    take = here.library.takes.get(key)
    return Sound(take.audio or take.id, here.library.takes.content(take), take.caption)  # refuses latents without a sound


add_sound_routes(router, "take", _sound)
