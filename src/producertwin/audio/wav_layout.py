"""Where the sound of a WAV file lies, by walking its chunks: recorders that crashed leave sizes of 0 or of all ones behind."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, Final

_MOST_CHUNKS: Final = 1_000
_LOOK: Final = 1 << 20
_FURTHEST: Final = 1 << 26
_KNOWN: Final = (
    b"LIST",
    b"id3 ",
    b"ID3 ",
    b"bext",
    b"cue ",
    b"smpl",
    b"inst",
    b"iXML",
    b"fact",
    b"PEAK",
    b"JUNK",
    b"_PMX",
    b"acid",
)
"""Chunks that players and workstations write."""
_LEAST_SECONDS: Final = 0.1
"""Less than this behind the sound is a stray tag, no sound."""
_LIVE: Final = 0x7FFFF000
"""A size from here on is the placeholder of a recording that was never closed, or of a pipe."""


@dataclass(frozen=True, slots=True)
class WavLayout:
    """What a WAV file's chunks say, and where its sound ends indeed."""

    channels: int
    rate: int
    frame_bytes: int
    claimed: int | None
    """Bytes of sound that the data chunk states; None where it states no size."""
    start: int
    """Byte at which the sound begins."""
    end: int
    """Byte at which it ends: where other chunks follow, or at the end of the file."""

    @property
    def bytes_a_second(self) -> int:
        """Bytes of a second of sound; 0 where the header says none."""
        return self.frame_bytes * self.rate


def wav_layout(file: IO[bytes], start: int, end: int) -> WavLayout | None:
    """The layout of the WAV file in bytes `start` to `end` of `file`; None where no format or no data chunk is found."""
    file.seek(start)
    large = file.read(4) == b"RF64"
    at, channels, rate, width = start + 12, 0, 0, 0
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 8:
            return None
        name, size = head[:4], struct.unpack_from("<I", head, 4)[0]
        if name == b"fmt " and len(head) == 24:
            channels, rate = struct.unpack_from("<HI", head, 10)
            width = struct.unpack_from("<H", head, 20)[0]
        elif name == b"data":
            claimed = None if large or size >= _LIVE else size
            sound_end = end if claimed is None else _sound_end(file, at + 8, size, end)
            if 0 <= sound_end - at - 8 - size <= width * rate * _LEAST_SECONDS:
                sound_end = min(at + 8 + size, end)
            return WavLayout(channels, rate, width, claimed, at + 8, sound_end)
        at += 8 + size + size % 2
    return None


def _sound_end(file: IO[bytes], start: int, size: int, end: int) -> int:
    """Where the sound from byte `start` ends, whose chunk states `size` bytes."""
    after = start + size + size % 2
    return min(start + size, end) if after >= end or _are_chunks(file, after, end) else end


def _are_chunks(file: IO[bytes], at: int, end: int) -> bool:
    """Whether the bytes from `at` on are chunks that reach to `end`, a last one cut short or padding included."""
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        name = head[:4]
        if len(head) < 8:
            return True
        if not any(head):
            return _is_zero(file, at)
        if name in (b"RIFF", b"RF64"):  # another file follows
            return True
        if not all(32 <= sign < 127 for sign in name):
            return False
        size = struct.unpack_from("<I", head, 4)[0]
        at += 8 + size + size % 2
        if at >= end:
            return name in _KNOWN or at <= end + 1
    return True


def _is_zero(file: IO[bytes], at: int) -> bool:
    """Whether nothing but zeros follows byte `at`, as far as is looked."""
    file.seek(at)
    while (part := file.read(_LOOK)) and file.tell() - at <= _FURTHEST:
        if part.strip(b"\0"):
            return False
    return True
