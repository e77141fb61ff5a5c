"""Marks of what is being changed, so that what a kill leaves half-done is found and mended when the studio is next opened.

Whoever changes a record, or moves something into the trash or out of it, holds the studio's lock, puts an empty file at
`unfinished/KIND-ID` first and removes it last. A file that is there while the lock is free was left by a kill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from ..disk import disk_errors, make_folder, sync_folder

FOLDER: Final = "unfinished"


Kind = Literal["take", "track", "trash", "labels", "verdict"]


@contextmanager
def mark_unfinished(studio: Path, kind: Kind, names: Iterable[str]) -> Iterator[None]:
    """Mark the records `names` as being changed, for the time of the block. Raises `Resources` or `BadInput` of the disk."""
    folder = studio / FOLDER
    marks = [folder / f"{kind}-{name}" for name in names]
    with disk_errors(folder):
        make_folder(folder)
        try:
            for path in marks:
                path.touch()
            sync_folder(folder)
            yield
        finally:
            for path in marks:
                path.unlink(missing_ok=True)


def marks_of(studio: Path, kind: Kind) -> list[str]:
    """Names of the records that are marked."""
    return sorted(path.name.removeprefix(f"{kind}-") for path in (studio / FOLDER).glob(f"{kind}-*"))


def remove_mark(studio: Path, kind: Kind, name: str) -> None:
    """Remove the mark of a record that is mended."""
    (studio / FOLDER / f"{kind}-{name}").unlink(missing_ok=True)
