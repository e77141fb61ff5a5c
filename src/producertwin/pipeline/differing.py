"""What differs between two pipelines, stage by stage and field by field, with every default written out.

Stages of one id are compared with each other; of the others, those of one kind, in their order. A field that names a stage by its
id says the same in both where the two stages are compared with each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from ..recipe import Record
from .pipelines import NamedStage, Pipeline


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field that says something else. None is a field that is not there, or is left open."""

    stage: str
    """Id of the stage in the first pipeline, or in the second where the first has none such; empty is the pipeline itself."""
    field: str
    """Its name, with points between nested ones; empty is the whole stage."""
    first: JsonValue
    second: JsonValue


def diff(first: Pipeline, second: Pipeline) -> tuple[FieldDifference, ...]:
    """Everything in which `second` differs from `first`, but title and description."""
    return tuple(_differences(first, second))


def _differences(first: Pipeline, second: Pipeline) -> Iterator[FieldDifference]:
    if first.seed != second.seed:
        yield FieldDifference("", "seed", first.seed, second.seed)
    pairs = _pair(first.stages, second.stages)
    names = {b.id: a.id for a, b in pairs if a is not None and b is not None}
    for a, b in pairs:
        if a is None or b is None:
            there = a or b
            assert there is not None
            yield FieldDifference(there.id, "", None if a is None else a.stage.kind, None if b is None else b.stage.kind)
            continue
        mine, other = _flatten(_fields(a, {})), _flatten(_fields(b, names))
        for field in dict.fromkeys((*mine, *other)):
            if mine.get(field) != other.get(field):
                yield FieldDifference(a.id, field, mine.get(field), other.get(field))
    order = [a.id for a, b in pairs if a is not None and b is not None]
    moved = [names[one.id] for one in second.stages if one.id in names]
    if order != moved:
        yield FieldDifference("", "order", ", ".join(order), ", ".join(moved))


def _pair(first: Sequence[NamedStage], second: Sequence[NamedStage]) -> list[tuple[NamedStage | None, NamedStage | None]]:
    """The stages of `first` in their order with what each is compared with, then those that `second` alone has."""
    by_id = {one.id: one for one in second}
    mine = {one.id for one in first}
    left = [one for one in second if one.id not in mine]
    pairs: list[tuple[NamedStage | None, NamedStage | None]] = []
    for one in first:
        found = by_id.get(one.id) or next((other for other in left if other.stage.kind == one.stage.kind), None)
        if found in left:
            left.remove(found)
        pairs.append((one, found))
    return [*pairs, *((None, one) for one in left)]


def _fields(one: NamedStage, names: Mapping[str, str]) -> Any:
    """All that a stage says, the stages it names called by `names`."""
    return _rename({"audio": one.audio, **_write_out(one.stage)}, names)


def _write_out(value: Any) -> Any:
    """A value as plain data, with the fields too that stored records leave out at their default."""
    if isinstance(value, Record):
        return {name: _write_out(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple | list):
        return [_write_out(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _rename(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_rename(item, names) for item in value]
    return f"@{names.get(value[1:], value[1:])}" if isinstance(value, str) and value.startswith("@") else value


def _flatten(value: Any, at: str = "") -> dict[str, Any]:
    """The leaves of nested tables by their path; a list of plain values is a leaf, of tables one branch each."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = {str(place): item for place, item in enumerate(value, 1)}.items()
    else:
        return {at: value}
    return {path: leaf for key, item in items for path, leaf in _flatten(item, f"{at}.{key}".lstrip(".")).items()}
