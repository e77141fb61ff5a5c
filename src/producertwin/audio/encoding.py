"""Samples to the bytes of a sound file: the same samples give the same bytes.

WAV is written here because libsndfile stamps the time into float files; FLAC, OGG by libsndfile; MP3 by LAME with an
`Info` frame, so that its decoded length is exact. Samples beyond full scale are clipped in every format but 32-bit
float WAV.
"""

from __future__ import annotations

import io
import struct
from typing import Any, Final, Literal

import lameenc
import numpy as np
import soundfile
from numpy.typing import NDArray

from ..errors import BadInput
from ..timebase import CHANNELS, SAMPLE_RATE
from . import mp3_info
from .samples import Samples, as_stereo
from .tags import ogg_pages, riff

Format = Literal["flac", "wav", "mp3", "ogg"]
Subtype = Literal["PCM_16", "PCM_24", "FLOAT"]
FORMATS: Final[tuple[Format, ...]] = ("flac", "wav", "mp3", "ogg")
SUBTYPES: Final[dict[str, tuple[Subtype, ...]]] = {"flac": ("PCM_24", "PCM_16"), "wav": ("PCM_24", "PCM_16", "FLOAT")}
"""Sample types per format, the default first."""
_FLAC_BLOCK: Final = 65_536
_OGG_BLOCK: Final = 65_536
"""libsndfile 1.2.2 overflows its stack on longer Vorbis writes."""
_OGG_COMPRESSION: Final = 0.2
"""libsndfile's scale; Vorbis quality 8, about 256 kbit/s."""
_LAME_QUALITY: Final = 5
"""LAME's speed scale: 2 costs 2.5 times the processor for no measured gain at 320 kbit/s."""


def encode(
    samples: NDArray[Any], kind: Format, *, subtype: Subtype | None = None, kbps: int = 320, gain_db: float = 0.0
) -> bytes:
    """`samples` (2, n) at 48 kHz as the bytes of a `kind` file.

    `subtype` is the sample type of flac and wav, `kbps` the bit rate of mp3; `gain_db` turns the sound up on the way. Raises
    `BadInput` for sound that is not finite studio stereo, an unknown format, a subtype the format lacks or a bit rate MP3 lacks.
    """
    sound = as_stereo(samples)
    if kind not in FORMATS:
        raise BadInput(f"{kind!r} is not a format for writing", remedy=f"choose one of {', '.join(FORMATS)}")
    choices = SUBTYPES.get(kind, ())
    if subtype is not None and subtype not in choices:
        raise BadInput(f"{kind} has no subtype {subtype!r}", remedy=f"choose one of {', '.join(choices) or 'none'}")
    factor = np.float32(10 ** (gain_db / 20))
    if kind == "flac":
        return _flac(sound, subtype or choices[0], factor)
    louder = sound * factor if gain_db else sound
    if kind == "wav":
        return _wav(louder, subtype or choices[0])
    return _mp3(louder, kbps) if kind == "mp3" else _ogg(louder)


def quantise(samples: Samples, bits: int) -> NDArray[np.int32]:
    """`samples` (2, n) rounded to signed integers of `bits` bits and clipped, interleaved as (n, 2)."""
    scale = float(1 << bits - 1)
    whole = np.clip(np.rint(samples.T.astype(np.float64) * scale), -scale, scale - 1)
    return np.ascontiguousarray(whole, np.int32)


def _flac(samples: Samples, subtype: Subtype, factor: np.float32) -> bytes:
    bits = 24 if subtype == "PCM_24" else 16
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", SAMPLE_RATE, CHANNELS, format="FLAC", subtype=subtype) as file:
        for start in range(0, samples.shape[1], _FLAC_BLOCK):  # a whole song as integers would be many times its size
            file.write(quantise(samples[:, start : start + _FLAC_BLOCK] * factor, bits) << 32 - bits)
    return out.getvalue()


def _wav(samples: Samples, subtype: Subtype) -> bytes:
    if subtype == "FLOAT":
        code, size, data = 3, 4, np.ascontiguousarray(samples.T, "<f4").tobytes()
    elif subtype == "PCM_16":
        code, size, data = 1, 2, quantise(samples, 16).astype("<i2").tobytes()
    else:
        low_bytes = quantise(samples, 24).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]
        code, size, data = 1, 3, low_bytes.tobytes()
    width = CHANNELS * size
    form = struct.pack("<HHIIHH", code, CHANNELS, SAMPLE_RATE, SAMPLE_RATE * width, width, 8 * size)
    parts = [(b"fmt ", form)]
    if code == 3:
        parts = [(b"fmt ", form + bytes(2)), (b"fact", struct.pack("<I", samples.shape[1]))]
    return riff.wav([*parts, (b"data", data)])


def _mp3(samples: Samples, kbps: int) -> bytes:
    if kbps not in mp3_info.KBPS:
        raise BadInput(f"MP3 has no bit rate of {kbps} kbit/s", remedy="choose one of " + ", ".join(map(str, mp3_info.KBPS)))
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_out_sample_rate(SAMPLE_RATE)
    encoder.set_channels(CHANNELS)
    encoder.set_quality(_LAME_QUALITY)
    body = bytes(encoder.encode(quantise(samples, 16).astype("<i2").tobytes()) + encoder.flush())
    return mp3_info.info_frame(body, samples.shape[1], kbps) + body


def _ogg(samples: Samples) -> bytes:
    out = io.BytesIO()
    frames = np.clip(samples.T, -1.0, 1.0)
    with soundfile.SoundFile(
        out, "w", SAMPLE_RATE, CHANNELS, format="OGG", subtype="VORBIS", compression_level=_OGG_COMPRESSION
    ) as file:
        for start in range(0, len(frames), _OGG_BLOCK):
            file.write(frames[start : start + _OGG_BLOCK])
    return ogg_pages.join(ogg_pages.split(out.getvalue()))
