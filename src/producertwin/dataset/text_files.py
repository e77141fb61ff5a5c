"""Reading the texts that lie beside sounds: bounded, decoded and cleaned in one way, whoever wrote them.

A text is UTF-8, or UTF-16 with its mark; what comes of it has one kind of line ends, composed letters (NFC), no byte order mark,
no control characters and no halves of characters. A damaged text is a `BadInput` that says what is wrong with it.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from .. import untrusted
from ..errors import BadInput

LARGEST: Final = 1 << 20
"""Most bytes of a text that belongs to one sound."""
LARGEST_TABLE: Final = 1 << 26
"""Most bytes of a table that speaks of many."""
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
csv.field_size_limit(LARGEST_TABLE)  # what is read is bounded already


def clean(text: str) -> str:
    """`text` with `\\n` line ends, in NFC, without control characters, and U+FFFD for halves of characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", _CONTROLS.sub("", lines)))


def readable_name(path: str | Path) -> str:
    """A path as text that can be stored and printed; a name that is not UTF-8 (old archives) is read as Latin-1."""
    raw = os.fsencode(path)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def shorten_list(names: Iterable[str], most: int = 5) -> str:
    """`names` with commas between them, the first `most` of them and how many more."""
    given = list(names)
    return ", ".join(given[:most]) + (f" and {len(given) - most} more" if len(given) > most else "")


def read_text(path: Path, *, largest: int = LARGEST) -> str | None:
    """The clean text of a file; None where there is none. Raises `BadInput` for what is too large or no text."""
    if not os.path.isfile(path):  # noqa: PTH113 - a name too long for the drive is no file, and no error
        return None
    try:
        data = path.read_bytes() if path.stat().st_size <= largest else None
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror}") from None
    if data is None:
        raise BadInput(f"{path.name} is larger than {largest >> 20} MiB and was not read")
    kind = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return clean(data.decode(kind))
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text and was not read") from None


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text, its texts clean and its numbers finite; what is not finite becomes None.

    Raises `BadInput` as `untrusted.parse_json` does.
    """
    return _clean_value(untrusted.parse_json(text, where, nonfinite_is_none=True))


def read_json(path: Path, *, largest: int = LARGEST) -> Any:
    """The value of a JSON file; None where there is none. Raises as `read_text` and `parse_json` do."""
    text = read_text(path, largest=largest)
    return None if text is None else parse_json(text, path.name)


def parse_table(text: str) -> Iterator[dict[str, Any]]:
    """The rows of a CSV text by its columns, whose names are in small letters; commas, semicolons or tabs separate."""
    head = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    for row in csv.DictReader(io.StringIO(text), delimiter=separator):
        yield {str(name).strip().casefold(): value for name, value in row.items() if name is not None}


def parse_lines(text: str, where: str, notes: list[str]) -> Iterator[dict[str, Any]]:
    """The objects of a text of one JSON object a line; a line that is none becomes a note."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line, f"{where}, line {number},")
        except BadInput as error:
            notes.append(error.message)
            continue
        if isinstance(row, dict):
            yield row
        else:
            notes.append(f"{where}, line {number}, holds no object")


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean_value(one) for one in value]
    if isinstance(value, dict):
        return {clean(key): _clean_value(one) for key, one in value.items()}
    return value
