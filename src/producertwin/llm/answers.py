"""What a model is asked to answer, what it did answer, and every way in which it did not.

The schema that goes out is the record's own, less its limits: servers differ in the limits they know, so that these are checked
here, when the answer is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from pydantic import ValidationError

from ..errors import Unavailable
from ..recipe import Record

R = TypeVar("R", bound=Record)
Schema = Mapping[str, Any]
REMEDIES: Final = {
    "offline": "unset TWIN_OFFLINE, or go on without this model",
    "no_key": "set the variable to the key that the provider gave you",
    "no_package": 'pip install "producertwin[gemini]"',
    "key_refused": "check the key, and that it may use this model",
    "no_model": "check the model's name and the address",
    "not_understood": "choose a model that hears sound and answers in JSON",
    "busy": "wait for the quota to renew and run the same command again, or ask less often",
    "server_error": "run the same command again later",
    "timed_out": "run the same command again later, or allow more time",
    "unreachable": "check the network and the address",
    "refused": "look at the material, or choose another model",
    "truncated": "allow a longer answer, or choose a model that thinks less",
    "not_json": "run the same command again, or choose a model that answers in JSON",
    "does_not_fit": "run the same command again, or choose another model",
}
"""What to do next, by the reason of a `NoAnswer`."""
_SAID: Final = frozenset({"type", "enum", "const", "description", "$ref"})
"""What every kind of server reads of a schema and holds no other schema."""
_FENCED: Final = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)
"""JSON as chat models like to show it."""
_MISTAKES: Final = 4
"""Most mistakes of an answer that an error names."""


class NoAnswer(Unavailable):
    """A model gave no usable answer. `reason` is a key of `REMEDIES`; `pause` is what the server asked for, in seconds."""

    def __init__(self, reason: str, message: str, *, remedy: str = "", pause: float | None = None) -> None:
        super().__init__(message, remedy=remedy or REMEDIES[reason])
        self.reason = reason
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server sent back."""

    text: str
    ending: Literal["whole", "cut", "refused"] = "whole"
    why: str = ""
    """The server's own word for a refusal."""


def schema_of(kind: type[Record]) -> dict[str, Any]:
    """The JSON schema of `kind` without its limits: nothing optional, nothing beside."""
    return _bare(kind.model_json_schema())


def in_words(schema: Schema) -> str:
    """The request for an answer of `schema`, for servers that take none."""
    return f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{json.dumps(schema)}"


def answered(reply: Reply, kind: type[R]) -> R:
    """`reply` as a record of `kind`. Raises `NoAnswer`: refused, truncated, not_json or does_not_fit."""
    if reply.ending == "refused":
        raise NoAnswer("refused", f"it refused to answer ({reply.why})")
    if reply.ending == "cut":
        raise NoAnswer("truncated", "its answer reached the longest allowed and was cut off")
    text = _FENCED.sub(r"\1", reply.text.strip())
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise NoAnswer("not_json", "its answer is not JSON" if text else "its answer is empty") from None
        lines = [f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}"[:200] for one in found[:_MISTAKES]]
        raise NoAnswer("does_not_fit", "its answer does not fit: " + "; ".join(lines)) from None


def _bare(schema: Schema) -> dict[str, Any]:
    kept = {word: schema[word] for word in schema if word in _SAID}
    for word in ("properties", "$defs"):
        if word in schema:
            kept[word] = {name: _bare(inner) for name, inner in schema[word].items()}
    if "items" in schema:
        kept["items"] = _bare(schema["items"])
    if "anyOf" in schema:
        kept["anyOf"] = [_bare(inner) for inner in schema["anyOf"]]
    if "properties" in kept:
        kept |= {"required": list(kept["properties"]), "additionalProperties": False}
    return kept
