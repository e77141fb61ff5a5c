"""Desks: presets and the studio's own, kept and compared; a desk as Faust, and as the steps that the page plays live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import Field, JsonValue

from ..errors import BadInput, NotFound
from ..library.trash import TrashEntry
from ..mixing.desk import MOST_STRIPS, PRESETS, Desk, desk_files, find_desk, read_desk, write_toml
from ..mixing.engine import INSTALL, is_installed
from ..mixing.faust import write_faust
from ..mixing.stems import fit_desk, name_strips
from ..mixing.wiring import Wiring, wire
from ..recipe import Record
from ..verbs.desk import DESKS, list_differences, name_parts
from ..verbs.desk_mix import read_draft
from ..verbs.own_desks import NAME, delete_desk, save_desk
from .answers import Page, answer, page, send_json
from .asked import too_large
from .bodies import JsonRoute
from .faults import find_faults
from .served import Cursor, Here, Limit, Served

router = APIRouter(prefix="/v1/desks", tags=["desks"], route_class=JsonRoute)

Name = Annotated[str, PathParameter(pattern=f"^{NAME.pattern}$")]
Tables = dict[str, JsonValue]
"""A desk in the tables of its file."""


class DeskHead(Record):
    """A desk in a list."""

    name: str
    title: str
    about: str
    own: bool
    """Whether it is the studio's own and no preset."""
    strips: tuple[str, ...]
    """The stems it is for."""
    parts: tuple[str, ...]
    """Effects of its master."""


class DeskText(Record):
    """A desk as it is written."""

    name: str
    own: bool
    """Whether it is the studio's own and no preset."""
    desk: Desk
    toml: str
    """The same as a file for `twin mix --desk`."""


class DeskFaust(Record):
    """A desk as a program, and as steps."""

    faust: str
    """The Faust source that plays it."""
    wiring: Wiring
    """The same effects and numbers, for who plays them one by one."""
    toml: str
    """The desk as a file."""


class DeskFit(Record):
    """A desk and the stems that are to go through it."""

    desk: Tables
    names: tuple[Annotated[str, Field(max_length=200)], ...] = Field(min_length=1, max_length=MOST_STRIPS)
    """What the stems are called."""


class FittedDesk(Record):
    """A desk with exactly one strip for each stem."""

    desk: Desk
    notes: tuple[str, ...]
    """What became of strips and stems that do not agree."""


class DeskPair(Record):
    """Two desks."""

    one: Tables
    other: Tables


class Difference(Record):
    """A place in which two desks differ; `-` where one has nothing there."""

    place: str
    one: str
    other: str


class MixEngine(Record):
    """What mixes here."""

    installed: bool
    remedy: str
    """How to install it; empty where it is."""


class DraftMove(Record):
    """A move of an automatic mix."""

    sentence: str
    undoable: bool
    """Whether it changed anything."""


class DraftFacts(Record):
    """A desk that the rules set, and what a person should know of it."""

    id: str
    desk: Desk
    moves: tuple[DraftMove, ...]
    """What the rules did, in their order, those that are left out of `desk` among them."""
    unread: tuple[str, ...]
    """Words of the prompt that nothing was made of."""
    heard: bool
    """Whether its effects were played and the faders set again by what they did."""


@router.get("", operation_id="list_desks", response_model=Page[DeskHead])
def list_every_desk(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the desks: presets, and the studio's own, which win where names are the same."""
    files = desk_files(_folder(here))
    heads, damaged = [], []
    for name, path in files.items():
        try:
            desk = find_desk(str(path))
        except BadInput:
            damaged.append(name)
            continue
        heads.append(_head(name, desk, own=path.parent != PRESETS))
    return answer(request, page(heads, limit, cursor) | {"damaged": damaged})


@router.get("/engine", operation_id="read_mix_engine", response_model=MixEngine)
def read_engine(request: Request) -> Response:
    """Tell whether mixes can be played here, and what to install where not."""
    there = is_installed()
    return answer(request, MixEngine(installed=there, remedy="" if there else INSTALL))


@router.get("/schema", operation_id="read_desk_schema", response_model=dict[str, Any])
def read_schema(request: Request) -> Response:
    """Read the JSON Schema of a desk, with the bounds and the unit of every number: controls can be drawn from it."""
    return send_json(request, Desk.model_json_schema())  # its references look like paths


@router.post("/faust", operation_id="write_desk_faust", response_model=DeskFaust)
def write_as_faust(request: Request, tables: Annotated[Tables, Body()]) -> Response:
    """Write a desk as Faust, and as the steps that are played live. Each mistake names its field."""
    desk = _read(tables)
    return answer(request, DeskFaust(faust=write_faust(desk).source, wiring=wire(desk), toml=write_toml(desk)))


@router.post("/fit", operation_id="fit_desk", response_model=FittedDesk)
def fit_to_stems(request: Request, asked: DeskFit) -> Response:
    """Fit a desk to stems by their names: one strip for each, in their order."""
    desk, notes = fit_desk(_read(asked.desk), asked.names, name_strips(asked.names))
    return answer(request, FittedDesk(desk=desk, notes=notes))


@router.post("/compare", operation_id="compare_desks", response_model=tuple[Difference, ...])
def compare(request: Request, pair: DeskPair) -> Response:
    """Compare two desks: every place in which they differ."""
    rows = list_differences(_read(pair.one), _read(pair.other))
    return answer(request, [Difference(place=place, one=one, other=other) for place, one, other in rows])


@router.get("/drafts/{draft}", operation_id="read_desk_draft", response_model=DraftFacts)
def read_one_draft(
    request: Request,
    draft: str,
    here: Here,
    without: Annotated[
        tuple[int, ...], Query(max_length=200, description="Moves that are undone, from 0; may be repeated.")
    ] = (),
) -> Response:
    """Read a desk that a job of the kind `desk` set, without some of its moves; what the others did stays."""
    found = read_draft(draft, here.studio)
    moves = tuple(DraftMove(sentence=one.sentence, undoable=bool(one.changes)) for one in found.moves)
    return answer(
        request, DraftFacts(id=found.id, desk=found.without(without), moves=moves, unread=found.unread, heard=found.heard)
    )


@router.get("/{desk}", operation_id="read_desk", response_model=DeskText)
def read_one_desk(request: Request, desk: str, here: Here) -> Response:
    """Read a desk."""
    return answer(request, _text(desk, here))


@router.put("/{desk}", operation_id="save_desk", response_model=DeskText)
def keep_desk(
    request: Request,
    desk: Name,
    tables: Annotated[Tables, Body()],
    here: Here,
    replace: Annotated[bool, Query(description="Replace a desk of your own that has the name.")] = False,
) -> Response:
    """Keep a desk as the studio's own, for the page and for `twin mix --desk`; it wins over a preset of its name."""
    save_desk(desk, _read(tables), here.studio, replace=replace)
    return answer(request, _text(desk, here))


@router.delete("/{desk}", operation_id="delete_desk", response_model=TrashEntry)
def remove_desk(request: Request, desk: Name, here: Here) -> Response:
    """Move a desk of the studio's own to the trash; presets stay."""
    return answer(request, delete_desk(desk, here.studio))


def _head(name: str, desk: Desk, *, own: bool) -> DeskHead:
    strips, parts = tuple(desk.strips), name_parts(desk.master)
    return DeskHead(name=name, title=desk.title, about=desk.about, own=own, strips=strips, parts=parts)


def _read(tables: Tables) -> Desk:
    """The desk in `tables`. Raises `BadInput` that names every mistake by its field."""
    if faults := tuple(too_large(tables, "desk")) or tuple(find_faults(Desk, tables)):
        raise BadInput("the desk cannot be used", remedy="correct the named fields", faults=faults)
    return read_desk(tables, where="the desk")


def _folder(here: Served) -> Path:
    return here.studio.settings.studio / DESKS


def _text(name: str, here: Served) -> DeskText:
    path = desk_files(_folder(here)).get(name)
    if path is None:
        raise NotFound(f"no desk {name[:80]!r}", remedy="see the list of desks")
    found = find_desk(str(path))
    return DeskText(name=name, own=path.parent != PRESETS, desk=found, toml=write_toml(found))
