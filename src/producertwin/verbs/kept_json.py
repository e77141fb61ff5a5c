"""Dataclasses as JSON: a number that JSON lacks, such as the loudness of silence, is written as a text ("-inf")."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def write_json(value: Any) -> bytes:
    """A dataclass as JSON."""
    data = TypeAdapter(type(value)).dump_python(value, mode="json")
    return json.dumps(_spell(data), indent=2, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"


def read_json(kind: type[T], text: bytes) -> T:
    """The dataclass of a `kind` that `write_json` wrote. Raises pydantic's `ValidationError` for another text."""
    return TypeAdapter(kind).validate_json(text)


def _spell(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: _spell(one) for name, one in value.items()}
    return [_spell(one) for one in value] if isinstance(value, list) else value
