"""The first frame of a gapless MP3: an `Info` tag with LAME's extension, which tells players how many samples to drop.

An MP3 encoder delays the sound and pads it to whole frames. The tag states both, so a decoder returns exactly the
samples that went in. Layout after the public description of the LAME tag (Mike Leonard, rev. 1); MPEG-1 layer III,
stereo, constant bit rate.
"""

from __future__ import annotations

import struct
from typing import Final

from ..timebase import SAMPLE_RATE

FRAME_SAMPLES: Final = 1152
ENCODER_DELAY: Final = 576
"""Samples LAME puts before the sound; decoders add 529 of their own and know it."""
KBPS: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_SIDE_INFO: Final = 32
_RATE_CODE: Final = {44_100: 0, 48_000: 1, 32_000: 2}


def frame_bytes(kbps: int) -> int:
    """Bytes of one frame at the studio's rate; whole at every bit rate, so frames are never padded."""
    return FRAME_SAMPLES // 8 * kbps * 1000 // SAMPLE_RATE


def info_frame(body: bytes, samples: int, kbps: int) -> bytes:
    """The frame to put before `body`, an MP3 stream of `kbps` that carries `samples` samples per channel."""
    size = frame_bytes(kbps)
    frames = len(body) // size
    padding = frames * FRAME_SAMPLES - ENCODER_DELAY - samples
    header = bytes((0xFF, 0xFB, KBPS.index(kbps) + 1 << 4 | _RATE_CODE[SAMPLE_RATE] << 2, 0))
    seek_table = bytes(256 * percent // 100 for percent in range(100))
    everything = 0b1111  # frames, bytes, seek table and quality are all present
    tag = b"Info" + struct.pack(">III", everything, frames, len(body) + size) + seek_table + struct.pack(">I", 0)
    constant_bit_rate, low_pass_unknown = 1, 0
    lame = b"LAME3.100" + bytes((constant_bit_rate, low_pass_unknown)) + bytes(8)  # no replay gain
    lame += bytes((0, min(kbps, 255))) + (ENCODER_DELAY << 12 | padding).to_bytes(3, "big") + bytes(4)
    lame += struct.pack(">IH", len(body) + size, 0)  # the music's own checksum is left out
    checked = header + bytes(_SIDE_INFO) + tag + lame
    return (checked + struct.pack(">H", _crc16(checked))).ljust(size, b"\0")


def _crc16(data: bytes) -> int:
    """CRC-16/ARC of `data`."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register
