"""The JSON beside the database: one file per take at `takes/YYYY-MM/ID.json`, from which the database can be rebuilt.

A sidecar is written before its row is committed and moved to the trash before its row is deleted, so at any moment of a crash the
record of a take is in at least one of the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ..disk import move, write_whole
from ..errors import BadInput, NotFound
from ..recipe import read as read_record
from ..untrusted import read_object
from .blobs import NAME
from .provenance import Take

SCHEMA: Final = "producertwin.take/1"
_MONTHS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"


class Sidecars:
    """The sidecars under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, take: Take) -> Path:
        """Where the sidecar of `take` lies."""
        return self.folder / take.created.strftime("%Y-%m") / f"{take.id}.json"

    def write(self, take: Take) -> Path:
        """Write the sidecar, all or nothing, unless it already says the same."""
        return write_if_changed(self.path(take), as_json(take))

    def find(self, take: str) -> Take | None:
        """The take with this id in the sidecars; None when no undamaged one is there."""
        for path in self.folder.glob(f"{_MONTHS}/{take}.json"):
            with suppress(BadInput):
                return read(path)
        return None

    def all(self) -> Iterator[Path]:
        """Every sidecar, oldest month first."""
        yield from sorted(self.folder.glob(f"{_MONTHS}/*.json"))


def as_json(take: Take) -> bytes:
    """The bytes of a sidecar."""
    return text_of(SCHEMA, take.model_dump(mode="json"))


def read(path: Path) -> Take:
    """The take a sidecar tells of. Raises `NotFound`, or `BadInput` when it is damaged or was altered."""
    take = read_copied_record(path)
    if not take.genuine:
        raise BadInput(f"{path} was altered: its content does not belong to id {take.id}", remedy=REMEDY)
    return take


def read_copied_record(path: Path) -> Take:
    """The take that a record tells of which left the studio, with names in the place of paths, so that its id is only said.

    Raises `NotFound`, or `BadInput` when it is damaged.
    """
    return read_record(Take, data_of(path, SCHEMA, "take"), where=str(path))


# --- what every kind of sidecar has in common


REMEDY: Final = "restore it from a copy of the studio folder, or move it away"


def write_if_changed(path: Path, text: bytes) -> Path:
    """Write `text`, all or nothing, unless the file already says the same."""
    if not (path.is_file() and path.read_bytes() == text):
        write_whole(path, text)
    return path


def move_if_there(here: Path, there: Path) -> None:
    """Move a file, where there is one."""
    if here.exists():
        move(here, there)


def blob_names(path: Path) -> set[str]:
    """Every blob that the file at `path` names, even a damaged one."""
    return {found[0] for found in NAME.finditer(path.read_text(encoding="utf-8", errors="replace"))}


def text_of(schema: str, data: Mapping[str, Any]) -> bytes:
    """The bytes of a sidecar."""
    return (json.dumps({"schema": schema} | dict(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def data_of(path: Path, schema: str, whose: str) -> dict[str, Any]:
    """What a sidecar says beside its schema. Raises `NotFound`, or `BadInput` when it is damaged or of another schema."""
    try:
        data = read_object(path, remedy=REMEDY)
    except NotFound:
        raise NotFound(f"no sidecar at {path}", remedy=REMEDY) from None
    said = data.pop("schema", None)
    if said != schema:
        raise BadInput(f"{path} is not a {whose}'s sidecar: schema {said!r}", remedy="upgrade Producer Twin, or move it away")
    return data
