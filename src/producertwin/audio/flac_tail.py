"""What a FLAC file's frames say of its length: the number of the last one, and where another FLAC file was joined on.

Frame headers after RFC 9639, section 9.1: a sync code, the block size, a coded number and a checksum of eight bits.
"""

from __future__ import annotations

import struct
from typing import IO, Final

_TAIL: Final = 1 << 18
_CHUNK: Final = 1 << 20
_BEGINNINGS: Final = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_HEADER_BYTES: Final = 16


def flac_starts(file: IO[bytes], size: int) -> list[int]:
    """Bytes at which FLAC files begin within a file of `size` bytes that is one or several joined."""
    found, base, rest = [], 0, b""
    file.seek(0)
    while data := file.read(_CHUNK):
        text = rest + data
        for sign in _BEGINNINGS:
            at = text.find(sign)
            while at >= 0:
                found.append(base - len(rest) + at)
                at = text.find(sign, at + 1)
        base, rest = base + len(data), text[-7:]
    return sorted({0, *(place for place in found if place < size)})


def last_sample(file: IO[bytes], start: int, end: int) -> int:
    """The sample after the start of the last frame in bytes `start` to `end`; 0 where none is found."""
    file.seek(start)
    info = file.read(26)
    if len(info) < 26:
        return 0
    least, most = struct.unpack_from(">HH", info, 8)
    first = max(start, end - _TAIL)
    file.seek(first)
    data = file.read(end - first)
    at = len(data)
    while (at := data.rfind(b"\xff", 0, at)) >= 0:
        number = _frame_number(data[at : at + _HEADER_BYTES])
        if number is not None:
            counts_samples = bool(data[at + 1] & 1)
            return number if counts_samples else number * most if least == most else 0
    return 0


def _frame_number(head: bytes) -> int | None:
    """The coded number of a frame header; None for bytes that are none."""
    if len(head) < _HEADER_BYTES or head[1] & 0xFE != 0xF8 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] & 1:
        return None
    lead = head[4]
    more = 0 if lead < 0x80 else 8 - (~lead & 0xFF).bit_length() - 1
    if lead >= 0x80 and not 1 <= more <= 6:
        return None
    number = lead if lead < 0x80 else lead & (0x3F >> more)
    for byte in head[5 : 5 + more]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    size = {6: 1, 7: 2}.get(head[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    last = 5 + more + size
    return number if _crc8(head[:last]) == head[last] else None


def _crc8(data: bytes) -> int:
    """CRC-8 of polynomial 07."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register << 1 ^ (0x07 if register & 0x80 else 0)) & 0xFF
    return register
