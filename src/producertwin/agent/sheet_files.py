"""The song sheets in the folder of an album: written with every track, and left alone once a person has edited them.

A sheet was edited that says something else than the plan and is not the file whose checksum was taken when it was written.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..house_band.sheet import Sheet, write_toml
from ..library import sums
from .album import AlbumPlan

SHEETS: Final = "sheets"


def name_sheet(place: int) -> str:
    """The name of the sheet of track `place`, from 1, in the folder of an album."""
    return f"{SHEETS}/{place:02d}.toml"


def write_sheet_file(folder: Path, place: int, sheet: Sheet) -> bool:
    """Write the sheet of track `place`; false where a person edited the one that is there, which stays."""
    if _has_edits(folder, place, sheet):
        return False
    write_whole(folder / name_sheet(place), write_toml(sheet).encode())
    return True


def list_hand_edits(album: AlbumPlan, folder: Path) -> list[int]:
    """Numbers of the tracks whose sheets in `folder` were edited and are not in the plan."""
    return [place for place, track in enumerate(album.tracks, 1) if _has_edits(folder, place, track.sheet)]


def _has_edits(folder: Path, place: int, sheet: Sheet) -> bool:
    from ..verbs.song import read_sheet

    path, written = folder / name_sheet(place), dict[str, str]()
    if not path.is_file():
        return False
    with suppress(NotFound, BadInput):  # without checksums whatever is not in the plan was edited
        written = sums.read_sums(folder)
    if sums.hash_file(path) in (hashlib.sha256(write_toml(sheet).encode()).hexdigest(), written.get(name_sheet(place))):
        return False
    try:
        return read_sheet(path) != sheet
    except BadInput:
        return True
