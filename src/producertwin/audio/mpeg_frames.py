"""The frames of an MP3 file, counted one by one, because its header may state their number wrongly or not at all.

A file may hold several recordings one after the other (joined files): each begins at an ID3 tag, at an `Info` or `Xing` frame,
or where the rate or the channels change. Bytes that are no frame (tags, pictures, padding) are passed over and counted.
Layout after ISO/IEC 11172-3 and 13818-3, and the public description of the Xing, LAME and VBRI headers.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import IO, Final

_CHUNK: Final = 1 << 20
_NEED: Final = 1 << 12
"""Bytes that are looked at together: a frame has at most 2881, the tags' heads fewer."""
_KBPS: Final = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""(version 3 = MPEG-1, 2 = MPEG-2 and 2.5; layer code 1 = III, 2 = II) -> kbit/s; layer III of MPEG-2 as II."""
_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LEAST_HEADER_FRAME: Final = 200
"""Bytes of a made `Info` frame, at least."""


_MAY_BEGIN: Final = re.compile(rb"\xff[\xe0-\xff]|ID3|APETAGEX|TAG")


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The first four bytes of a frame, taken apart."""

    version: int
    layer: int
    rate: int
    mono: bool
    size: int
    """Bytes, the header included."""
    samples: int

    @property
    def kind(self) -> tuple[int, int, int, bool]:
        """What does not change within a recording."""
        return self.version, self.layer, self.rate, self.mono

    @property
    def tag_at(self) -> int:
        """Where an `Info` or `Xing` tag stands within the frame."""
        return 4 + ((17 if self.mono else 32) if self.version == 3 else (9 if self.mono else 17))


@dataclass(slots=True)
class MpegLink:
    """One recording within the file."""

    start: int
    """Byte of its first frame, that of its header frame where it has one."""
    end: int
    header: FrameHeader
    first: bytes
    """The four bytes of its first frame."""
    frames: int = 0
    """Frames of sound, counted."""
    tag_bytes: int = 0
    """Bytes of the `Info`, `Xing` or `VBRI` frame; 0 where there is none."""
    claimed: int | None = None
    """Frames that the tag states."""
    claimed_bytes: int | None = None
    """Bytes of the recording that the tag states."""

    @property
    def is_right(self) -> bool:
        """Whether the tag states the frames that are there."""
        return self.claimed == self.frames

    def made_info_frame(self) -> bytes:
        """A header frame that states the counted frames and nothing else; empty for layer II, which knows none."""
        if self.header.layer != 1:
            return b""
        heads = [(head, found) for index in range(1, 15) if (found := parse_header(head := self._with_bitrate(index)))]
        head, one = next((pair for pair in heads if pair[1].size >= _LEAST_HEADER_FRAME), heads[-1])
        tag = b"Info" + struct.pack(">II", 1, self.frames)
        return (head + bytes(one.tag_at - 4) + tag).ljust(one.size, b"\0")

    def _with_bitrate(self, index: int) -> bytes:
        """The first header with another bit rate, without padding and checksum."""
        return bytes((self.first[0], self.first[1] | 1, self.first[2] & 0x0C | index << 4, self.first[3]))


def parse_header(four: bytes) -> FrameHeader | None:
    """A frame's header; None for bytes that are none. Free format and layer I are not read."""
    if len(four) < 4 or four[0] != 0xFF or four[1] & 0xE0 != 0xE0:
        return None
    version, layer, index, rate = four[1] >> 3 & 3, four[1] >> 1 & 3, four[2] >> 4, four[2] >> 2 & 3
    if version == 1 or layer not in (1, 2) or index in (0, 15) or rate == 3:
        return None
    kbps = (_KBPS[3, layer] if version == 3 else _KBPS[2, 2])[index]
    hertz, padding = _RATES[version][rate], four[2] >> 1 & 1
    samples = 1152 if version == 3 or layer == 2 else 576
    size = samples // 8 * kbps * 1000 // hertz + padding
    return FrameHeader(version, layer, hertz, four[3] >> 6 == 3, size, samples)


class FrameScan:
    """The recordings of one file of `size` bytes, and how many bytes are not sound; it gives up after `most_other` of those."""

    def __init__(self, file: IO[bytes], size: int, most_other: int) -> None:
        self.links: list[MpegLink] = []
        self.other = 0
        self._file, self._size, self._most_other = file, size, most_other
        self._base, self._data = 0, b""
        self._headers: dict[bytes, FrameHeader | None] = {}
        self._walk()

    def _at(self, place: int, count: int = _NEED) -> int:
        """Make `count` bytes from `place` on available, as far as the file has them; their place in `_data`."""
        if place < self._base or place + count > self._base + len(self._data):
            self._file.seek(place)
            self._base, self._data = place, self._file.read(_CHUNK)
        return place - self._base

    def _header(self, at: int) -> FrameHeader | None:
        four = self._data[at : at + 4]
        if four not in self._headers:
            if len(self._headers) > 65_536:
                self._headers.clear()
            self._headers[four] = parse_header(four)
        return self._headers[four]

    def _walk(self) -> None:
        place, link, lost = 0, None, False
        while place + 4 <= self._size:
            at = self._at(place)
            header = self._header(at)
            follows = link is not None and header is not None and header.kind == link.header.kind and not lost
            if header is not None and (follows or self._is_frame(place, header)):
                at = self._at(place)
                if place + header.size > self._size:
                    return
                link = self._count(place, at, header, link)
                place, lost = place + header.size, False
                continue
            tag = self._tag(at, place)
            step = tag or self._junk(at)
            link, lost = (None if tag else link), not tag
            self.other, place = self.other + min(step, self._size - place), place + step
            if self.other > self._most_other:
                return

    def _is_frame(self, place: int, header: FrameHeader) -> bool:
        """Whether another frame of the kind, a tag or the end follows: two bytes alike are no proof."""
        then = place + header.size
        if then + 4 > self._size:
            return then == self._size or bool(self.links)
        at = self._at(then)
        following = self._header(at)
        return (following is not None and following.kind == header.kind) or bool(self._tag(at, then))

    def _count(self, place: int, at: int, header: FrameHeader, link: MpegLink | None) -> MpegLink:
        """Add the frame at `place` to its recording."""
        tagged = self._claims(at, header)
        if link is None or header.kind != link.header.kind or tagged is not None:
            link = MpegLink(place, place, header, self._data[at : at + 4])
            self.links.append(link)
        if tagged is not None:
            link.tag_bytes, (link.claimed, link.claimed_bytes) = header.size, tagged
        else:
            link.frames += 1
        link.end = place + header.size
        return link

    def _claims(self, at: int, header: FrameHeader) -> tuple[int | None, int | None] | None:
        """Frames and bytes that a header frame states; None for a frame of sound."""
        tag = at + header.tag_at
        if self._data[tag : tag + 4] in (b"Xing", b"Info"):
            flags = self._data[tag + 7] if tag + 8 <= len(self._data) else 0
            numbers = struct.unpack_from(">II", self._data.ljust(tag + 16, b"\0"), tag + 8) if flags & 3 else (0, 0)
            return (numbers[0] if flags & 1 else None), (numbers[flags & 1] if flags & 2 else None)
        if self._data[at + 36 : at + 40] == b"VBRI" and at + 54 <= len(self._data):
            size, frames = struct.unpack_from(">II", self._data, at + 46)
            return frames, size
        return None

    def _tag(self, at: int, place: int) -> int:
        """Bytes of the ID3 or APE tag that begins here; 0 for none."""
        head = self._data[at : at + 32]
        if head[:3] == b"ID3" and len(head) >= 10 and not any(one & 0x80 for one in head[6:10]):
            return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if head[5] & 0x10 else 0)
        if head[:8] == b"APETAGEX" and len(head) == 32:
            return int(32 + min(struct.unpack_from("<I", head, 12)[0], self._size))
        return 128 if head[:3] == b"TAG" and place + 128 == self._size else 0

    def _junk(self, at: int) -> int:
        """Bytes from here to the next that may begin a frame or a tag, one at least."""
        found = _MAY_BEGIN.search(self._data, at + 1)
        return (found.start() if found else len(self._data)) - at
