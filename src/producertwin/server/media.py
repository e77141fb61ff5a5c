"""Contents as answers: a file or a part of it (RFC 9110, 14: one range of bytes), sent piece by piece."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from ..audio.formats import HEAD_BYTES, sniff
from ..disk import disk_errors
from ..errors import NotFound
from .answers import names_tag
from .guard import POLICY

PIECE: Final = 1 << 18
"""Bytes that are read and sent at a time."""
TYPES: Final = {
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "w64": "audio/x-w64",
    "caf": "audio/x-caf",
    "au": "audio/basic",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
}
"""Media types of the sounds that are read, by `audio.formats.KINDS`."""
_RANGE: Final = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)
SANDBOX: Final = f"sandbox; {POLICY}"


class Unsatisfiable(Exception):
    """A range that lies past the end."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the one range that a header asks for of `size` bytes; None where the whole is to be sent.

    Several ranges, another unit and what is no range are not answered by parts, as RFC 9110 allows. Raises `Unsatisfiable`.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or len(header) > 100 or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last bytes
        length = int(found[2])
        if not (length and size):
            raise Unsatisfiable
        return max(0, size - length), size - 1
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return first, min(last, size - 1)


def media_type(path: Path) -> str:
    """The type of a sound by its first bytes."""
    with path.open("rb") as file:
        return TYPES.get(sniff(file.read(HEAD_BYTES)) or "", "application/octet-stream")


def send_file(request: Request, path: Path, *, tag: str, media: str, lasts: bool = False) -> Response:
    """The file at `path` or the range of it that is asked for; `tag` names its content, and `lasts` says that it never changes.

    Raises `NotFound` where the file is gone.
    """
    try:
        with disk_errors(path):
            size = path.stat().st_size
    except FileNotFoundError:
        raise NotFound("its content is gone from the studio", remedy="restore the studio folder from a copy") from None
    headers = {"etag": f'"{tag}"', "accept-ranges": "bytes", "content-security-policy": SANDBOX}
    headers |= {"cache-control": "private, max-age=31536000, immutable" if lasts else "private, no-cache"}
    if names_tag(request.headers.get("if-none-match", ""), headers["etag"]):
        return Response(status_code=304, headers=headers)
    condition = request.headers.get("if-range")
    asked = request.headers.get("range", "") if condition in (None, headers["etag"]) else ""
    try:
        part = parse_range(asked, size) if asked else None
    except Unsatisfiable:
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}", "cache-control": "no-store"})
    first, last = part or (0, size - 1)
    headers["content-length"] = str(last - first + 1)
    if part is not None:
        headers["content-range"] = f"bytes {first}-{last}/{size}"
    pieces: AsyncIterator[bytes] | Iterable[bytes] = () if request.scope.get("head") else _read(path, first, last)
    return StreamingResponse(pieces, 206 if part else 200, headers, media)


async def _read(path: Path, first: int, last: int) -> AsyncIterator[bytes]:
    file = await run_in_threadpool(path.open, "rb")
    try:
        await run_in_threadpool(file.seek, first)
        left = last - first + 1
        while left > 0:
            piece = await run_in_threadpool(file.read, min(PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
    finally:
        file.close()


def send_bytes(request: Request, content: bytes, *, media: str, name: str) -> Response:
    """`content`, to be saved under `name`; 304 where the client has it."""
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "content-security-policy": SANDBOX, "cache-control": "private, no-cache"}
    headers |= {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    if names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media)
