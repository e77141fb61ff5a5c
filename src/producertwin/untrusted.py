"""Read JSON and TOML that others wrote, or that a disk may have damaged: the one reader of such files.

A text is bounded in size, in depth and in the digits of its numbers before anything uses it, so that neither a recursion that is
too deep nor a number that no arithmetic holds comes out of it. Every fault is one `BadInput` that names the file. What is read:

- UTF-8, with or without the mark that Windows puts before it;
- standard JSON: `NaN` and `Infinity`, which it does not know, are faults, and so is `1e999`, which no float holds; where one
  wrong number must not spoil the rest, they are read as nothing;
- half of a surrogate pair (`\\ud83d` alone) becomes U+FFFD, as decoders of text do it.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any, Final, NoReturn

from .errors import BadInput, NotFound

LARGEST: Final = 1 << 26
"""Most bytes of a file of records, 64 MiB: a manifest of ten thousand tracks has 20."""
LARGEST_CONFIG: Final = 1 << 20
"""Most bytes of a config or of a text beside a sound, 1 MiB."""
LARGEST_TOML: Final = 1 << 18
"""Most bytes of TOML, 256 KiB: its reader takes time in the square of what stands in one line."""
DEEPEST: Final = 64
"""Most objects and lists inside one another."""
MOST_DIGITS: Final = 64
"""Most digits of a whole number; every such number fits into a float."""

_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_DEEP_KEY: Final = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){{{DEEPEST},}}")


HEAD_BYTES: Final = 512
"""Bytes in which `foreign_kind` sees what a file is."""


def foreign_kind(head: bytes) -> str:
    """What a file that begins with `head` is instead of what its name says, as failed downloads leave it, or an empty text."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not head:
        return "empty (0 bytes)"
    if start.startswith(b"version https://git-lfs.github.com/spec"):
        return "a Git LFS pointer, not the file it stands for"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<error")):
        return "a web page (HTML or XML)"
    if start.startswith((b'{"error', b'{"detail', b'{"message', b"access denied", b"not found", b"entry not found", b"invalid")):
        return "a server's refusal in text"
    if head.startswith(b"PK\x03\x04"):
        return "a zip archive or a pickle, which is never read"
    return "nothing but zeros" if not head.strip(b"\0") else ""


class _Refused(ValueError):
    """A fault that the parser itself would let pass."""


def read_text(path: Path, *, largest: int = LARGEST, remedy: str = "") -> str:
    """The text of a file of at most `largest` bytes.

    Raises `NotFound` where there is none, and `BadInput` for one that is larger, is no file or is not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise BadInput(f"{path} is damaged: not a file", remedy=remedy)
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except FileNotFoundError:
        raise NotFound(f"{path} is missing", remedy=remedy) from None
    except (OSError, ValueError) as error:  # a null byte in a path is a `ValueError`
        raise BadInput(f"{path} cannot be read: {error}", remedy=remedy) from None
    if len(data) > largest:
        raise BadInput(f"{path} is larger than {largest >> 10} KiB", remedy=remedy)
    return _decode(data, str(path), remedy)


def read_named(path: Path, *, largest: int, wanted: str, smaller: str) -> bytes:
    """The bytes of a file that a person named, at most `largest` of them.

    Raises `NotFound` where there is none, and `BadInput` for one that cannot be read (the remedy asks for `wanted`) or is larger
    (it asks for `smaller`).
    """
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"no file at {path}", remedy="check the path") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", remedy=f"give {wanted}") from None
    if len(data) > largest:
        raise BadInput(f"{path.name} is larger than {largest >> 20} MiB", remedy=f"give {smaller}")
    return data


def read_object(path: Path, *, largest: int = LARGEST, remedy: str = "correct the file") -> dict[str, Any]:
    """The JSON object in a file. Raises as `read_text` and `parse_object` do."""
    return parse_object(read_text(path, largest=largest, remedy=remedy), str(path), remedy=remedy)


def read_toml(path: Path, *, remedy: str = "correct the file") -> dict[str, Any]:
    """The TOML in a file. Raises as `read_text` and `parse_toml` do."""
    return parse_toml(read_text(path, largest=LARGEST_TOML, remedy=remedy), str(path), remedy=remedy)


def parse_object(text: str | bytes, where: str, *, remedy: str = "") -> dict[str, Any]:
    """The JSON object in a text. Raises as `parse_json` does, and `BadInput` for another value."""
    found = parse_json(text, where, remedy=remedy)
    if not isinstance(found, dict):
        raise BadInput(f"{where} is damaged: not an object", remedy=remedy)
    return found


def parse_json(text: str | bytes, where: str, *, nonfinite_is_none: bool = False, remedy: str = "") -> Any:
    """The value of a JSON text; `where` says whose it is.

    With `nonfinite_is_none` a number that is not finite, as which tables are exported where nothing is known, is None. Raises
    `BadInput` for what is no JSON, is nested deeper than `DEEPEST`, holds a whole number of more than `MOST_DIGITS` digits or,
    without it, one beyond every float.
    """
    plain = _decode(text, where, remedy) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    constant, fraction = (_nothing, _finite_or_none) if nonfinite_is_none else (_refuse_constant, _fraction)
    try:
        found = json.loads(plain, parse_int=_integer, parse_float=fraction, parse_constant=constant)
        _check_depth(found)
    except RecursionError:
        raise BadInput(f"{where} is damaged: nested deeper than {DEEPEST} levels", remedy=remedy) from None
    except _Refused as error:
        raise BadInput(f"{where} is damaged: {error}", remedy=remedy) from None
    except ValueError as error:
        instead = foreign_kind(plain[:HEAD_BYTES].encode("utf-8", "replace"))
        raise BadInput(f"{where} is not JSON: {f'it is {instead}' if instead else error}", remedy=remedy) from None
    return _mend_halves(found) if _HALF.search(plain) else found


def parse_toml(text: str, where: str, *, remedy: str = "correct the file") -> dict[str, Any]:
    """The tables of a TOML text; `where` says whose it is. Raises `BadInput` as `parse_json` does."""
    try:
        if len(text) > LARGEST_TOML:
            raise _Refused(f"larger than {LARGEST_TOML >> 10} KiB")
        if _DEEP_KEY.search(text):
            raise _Refused(f"nested deeper than {DEEPEST} levels")
        found = tomllib.loads(text.removeprefix("\ufeff"))
        _check_depth(found)
    except RecursionError:
        raise BadInput(f"{where} is not TOML: nested deeper than {DEEPEST} levels", remedy=remedy) from None
    except ValueError as error:
        raise BadInput(f"{where} is not TOML: {error}", remedy=remedy) from None
    return found


def _decode(data: bytes, where: str, remedy: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{where} is damaged: it is not UTF-8 text ({error.reason} at {error.start})", remedy=remedy) from None


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _Refused(f"a number of {len(digits)} digits")
    return int(digits)


def _fraction(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Refused(f"the number {text[:40]} is beyond every float")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is no number of JSON")


def _nothing(_name: str) -> None:
    return None


def _finite_or_none(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _check_depth(data: Any) -> None:
    """Raise `_Refused` where `data` is nested deeper than `DEEPEST` or, in TOML, holds a number of too many digits."""
    level, depth = [data], 0
    while level:
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict | list):
                if depth == DEEPEST:
                    raise _Refused(f"nested deeper than {DEEPEST} levels")
                below += one.values() if isinstance(one, dict) else one
            elif type(one) is int and abs(one) >= 10**MOST_DIGITS:
                raise _Refused(f"a number of more than {MOST_DIGITS} digits")
        level, depth = below, depth + 1


def _mend_halves(data: Any) -> Any:
    """`data` with U+FFFD for every half of a surrogate pair."""
    if isinstance(data, dict):
        return {_mend_halves(key): _mend_halves(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_mend_halves(value) for value in data]
    if isinstance(data, str):
        return data.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return data
