"""Where the sounds of a listening test come from: folders, takes of the library, or the folder of a finished evaluation.

A folder holds sound files and, where something is known of them, a `pieces.json`: a list of `ListedSound`. Sounds of two
folders with one `id` and `take` were made from one prompt and seed. The folder of a finished evaluation holds such folders:
`twin`, `base` and `real`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import Field, TypeAdapter, ValidationError

from ..disk import write_whole
from ..errors import BadInput, NotFound
from ..library import Library, Take
from ..recipe import Record, canonical
from ..untrusted import parse_json, read_text
from .plan import Question

LIST: Final = "pieces.json"
TWIN: Final = "twin"
BASE: Final = "base"
REAL: Final = "real"
SUFFIXES: Final = frozenset({".flac", ".wav", ".mp3", ".ogg", ".opus", ".m4a", ".aif", ".aiff"})


class ListedSound(Record):
    """What a `pieces.json` says of one file."""

    file: str = Field(min_length=1, max_length=1000)
    """Its path below the folder, with forward slashes."""
    id: str = Field("", max_length=200)
    """What it was made from; the same in folders whose sounds belong together."""
    take: int = Field(0, ge=0)
    """Which take of it, where there are several."""
    style: str = Field("", max_length=200)
    """Only sounds of one style are paired."""
    bpm: float | None = Field(None, gt=0)
    """Tempo; measured where absent."""
    title: str = Field("", max_length=500)
    """What a person calls it."""


@dataclass(frozen=True, slots=True)
class ListeningSound:
    """A file that may be heard in a test, and what is known of it."""

    path: Path
    id: str
    take: int
    style: str
    bpm: float | None
    title: str


_LIST: Final = TypeAdapter(list[ListedSound])


def in_folder(folder: Path) -> tuple[ListeningSound, ...]:
    """The sounds of `folder`: those its `pieces.json` lists, or every sound file where there is none.

    Raises `NotFound` for a folder or a file that is not there, `BadInput` for a list that is damaged or leads out of the folder.
    """
    if not folder.is_dir():
        raise NotFound(f"no folder {folder}", remedy="give a folder of sounds, or ids of takes with commas between them")
    path = folder / LIST
    listed = _read(path) if path.is_file() else [ListedSound(file=name) for name in _names(folder)]
    if not listed:
        raise NotFound(f"no sounds in {folder}", remedy=f"give a folder with {', '.join(sorted(SUFFIXES))} files")
    found = [_sound(folder, piece) for piece in listed]
    missing = [str(sound.path) for sound in found if not sound.path.is_file()]
    if missing:
        raise NotFound(
            f"{path} lists what is not there: {', '.join(missing[:5])}", remedy="restore the files, or correct the list"
        )
    return tuple(found)


def of_takes(keys: Sequence[str], library: Library) -> tuple[ListeningSound, ...]:
    """Takes of the library by their ids; takes of one prompt and seed share their `id`, whatever played them."""
    takes = [library.takes.get(key) for key in keys]
    return tuple(
        ListeningSound(library.takes.play_path(take.id), _prompt(take), 0, "", take.metas.bpm, take.caption or take.id)
        for take in takes
    )


def of_evaluation(folder: Path, question: Question) -> tuple[Path, Path]:
    """The folders of the twin's sounds and of what it is held against, in the folder of a finished evaluation."""
    found = folder / TWIN, folder / (REAL if question == "real" else BASE)
    missing = [path.name for path in found if not path.is_dir()]
    if missing:
        remedy = "give the folder of a finished `twin prove`, or the twin's sounds and then the others"
        raise NotFound(f"no {' and no '.join(missing)} in {folder}", remedy=remedy)
    return found


def write_list(folder: Path, pieces: Iterable[ListedSound]) -> Path:
    """Write the `pieces.json` of `folder`, whole or not at all."""
    lines = ",\n".join(canonical(piece.model_dump(mode="json")) for piece in pieces)
    return write_whole(folder / LIST, f"[\n{lines}\n]\n".encode())


def _read(path: Path) -> list[ListedSound]:
    remedy = "correct the list, or remove it"
    try:
        return _LIST.validate_python(parse_json(read_text(path, remedy=remedy), str(path), remedy=remedy))
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        raise BadInput(f"{path}: {told}", remedy="correct the list, or remove it to take every sound of the folder") from None


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))


def _sound(folder: Path, piece: ListedSound) -> ListeningSound:
    inside = PurePosixPath(piece.file)
    if inside.is_absolute() or ".." in inside.parts or "\\" in piece.file:
        raise BadInput(f"{piece.file!r} leads out of {folder}", remedy="list files below the folder only")
    path = folder.joinpath(*inside.parts)
    return ListeningSound(path, piece.id or path.stem, piece.take, piece.style, piece.bpm, piece.title or path.stem)


def _prompt(take: Take) -> str:
    said = canonical([take.caption, take.lyrics, take.metas.model_dump(mode="json"), take.task, take.seed])
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()
