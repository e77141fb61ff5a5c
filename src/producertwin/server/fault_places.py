"""Where a mistake stands in what was sent, from the words in which a record or a reader of pipelines tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def place_in_tables(fault: str, tables: Mapping[str, Any]) -> str:
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


def place_in_plan(fault: str, plan: Mapping[str, Any]) -> str:
    """A fault of a record by its place in the plan: names of variants of a record are no places."""
    path, colon, text = fault.partition(": ")
    if not colon or " " in path:
        return f"plan: {fault}"
    kept: list[str] = []
    at: Any = plan
    for part in path.split("."):
        if isinstance(at, Mapping):
            if part not in at and part == at.get("kind"):
                continue
            at = at.get(part)
        elif isinstance(at, list | tuple) and part.isdigit():
            at = at[int(part)] if int(part) < len(at) else None
        if not (part.isidentifier() or part.isdigit()):
            break
        kept.append(part)
    return f"{'.'.join(('plan', *kept))}: {text}"
