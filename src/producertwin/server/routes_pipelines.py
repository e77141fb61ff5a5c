"""Pipelines: presets and the studio's own, read and checked field by field. Sources are ids: a path is never taken."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import JsonValue

from ..errors import BadInput, NotFound
from ..library.trash import TrashEntry
from ..pipeline.pipelines import NAME, PRESETS, Pipeline, find_tables, pipeline_files, read_pipeline, write_toml
from ..progress import finish
from ..recipe import Record
from ..verbs.own_pipelines import delete_pipeline, save_pipeline
from ..verbs.pipeline import FOLDER, PipelineInfo, list_pipelines
from ..verbs.pipeline_reading import OPEN, with_caption
from .answers import Page, answer, page
from .asked import REMEDY, name_paths, too_large
from .bodies import JsonRoute
from .fault_places import place_in_tables
from .served import Cursor, Here, Limit, Served

router = APIRouter(prefix="/v1/pipelines", tags=["pipelines"], route_class=JsonRoute)


Name = Annotated[str, PathParameter(pattern=f"^{NAME.pattern}$")]


class PipelineText(Record):
    """A pipeline as it is written."""

    name: str
    own: bool
    """Whether it is the studio's own and no preset."""
    tables: dict[str, JsonValue]
    toml: str
    """The same as a file for `twin pipeline run`."""


@router.get("", operation_id="list_pipelines", response_model=Page[PipelineInfo])
def list_every_pipeline(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List the pipelines: presets, and the studio's own, which win where names are the same."""
    found = finish(list_pipelines(here.studio))
    every = pipeline_files(here.studio.settings.studio / FOLDER)
    damaged = sorted(every.keys() - {one.name for one in found})
    return answer(request, page(found, limit, cursor) | {"damaged": damaged})


@router.post("/validate", operation_id="validate_pipeline", response_model=Pipeline)
def validate_pipeline(request: Request, tables: Annotated[dict[str, JsonValue], Body()]) -> Response:
    """Check a pipeline, in the tables of its file, and read it back with every default. Each mistake names its field.

    Words may be left to whoever plays it, as presets do.
    """
    faults = list(too_large(tables, "pipeline")) or list(name_paths(tables))
    if faults:
        raise BadInput("the pipeline cannot be used here", remedy=REMEDY, faults=tuple(faults))
    try:
        found = read_pipeline(with_caption(tables), where="the pipeline")
    except BadInput as error:
        raise _place_faults(error, tables) from None
    return answer(request, _leave_words_open(found.model_dump(mode="json")))


@router.put("/{pipeline}", operation_id="save_pipeline", response_model=PipelineText)
def keep_pipeline(
    request: Request,
    pipeline: Name,
    tables: Annotated[dict[str, JsonValue], Body()],
    here: Here,
    replace: Annotated[bool, Query(description="Replace a pipeline of your own that has the name.")] = False,
) -> Response:
    """Keep a pipeline as the studio's own, for the page and for `twin pipeline run`; it wins over a preset of its name."""
    faults = list(too_large(tables, "pipeline")) or list(name_paths(tables))
    if faults:
        raise BadInput("the pipeline cannot be used here", remedy=REMEDY, faults=tuple(faults))
    try:
        save_pipeline(pipeline, tables, here.studio, replace=replace)
    except BadInput as error:
        raise _place_faults(error, tables) from None
    return answer(request, _text(pipeline, here))


@router.delete("/{pipeline}", operation_id="delete_pipeline", response_model=TrashEntry)
def remove_pipeline(request: Request, pipeline: Name, here: Here) -> Response:
    """Move a pipeline of the studio's own to the trash; presets stay."""
    return answer(request, delete_pipeline(pipeline, here.studio))


@router.get("/{pipeline}", operation_id="read_pipeline", response_model=PipelineText)
def read_one_pipeline(request: Request, pipeline: Name, here: Here) -> Response:
    """Read a pipeline as it is written."""
    return answer(request, _text(pipeline, here))


def _text(pipeline: str, here: Served) -> PipelineText:
    folder = here.studio.settings.studio / FOLDER
    path = pipeline_files(folder).get(pipeline)
    if path is None:
        raise NotFound(f"no pipeline {pipeline}", remedy="see the list of pipelines")
    tables = find_tables(pipeline, folder)
    if not isinstance(tables.get("stages"), list) or not all(isinstance(one, dict) for one in tables["stages"]):
        raise BadInput(f"the pipeline {pipeline} has no stages", remedy="correct its file")
    return PipelineText(name=pipeline, own=path.parent != PRESETS, tables=tables, toml=write_toml(tables))


def _place_faults(error: BadInput, tables: dict[str, JsonValue]) -> BadInput:
    """`error` with its faults by their places in the tables that were sent."""
    return BadInput(error.message, remedy=error.remedy, faults=tuple(place_in_tables(one, tables) for one in error.faults))


def _leave_words_open(value: Any) -> Any:
    """`value` with nothing in the place of words that a pipeline leaves open."""
    if isinstance(value, dict):
        return {name: _leave_words_open(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_leave_words_open(inner) for inner in value]
    return "" if value == OPEN else value
