"""The pipeline that a take came of, read from its record and those of all that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadInput
from ..library import Take
from ..library.takes import Takes
from .pipelines import Pipeline, read_pipeline


def trace(key: str, takes: Takes) -> Pipeline:
    """The stages that make the take `key` again, oldest first, each once; a take that has its sound keeps it.

    Raises `NotFound` where it or something that it was made from is gone, `BadInput` for a record that another version wrote.
    """
    last = takes.get(key)
    names: dict[str, str] = {}
    tables: list[dict[str, Any]] = []

    def add(take: Take) -> None:
        if take.id in names:
            return
        for parent in take.parents:
            add(takes.get(parent))
        kind = take.stage.get("kind")
        if kind == "repair":
            message = f"take {take.id} was repaired, and a repair is no stage of a pipeline"
            raise BadInput(message, remedy=f"trace what it was repaired from: {', '.join(take.parents)}")
        if kind == "own_faust":
            message = f"take {take.id} was mixed by a person's own Faust, which is no stage of a pipeline"
            raise BadInput(message, remedy=f"make it again with twin replay {take.id} --allow-raw-faust")
        if not isinstance(kind, str):
            raise BadInput(f"the record of take {take.id} names no kind of stage", remedy="make it with the version that made it")
        names[take.id] = f"{kind}{1 + sum(table['kind'] == kind for table in tables)}"
        keeps = {"audio": True} if take.audio is not None and take.latents is not None and take.id != last.id else {}
        tables.append({"id": names[take.id], **keeps, **_name_stages(take.stage, names)})

    add(last)
    return read_pipeline({"title": f"How {key} was made", "stages": tables}, where=f"take {key}")


def _name_stages(stage: Any, names: Mapping[str, str]) -> Any:
    """A stored stage whose sources are named as stages of the pipeline."""
    if isinstance(stage, list):
        return [_name_stages(one, names) for one in stage]
    if not isinstance(stage, dict):
        return stage
    found = {key: _name_stages(value, names) for key, value in stage.items() if value is not None}
    if found.get("source") in names:
        found["source"] = f"@{names[found['source']]}"
        found.pop("source_hash", None)
    return found
