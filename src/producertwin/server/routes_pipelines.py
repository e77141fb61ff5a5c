"""Pipelines: presets and the studio's own, read and checked field by field. Sources are ids: a path is never taken."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from fastapi import Path as PathParameter
from pydantic import JsonValue

from ..errors import BadInput, NotFound
from ..pipeline.pipelines import NAME, PRESETS, Pipeline, find_tables, pipeline_files, read_pipeline, write_toml
from ..progress import finish
from ..recipe import Record
from ..verbs.pipeline import FOLDER, PipelineInfo, list_pipelines
from .answers import Page, answer, page
from .asked import REMEDY, name_paths, place_in_tables, too_deep
from .served import Cursor, Here, Limit

router = APIRouter(prefix="/v1/pipelines", tags=["pipelines"])


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
    """Check a pipeline, in the tables of its file, and read it back with every default. Each mistake names its field."""
    faults = [*too_deep(tables, "pipeline"), *name_paths(tables)]
    if faults:
        raise BadInput("the pipeline cannot be used here", remedy=REMEDY, faults=tuple(faults))
    try:
        found = read_pipeline(tables, where="the pipeline")
    except BadInput as error:
        faults = [place_in_tables(one, tables) for one in error.faults]
        raise BadInput(error.message, remedy=error.remedy, faults=tuple(faults)) from None
    return answer(request, found)


@router.get("/{pipeline}", operation_id="read_pipeline", response_model=PipelineText)
def read_one_pipeline(
    request: Request, pipeline: Annotated[str, PathParameter(pattern=f"^{NAME.pattern}$")], here: Here
) -> Response:
    """Read a pipeline as it is written."""
    folder = here.studio.settings.studio / FOLDER
    path = pipeline_files(folder).get(pipeline)
    if path is None:
        raise NotFound(f"no pipeline {pipeline}", remedy="see the list of pipelines")
    tables = find_tables(pipeline, folder)
    if not isinstance(tables.get("stages"), list) or not all(isinstance(one, dict) for one in tables["stages"]):
        raise BadInput(f"the pipeline {pipeline} has no stages", remedy="correct its file")
    text = PipelineText(name=pipeline, own=path.parent != PRESETS, tables=tables, toml=write_toml(tables))
    return answer(request, text)
