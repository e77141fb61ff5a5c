"""Files that are whole or absent.

A file is written under a temporary name in its own folder, fsynced, renamed, and the folder fsynced: after a crash or a full
disk the name holds the old content, the new content or nothing, never a part.
"""

# ruff: noqa: PTH103, PTH105
# Every call that can fail goes through `os`, so that a test can make the Nth fail.

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadInput, Resources

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE}
_REFUSED = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ENOTEMPTY,
}
_CHUNK = 1 << 20
TEMPORARY = ".part"
"""How the name of an unfinished file ends."""
STALE = 86_400.0
"""Seconds after which what nobody has finished, or named, may be removed."""


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusals about `path` into `Resources` (disk full, failing) or `BadInput` (not writable)."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Resources(f"cannot write {path}: {error.strerror}", remedy="free some disk space and run again") from error
        if error.errno in _REFUSED:
            raise BadInput(f"cannot use {path}: {error.strerror}", remedy="choose a folder that you may write to") from error
        raise


def chunks_of(content: bytes | Path) -> Iterator[bytes]:
    """The bytes of `content`, a megabyte at a time."""
    if isinstance(content, bytes):
        yield from (content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK))
        return
    with content.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def make_folder(folder: Path) -> None:
    """Create `folder` and those above it, durably."""
    if not folder.is_dir():
        os.makedirs(folder, exist_ok=True)
        sync_folder(folder.parent)


def write_whole(path: Path, chunks: Iterable[bytes]) -> None:
    """Put `chunks` at `path`, all or nothing; an older file there is replaced. Raises `Resources` or `BadInput`."""
    with disk_errors(path):
        make_folder(path.parent)
        temporary = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}{TEMPORARY}")
        new = not path.exists()
        try:
            _write(temporary, chunks)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        try:
            sync_folder(path.parent)
        except OSError:
            if new:
                path.unlink(missing_ok=True)
            raise


def move(source: Path, target: Path) -> None:
    """Rename `source` to `target` in the same file system, durably; an older file there is replaced."""
    with disk_errors(target):
        make_folder(target.parent)
        os.replace(source, target)
        sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows has no such call; it journals names itself
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
