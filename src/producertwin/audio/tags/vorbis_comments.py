"""Vorbis comments: the `NAME=text` list that FLAC and Ogg files carry."""

from __future__ import annotations

import struct
from typing import Final

from ...errors import AudioRejected
from . import ogg_pages

_VENDOR: Final = b"producertwin"
_COMMENT_BLOCK, _PADDING_BLOCK = 4, 1
_MAX_BLOCK: Final = 0xFFFFFF
_HEADERS: Final = {b"\x01vorbis": (3, b"\x03vorbis", b"\x01"), b"OpusHead": (2, b"OpusTags", b"")}
"""First bytes of the stream -> number of header packets, prefix and suffix of the comment packet."""

Comments = list[tuple[str, str]]


def pack(comments: Comments) -> bytes:
    """`comments` as bytes: vendor, count, then each with its length."""
    entries = [f"{name}={text}".encode() for name, text in comments]
    parts = [struct.pack("<I", len(_VENDOR)), _VENDOR, struct.pack("<I", len(entries))]
    for entry in entries:
        parts += [struct.pack("<I", len(entry)), entry]
    return b"".join(parts)


def unpack(data: bytes) -> Comments:
    """Comments of a block; stops at the first entry that does not fit, so a damaged list gives what is whole."""
    comments: Comments = []
    if len(data) < 8:
        return comments
    at = 4 + struct.unpack_from("<I", data)[0] + 4
    while at + 4 <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        entry = data[at + 4 : at + 4 + size]
        if len(entry) < size:
            break
        name, equals, text = entry.decode("utf-8", "replace").partition("=")
        if equals:
            comments.append((name.upper(), text))
        at += 4 + size
    return comments


def of_flac(data: bytes) -> Comments:
    """Comments of a FLAC file."""
    blocks, _ = _flac_blocks(data)
    return next((unpack(block) for kind, block in blocks if kind == _COMMENT_BLOCK), [])


def into_flac(data: bytes, comments: Comments) -> bytes:
    """The FLAC file with its comments replaced; every other block and all audio stay as they are."""
    blocks, audio = _flac_blocks(data)
    block = pack(comments)
    if len(block) > _MAX_BLOCK:
        raise AudioRejected("tags_too_long", f"{len(block)} bytes of tags do not fit into FLAC", remedy="shorten them")
    kept = [entry for entry in blocks if entry[0] not in (_COMMENT_BLOCK, _PADDING_BLOCK)]
    kept.insert(1, (_COMMENT_BLOCK, block))
    parts = [b"fLaC"]
    for number, (kind, content) in enumerate(kept):
        last = 0x80 if number == len(kept) - 1 else 0
        parts += [bytes([kind | last]), len(content).to_bytes(3, "big"), content]
    return b"".join([*parts, audio])


def _flac_blocks(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Metadata blocks (type, content) and the audio after them."""
    blocks, at, last = [], 4, False
    while not last:
        if at + 4 > len(data):
            raise AudioRejected("corrupt", "the FLAC metadata is cut short", remedy="export the file again from its source")
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        blocks.append((kind, data[at + 4 : at + 4 + size]))
        at += 4 + size
    return blocks, data[at:]


def of_ogg(data: bytes) -> Comments:
    """Comments of an Ogg Vorbis or Opus file."""
    pages = ogg_pages.split(data)
    count, prefix, _ = _ogg_kind(pages)
    headers, _ = ogg_pages.packets(pages, count)
    return unpack(headers[1][len(prefix) :])


def into_ogg(data: bytes, comments: Comments) -> bytes:
    """The Ogg file with its comments replaced; the audio packets stay as they are, their pages are renumbered."""
    pages = ogg_pages.split(data)
    count, prefix, suffix = _ogg_kind(pages)
    headers, used = ogg_pages.packets(pages, count)
    headers[1] = prefix + pack(comments) + suffix
    return ogg_pages.join([*ogg_pages.paginate(headers), *pages[used:]])


def _ogg_kind(pages: list[ogg_pages.Page]) -> tuple[int, bytes, bytes]:
    for start, kind in _HEADERS.items():
        if pages and pages[0].body.startswith(start):
            return kind
    raise AudioRejected("not_audio", "the Ogg file is neither Vorbis nor Opus", remedy="convert it to flac")
