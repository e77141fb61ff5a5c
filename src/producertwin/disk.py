"""Files and folders that are whole or absent: how this project writes (only logs are appended to, by `library.jsonl`).

Content is written under a temporary name beside its place, flushed to the disk and renamed, and the folder is flushed: after a
crash or on a full disk the name holds the old content, the new content or nothing, never a part. Temporary names look like
`.song.flac.8d7f01c2.part`; what a kill leaves of them may be removed after a day.
"""

# ruff: noqa: PTH103, PTH105
# Every call that can fail goes through `os`, so that a test can make the Nth fail.

from __future__ import annotations

import errno
import json
import logging
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import BadInput, DiskFull, Resources

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_FULL = {*_NO_ROOM, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE}
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
_CANNOT_FLUSH = {
    errno.EINVAL,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.ENOTTY,
    errno.EPERM,
    errno.EACCES,
}
"""What drives answer that do not know `fsync`, of files or of folders."""
_UNFLUSHED: set[int] = set()
"""The drives of which that was told."""
_LOG = logging.getLogger(__name__)
_CHUNK = 1 << 20
TEMPORARY = ".part"
"""How the name of an unfinished file or folder ends."""
_TEMPORARY_NAME = re.compile(rf"\..+\.[0-9a-f]{{8}}{re.escape(TEMPORARY)}", re.DOTALL)
STALE = 86_400.0
"""Seconds after which what nobody has finished, or named, may be removed."""


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusals about `path` into `DiskFull`, `Resources` (it fails) or `BadInput` (not writable)."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            kind = DiskFull if error.errno in _NO_ROOM else Resources
            raise kind(f"cannot write {path}: {error.strerror}", remedy="free some disk space and run again") from error
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
    """Create `folder` and those above it, durably. Raises `BadInput` where the system makes none, as below /proc."""
    if not folder.is_dir():
        try:
            os.makedirs(folder, exist_ok=True)
        except FileNotFoundError as error:
            raise BadInput(f"no folder can be made at {folder}", remedy="choose a folder that you may write to") from error
        sync_folder(folder.parent)


def temporary_of(path: Path) -> Path:
    """A new name beside `path` for what will become it."""
    return path.with_name(f"{_temporary_prefix(path)}{secrets.token_hex(4)}{TEMPORARY}")


def _temporary_prefix(path: Path) -> str:
    """How the temporary names of `path` begin; at most 160 bytes of its own name, since drives take 255."""
    return f".{os.fsencode(path.name[:80])[:160].decode(errors='ignore')}."


def is_leftover(name: str) -> bool:
    """Whether a file or folder of this name is one that was never finished."""
    return _TEMPORARY_NAME.fullmatch(name) is not None


def write_whole(path: Path, content: bytes | Iterable[bytes | memoryview]) -> Path:
    """Put `content` at `path`, all or nothing; folders are made and an older file is replaced. Returns `path`.

    Raises `Resources` (disk full) or `BadInput` (not writable).
    """
    with whole_file(path) as temporary:
        _write(temporary, chunks_of(content) if isinstance(content, bytes) else content)
    return path


def write_json(path: Path, data: Mapping[str, Any]) -> Path:
    """Put `data` at `path` as JSON to read: indented, keys sorted. Raises as `write_whole` does."""
    return write_whole(path, (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path to write to, which becomes `path` at the end of the block. Raises as `write_whole` does.

    Nothing is left where the block fails; an older file at `path` is replaced only by a whole one.
    """
    with disk_errors(path):
        make_folder(path.parent)
        temporary = temporary_of(path)
        new = not path.exists()
        try:
            yield temporary
            _sync_file(temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        try:
            sync_folder(path.parent)
        except OSError:
            if new:
                path.unlink(missing_ok=True)
            raise


@contextmanager
def whole_folder(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` at the end of the block, every file of it flushed to the disk.

    Nothing is left where the block fails. An older folder is replaced where `replace` is true (a crash between the two renames
    leaves none); otherwise `folder` must be absent
    or empty (`check_new`) by the end too. Unfinished folders of the same name that are a day old are removed first. Raises
    `BadInput` where `folder` is in the way or may not be written, `Resources` when the disk is full.
    """
    folder = folder.absolute()
    temporary = temporary_of(folder)
    with disk_errors(folder):
        make_folder(folder.parent)
        _sweep(folder)
        os.makedirs(temporary)
        try:
            yield temporary
            for path in sorted(temporary.rglob("*")):
                (_sync_file if path.is_file() else sync_folder)(path)
            sync_folder(temporary)
            if replace:
                _exchange(temporary, folder)
            else:
                check_new(folder)
                with suppress(FileNotFoundError):
                    folder.rmdir()
                move(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def check_new(folder: Path) -> None:
    """Raise `BadInput` unless `folder` is absent, or empty and not the one that is worked in."""
    with disk_errors(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise BadInput(f"{folder} is not empty", remedy="name a new folder")
        if folder.absolute() == Path.cwd():
            raise BadInput(f"{folder} is the folder you are in", remedy="name a new folder inside it")


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
    _flush(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync_file(path: Path) -> None:
    """Make the content of a file survive a power cut, where the drive can."""
    _flush(path, os.O_RDWR | getattr(os, "O_BINARY", 0))


def _flush(path: Path, flags: int) -> None:
    """Flush what is at `path`. That a drive cannot (network shares, exFAT) is logged once for each drive, and no error."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
        drive = os.fstat(descriptor).st_dev
        if drive not in _UNFLUSHED:
            _UNFLUSHED.add(drive)
            _LOG.warning("the drive of %s cannot flush what is written (%s): a power cut may cost the newest files", path, error)
    finally:
        os.close(descriptor)


def _write(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _exchange(temporary: Path, folder: Path) -> None:
    """Put `temporary` at `folder`; what stood there goes once the new one stands, and comes back where it cannot."""
    old = temporary_of(folder)
    try:
        if folder.exists():
            move(folder, old)
        move(temporary, folder)
    finally:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(old, ignore_errors=True)


def find_leftovers(root: Path, *, older_than: float = STALE) -> Iterator[Path]:
    """Files and folders below `root` that were never finished and have not changed for `older_than` seconds."""
    cutoff = time.time() - older_than
    for folder, names, files in os.walk(root):
        unfinished = [name for name in names if is_leftover(name)]
        names[:] = sorted(set(names) - set(unfinished))
        for name in sorted([*unfinished, *(name for name in files if is_leftover(name))]):
            left = Path(folder, name)
            if _changed_last(left) <= cutoff:
                yield left


def remove_leftover(path: Path) -> None:
    """Remove what `find_leftovers` found; what has gone meanwhile is fine. Raises as `disk_errors` does."""
    with disk_errors(path), suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _changed_last(path: Path) -> float:
    """When a file, or anything in a folder, was last changed; the far future for one that another writer has just finished."""
    try:
        return max(one.stat().st_mtime for one in (path, *path.rglob("*")))
    except FileNotFoundError:
        return math.inf


def _sweep(folder: Path) -> None:
    """Remove what was left unfinished of `folder` and has not changed for a day."""
    cutoff = time.time() - STALE
    for left in folder.parent.iterdir():
        ours = left.name.startswith(_temporary_prefix(folder)) and left.name.endswith(TEMPORARY) and left.is_dir()
        if ours and _changed_last(left) <= cutoff:
            shutil.rmtree(left, ignore_errors=True)
