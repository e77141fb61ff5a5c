"""A folder that is whole or absent: filled under a hidden name beside its own, and renamed at the end.

.NAME.8d7f01c2.part     what is being filled, or what a kill left; removed a day after anything was last put into it
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import BadInput
from ..library.disk import STALE, TEMPORARY, disk_errors, make_folder, move


def check_new(folder: Path) -> None:
    """Raise `BadInput` unless `folder` is absent, or empty and not the one that is worked in."""
    with disk_errors(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} is not empty", remedy="name a new folder")
        if folder.absolute() == Path.cwd():
            raise BadInput(f"{folder} is the folder you are in", remedy="name a new folder inside it")


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` at the end of the block; nothing is left of it where the block fails.

    Raises `BadInput` where `folder` is in the way by then or may not be written, `Resources` when the disk is full.
    """
    folder = folder.absolute()
    desk = folder.with_name(f".{folder.name[:80]}.{secrets.token_hex(4)}{TEMPORARY}")
    with disk_errors(folder):
        make_folder(folder.parent)
        _sweep(folder)
        desk.mkdir()
        try:
            yield desk
            check_new(folder)
            if folder.exists():
                folder.rmdir()
            move(desk, folder)
        finally:
            shutil.rmtree(desk, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what was left unfinished of `folder` and has not changed for a day."""
    cutoff = time.time() - STALE
    for left in folder.parent.iterdir():
        ours = left.name.startswith(f".{folder.name[:80]}.") and left.name.endswith(TEMPORARY) and left.is_dir()
        with suppress(FileNotFoundError):  # another export has just finished it
            if ours and max(path.stat().st_mtime for path in (left, *left.rglob("*"))) <= cutoff:
                shutil.rmtree(left, ignore_errors=True)
