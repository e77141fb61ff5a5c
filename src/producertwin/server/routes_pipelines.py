"""Pipelines: presets and the studio's own, read and checked field by field. Sources are ids: a path is never taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request, Response
from fastapi import Path as PathParameter
from pydantic import JsonValue

from ..errors import BadInput, NotFound
from ..pipeline.pipelines import NAME, PRESETS, Pipeline, find_tables, pipeline_files, read_pipeline, write_toml
from ..progress import finish
from ..recipe import Record
from ..untrusted import DEEPEST
from ..verbs.pipeline import FOLDER, PipelineInfo, list_pipelines
from .answers import Page, answer, page
from .served import Cursor, Here, Limit

router = APIRouter(prefix="/v1/pipelines", tags=["pipelines"])
NAMING: Final = frozenset({"source", "folder", "adapters", "reference", "variant"})
"""Fields that name a sound, an adapter or an instrument: here by its id or name alone."""
_REMEDY: Final = "name a take, an asset, a twin or a variant; upload a sound first"


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
    faults = [*_too_deep(tables), *_name_paths(tables, ())]
    if faults:
        raise BadInput("the pipeline cannot be used here", remedy=_REMEDY, faults=tuple(faults))
    try:
        found = read_pipeline(tables, where="the pipeline")
    except BadInput as error:
        raise BadInput(error.message, remedy=error.remedy, faults=tuple(_place(one, tables) for one in error.faults)) from None
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


def _too_deep(tables: object) -> Iterator[str]:
    level, depth = [tables], 0
    while level:
        level = [inner for one in level for inner in _inner(one)]
        depth += 1
        if depth > DEEPEST:
            yield f"the pipeline is nested deeper than {DEEPEST} levels"
            return


def _inner(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []


def _name_paths(value: object, above: tuple[str, ...]) -> Iterator[str]:
    """A fault for every name that is a path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _name_paths(inner, (*above, str(name)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _name_paths(inner, (*above, str(place)))
    elif isinstance(value, str) and NAMING & set(above) and _is_path(value):
        yield f"{'.'.join(above)}: a path is not taken here"


def _is_path(text: str) -> bool:
    return any(sign in text for sign in "/\\\0") or text.startswith(("~", ".")) or text[1:2] == ":"


def _place(fault: str, tables: Mapping[str, Any]) -> str:
    """A fault as `stages.0.prompt.bpm: what`, from `ID: prompt.bpm: what` as a reader of the file is told."""
    listed = tables.get("stages")
    stages: list[Any] = listed if isinstance(listed, list) else []
    names = {str(one.get("id")): place for place, one in enumerate(stages) if isinstance(one, dict)}
    names |= {f"stage {place}": place - 1 for place in range(1, len(stages) + 1)}
    head, colon, rest = fault.partition(": ")
    if not colon or head not in names:
        return fault
    field, colon, text = rest.partition(": ")
    path = _known_field(field, stages[names[head]]) if colon else ""
    return f"stages.{names[head]}{path}: {text if path else rest}"


def _known_field(field: str, stage: object) -> str:
    """`.prompt.bpm` where a fault names a field; places in lists are left out, as people count from 1. Empty for other words."""
    parts = field.split(".")
    if not all(part.isidentifier() or part.isdigit() for part in parts) or not isinstance(stage, dict):
        return ""
    until = next((place for place, part in enumerate(parts) if part.isdigit()), len(parts))
    return "".join(f".{part}" for part in parts[:until])
