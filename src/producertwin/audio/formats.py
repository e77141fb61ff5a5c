"""Which sound formats are let in, told by their first bytes and never by the file's name."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 4096
"""How much of a file `sniff` wants to see."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """What a WAV header says before any decoder has looked at it."""

    channels: int
    rate: int
    data_bytes: int | None
    """Size of the data chunk, None where it is not in the head or is the placeholder of a live recording."""
    data_start: int | None


def sniff(head: bytes) -> str | None:
    """`wav`, `aiff`, `flac`, `ogg`, `mp3` or `m4a` by the first bytes of a file, None for anything else."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:3] == b"ID3" or _is_mpeg_frame(head):
        return "mp3"
    return None


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether `head` begins with a valid header of an MPEG audio frame of layer III (or II)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bitrate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer in (1, 2) and bitrate not in (0, 15) and rate != 3


def wav_header(head: bytes) -> WavHeader | None:
    """Channels, rate and data size that the chunks of a WAV head declare; None if the format chunk is not there."""
    at, channels, rate = 12, 0, 0
    while at + 8 <= len(head):
        name, size = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"fmt " and at + 16 <= len(head):
            channels, rate = struct.unpack_from("<HI", head, at + 10)
        elif name == b"data":
            live = head[:4] == b"RF64" or size in (0, 0xFFFFFFFF) or size >= 0x7FFFF000
            return WavHeader(channels, rate, None if live else size, at + 8)
        at += 8 + size + size % 2
    return WavHeader(channels, rate, None, None) if channels or rate else None
