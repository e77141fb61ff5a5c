"""Takes: listed, found, traced to what they were made from, and written in other formats."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.background import BackgroundTask

from ..errors import NotFound
from ..library import Filter, Labels, Take
from ..library.blobs import name_of
from ..library.trash import TrashEntry
from ..progress import finish
from ..recipe import Record, read
from ..verbs import takes as verb
from ..verbs.stems import StemsPlan, stems
from .answers import LIMIT, MOST, Page, answer, read_cursor, write_cursor, wrong_cursor
from .bodies import JsonRoute
from .media import TYPES, send_bytes, send_file
from .previews import Sound
from .served import Here, Served
from .sounds import add_sound_routes

router = APIRouter(prefix="/v1/takes", tags=["takes"], route_class=JsonRoute)
MOST_RELATED: Final = 500
"""Takes of a lineage that are told, at most."""


class TakeQuery(Filter):
    """Which takes to list, and which part of the list."""

    cursor: str | None = Field(None, max_length=400)
    """What the page before gave as `next`."""


class TakePage(Page[Take]):
    """A part of the list of takes."""

    labels: dict[str, Labels]
    """What people say of those takes of which they say something, by id."""


class LabelCounts(Record):
    """What takes are sorted by."""

    folders: dict[str, int]
    """Every folder, and how many takes are in it."""
    tags: dict[str, int]


class Deleted(Record):
    """Takes that were moved to the trash."""

    takes: tuple[str, ...]
    entry: TrashEntry
    """How to bring them back: restore its id."""


class LabelChanges(Record):
    """What is to be said of a take from now on; what is absent stays as it is."""

    title: str | None = Field(None, max_length=200)
    folder: str | None = Field(None, max_length=200)
    tags: Annotated[tuple[str, ...], Field(max_length=50)] | None = None
    liked: bool | None = None
    rating: int | None = Field(None, ge=0, le=5)
    """Stars; 0 takes them away."""
    remark: str | None = Field(None, max_length=5000)


class TakeDetail(Record):
    """A take, and what was made from it."""

    take: Take
    labels: Labels
    """What people say of it."""
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


@router.get("", operation_id="list_takes", response_model=TakePage)
def list_takes(request: Request, query: Annotated[TakeQuery, Query()], here: Here) -> Response:
    """List takes, the newest first, as `twin takes list` finds them."""
    limit = min(query.limit or LIMIT, MOST)
    asked = Filter.model_validate(query.model_dump(exclude={"cursor", "limit"}) | {"limit": limit + 1})
    found, damaged = here.library.takes.survey(asked.leave_out_latents(), after=_position(query.cursor))
    shown, more = found[:limit], len(found) > limit
    following = write_cursor(shown[-1].created.isoformat(), shown[-1].id) if more else None
    labels = here.library.takes.labels([one.id for one in shown])
    data = {"items": shown, "next": following, "damaged": [one.id for one in damaged]}
    return answer(request, data | {"labels": {name: one.model_dump() for name, one in labels.items()}})


@router.get("/labels", operation_id="list_labels", response_model=LabelCounts)
def list_labels(request: Request, here: Here) -> Response:
    """List the folders and tags that takes have."""
    folders, tags = here.library.takes.label_counts()
    return answer(request, LabelCounts(folders=folders, tags=tags))


@router.get("/{take}", operation_id="read_take", response_model=TakeDetail)
def read_take(request: Request, take: str, here: Here) -> Response:
    """Read a take: how it came to be, what it measures, and what was made from it."""
    found = here.library.takes.get(take)
    return answer(request, _detail(found, here))


@router.patch("/{take}", operation_id="label_take", response_model=TakeDetail)
def label_take(request: Request, take: str, changes: LabelChanges, here: Here) -> Response:
    """Say something of a take: its title, folder, tags, stars, a remark, or that you like it."""
    found = here.library.takes.get(take)
    known = here.library.takes.labels([found.id]).get(found.id, Labels())
    said = changes.model_dump(exclude_none=True)
    if said.get("rating") == 0:
        said["rating"] = None
    verb.label(found.id, read(Labels, known.model_dump() | said, where="the labels"), here.studio)
    here.feed.announce("library", {"changed": [found.id]})
    return answer(request, _detail(found, here))


@router.delete("/{take}", operation_id="delete_take", response_model=Deleted)
def delete_take(
    request: Request,
    take: str,
    here: Here,
    cascade: Annotated[bool, Query(description="Delete what was made from it, too.")] = False,
) -> Response:
    """Move a take to the trash, from which it can be restored."""
    gone, entry = verb.delete([take], here.studio, cascade=cascade)
    here.feed.announce("library", {"deleted": [one.id for one in gone]})
    return answer(request, Deleted(takes=tuple(one.id for one in gone), entry=entry))


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
    with here.writing(), tempfile.TemporaryDirectory(prefix="twin-") as folder:
        path = Path(folder) / f"{found.id}.{form}"
        finish(verb.export(found.id, here.studio, path))
        return send_bytes(request, path.read_bytes(), media=TYPES[form], name=path.name)


@router.get(
    "/{take}/stems", operation_id="export_stems", response_class=Response, responses={200: {"content": {"application/zip": {}}}}
)
def export_stems(
    request: Request,
    take: str,
    here: Here,
    rest: Annotated[bool, Query(description="One stem more: what the stems leave of the mix.")] = False,
) -> Response:
    """Hand a take over to a workstation: an archive of its stems, projects, tempo and notes."""
    found = here.library.takes.get(take)
    with here.writing(), ExitStack() as unsent:
        place = Path(tempfile.mkdtemp(prefix="twin-stems-"))
        unsent.callback(shutil.rmtree, place, ignore_errors=True)
        done = finish(stems(StemsPlan(subject=found.id, out=place / f"{found.id}.zip", rest=rest), here.studio))
        tag = name_of(done.out).removeprefix("b2:")[:24]
        sent = send_file(request, done.out, tag=tag, media="application/zip")
        sent.headers["content-disposition"] = f'attachment; filename="{done.out.name}"'
        sent.background = BackgroundTask(shutil.rmtree, place, ignore_errors=True)
        unsent.pop_all()
    return sent


def _detail(take: Take, here: Served) -> TakeDetail:
    takes = here.library.takes
    return TakeDetail(take=take, labels=takes.labels([take.id]).get(take.id, Labels()), children=takes.children(take.id))


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


def sound_of(key: str, here: Served) -> Sound:
    """The sound of a take."""
    take = here.library.takes.get(key)
    path = here.library.takes.content(take)  # refuses latents without a sound
    name = take.audio or take.latents  # what latents are decoded to follows from them
    assert name is not None, "a take is a sound or latents"
    return Sound(name, path, take.caption)


add_sound_routes(router, "take", sound_of)
