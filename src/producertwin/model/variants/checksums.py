"""Content hashes of weight files, remembered beside them in `checksums.json` with size and time, so that 10 GB are read once.

A hash is 32 hex digits of BLAKE2b. A remembered hash counts while the file's size and time are those it was taken at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...disk import write_json
from ..weights import file_hash, read_json

NAME = "checksums.json"
QUICK = 1 << 28
"""Files up to this many bytes are hashed anew each time."""


def read_remembered(folder: Path) -> dict[str, Any]:
    """What `folder` remembers: file name -> `{"stamp": [bytes, nanoseconds], "b2": hash}`."""
    path = folder / NAME
    return read_json(path, "delete it") if path.is_file() else {}


def hashes(files: Sequence[Path], folder: Path, *, keep_all: bool = False) -> dict[str, str]:
    """Hash of each file, by its name inside `folder`. Remembers those of large files, or of all with `keep_all`."""
    memory, changed, found = read_remembered(folder), False, {}
    for path in sorted(files):
        facts = path.stat()
        name, stamp = path.relative_to(folder).as_posix(), [facts.st_size, facts.st_mtime_ns]
        if facts.st_size > QUICK and memory.get(name, {}).get("stamp") == stamp:
            found[name] = str(memory[name]["b2"])
            continue
        found[name] = file_hash(path)
        if keep_all or facts.st_size > QUICK:
            memory[name], changed = {"stamp": stamp, "b2": found[name]}, True
    if changed:
        write_json(folder / NAME, memory)
    return found


def revision(files: Sequence[Path], folder: Path) -> str:
    """`b2:` and 32 hex digits over the contents of `files`."""
    return _join(hashes(files, folder))


def remembered_revision(folder: Path) -> str:
    """`revision` of all files that `folder` remembers, which are as they were (`list_changed`)."""
    return _join({name: str(facts["b2"]) for name, facts in sorted(read_remembered(folder).items())})


def _join(found: Mapping[str, str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, one in found.items():
        digest.update(f"{name}:{one}\n".encode())
    return "b2:" + digest.hexdigest()


def differing(folder: Path) -> list[str]:
    """Files whose content is no longer what `folder` remembers, or that are gone. Reads everything."""
    memory = read_remembered(folder)
    return [
        name for name, facts in sorted(memory.items()) if not (folder / name).is_file() or file_hash(folder / name) != facts["b2"]
    ]


def list_changed(folder: Path) -> list[str]:
    """As `differing`, but a large file counts as unchanged while its size and time are those remembered."""
    found = []
    for name, facts in sorted(read_remembered(folder).items()):
        path = folder / name
        if not path.is_file():
            found.append(name)
            continue
        state = path.stat()
        same = state.st_size > QUICK and facts["stamp"] == [state.st_size, state.st_mtime_ns]
        if state.st_size != facts["stamp"][0] or not (same or file_hash(path) == facts["b2"]):
            found.append(name)
    return found
