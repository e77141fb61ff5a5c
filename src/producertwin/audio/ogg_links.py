"""The recordings of an Ogg file, found by walking its pages: one after the other they make a chained stream (RFC 3533).

Decoders read the first alone, and take the last page's position for its length, whatever stream that page is of.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import IO, Final

_HEADER: Final = struct.Struct("<4sBBqIIIB")
_CHUNK: Final = 1 << 18
_FIRST, _LAST = 2, 4
_MOST_SAMPLES: Final = {b"\x01vorbis": 8_192, b"OpusHead": 5_760}
"""First bytes of a stream -> most samples of a packet; 65 536 for others (FLAC)."""


@dataclass(slots=True)
class OggLink:
    """One recording: bytes `start` to `end`, and what its pages say."""

    start: int
    end: int
    head: bytes
    """First bytes of its first stream."""
    packets: int = 0
    position: int = 0
    """Last position that a page states, in samples."""
    highest: int = 0
    """Highest position that a page states."""
    open_streams: set[int] = field(default_factory=set)
    """Streams whose last page was not there."""

    @property
    def is_believable(self) -> bool:
        """Whether its packets can hold the samples that its last page states, and no page before it states more."""
        most = next((most for head, most in _MOST_SAMPLES.items() if self.head.startswith(head)), 65_536)
        return 0 <= self.position <= self.packets * most and self.position == self.highest


def ogg_links(file: IO[bytes], size: int) -> list[OggLink]:
    """The recordings of a file of `size` bytes in order; the walk ends at the first bytes that are no page."""
    links: list[OggLink] = []
    place, base, data = 0, 0, b""
    begun = True  # whether the pages so far are the beginnings of streams
    while place + _HEADER.size <= size:
        if place + _HEADER.size + 255 > base + len(data) or place < base:
            file.seek(place)
            base, data = place, file.read(_CHUNK)
        at = place - base
        sign, _, flags, position, serial, _, _, count = _HEADER.unpack_from(data.ljust(at + _HEADER.size, b"\0"), at)
        if sign != b"OggS":
            break
        laces = data[at + _HEADER.size : at + _HEADER.size + count]
        body = at + _HEADER.size + count
        if flags & _FIRST and (not links or not begun):
            links.append(OggLink(place, place, data[body : body + 8]))
        if not links:  # it begins in the middle of a recording
            links.append(OggLink(place, place, b""))
        begun = bool(flags & _FIRST)
        place += _HEADER.size + count + sum(laces)
        _add(links[-1], place, flags, position, serial, laces)
    return links


def _add(link: OggLink, end: int, flags: int, position: int, serial: int, laces: bytes) -> None:
    """Count a page that ends at byte `end`."""
    link.end = end
    link.packets += len(laces) - laces.count(255)
    if flags & _FIRST:
        link.open_streams.add(serial)
    if flags & _LAST:
        link.open_streams.discard(serial)
    if position != -1:
        link.position, link.highest = position, max(link.highest, position)
