"""Every mistake in the data of a record at once, each with the name of its field.

A record's own validation stops at the first value that one of its validators refuses. Here each field is looked at by itself, so
that whoever wrote a file corrects it once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError

from ..errors import BadInput
from ..recipe import Record, describe_fault
from ..wording import suggest_name


def no_field(name: str, fields: Collection[str]) -> str:
    """That `name` is none of `fields`: the one that was meant, or all of them."""
    return "not a field" + (suggest_name(name, fields) or f"; the fields are {', '.join(fields)}")


def find_mistakes(kind: type[Record], data: Mapping[str, Any], above: str = "") -> list[str]:
    """What is wrong with `data` as a record of `kind`, as `field: what`; `above` stands before the names of fields."""
    found = [text for name, value in data.items() for text in _of_field(kind, str(name), value, above)]
    if found:
        missing = [name for name, field in kind.model_fields.items() if field.is_required() and name not in data]
        return [*found, *(f"{above}{name}: is missing" for name in missing)]
    return _of_whole(kind, data, above)


def _of_field(kind: type[Record], name: str, value: object, above: str) -> Iterator[str]:
    field = kind.model_fields.get(name)
    if field is None:
        yield f"{above}{name}: {no_field(name, [one for one in kind.model_fields if one != 'kind'])}"
        return
    record, several = _record_of(field.annotation)
    if record is not None and not several and isinstance(value, Mapping):
        yield from find_mistakes(record, value, f"{above}{name}.")
    elif record is not None and several and isinstance(value, list):
        tables = [(place, one) for place, one in enumerate(value, 1) if isinstance(one, Mapping)]
        inner = [text for place, one in tables for text in find_mistakes(record, one, f"{above}{name}.{place}.")]
        yield from inner or _alone(kind, name, value, above)
    else:
        yield from _alone(kind, name, value, above)


def _alone(kind: type[Record], name: str, value: object, above: str) -> Iterator[str]:
    """What is wrong with one value, the record's other fields being absent.

    Where nothing else is required a refusal may be that of the record as a whole, which is looked at later.
    """
    required = [other for other, field in kind.model_fields.items() if field.is_required()]
    try:
        kind.model_validate({name: value})
    except ValidationError as error:
        yield from (
            f"{above}{_path(one['loc'])}: {describe_fault(dict(one))}" for one in error.errors() if one["loc"][:1] == (name,)
        )
    except BadInput as error:
        if required != [name]:
            yield _with_field(f"{above}{name}", error)


def _of_whole(kind: type[Record], data: Mapping[str, Any], above: str) -> list[str]:
    try:
        kind.model_validate(dict(data))
    except ValidationError as error:
        told = (
            (_path(one["loc"]), "is missing" if one["type"] == "missing" else describe_fault(dict(one))) for one in error.errors()
        )
        return [f"{(above + path).rstrip('.')}: {text}".removeprefix(": ") for path, text in told]
    except BadInput as error:
        return [_with_field(above.rstrip("."), error)]
    return []


def _with_field(path: str, error: BadInput) -> str:
    """The error's message after the name of its field, unless it begins with that itself."""
    return error.message if not path or error.message.startswith(f"{path} ") else f"{path}: {error.message}"


def _path(place: tuple[int | str, ...]) -> str:
    """A place in a record in words: `inputs.2.gain`, things of a list counted from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _record_of(kind: Any) -> tuple[type[Record] | None, bool]:
    """The record that a field holds, and whether it holds several; None where it holds something else."""
    if get_origin(kind) is Annotated:
        return _record_of(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return _record_of(get_args(kind)[0])[0], True
    return (kind, False) if isinstance(kind, type) and issubclass(kind, Record) else (None, False)
