"""A part of a file that decoders read as if it were a file, with bytes put before it or written over it."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from typing import IO, Any, Final

_COPIED: Final = 1 << 20
"""Bytes that are copied at a time."""


class Window(io.RawIOBase):
    """Bytes `start` to `end` of `file` after `before`; `over` replaces bytes at places of the window."""

    def __init__(
        self, file: IO[bytes], start: int, end: int, *, before: bytes = b"", over: Mapping[int, bytes] | None = None
    ) -> None:
        super().__init__()
        self._file, self._start, self._before = file, start, before
        self._size, self._over, self._place = len(before) + end - start, dict(over or {}), 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to `offset`."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(origin + offset, 0)
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def copy_to_memory(self, most: int) -> int | None:
        """A descriptor of an anonymous file with the same bytes, which C reads without calling back.

        None where there are more than `most` bytes, or the system has no such files.
        """
        if self._size > most or not hasattr(os, "memfd_create"):
            return None
        copied = os.memfd_create("window")
        with os.fdopen(os.dup(copied), "wb") as out:
            self.seek(0)
            shutil.copyfileobj(self, out, _COPIED)
        os.lseek(copied, 0, os.SEEK_SET)
        return copied

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as there are bytes."""
        view = memoryview(buffer).cast("B")
        wanted = max(min(len(view), self._size - self._place), 0)
        head = self._before[self._place : self._place + wanted]
        data = head
        if len(head) < wanted:
            self._file.seek(self._start + max(self._place - len(self._before), 0))
            data += self._file.read(wanted - len(head))
        view[: len(data)] = data
        for place, patch in self._over.items():
            first, last = max(place, self._place), min(place + len(patch), self._place + len(data))
            if first < last:
                view[first - self._place : last - self._place] = patch[first - place : last - place]
        self._place += len(data)
        return len(data)
