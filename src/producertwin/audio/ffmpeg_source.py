"""Open what libsndfile does not read with FFmpeg: MP4, AAC, FLAC without its length, damaged Ogg."""

from __future__ import annotations

import contextlib
from typing import IO, Any, Final

import numpy as np

from .audio_source import AudioSource, Blocks, Rejected

_CODECS: Final = ("aac", "alac", "mp3", "mp2", "opus", "flac", "vorbis")
"""What FFmpeg may decode here; the many other codecs it knows stay shut."""
_PADDING: Final = 8_192
"""Samples of the last frame that an encoder may have padded: what goes beyond the container's length by more is sound."""


def open_ffmpeg(file: IO[bytes], kind: str, container_format: str) -> AudioSource:
    """Open a file of a given container: this one file, no other protocol, known audio codecs only."""
    import av

    stack = contextlib.ExitStack()
    try:
        container = stack.enter_context(
            av.open(file, mode="r", format=container_format, options={"protocol_whitelist": "pipe"}, metadata_errors="ignore")
        )
        stream = next((one for one in container.streams if one.type == "audio"), None)
        if stream is None:
            raise Rejected("not_audio", f"the {kind} file holds no sound")
        name = _codec_name(stream)
        if name.removesuffix("float") not in _CODECS:
            raise Rejected("not_audio", f"the {kind} file holds {name}, not one of {', '.join(_CODECS)}")
        rate, channels, layout = _shape(stream, kind)
    except (av.FFmpegError, UnicodeDecodeError) as error:
        stack.close()
        raise Rejected("corrupt", f"the {kind} file cannot be opened: {error}") from None
    seconds = stream.duration * stream.time_base if stream.duration and stream.time_base else 0
    frames = max(round(seconds * rate), 0) if container_format == "mov" else 0

    def blocks() -> Blocks:
        shape = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        try:
            with stack:
                for frame in container.decode(stream):
                    assert isinstance(frame, av.AudioFrame)
                    for even in shape.resample(frame):
                        yield even.to_ndarray().T.astype(np.float32, copy=False)
        except (av.FFmpegError, ValueError) as error:  # ValueError: the layout changes in the middle
            raise Rejected("corrupt", f"the {kind} data is damaged: {error}") from None

    return AudioSource(kind, name, rate, channels, frames, _without_padding(blocks(), frames) if frames else blocks())


def _codec_name(stream: Any) -> str:
    """The codec of a stream; `an unknown codec` where FFmpeg has no name for it."""
    context = stream.codec_context
    try:
        return str(context.name) if context is not None else "an unknown codec"
    except (ValueError, AttributeError):
        return "an unknown codec"


def _shape(stream: Any, kind: str) -> tuple[int, int, Any]:
    """Rate, channels and layout of a stream."""
    codec = stream.codec_context
    if not codec.sample_rate or not codec.channels:
        raise Rejected("corrupt", f"the {kind} file states no sample rate or no channels")
    return codec.sample_rate, codec.channels, codec.layout


def _without_padding(blocks: Blocks, frames: int) -> Blocks:
    """`blocks` without what follows `frames` samples, unless that is too much for the padding of a last frame."""
    left, beyond, kept = frames, 0, []
    for block in blocks:
        if left > 0:
            yield block[:left]
        over = block[max(left, 0) :]
        left -= len(block)
        if len(over) and beyond <= _PADDING:
            kept.append(over)
            beyond += len(over)
            if beyond > _PADDING:
                yield from kept
                kept = []
        elif len(over):
            yield over
