"""The tags of a sound file, read in bounded pieces: only what holds text is read, however large the file or a field is."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from ...errors import BadInput
from ..formats import HEAD_BYTES, sniff
from . import id3, riff
from .tags import Tags, extract

LONGEST: Final = {"title": 500, "artist": 500, "album": 500, "date": 100, "comment": 20_000}
"""Most characters of a field."""
_PIECE: Final = 1 << 20
"""Most bytes of one field, one block of comments or the head of an Ogg file."""
_ALL: Final = 16 << 20
"""Most bytes of an ID3 tag that has to be read whole."""
_MOST_PARTS: Final = 1_000
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40


@dataclass(frozen=True, slots=True)
class HeadTags:
    """What a file says of itself."""

    title: str = ""
    artist: str = ""
    album: str = ""
    date: str = ""
    comment: str = ""
    notes: tuple[str, ...] = ()
    """Fields that were passed over, and why."""


def read_head(path: str | Path) -> HeadTags:
    """The tags of a file; nothing where its format holds no tags or they are damaged."""
    notes: list[str] = []
    with Path(path).open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
        gather = _GATHER.get(kind or "")
        if gather is None:
            return HeadTags()
        try:
            found = extract(gather(file, notes))
        except BadInput:
            return HeadTags(notes=tuple(notes))
    return HeadTags(**_bound_fields(found, notes), notes=tuple(notes))


def _bound_fields(found: Tags, notes: list[str]) -> Mapping[str, Any]:
    """The fields that are not too long, in one line each but for the comment."""
    fields = {}
    for name, most in LONGEST.items():
        text = getattr(found, name).strip()
        if len(text) > most:
            notes.append(f"its {name} of {len(text)} characters was passed over")
            continue
        fields[name] = text if name == "comment" else " ".join(text.split())
    return fields


def _of_flac(file: IO[bytes], notes: list[str]) -> bytes:
    """The FLAC head with its block of comments alone."""
    at = 4
    for _ in range(_MOST_PARTS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4:
            break
        size = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == 4:
            if size > _PIECE:
                notes.append(f"its comments of {size} bytes were passed over")
                break
            return b"fLaC" + bytes([0x84]) + head[1:] + file.read(size)
        if head[0] & 0x80:
            break
        at += 4 + size
    return b"fLaC" + bytes([0x84, 0, 0, 0])


def _of_ogg(file: IO[bytes], _: list[str]) -> bytes:
    """The first pages, whole ones."""
    file.seek(0)
    data, at = file.read(_PIECE), 0
    while at + 27 <= len(data) and data[at : at + 4] == b"OggS":
        count = data[at + 26]
        end = at + 27 + count + sum(data[at + 27 : at + 27 + count])
        if end > len(data):
            break
        at = end
    return data[:at]


def _of_mp3(file: IO[bytes], notes: list[str]) -> bytes:
    return _id3_at(file, 0, notes)


def _id3_at(file: IO[bytes], start: int, notes: list[str]) -> bytes:
    """The ID3 tag at byte `start` with its texts alone."""
    file.seek(start)
    head = file.read(10)
    size = id3.length(head) - 10
    if size <= 0 or head[3] not in (3, 4):
        return head.ljust(10, b"\0") if head[:3] == b"ID3" else b"ID3\x04" + bytes(6)
    if head[5] & (_UNSYNCHRONISED | _EXTENDED):
        if size > _ALL:
            notes.append(f"its ID3 tag of {size} bytes was passed over")
            return b"ID3\x04" + bytes(6)
        return head + file.read(size)
    frames, at, end = [], start + 10, start + 10 + size
    for _ in range(_MOST_PARTS):
        file.seek(at)
        frame = file.read(10)
        if at + 10 > end or len(frame) < 10 or not frame[0]:
            break
        name, length = frame[:4].decode("latin-1"), id3.frame_size(frame, head[3])
        if name in _ID3_TEXTS and length <= _PIECE:
            frames.append((name, file.read(length)))
        elif name in _ID3_TEXTS:
            notes.append(f"its {_ID3_TEXTS[name]} of {length} bytes was passed over")
        at += 10 + length
    return id3.pack(frames) or b"ID3\x04" + bytes(6)


_ID3_TEXTS: Final = {"TIT2": "title", "TPE1": "artist", "TALB": "album", "TDRC": "date", "TYER": "date", "COMM": "comment"}


def _of_wav(file: IO[bytes], notes: list[str]) -> bytes:
    """A WAV file of the chunks that hold text."""
    parts, at = [], 12
    for _ in range(_MOST_PARTS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 8:
            break
        name, size = head[:4], struct.unpack_from("<I", head, 4)[0]
        if name == b"LIST" and head[8:12] == b"INFO":
            if size <= _PIECE:
                file.seek(at + 8)
                parts.append((b"LIST", file.read(size)))
            else:
                notes.append(f"its list of {size} bytes was passed over")
        elif name in (b"id3 ", b"ID3 "):
            parts.append((b"id3 ", _id3_at(file, at + 8, notes)))
        at += 8 + size + size % 2
    return riff.wav(parts)


_GATHER: Final = {"flac": _of_flac, "ogg": _of_ogg, "mp3": _of_mp3, "wav": _of_wav}
