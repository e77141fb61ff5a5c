"""Recipes by name or path, with what was set on top of them and what they inherit.

A value comes from the first of these that has one: what was set by hand (`training.steps=200`), the parent adapter that training
begins with (its shape, its trigger word), the recipe's file, the defaults. One error names all mistakes of all of them, with the
name that was probably meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from ...errors import BadInput, NotFound
from ...model.adapter_spec import AdapterCard, LoraSpec
from ...recipe import Record, describe_fault, toml_value
from ...untrusted import LARGEST_TOML, parse_toml, read_text
from ...wording import suggest_name
from .recipe import LoraRecipe

_FOLDER: Final = files("producertwin").joinpath("recipes")
_INSTEAD: Final = {"training.steps": "training.epochs", "training.epochs": "training.steps"}
"""Keys that replace one another."""
Parents = Iterable[LoraSpec | AdapterCard]


@dataclass(frozen=True, slots=True)
class ResolvedRecipe:
    """A recipe, resolved."""

    name: str
    recipe: LoraRecipe
    inherited: dict[str, object]
    """By dotted key, what it took over from its parents."""


def list_names() -> tuple[str, ...]:
    """The recipes that are shipped."""
    found = (Path(entry.name) for entry in _FOLDER.iterdir())
    return tuple(sorted(path.stem for path in found if path.suffix == ".toml"))


def load(name_or_path: str | Path, overrides: Mapping[str, str] | None = None, parents: Parents = ()) -> ResolvedRecipe:
    """Read the recipe of a shipped name or a TOML file, with `overrides` by dotted key.

    Raises `NotFound` when there is none, and `BadInput` that names every mistake.
    """
    name, text = _read_text(name_or_path)
    written = dict(_flatten(parse_toml(text, name)))
    by_hand = {key: _parse_value(value) for key, value in (overrides or {}).items()}
    inherited = {key: value for key, value in _inherit(parents, written).items() if key not in by_hand}
    for key in by_hand:
        written.pop(_INSTEAD.get(key, ""), None)
    return ResolvedRecipe(name, _validate(name, written | inherited | by_hand), inherited)


def to_toml(recipe: Record) -> str:
    """Write the resolved recipe as TOML, which is read back as the same; what is None is left out."""
    tables: dict[str, dict[str, Any]] = {}
    for key, value in _flatten(recipe.model_dump(mode="json")):
        table, _, last = key.rpartition(".")
        if value is not None:
            tables.setdefault(table, {})[last] = value
    written = {
        table: [f"{key} = {toml_value(value, ascii_only=True)}" for key, value in keys.items()] for table, keys in tables.items()
    }
    return "\n\n".join("\n".join([f"[{table}]", *lines]) for table, lines in written.items()) + "\n"


def _read_text(name_or_path: str | Path) -> tuple[str, str]:
    """Name and content of a recipe."""
    asked = str(name_or_path)
    if asked in list_names():
        return asked, _FOLDER.joinpath(f"{asked}.toml").read_text(encoding="utf-8")
    path = Path(asked)
    try:
        return path.stem, read_text(path, largest=LARGEST_TOML, remedy="give the path of a TOML file")
    except NotFound:
        remedy = f"choose from {', '.join(list_names())}, or give the path of a TOML file"
        raise NotFound(f"no recipe {asked}{suggest_name(asked, list_names())}", remedy=remedy) from None


def _flatten(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Tables in tables as dotted keys."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _parse_value(text: str) -> Any:
    """A value as TOML writes it, or a plain text."""
    try:
        return parse_toml(f"value = {text}", "the value")["value"]
    except BadInput:
        return text


def _inherit(parents: Parents, written: Mapping[str, Any]) -> dict[str, Any]:
    """What parents decide: the shape of their adapter, and its trigger word unless the recipe has its own."""
    found: dict[str, Any] = {}
    for parent in parents:
        if isinstance(parent, LoraSpec):
            found |= {f"adapter.{key}": value for key, value in parent.model_dump().items() if key != "dropout"}
        elif parent.trigger and not written.get("data.trigger"):
            found["data.trigger"] = parent.trigger
    return found


def _list_keys(kind: type[BaseModel] = LoraRecipe, above: str = "") -> Iterator[str]:
    """Every dotted key a recipe may have."""
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _list_keys(inner, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def _validate(name: str, values: Mapping[str, Any]) -> LoraRecipe:
    known = tuple(_list_keys())
    mistakes = [_describe_unknown(key, known) for key in values if key not in known]
    nested: dict[str, Any] = {"training": {}}
    for key, value in values.items():
        if key in known:
            *tables, last = key.split(".")
            inner = nested
            for table in tables:
                inner = inner.setdefault(table, {})
            inner[last] = value
    try:
        recipe = LoraRecipe.model_validate(nested)
    except ValidationError as error:
        mistakes += [f"{'.'.join(map(str, e['loc']))}: {describe_fault(dict(e))}" for e in error.errors()]
    if mistakes:
        raise BadInput(f"recipe {name}: " + "; ".join(mistakes), remedy="correct the named keys and run again")
    return recipe


def _describe_unknown(key: str, known: tuple[str, ...]) -> str:
    lasts = {one.rpartition(".")[2]: one for one in known}
    near = get_close_matches(key, known, 1, 0.75) or [lasts[one] for one in get_close_matches(key.rpartition(".")[2], lasts, 1)]
    return f"{key}: no such key" + (f"; did you mean {near[0]}?" if near else "")
