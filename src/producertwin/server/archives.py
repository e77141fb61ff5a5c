"""Folders as zip archives that are written while they are sent: nothing is packed beforehand, and no memory grows with a file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from ..disk import chunks_of

YEARS: Final = range(1980, 2108)
"""Those that a zip archive can name."""


class _Outlet(io.RawIOBase):
    """What was written and not yet sent. It has no positions, so that an entry's size and checksum follow its content."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """Everything since the last call."""
        found, self._pieces = b"".join(self._pieces), []
        return found


def stream_zip(files: Sequence[tuple[str, Path]], moment: datetime) -> Iterator[bytes]:
    """The archive of `files`, each by its name in there, piece by piece; the same files and `moment` are the same bytes.

    Contents are stored as they are: sounds and weights do not shrink. Raises as reading a file does, which ends the archive
    before its directory, so that nobody takes the part for the whole.
    """
    outlet = _Outlet()
    archive = ZipFile(outlet, "w", ZIP_STORED)
    date = moment.timetuple()[:6] if moment.year in YEARS else (YEARS[0], 1, 1, 0, 0, 0)
    try:
        for name, path in files:
            entry = ZipInfo(name, date_time=date)
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as inside:
                for chunk in chunks_of(path):
                    inside.write(chunk)
                    yield outlet.take()
        archive.close()
        yield outlet.take()
    finally:
        archive.fp = None  # one that was broken off has no directory to write
