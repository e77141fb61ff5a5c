"""ID3v2 tags, as MP3 files carry at their head and WAV files in a chunk: written as version 2.4 in UTF-8, read from 2.3 and 2.4.

Layout after the ID3v2.4.0 structure and frames documents (id3.org, 2000).
"""

from __future__ import annotations

import struct
from typing import Final

_HEADER: Final = 10
_TEXT_ENCODINGS: Final = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_UTF8: Final = b"\x03"
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40

Frames = list[tuple[str, bytes]]
"""Frame id and content, in the file's order."""


def length(data: bytes) -> int:
    """Bytes of the tag at the head of `data`, its header included; 0 where there is none."""
    if data[:3] != b"ID3" or len(data) < _HEADER:
        return 0
    return _HEADER + _syncsafe(data[6:10]) + (_HEADER if data[5] & 0x10 else 0)


def unpack(data: bytes) -> Frames:
    """Frames of the tag at the head of `data`; none for another version, what is whole for a damaged tag."""
    if length(data) == 0 or data[3] not in (3, 4):
        return []
    version, flags = data[3], data[5]
    body = data[_HEADER : _HEADER + _syncsafe(data[6:10])]
    if flags & _UNSYNCHRONISED:
        body = body.replace(b"\xff\x00", b"\xff")
    at = 0
    if flags & _EXTENDED and len(body) >= 4:
        at = _syncsafe(body[:4]) if version == 4 else 4 + struct.unpack(">I", body[:4])[0]
    frames: Frames = []
    while at + _HEADER <= len(body) and body[at] != 0:
        name = body[at : at + 4].decode("latin-1")
        size = frame_size(body[at : at + _HEADER], version)
        content = body[at + _HEADER : at + _HEADER + size]
        if len(content) < size:
            break
        frames.append((name, content))
        at += _HEADER + size
    return frames


def pack(frames: Frames) -> bytes:
    """A version 2.4 tag of `frames`, without padding; nothing for no frames."""
    if not frames:
        return b""
    body = b"".join(name.encode("latin-1") + _to_syncsafe(len(content)) + b"\0\0" + content for name, content in frames)
    return b"ID3\x04\x00\x00" + _to_syncsafe(len(body)) + body


def frame_size(head: bytes, version: int) -> int:
    """Bytes of a frame's content after its header `head` of ten, in a tag of `version` 3 or 4."""
    return _syncsafe(head[4:8]) if version == 4 else int(struct.unpack_from(">I", head, 4)[0])


def text_frame(text: str) -> bytes:
    """Content of a text frame."""
    return _UTF8 + text.encode()


def comment_frame(text: str) -> bytes:
    """Content of a COMM frame without description."""
    return _UTF8 + b"und" + b"\0" + text.encode()


def user_frame(name: str, text: str) -> bytes:
    """Content of a TXXX frame."""
    return _UTF8 + name.encode() + b"\0" + text.encode()


def texts(content: bytes, *, skip: int = 0) -> list[str]:
    """The NUL-separated strings of a frame, after the encoding byte and `skip` bytes (3 for the language of COMM)."""
    if not content:
        return []
    encoding = _TEXT_ENCODINGS.get(content[0], "latin-1")
    decoded = content[1 + skip :].decode(encoding, "replace")
    return [part.lstrip("\ufeff") for part in decoded.split("\0")]


def _syncsafe(four: bytes) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


def _to_syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
