"""A mebibyte of the disk that the studio keeps for itself and gives up when the disk is full to the last byte.

What it frees is enough to open the database, to list, and to delete takes, after which it is taken again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from ..disk import write_whole
from ..errors import BadInput, Resources

BYTES: Final = 1 << 20
NAME: Final = "reserve"
T = TypeVar("T")


def keep_reserve(studio: Path) -> None:
    """Take the room, where there is some; random bytes, so that no drive stores them in less."""
    path = studio / NAME
    if studio.is_dir() and not path.exists():
        with suppress(Resources, BadInput):
            write_whole(path, os.urandom(BYTES))


def act_with_reserve(studio: Path, act: Callable[[], T]) -> T:
    """What `act` returns; where the disk is too full for it, it is done again in the room of the reserve.

    `act` leaves nothing behind when it fails. Raises what `act` raises.
    """
    try:
        return act()
    except Resources:
        try:
            (studio / NAME).unlink()
        except OSError:
            pass
        else:
            return act()
        raise
    finally:
        keep_reserve(studio)
