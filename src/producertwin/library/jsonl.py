"""Files of one JSON row per line, that outlive a kill.

A row has a `step`, and is one write of one line, so a kill breaks at most the last. Readers pass over a broken last line; `drop`
takes it out before more is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..disk import disk_errors, write_whole
from ..errors import BadInput
from ..untrusted import parse_object

_TAIL: Final = 1 << 16
"""Bytes in which the last row of a log surely lies."""


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Put `row` at the end of the file `path`, as one write of one line."""
    line = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as file:
            file.write(line.encode())


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a log, without a last line that a kill has broken; none where there is no log.

    Raises `BadInput` where an earlier line is no row.
    """
    lines = path.read_bytes().splitlines() if path.is_file() else []
    found: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        row = _row(line)
        if row is not None:
            found.append(row)
        elif place < len(lines) - 1:
            raise BadInput(f"line {place + 1} of {path} is damaged", remedy="remove that line")
    return found


def last_row(path: Path) -> dict[str, Any]:
    """The last whole row of a log, read from its end; an empty one where there is none."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        lines = file.read().splitlines()
    return next((row for line in reversed(lines) if (row := _row(line)) is not None), {})


def drop(path: Path, step: int) -> None:
    """Take the rows past `step`, and a broken last line, out of the log `path`, all or nothing."""
    if path.is_file():
        kept = [row for row in rows(path) if row["step"] <= step]
        text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in kept).encode()
        if text != path.read_bytes():
            write_whole(path, text)


def mend(path: Path) -> None:
    """Cut a last line without an end off the file `path`, so that the next one stands by itself; its rows need no `step`."""
    if path.is_file():
        with disk_errors(path), path.open("rb+") as file:
            kept = file.read().rfind(b"\n") + 1
            file.truncate(kept)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        found = parse_object(line, "a row")
    except BadInput:
        return None
    return found if type(found.get("step")) is int else None
