"""The chunks of a WAV file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from ...errors import BadInput

_HEADER: Final = 12
_MAX_BYTES: Final = 0xFFFFFFFF

Chunk = tuple[bytes, bytes]
"""Four-letter name and content."""


def chunks(data: bytes, *, start: int = _HEADER) -> list[Chunk]:
    """Chunks from byte `start` on, a last one cut short included; a `LIST` that is no INFO list is called `LIST other`."""
    found, at = [], start
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        content = data[at + 8 : at + 8 + size]
        found.append((name if name != b"LIST" or content[:4] == b"INFO" else b"LIST other", content))
        at += 8 + size + size % 2
    return found


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def wav(parts: Sequence[Chunk]) -> bytes:
    """A WAV file of `parts`. Raises `BadInput` beyond 4 GiB."""
    body = b"".join(chunk(*part) for part in parts)
    if len(body) + 4 > _MAX_BYTES:
        raise BadInput(f"{len(body)} bytes do not fit into a wav file", remedy="use flac")
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body
