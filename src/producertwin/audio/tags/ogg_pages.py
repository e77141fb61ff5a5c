"""Ogg pages taken apart and put together: a fixed stream serial, and room for other header packets.

Encoders draw a random serial number, which would make two encodings of the same samples differ. Layout after RFC 3533.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ...errors import AudioRejected

SERIAL: Final = 1
_HEADER: Final = struct.Struct("<4sBBqIIIB")
_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_CONTINUED, _FIRST = 1, 2
_MAX_LACES: Final = 255


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its flags (1 continued, 2 first, 4 last), end position in samples, place in the stream, laces and body."""

    flags: int
    granule: int
    number: int
    laces: bytes
    body: bytes

    def pack(self) -> bytes:
        """The page as bytes, with the fixed serial and a fresh checksum."""
        head = _HEADER.pack(b"OggS", 0, self.flags, self.granule, SERIAL, self.number, 0, len(self.laces))
        raw = head + self.laces + self.body
        return raw[:22] + struct.pack("<I", _checksum(raw)) + raw[26:]


def split(data: bytes) -> list[Page]:
    """The pages of a single-stream Ogg file. Raises `AudioRejected` where the bytes are not pages."""
    pages, at = [], 0
    while at < len(data):
        if at + _HEADER.size > len(data) or data[at : at + 4] != b"OggS":
            raise AudioRejected("corrupt", f"no Ogg page at byte {at}", remedy="export the file again from its source")
        _, _, flags, granule, _, number, _, count = _HEADER.unpack_from(data, at)
        start = at + _HEADER.size
        laces = data[start : start + count]
        end = start + count + sum(laces)
        pages.append(Page(flags, granule, number, laces, data[start + count : end]))
        at = end
    return pages


def packets(pages: Sequence[Page], count: int) -> tuple[list[bytes], int]:
    """The first `count` packets, and how many pages they fill (Ogg codecs end their headers with a page)."""
    done: list[bytes] = []
    part = b""
    for used, page in enumerate(pages, start=1):
        at = 0
        for lace in page.laces:
            part += page.body[at : at + lace]
            at += lace
            if lace < _MAX_LACES:
                done.append(part)
                part = b""
        if len(done) >= count:
            return done[:count], used
    raise AudioRejected("corrupt", "the Ogg headers are incomplete", remedy="export the file again from its source")


def paginate(headers: Sequence[bytes]) -> list[Page]:
    """`headers` as pages: the first alone on its page, as the codecs ask, the others flowing on."""
    rest_laces = b"".join(_laces(packet) for packet in headers[1:])
    rest = b"".join(headers[1:])
    pages = [Page(_FIRST, 0, 0, _laces(headers[0]), headers[0])]
    at, continued = 0, False
    for first in range(0, len(rest_laces), _MAX_LACES):
        laces = rest_laces[first : first + _MAX_LACES]
        ends_packet = any(lace < _MAX_LACES for lace in laces)
        pages.append(
            Page(_CONTINUED if continued else 0, 0 if ends_packet else -1, len(pages), laces, rest[at : at + sum(laces)])
        )
        at += sum(laces)
        continued = laces[-1] == _MAX_LACES
    return pages


def join(pages: Sequence[Page]) -> bytes:
    """`pages` as a file, numbered from 0."""
    return b"".join(replace(page, number=number).pack() for number, page in enumerate(pages))


def _laces(packet: bytes) -> bytes:
    """Lacing values of one packet: as many 255s as fit, then the rest (0 included)."""
    whole, rest = divmod(len(packet), _MAX_LACES)
    return b"\xff" * whole + bytes([rest])


def _checksum(raw: bytes) -> int:
    """Ogg's CRC-32: polynomial 04C11DB7 unmirrored, from zlib's mirrored one."""
    mirrored = zlib.crc32(raw.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
