"""What `twin stems` is asked: which song is handed over, and where to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from ..disk import disk_errors
from ..errors import BadInput
from ..pipeline.fields import Bpm, KeyName, Meter, Seed, Stem
from ..recipe import Record

ZIP: Final = ".zip"


class StemsPlan(Record):
    """What is handed over, and where to."""

    subject: str = Field(min_length=1)
    """A take (its id or the start of it) or a sound file with stems beside it."""
    out: Path
    """A new folder, or an archive that ends with .zip."""
    title: Annotated[str, Field(max_length=1000)] = ""
    """What the song is called; the take's own title, its caption or the file's name when absent."""
    bpm: Bpm | None = None
    """Beats per minute; as the take was asked for, or as the file's name says, when absent."""
    key: KeyName | None = None
    """Tonic and mode, such as "F# minor"; as the take was asked for, or as the file's name says, when absent."""
    meter: Meter | None = None
    """Beats per bar: 2, 3, 4 or 6 (also written 4/4, 6/8); as the take was asked for when absent."""
    stem: tuple[Stem, ...] = ()
    """A stem to hand over; may be repeated, and all of them when absent."""
    rest: bool = False
    """Hand over one stem more: what the stems leave of the mix, so that all of them sum to it."""
    extract: bool = False
    """Take the stems out of the sound by the extract stage, whatever stems are kept."""
    variant: str = Field("nano", min_length=1)
    """Who extracts: nano, or a variant or folder known to `twin models list`."""
    seed: Seed = 0
    """Seed of the extraction."""


def is_zip(out: Path) -> bool:
    """Whether the hand-over is an archive."""
    return out.suffix.lower() == ZIP


def find_earlier(out: Path) -> tuple[Path, ...]:
    """What stands where a hand-over to `out` goes and may be replaced by leave: an archive, or the files of an earlier one.

    Raises `BadInput` where a folder holds anything else: it is never emptied.
    """
    from ..library.sums import NAME as SUMS

    if is_zip(out):
        if out.is_dir():
            raise BadInput(f"{out} is a folder", remedy="give the name of an archive, such as song.zip, or of a new folder")
        return (out,) if out.exists() else ()
    remedy = "name a new folder, or an archive that ends with .zip"
    with disk_errors(out):
        if out.exists() and not out.is_dir():
            raise BadInput(f"{out} is a file", remedy=remedy)
        if not out.is_dir() or not any(out.iterdir()):
            return ()
        there = tuple(path for path in sorted(out.rglob("*")) if not path.is_dir()) if (out / SUMS).is_file() else ()
        if not there or not _is_earlier(out, there):
            raise BadInput(f"{out} holds other files", remedy=remedy)
    return there


def _is_earlier(folder: Path, there: tuple[Path, ...]) -> bool:
    """Whether `folder` holds an earlier hand-over and nothing besides."""
    from ..library.sums import NAME as SUMS
    from ..library.sums import read_sums
    from ..mixing.handover.package import RECIPE, SCHEMA

    recipe = folder / RECIPE
    if recipe not in there or f'"{SCHEMA}"' not in recipe.read_text(encoding="utf-8", errors="replace"):
        return False
    try:
        listed = read_sums(folder)
    except BadInput:
        return False
    return {path.relative_to(folder).as_posix() for path in there} <= listed.keys() | {SUMS}


def check_place(out: Path, *, replace: bool = False) -> None:
    """Raise `BadInput` where something is in the way and, being no earlier hand-over or without `replace`, stays."""
    there = find_earlier(out)
    if there and not replace:
        raise BadInput(f"{out} is there already", remedy="give another name, or let it be replaced")
