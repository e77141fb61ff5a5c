"""The arguments of a tool, made from the record of what it does: one level of names, as the options of the command line are.

What a record says of prompt, players and song stands beside its own fields, since models fill a flat object more surely than a
nested one. The same layout says where each argument belongs in the plan of a job, and which argument a mistake in it is of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...errors import BadInput
from ...recipe import Record
from ...untrusted import DEEPEST
from ...wording import suggest_name
from ..asked import name_paths, too_large
from ..faults import find_faults
from .names import REMEDY, find_wrong_names, narrow

INLINE: Final = frozenset({"prompt", "play", "song", "thinking"})
"""Fields whose own fields stand in their place."""
LEFT_OUT: Final = frozenset({
    "kind", "source_hash", "sampling", "codes", "raw", "global_caption", "shift", "out", "picture", "metadata", "planner",
    "keep_caption", "words_only", "lm_guidance", "lm_negative", "tokens",
})  # fmt: skip
"""Fields that no client is asked for: files to write, what says which stage it is, and what few people ever turn."""
DESCRIBED: Final[Mapping[str, str]] = {
    "adapters": "Twins that play along, each with its scale.",
    "Adapter": "The twin of a producer.",
    "regions": "Parts of the source, each from start to end; instead of start and end.",
    "lines": "Notes in ABC notation that are played as they are given.",
}
"""Fields and definitions whose own words speak of the command line."""
RENAMED: Final = {"folder": "twin"}
"""Fields that are called otherwise here: the folder of an adapter is only ever named by the producer whose twin it is."""
NAMED: Final[Mapping[str, Any]] = {"desk": {"type": "string"}}
"""Fields that hold a whole record, in whose place it is named here."""
MOST_TEXT: Final = 100_000
"""Characters of all texts of one call."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a tool takes."""

    schema: Mapping[str, Any]
    """JSON Schema of an object."""
    places: Mapping[str, Path]
    """Argument -> where it belongs in the record."""

    def place(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the record of what was `given`; what is null was not given. Raises `BadInput` with every wrong name."""
        check_arguments(given, self.places)
        if missing := [name for name in self.schema.get("required", ()) if given.get(name) is None]:
            raise wrong_arguments([f"{name}: it is needed" for name in missing])
        found: dict[str, Any] = {}
        for name, value in given.items():
            if value is None:
                continue
            *above, last = self.places[name]
            at = found
            for part in above:
                at = at.setdefault(part, {})
            at[last] = _name_back(value)
        return found

    def call_back(self, fault: str, above: str) -> str:
        """A fault that names a place in the record, which begins with `above`, by the argument instead."""
        place, colon, text = fault.partition(": ")
        if not colon or " " in place:
            return fault
        inner = place.removeprefix(above).removeprefix(".")
        for name, path in self.places.items():
            written = ".".join(path)
            if inner == written or inner.startswith(f"{written}."):
                return f"{name}{inner.removeprefix(written)}: {text}".replace(".folder:", ".twin:")
        return text if inner in ("", *INLINE) else f"{inner}: {text}"


def arrange(record: type[Record], left_out: Collection[str] = (), needed: Collection[str] = ()) -> Arguments:
    """The arguments that the fields of `record` are, without those that nobody is asked for; `needed` ones have to be given."""
    whole = record.model_json_schema()
    properties: dict[str, Any] = {}
    places: dict[str, Path] = {}
    required = list(needed)
    omitted = LEFT_OUT | set(left_out)
    definitions = dict(whole.get("$defs", {}))
    for name, schema in whole["properties"].items():
        if name in omitted:
            continue
        if name not in INLINE or "$ref" not in schema:
            properties[name], places[name] = NAMED.get(name, schema), (name,)
            required += [name] if name in whole.get("required", ()) else []
            continue
        for inner, one in definitions[schema["$ref"].rpartition("/")[2]]["properties"].items():
            if inner not in omitted:
                assert inner not in properties, f"two fields are called {inner}"
                properties[inner], places[inner] = one, (name, inner)
    return Arguments(_finish(properties, required, definitions), places)


def arrange_record(record: type[Record], left_out: Collection[str] = ()) -> Arguments:
    """The arguments that the fields of a small record are, one by one."""
    whole = record.model_json_schema()
    properties = {name: one for name, one in whole["properties"].items() if name not in left_out}
    schema = _finish(properties, whole.get("required", []), whole.get("$defs", {}))
    return Arguments(schema, {name: (name,) for name in properties})


def read_arguments(kind: type[Record], given: Mapping[str, Any], arguments: Arguments) -> dict[str, Any]:
    """What was given to a tool whose arguments are a record of `kind`. Raises `BadInput` that names every mistake."""
    found = arguments.place(given)
    if faults := find_faults(kind, found):
        raise wrong_arguments(faults)
    return found


def wrong_arguments(faults: Collection[str], remedy: str = "correct the named arguments and call again") -> BadInput:
    """The error for arguments that cannot be used."""
    count = "an argument" if len(faults) == 1 else f"{len(faults)} arguments"
    return BadInput(f"{count} cannot be used", remedy=remedy, faults=tuple(faults))


def check_arguments(given: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise `BadInput` for arguments that are unknown, nested too deep, too long, or name what cannot be named here."""
    if faults := tuple(too_large(given, "call")):
        raise wrong_arguments(faults)
    if (length := _count_text(given)) > MOST_TEXT:
        raise wrong_arguments((f"all texts together have {length} characters, and {MOST_TEXT} are read",), "write less")
    unknown = [f"{name[:80]}: there is no such argument{suggest_name(name[:80], known)}" for name in given if name not in known]
    wrong = [*find_wrong_names(given), *name_paths(given)]
    if unknown or wrong:
        seen = {fault.partition(": ")[0]: fault for fault in reversed([*unknown, *wrong])}
        raise wrong_arguments(tuple(reversed(seen.values())), REMEDY if wrong else f"known are {', '.join(known)}")


def _count_text(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(str(name)) + _count_text(one) for name, one in value.items())
    return sum(map(_count_text, value)) if isinstance(value, list) else 0


def _finish(properties: Mapping[str, Any], required: list[str], definitions: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if required:
        schema["required"] = required
    if needed := _find_needed(schema, definitions):
        schema["$defs"] = {name: _describe(_rename(definitions[name]), name) for name in sorted(needed)}
    schema["properties"] = {name: _describe(one, name) for name, one in properties.items()}
    return narrow(schema)


def _describe(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**schema, "description": DESCRIBED[name]} if name in DESCRIBED else dict(schema)


def _find_needed(schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> set[str]:
    """The definitions that a schema refers to, and those that these refer to."""
    assert depth < DEEPEST, "the schema refers to itself"
    if isinstance(schema, list):
        return set().union(*(_find_needed(one, definitions, depth + 1) for one in schema))
    if not isinstance(schema, Mapping):
        return set()
    found = set().union(*(_find_needed(one, definitions, depth + 1) for one in schema.values()))
    if isinstance(schema.get("$ref"), str):
        name = schema["$ref"].rpartition("/")[2]
        found |= {name} | _find_needed(definitions[name], definitions, depth + 1)
    return found


def _rename(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A definition with the names of its fields that are used here."""
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {RENAMED.get(name, name): one for name, one in found["properties"].items()}
        found["required"] = [RENAMED.get(name, name) for name in found.get("required", ())]
    return found


def _name_back(value: Any) -> Any:
    """A value with the names that its fields have in the record."""
    if isinstance(value, Mapping):
        back = {new: old for old, new in RENAMED.items()}
        return {back.get(name, name): _name_back(one) for name, one in value.items()}
    return [_name_back(one) for one in value] if isinstance(value, list) else value
