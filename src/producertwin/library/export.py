"""A take copied out of the studio: its audio, its picture, its lyrics in time and its record side by side."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from ..disk import chunks_of, disk_errors, make_folder, move, write_whole
from ..errors import BadInput
from .blobs import Content
from .file_names import name_files
from .lrc import as_lrc
from .provenance import Take
from .sidecars import as_json

Encode = Callable[[Path, Path], None]
"""Reads the FLAC at the first path and writes the second, in the format of its suffix."""
SUFFIXES = (".flac", ".wav", ".mp3", ".ogg")
CODES = ".codes.txt"
"""How the name of a file of audio codes ends."""


def destinations(take: Take, path: Path, *, codes: bool = False, record: bool = True) -> dict[str, Path]:
    """Where audio, picture, lyrics in time and, if wanted, record and audio codes go.

    A folder or a path without suffix gets files named by the id. Raises `BadInput` for a suffix that is no audio format.
    """
    audio = path / f"{take.id}.flac" if path.is_dir() or not path.suffix else path
    if audio.suffix.lower() not in SUFFIXES:
        raise BadInput(f"cannot export to {path.name}: {audio.suffix!r} is no audio format", remedy=f"use {', '.join(SUFFIXES)}")
    there = {"record": record, "picture": take.picture, "lines": take.lines, "codes": codes}
    suffixes = {"record": ".json", "picture": ".png", "lines": ".lrc", "codes": CODES}
    return {"audio": audio} | {part: audio.with_suffix(suffixes[part]) for part, given in there.items() if given}


def write_copies(
    take: Take,
    contents: Mapping[str, Path],
    path: Path,
    *,
    encode: Encode | None = None,
    overwrite: bool = False,
    codes: str = "",
    record: bool = True,
) -> tuple[Path, ...]:
    """Put copies of `take` at `path` and return them; either all are written or none.

    `contents` holds the files of `audio` and, where there is one, `picture`; `codes` are its audio codes as text, where they are
    wanted too, and `record` is whether its record is, with names in the place of paths. Without `encode` FLAC is copied as it
    is, and other formats cannot be written. Raises `BadInput` when a file is in the way and `overwrite` is false.
    """
    places = destinations(take, path, codes=bool(codes), record=record)
    check_free(places, overwrite=overwrite)
    audio = places["audio"]
    if audio.suffix.lower() != ".flac" and encode is None:
        raise BadInput(f"no encoder for {audio.name}", remedy="export to .flac")
    folder = audio.parent
    with disk_errors(folder):
        make_folder(folder)
        desk = Path(tempfile.mkdtemp(prefix=".twin-export-", dir=folder))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, desk, ignore_errors=True)
        ready = {part: desk / place.name for part, place in places.items()}
        if encode is None:
            write_whole(ready["audio"], chunks_of(contents["audio"]))
        else:
            encode(contents["audio"], ready["audio"])
        rest: dict[str, Content] = {
            "record": as_json(name_files(take)),
            "lines": as_lrc(take.lines),
            "codes": f"{codes}\n".encode(),
            **contents,
        }
        for part in places.keys() - {"audio"}:
            write_whole(ready[part], chunks_of(rest[part]))
        _publish(ready, places)
    return tuple(places.values())


def check_free(places: Mapping[str, Path], *, overwrite: bool) -> None:
    """Raise `BadInput` when a file is in the way and may not be replaced."""
    taken = [str(place) for place in places.values() if place.exists()]
    if taken and not overwrite:
        raise BadInput(f"{', '.join(taken)} already there", remedy="choose another name, or let it be replaced")


def _publish(ready: Mapping[str, Path], places: Mapping[str, Path]) -> None:
    with ExitStack() as undo:
        for part, place in places.items():
            if not place.exists():
                undo.callback(place.unlink, missing_ok=True)
            move(ready[part], place)
        undo.pop_all()
