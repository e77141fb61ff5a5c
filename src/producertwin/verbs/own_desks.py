"""Desks of the user's own, in the studio's folder `desks`: kept and deleted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..library.file_names import is_device
from ..library.studio import now
from ..library.trash import Discard, Kind, TrashEntry, discard
from ..mixing.desk import Desk, write_desk
from .desk import DESKS

if TYPE_CHECKING:
    from .studio import Studio

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What a desk of one's own may be called."""


def own_file(name: str, studio: Studio) -> Path:
    """Where the user's own desk `name` lies. Raises `BadInput` for what is no name."""
    if not NAME.fullmatch(name) or is_device(name):
        raise BadInput(
            f"{name[:80]!r} is not a name", remedy="small letters, digits and _, and a letter first; no con, nul, com1"
        )
    return studio.settings.studio / DESKS / f"{name}.toml"


def save_desk(name: str, desk: Desk, studio: Studio, *, replace: bool = False) -> Path:
    """Keep `desk` as the user's own desk `name` and return its file.

    Raises `BadInput` for what is no name, and where one has the name that is not to be replaced.
    """
    path = own_file(name, studio)
    if path.exists() and not replace:
        raise BadInput(f"there is a desk {name} already", remedy="give it another name, or replace that one")
    return write_desk(desk, path)


def delete_desk(name: str, studio: Studio) -> TrashEntry:
    """Move the user's own desk `name` into the trash. Raises `BadInput` for what is no name, and `NotFound`: presets stay."""
    path = own_file(name, studio)
    if not path.is_file():
        raise NotFound(f"no desk {name} of your own", remedy="presets stay; see `twin desk list`")
    return discard(studio.settings.studio, Discard(Kind.DESK, (name,), name, (path,)), now())
