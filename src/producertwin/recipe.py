"""Frozen records: how settings pass between rooms.

A record is declared once as a pydantic model; the command line's options, the HTTP schema, the TOML keys and the saved copy
all come from that declaration. Records are immutable, refuse unknown keys, and report every mistake at once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_serializer
from pydantic import SerializerFunctionWrapHandler as Write

from .errors import BadInput, NotFound
from .untrusted import read_toml
from .wording import suggest_name, write_number

_LONGEST: Final = 40
"""Letters of a word that an error repeats."""


class Record(BaseModel):
    """Base of every frozen record."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class GrowingRecord(Record):
    """A record whose `LATER` fields are written only where they were set to something else than their default.

    So what was stored before they existed reads and writes unchanged, and ids that are hashes of it stay.
    """

    LATER: ClassVar[frozenset[str]] = frozenset()
    """Fields that the first versions of the record did not have."""

    @model_serializer(mode="wrap")
    def _leave_out_defaults(self, write: Write) -> dict[str, Any]:
        fields = type(self).model_fields
        usual = {name for name in self.LATER if getattr(self, name) == fields[name].get_default()}
        return {name: value for name, value in write(self).items() if name not in usual}


R = TypeVar("R", bound=Record)


def within(name: str, low: float, high: float, unit: str = "") -> Any:
    """A validator and the schema bounds of a number called `name`, which raises `BadInput` for one outside."""
    tail = f" {unit}" if unit else ""

    def check(value: float) -> float:
        if not (math.isfinite(value) and low <= value <= high):
            limits = f"{write_number(low)} to {write_number(high)}{tail}"
            raise BadInput(f"{name} {write_number(value)}{tail} is outside {limits}", remedy=f"choose a value from {limits}")
        return value

    return AfterValidator(check), Field(json_schema_extra={"minimum": low, "maximum": high})


def read(kind: type[R], data: dict[str, Any], *, where: str, names: Mapping[str, str] | None = None) -> R:
    """Validate `data` as a record of `kind`; all mistakes are named in one `BadInput`.

    `where` says whose data it is; `names` has what a person calls a field, by its path with dots, where that is something else.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [f"{_call(e['loc'], names or {}) or kind.__name__}: {describe_fault(dict(e))}" for e in error.errors()]
        remedy = "correct the named fields and run again"
        raise BadInput(f"{where}: " + "; ".join(lines), remedy=remedy, faults=tuple(lines)) from None


def _call(place: Sequence[int | str], names: Mapping[str, str]) -> str:
    """What a person calls the field at `place`: its own name, or that of the nearest one around it that has one in `names`."""
    path = [str(step) for step in place]
    ends = range(len(path), 0, -1)
    return next((names[name] for end in ends if (name := ".".join(path[:end])) in names), ".".join(path))


def describe_fault(error: Mapping[str, Any]) -> str:
    """A mistake in words; of a word that is none of those that are known, the word and the one that was probably meant."""
    word = error["input"]
    if error["type"] != "literal_error" or not isinstance(word, str):
        return str(error["msg"]).removeprefix("Value error, ")
    known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    return f"{word[:_LONGEST]!r} is none of {', '.join(known)}{suggest_name(word[:_LONGEST], known)}"


def load(kind: type[R], path: Path) -> R:
    """Read a TOML file as a record of `kind`. Raises `NotFound`, and `BadInput` that names every mistake."""
    try:
        data = read_toml(path)
    except NotFound:
        raise NotFound(f"no recipe at {path}", remedy="check the path") from None
    return read(kind, data, where=str(path))


def assignments(pairs: Iterable[str], *, like: str = "NAME=VALUE") -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises `BadInput`, whose remedy shows one `like` it, for one without a sign."""
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise BadInput(f"{pair!r} sets nothing", remedy=f"write {like}")
        found[name.strip()] = value
    return found


def canonical(data: Any) -> str:
    """JSON with one spelling per value: sorted keys, no spaces, UTF-8. What fingerprints are taken of."""
    if isinstance(data, BaseModel):
        data = data.model_dump(mode="json")
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def toml_value(value: Any, *, ascii_only: bool = False) -> str:
    """`value` as TOML in one line; texts, numbers and switches are written as JSON's. `ascii_only` escapes all other letters."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {toml_value(one, ascii_only=ascii_only)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(one, ascii_only=ascii_only) for one in value) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return "".join(map(_escape, text)) if ascii_only else text.replace("\x7f", "\\u007f")


def _escape(letter: str) -> str:
    """A letter outside ASCII as TOML escapes it; unlike JSON it knows no halves of letters."""
    if letter < "\x7f":
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def fingerprint(data: Any) -> str:
    """`b2:` and 32 hex digits of BLAKE2b over the canonical JSON of `data`."""
    return "b2:" + hashlib.blake2b(canonical(data).encode(), digest_size=16).hexdigest()


def short_id(data: Any, *, person: bytes = b"") -> str:
    """12 base32 letters (60 bits) of BLAKE2b over the canonical JSON of `data`: the id of a take, track or run.

    `person`, at most 16 bytes, keeps the ids of one kind of things apart from those of another.
    """
    return letters(hashlib.blake2b(canonical(data).encode(), digest_size=8, person=person).digest())


def letters(digest: bytes) -> str:
    """The first 60 bits of `digest` as 12 small base32 letters."""
    return base64.b32encode(digest[:8]).decode().lower()[:12]
