"""`SHA256SUMS`: the checksum of every file of a folder, in the form that `sha256sum --check` reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from ..disk import chunks_of, write_whole
from ..errors import BadInput, NotFound

NAME: Final = "SHA256SUMS"
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_OF_HUB: Final = frozenset({".gitattributes", ".git", ".cache"})
"""What the Hugging Face hub and its clients add to a folder that is fetched from there."""
REMEDY: Final = "get the folder again from whoever made it"


def write_sums(folder: Path, names: Sequence[str] | None = None) -> Path:
    """Write the checksums of the files `names` in `folder`, in their order; of all, by name, where none are given."""
    if names is None:
        names = [path.relative_to(folder).as_posix() for path in list_files(folder)]
    lines = [f"{hash_file(folder / name)}  {name}\n" for name in names]
    return write_whole(folder / NAME, "".join(lines).encode())


def list_files(folder: Path) -> list[Path]:
    """Every file of `folder` but the list itself and what the Hugging Face hub adds, by name."""
    found = (path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return sorted(path for path in found if not is_of_hub(path.relative_to(folder).as_posix()))


def is_of_hub(name: str) -> bool:
    """Whether a file, named below its folder, is one that the Hugging Face hub or its clients add."""
    return PurePosixPath(name).parts[0] in _OF_HUB


def read_sums(folder: Path) -> dict[str, str]:
    """The checksum of every file that the list names. Raises `NotFound` for no list, `BadInput` for one that cannot be read."""
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{folder} has no {NAME}", remedy="give the folder of a release or a hand-over") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no list of checksums", remedy=REMEDY) from None
    found: dict[str, str] = {}
    for line in filter(None, text.splitlines()):
        match = _LINE.fullmatch(line)
        if match is None or not _is_inside(match[2]):
            raise BadInput(f"{path}: {line[:80]!r} is no checksum of a file", remedy=REMEDY)
        found[match[2]] = match[1]
    return found


def find_faults(folder: Path) -> dict[str, str]:
    """Files that are not what the list says, and in which way: `missing`, `changed`, or `not in the list`."""
    listed = read_sums(folder)
    there = {path.relative_to(folder).as_posix(): path for path in list_files(folder)}
    faults = {name: "missing" for name in listed if name not in there}
    faults |= {name: "changed" for name, path in there.items() if name in listed and hash_file(path) != listed[name]}
    return dict(sorted((faults | {name: "not in the list" for name in there if name not in listed}).items()))


def hash_file(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    for chunk in chunks_of(path):
        digest.update(chunk)
    return digest.hexdigest()


def _is_inside(name: str) -> bool:
    """Whether a name stays in its folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name
