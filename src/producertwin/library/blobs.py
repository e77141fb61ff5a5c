"""Files named by what they hold.

A blob's name is `b2:` and the 64 hex digits of its BLAKE2b-256; it lies at `blobs/ab/cdef…`. Equal content is stored once,
and a name is enough to tell whether its file is intact. Nothing but a well-formed name ever becomes a path.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from ..disk import STALE, chunks_of, disk_errors, write_whole
from ..errors import BadInput, NotFound

Content = bytes | Path
"""What is stored: the bytes themselves, or a file to copy."""
NAME = re.compile(r"b2:([0-9a-f]{2})([0-9a-f]{62})")
"""What every blob name looks like."""


class Condition(StrEnum):
    """What verifying a blob found."""

    INTACT = "intact"
    MISSING = "missing"
    DAMAGED = "damaged"


def name_of(content: Content) -> str:
    """The blob name of `content`. Raises `NotFound` for a file that is not there, `BadInput` for one that cannot be read."""
    digest = hashlib.blake2b(digest_size=32)
    try:
        for chunk in chunks_of(content):
            digest.update(chunk)
    except FileNotFoundError:
        raise NotFound(f"no file at {content!s}", remedy="check the path") from None
    except (PermissionError, IsADirectoryError) as error:
        raise BadInput(f"cannot read {content!s}: {error.strerror}", remedy="give a file that you may read") from error
    return "b2:" + digest.hexdigest()


class Blobs:
    """The content-addressed store in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the blob `name` lies, whether or not it is there. Raises `BadInput` for anything but a blob name."""
        found = NAME.fullmatch(name)
        if not found:
            raise BadInput(f"{name!r} is not a blob name", remedy="blob names are 'b2:' and 64 hex digits")
        return self.folder / found[1] / found[2]

    def put(self, content: Content, *, fresh: list[str] | None = None) -> str:
        """Store `content` and return its name; a damaged copy is replaced, an intact one kept.

        `fresh` collects the name if this call had to write it, before it does. A blob that no take names may be swept after a
        day. Raises `Resources` when the disk is full, and then leaves nothing behind.
        """
        name = name_of(content)
        if self.check(name) is not Condition.INTACT:
            if fresh is not None:
                fresh.append(name)
            write_whole(self.path(name), chunks_of(content) if isinstance(content, bytes) else self._expecting(name, content))
        return name

    def get(self, name: str) -> Path:
        """The file of the blob `name`. Raises `NotFound` when it is gone."""
        path = self.path(name)
        if not path.is_file():
            raise NotFound(f"blob {name} is missing from {self.folder}", remedy="restore the studio folder from a copy")
        return path

    def check(self, name: str) -> Condition:
        """Hash the blob again and compare it with its name."""
        path = self.path(name)
        if not path.is_file():
            return Condition.MISSING
        return Condition.INTACT if name_of(path) == name else Condition.DAMAGED

    def remove(self, name: str) -> None:
        """Delete the blob; absent is fine."""
        path = self.path(name)
        with disk_errors(path):
            path.unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Every stored name, sorted."""
        for path in sorted(self.folder.glob("??/*")):
            name = f"b2:{path.parent.name}{path.name}"
            if NAME.fullmatch(name):
                yield name

    def strays(self, named: set[str], *, older_than: float = STALE) -> list[Path]:
        """Files that are not in `named` and have not changed for `older_than` seconds."""
        keep = {self.path(name) for name in named}
        cutoff = time.time() - older_than
        found = [path for path in sorted(self.folder.glob("??/*")) if path not in keep]
        return [path for path in found if path.stat().st_mtime <= cutoff]

    def _expecting(self, name: str, content: Path) -> Iterator[bytes]:
        """What is read of a file, which may change meanwhile."""
        digest = hashlib.blake2b(digest_size=32)
        for chunk in chunks_of(content):
            digest.update(chunk)
            yield chunk
        if "b2:" + digest.hexdigest() != name:
            raise BadInput(f"{content!s} changed while it was read", remedy="wait until it is finished and run again")
