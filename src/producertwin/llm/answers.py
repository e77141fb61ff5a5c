"""The schema that a model is asked to fill, and the check of what it answered.

The schema that is sent is the record's own without its limits, because servers differ in the limits they accept. The limits are
checked here, when the answer is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from ..recipe import Record
from .failures import NoAnswer

R = TypeVar("R", bound=Record)
Schema = Mapping[str, Any]
_KEPT: Final = frozenset({"type", "enum", "const", "description", "$ref"})
"""The keywords that every kind of server reads and that hold no other schema."""
_FENCED: Final = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)
"""JSON in a Markdown code block."""
_MISTAKES: Final = 4
"""Most mistakes of an answer that an error names."""


def schema_of(kind: type[Record]) -> dict[str, Any]:
    """The JSON schema of `kind` without limits; every property is required and no other is allowed."""
    return _without_limits(kind.model_json_schema())


def write_request(question: str, schema: Schema) -> str:
    """`question` with a request for JSON that fits `schema`, for servers that take no schema."""
    return f"{question}\n\nAnswer with one JSON object and nothing else. It must fit this JSON schema:\n{json.dumps(schema)}"


def read_answer(text: str, kind: type[R]) -> R:
    """`text` of a model as a record of `kind`. Raises `NoAnswer`: not_json or does_not_fit."""
    text = _FENCED.sub(r"\1", text.strip())
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise NoAnswer("not_json", "its answer is not JSON" if text else "its answer is empty") from None
        lines = [f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in found[:_MISTAKES]]
        raise NoAnswer("does_not_fit", "its answer does not fit: " + "; ".join(lines)) from None


def _without_limits(schema: Schema) -> dict[str, Any]:
    kept = {word: schema[word] for word in schema if word in _KEPT}
    for word in ("properties", "$defs"):
        if word in schema:
            kept[word] = {name: _without_limits(inner) for name, inner in schema[word].items()}
    if "items" in schema:
        kept["items"] = _without_limits(schema["items"])
    if "anyOf" in schema:
        kept["anyOf"] = [_without_limits(inner) for inner in schema["anyOf"]]
    if "properties" in kept:
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept
