"""Open an untrusted sound file as a stream of blocks: libsndfile for most formats, FFmpeg for MP4, AAC and live FLAC.

What a header claims is compared with what is there and never believed: MP3 frames, Ogg pages and WAV chunks are walked first,
and a file that holds several recordings one after the other gives them all. Runs in the decoding child only (`decoder`);
refusals are `Rejected` with the reason codes of `sandbox.REMEDIES`.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import IO, Any, Final

import soundfile

from .audio_source import BLOCK, TRUNCATED_SECONDS, AudioSource, Blocks, Rejected, join
from .ffmpeg_source import open_ffmpeg
from .flac_tail import flac_starts, last_sample
from .formats import HEAD_BYTES, KINDS, sniff
from .mpeg_frames import FrameScan, MpegLink
from .ogg_links import ogg_links
from .wav_layout import WavLayout, wav_layout
from .windows import Window

_UNKNOWN_FRAMES: Final = 1 << 40
"""libsndfile reports about 2⁶³ frames for a FLAC stream that was written without its length."""
_MOST_OTHER: Final = 64 << 20
"""Bytes of a file that its sound need not explain: pictures, tags, padding."""
_MOST_COPIED: Final = 64 << 20
"""Bytes of a part of a file that are copied into memory to be read faster: 27 minutes of MP3 at 320 kbit/s."""
_WIDEST: Final = 8
"""Bytes of the widest sample."""
_BINARY: Final = getattr(os, "O_BINARY", 0)  # Windows
_MOST_LINKS: Final = 1_000


def open_source(path: str) -> AudioSource:
    """Open `path` with the decoder its first bytes call for."""
    file = Path(path).open("rb")  # noqa: SIM115 - lives as long as the blocks are read; the process ends after
    head, start = _head(file)
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise Rejected("empty", "the file is empty")
    kind = sniff(head)
    if kind is None:
        raise Rejected("not_audio", f"the file is not {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    if kind == "mp3":
        return _open_mp3(file, size)
    whole: IO[bytes] = Window(file, start, size) if start else file  # type: ignore[assignment]
    source = _open_kind(whole, kind, size - start)
    _check_size(source, size)
    return source


def _head(file: IO[bytes]) -> tuple[bytes, int]:
    """The first bytes after an ID3 tag that does not belong to an MP3, and where they begin."""
    head = file.read(HEAD_BYTES)
    if head[:3] != b"ID3" or len(head) < 10:
        return head, 0
    start = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if head[5] & 0x10 else 0)
    file.seek(start)
    behind = file.read(HEAD_BYTES)
    return (behind, start) if sniff(behind) not in (None, "mp3") else (head, 0)


def _open_kind(file: IO[bytes], kind: str, size: int) -> AudioSource:
    if kind == "wav":
        return _open_wav(file, size)
    if kind == "flac":
        return _open_flac(file, size)
    if kind == "ogg":
        return _open_ogg(file, size)
    if kind in ("m4a", "aac"):
        return open_ffmpeg(file, kind, "mov" if kind == "m4a" else "aac")
    return _open_libsndfile(file, kind)


def _check_size(source: AudioSource, size: int) -> None:
    """Refuse a file that is larger than the sound it states could ever be."""
    explained = source.frames * source.channels * _WIDEST
    if source.frames and size > explained + _MOST_OTHER:
        raise Rejected("oversized", f"the file has {size} bytes for {source.frames / source.rate:.1f} s of sound")


def _open_libsndfile(file: IO[bytes], kind: str) -> AudioSource:
    """Open a file, or a part of one, with libsndfile."""
    try:  # a descriptor of its own: names need not be text, and two readers of one would lose their places
        sound = soundfile.SoundFile(_readable(file))
    except soundfile.LibsndfileError as error:
        raise Rejected("corrupt", f"the {kind} file cannot be opened: {error.error_string.rstrip('.')}") from None

    def blocks() -> Blocks:
        with sound:
            while True:
                try:
                    block = sound.read(BLOCK, dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    raise Rejected("corrupt", f"the {kind} data is damaged: {error.error_string.rstrip('.')}") from None
                if not len(block):
                    return
                yield block

    return AudioSource(kind, sound.subtype, sound.samplerate, sound.channels, sound.frames, blocks())


def _readable(file: IO[bytes]) -> IO[bytes] | int:
    """What libsndfile reads `file` from: a descriptor wherever there can be one, since calling back costs more than decoding."""
    if not isinstance(file, Window):
        return os.open(file.name, os.O_RDONLY | _BINARY)
    copied = file.copy_to_memory(_MOST_COPIED)
    return file if copied is None else copied


def _window(file: IO[bytes], start: int, end: int, **more: Any) -> IO[bytes]:
    return Window(file, start, end, **more)  # type: ignore[return-value]


def _open_wav(file: IO[bytes], size: int) -> AudioSource:
    """Open a WAV file, and those that were joined to it; a header that was never finished is finished here."""
    parts: list[AudioSource] = []
    start = 0
    while start < size and len(parts) < _MOST_LINKS:
        layout = wav_layout(file, start, size)
        if layout is None or not layout.bytes_a_second:
            break
        _check_wav(layout, size)
        following = _next_wav(file, layout.end, size)
        parts.append(_open_wav_part(file, start, layout, alone=start == 0 and following == size))
        start = following
    return join(parts) if parts else _open_libsndfile(file, "wav")


def _next_wav(file: IO[bytes], end: int, size: int) -> int:
    """Where another WAV file begins directly after the sound; `size` where none does."""
    file.seek(end)
    head = file.read(12)
    return end if head[:4] == b"RIFF" and head[8:] == b"WAVE" else size


def _open_wav_part(file: IO[bytes], start: int, layout: WavLayout, *, alone: bool) -> AudioSource:
    there = layout.end - layout.start
    if alone and (layout.claimed is None or layout.claimed == there or there > 0xFFFFFFFF or there < layout.frame_bytes):
        source = _open_libsndfile(file, "wav")
        if layout.claimed is None:
            source.keeps_promise = False
        return source
    sizes = {4: struct.pack("<I", 0xFFFFFFFF), layout.start - 4 - start: struct.pack("<I", there)}
    source = _open_libsndfile(_window(file, start, layout.end, over=sizes), "wav")
    if layout.claimed is not None and layout.claimed != there:
        source.claimed = layout.claimed // layout.frame_bytes
        source.notes.append(f"its header states {layout.claimed} bytes of sound where {there} are: the file was never closed")
    return source


def _check_wav(layout: WavLayout, size: int) -> None:
    """Refuse what libsndfile would silently mend: an impossible channel count, a data chunk longer than the file."""
    if layout.channels > 1024:
        raise Rejected("too_many_channels", f"the file has {layout.channels} channels")
    if layout.claimed is not None and layout.channels and layout.rate:
        missing = layout.start + layout.claimed - size
        if missing > 4 * layout.channels * layout.rate * TRUNCATED_SECONDS:
            raise Rejected("truncated", f"the header promises {layout.claimed} bytes of sound, {missing} of them are missing")


def _open_flac(file: IO[bytes], size: int) -> AudioSource:
    """Open a FLAC file, and those that were joined to it."""
    stated = _open_libsndfile(file, "flac")
    if stated.frames <= _UNKNOWN_FRAMES:
        _check_size(stated, size)
    starts = flac_starts(file, size)[:_MOST_LINKS]
    bounds = list(zip(starts, [*starts[1:], size], strict=True))
    return join([_open_flac_part(file, start, end, alone=len(bounds) == 1) for start, end in bounds])


def _open_flac_part(file: IO[bytes], start: int, end: int, *, alone: bool) -> AudioSource:
    part = file if alone else _window(file, start, end)
    source = _open_libsndfile(part, "flac")
    there = last_sample(file, start, end)
    unknown = source.frames > _UNKNOWN_FRAMES
    if not unknown and there - source.frames <= TRUNCATED_SECONDS * source.rate:
        return source
    part.seek(0)  # libsndfile reads such a file no further than its header says
    other = open_ffmpeg(part, "flac", "flac")
    other.claimed = None if unknown else source.frames
    return other


def _open_ogg(file: IO[bytes], size: int) -> AudioSource:
    """Open an Ogg file, and the recordings that are chained to the first."""
    links = ogg_links(file, size)[:_MOST_LINKS]
    parts = []
    for link in links:
        part = file if len(links) == 1 else _window(file, link.start, link.end)
        if link.is_believable:
            source = _open_libsndfile(part, "ogg")
        else:
            part.seek(0)
            source = open_ffmpeg(part, "ogg", "ogg")
            source.notes.append("its last page states a length that its packets cannot have")
        if link.open_streams:
            source.notes.append("its last page is missing: it was cut short, or is still being written")
        source.keeps_promise = False
        parts.append(source)
    return join(parts) if parts else _open_libsndfile(file, "ogg")


def _open_mp3(file: IO[bytes], size: int) -> AudioSource:
    """Open an MP3 file by its frames, and the recordings that were joined to the first."""
    scan = FrameScan(file, size, _MOST_OTHER)
    if scan.other > _MOST_OTHER:
        raise Rejected("oversized", f"more than {_MOST_OTHER >> 20} MiB of the file are no sound")
    links = [link for link in scan.links if link.frames][:_MOST_LINKS]
    if not links:
        raise Rejected("corrupt", "the file holds no MPEG frames")
    return join([_open_mp3_part(file, link, alone=len(links) == 1) for link in links])


def _open_mp3_part(file: IO[bytes], link: MpegLink, *, alone: bool) -> AudioSource:
    there, samples = link.end - link.start, link.header.samples
    cut = link.claimed is not None and link.claimed > link.frames and (link.claimed_bytes or there + 1) > there
    if link.is_right or (cut and alone):
        return _open_libsndfile(_window(file, link.start, link.end), "mp3")
    made = link.made_info_frame()
    if not made:
        return open_ffmpeg(_window(file, link.start, link.end), "mp3", "mp3")
    source = _open_libsndfile(_window(file, link.start + link.tag_bytes, link.end, before=made), "mp3")
    if link.claimed is not None and abs(link.claimed - link.frames) * samples > TRUNCATED_SECONDS * link.header.rate:
        source.claimed = link.claimed * samples
        states, holds = (frames * samples / link.header.rate for frames in (link.claimed, link.frames))
        source.notes.append(f"its header states {states:.1f} s where {holds:.1f} s are")
    return source
