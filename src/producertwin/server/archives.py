"""Folders as zip archives that are written while they are sent: nothing is packed beforehand, and no memory grows with a file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from ..disk import chunks_of
from ..recipe import short_id
from .answers import names_tag
from .media import SANDBOX

ARCHIVE: Final = "application/zip"

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


def send_zip(request: Request, root: str, files: Sequence[tuple[str, Path]], moment: datetime) -> Response:
    """`files`, each by its name below the folder `root`, as one archive, packed while it is sent; 304 where it is known."""
    tag = f'"{short_id([[name, (seen := path.stat()).st_size, seen.st_mtime_ns] for name, path in files])}"'
    headers = {"etag": tag, "content-security-policy": SANDBOX, "cache-control": "private, no-cache"}
    headers |= {"content-disposition": f"attachment; filename*=UTF-8''{quote(root, safe='')}.zip"}
    if names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    below = [(f"{root}/{name}", path) for name, path in files]
    pieces = () if request.scope.get("head") else stream_zip(below, moment)
    return StreamingResponse(pieces, 200, headers, ARCHIVE)
