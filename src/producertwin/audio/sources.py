"""Open an untrusted sound file as a stream of blocks: libsndfile for most formats, FFmpeg for MP4 and live FLAC.

Runs in the decoding child only (`decoder`); refusals are `Rejected` with the reason codes of `sandbox.REMEDIES`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from .formats import HEAD_BYTES, sniff, wav_header

BLOCK: Final = 65_536
"""Frames decoded at a time."""
TRUNCATED_SECONDS: Final = 0.1
"""A file may lack this much of what its header promises: one FLAC block or a few MP3 frames."""
_CODECS: Final = ("aac", "alac", "mp3", "opus", "flac")
"""What FFmpeg may decode here; the many other codecs it knows stay shut."""
_UNKNOWN_FRAMES: Final = 1 << 40
"""libsndfile reports about 2⁶³ frames for a FLAC stream that was written without its length."""


@dataclass(slots=True)
class AudioSource:
    """An opened file: what its header claims, and its blocks of shape (frames, channels)."""

    format: str
    subtype: str
    rate: int
    channels: int
    frames: int
    """Claimed by the header, 0 where it claims nothing; never believed."""
    blocks: Iterator[NDArray[np.float32]]


class Rejected(Exception):
    """The file is refused; `reason` is the stable code of `AudioRejected`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def open_source(path: str) -> AudioSource:
    """Open `path` with the decoder its first bytes call for."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD_BYTES)
        size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise Rejected("empty", "the file is empty")
    kind = sniff(head)
    if kind is None:
        raise Rejected("not_audio", "the file is not wav, aiff, flac, mp3, m4a, ogg or opus")
    if kind == "wav":
        _check_wav(head, size)
    return _open_ffmpeg(path, kind, "mov") if kind == "m4a" else _open_soundfile(path, kind)


def _check_wav(head: bytes, size: int) -> None:
    """Refuse what libsndfile would silently mend: an impossible channel count, a data chunk longer than the file."""
    header = wav_header(head)
    if header is None:
        return
    if header.channels > 1024:
        raise Rejected("too_many_channels", f"the file has {header.channels} channels")
    if header.data_bytes is not None and header.data_start is not None and header.channels and header.rate:
        missing = header.data_start + header.data_bytes - size
        if missing > 4 * header.channels * header.rate * TRUNCATED_SECONDS:
            raise Rejected("truncated", f"the header promises {header.data_bytes} bytes of sound, {missing} of them are missing")


def _open_soundfile(path: str, kind: str) -> AudioSource:
    """Open a file with libsndfile."""
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise Rejected("corrupt", f"the {kind} file cannot be opened: {error.error_string}") from None

    if kind == "flac" and file.frames > _UNKNOWN_FRAMES:
        file.close()  # libsndfile cannot read such a file to its end
        return _open_ffmpeg(path, kind, "flac")

    def blocks() -> Iterator[NDArray[np.float32]]:
        with file:
            while True:
                try:
                    block = file.read(BLOCK, dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    raise Rejected("corrupt", f"the {kind} data is damaged: {error.error_string}") from None
                if not len(block):
                    return
                yield block

    return AudioSource(kind, file.subtype, file.samplerate, file.channels, file.frames, blocks())


def _open_ffmpeg(path: str, kind: str, container_format: str) -> AudioSource:
    """Open a file of a given container with FFmpeg: this one file, no other protocol, known audio codecs only."""
    import av

    stack = contextlib.ExitStack()
    try:
        file = stack.enter_context(Path(path).open("rb"))  # noqa: SIM115 - closed when the last block is taken
        container = stack.enter_context(
            av.open(file, mode="r", format=container_format, options={"protocol_whitelist": "pipe"}, metadata_errors="ignore")
        )
        if not container.streams.audio:
            raise Rejected("not_audio", f"the {kind} file holds no sound")
        stream = container.streams.audio[0]
        codec = stream.codec_context
        if codec.name.removesuffix("float") not in _CODECS:
            raise Rejected("not_audio", f"the {kind} file holds {codec.name}, not one of {', '.join(_CODECS)}")
    except (av.FFmpegError, UnicodeDecodeError) as error:
        stack.close()
        raise Rejected("corrupt", f"the {kind} file cannot be opened: {error}") from None
    frames = round(stream.duration * stream.time_base * codec.sample_rate) if stream.duration and stream.time_base else 0

    def blocks() -> Iterator[NDArray[np.float32]]:
        left = frames or sys.maxsize  # the last AAC frame is padded: the container knows the true length
        shape = av.AudioResampler(format="fltp", layout=codec.layout, rate=codec.sample_rate)
        try:
            with stack:
                for frame in container.decode(stream):
                    for even in shape.resample(frame):
                        block = even.to_ndarray().T[:left].astype(np.float32, copy=False)
                        left -= len(block)
                        yield block
        except av.FFmpegError as error:
            raise Rejected("corrupt", f"the {kind} data is damaged: {error}") from None

    return AudioSource(kind, codec.name, codec.sample_rate, codec.channels, frames, blocks())
