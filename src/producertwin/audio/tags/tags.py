"""Title, artist and provenance inside sound files, without touching the sound.

| format | where |
|---|---|
| flac, ogg, opus | Vorbis comments |
| mp3 | ID3v2.4 at the head |
| wav | `LIST INFO` for players, and the same ID3v2.4 in an `id3 ` chunk |

The provenance of a take is one JSON object under the name `ACESTEP_JSON`, where other tools of this field look for theirs;
`PRODUCERTWIN_JSON`, which earlier versions wrote, is read too. Fields of other names are kept where the format is one we
wrote ourselves (Vorbis comments, ID3v2.4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...disk import write_whole
from ...errors import BadInput, NotFound
from ...untrusted import parse_object
from ..formats import HEAD_BYTES, sniff
from . import id3, riff, vorbis_comments

PROVENANCE: Final = "ACESTEP_JSON"
_FORMER_PROVENANCE: Final = "PRODUCERTWIN_JSON"
_TEXTS: Final = ("title", "artist", "album", "tracknumber", "date", "comment")
_ID3: Final = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "tracknumber": "TRCK", "date": "TDRC"}
_INFO: Final = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "tracknumber": b"ITRK",
    "date": b"ICRD",
    "comment": b"ICMT",
}
_COMMENT: Final = "COMM"
_USER: Final = "TXXX"


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says about itself; empty fields are absent from it."""

    title: str = ""
    artist: str = ""
    album: str = ""
    tracknumber: str = ""
    date: str = ""
    """Year or ISO date."""
    comment: str = ""
    provenance: Mapping[str, Any] | None = None
    """Plain JSON."""


def read(path: str | Path) -> Tags:
    """The tags of a flac, wav, mp3, ogg or opus file. Raises `NotFound`, and `BadInput` for other formats."""
    return extract(_bytes_of(Path(path)))


def write(path: str | Path, tags: Tags) -> None:
    """Replace the tags of the file at `path`; its sound stays bit for bit. Raises as `read` and `disk.write_whole` do."""
    target = Path(path)
    write_whole(target, embed(_bytes_of(target), tags))


def extract(data: bytes) -> Tags:
    """The tags in the bytes of a sound file."""
    kind = _kind(data)
    if kind in ("flac", "ogg"):
        comments = vorbis_comments.of_flac(data) if kind == "flac" else vorbis_comments.of_ogg(data)
        return _from_comments(dict(reversed(comments)))
    if kind == "mp3":
        return _from_frames(id3.unpack(data))
    chunks = dict(riff.chunks(data))
    frames = id3.unpack(chunks.get(b"id3 ", b""))
    return _from_frames(frames) if frames else _from_info(chunks.get(b"LIST", b""))


def embed(data: bytes, tags: Tags) -> bytes:
    """The bytes of a sound file with its tags replaced by `tags`."""
    kind = _kind(data)
    fields = _fields(tags)
    if kind == "flac":
        return vorbis_comments.into_flac(data, _merge(vorbis_comments.of_flac(data), fields))
    if kind == "ogg":
        return vorbis_comments.into_ogg(data, _merge(vorbis_comments.of_ogg(data), fields))
    if kind == "mp3":
        return id3.pack(_frames(fields, id3.unpack(data) if data[3:4] == b"\x04" else [])) + data[id3.length(data) :]
    return _into_wav(data, fields)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"no file at {path}", remedy="check the path") from None
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}", remedy="name a sound file") from None


def _kind(data: bytes) -> str:
    kind = sniff(data[:HEAD_BYTES])
    if kind not in ("flac", "ogg", "mp3", "wav"):
        raise BadInput(f"tags of {kind or 'unknown'} files are not supported", remedy="use flac, wav, mp3 or ogg")
    return kind


def _fields(tags: Tags) -> dict[str, str]:
    """The fields that are there, in one order, without NULs (which separate fields in ID3)."""
    fields = {name: text for name in _TEXTS if (text := getattr(tags, name).replace("\0", ""))}
    if tags.provenance is not None:
        try:
            fields[PROVENANCE] = json.dumps(tags.provenance, sort_keys=True, ensure_ascii=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"the provenance is not plain JSON: {error}", remedy="use text, finite numbers, lists and objects"
            ) from None
    return fields


def _provenance(*candidates: str | None) -> Mapping[str, Any] | None:
    """The first candidate that is a JSON object; damaged provenance is no provenance."""
    for text in candidates:
        try:
            if text:
                return parse_object(text, "the provenance")
        except BadInput:
            continue
    return None


def _from_comments(found: Mapping[str, str]) -> Tags:
    texts = {name: found.get(name.upper(), "") for name in _TEXTS}
    texts["comment"] = texts["comment"] or found.get("DESCRIPTION", "")
    return Tags(**texts, provenance=_provenance(found.get(PROVENANCE), found.get(_FORMER_PROVENANCE)))


def _merge(old: vorbis_comments.Comments, fields: Mapping[str, str]) -> vorbis_comments.Comments:
    ours = {PROVENANCE, _FORMER_PROVENANCE, *(name.upper() for name in _TEXTS)}
    kept = [(name, text) for name, text in old if name not in ours]
    return [*((name.upper(), text) for name, text in fields.items()), *kept]


def _from_frames(frames: id3.Frames) -> Tags:
    found: dict[str, str] = {}
    for name, content in reversed(frames):
        if name == _COMMENT:
            found["comment"] = "".join(id3.texts(content, skip=3)[1:2])
        elif name == _USER:
            title, *rest = id3.texts(content) or [""]
            found[title] = "".join(rest[:1])
        else:
            found[{"TYER": "TDRC"}.get(name, name)] = "".join(id3.texts(content)[:1]) if name.startswith("T") else ""
    texts = {field: found.get(frame, "") for field, frame in _ID3.items()}
    provenance = _provenance(found.get(PROVENANCE), found.get(_FORMER_PROVENANCE))
    return Tags(**texts, comment=found.get("comment", ""), provenance=provenance)


def _frames(fields: Mapping[str, str], old: id3.Frames) -> id3.Frames:
    """Frames of `fields`, then those of `old` that are not ours."""
    new = [(_ID3[name], id3.text_frame(text)) for name, text in fields.items() if name in _ID3]
    if "comment" in fields:
        new.append((_COMMENT, id3.comment_frame(fields["comment"])))
    if PROVENANCE in fields:
        new.append((_USER, id3.user_frame(PROVENANCE, fields[PROVENANCE])))
    ours = {*_ID3.values(), _COMMENT}
    kept = [(name, content) for name, content in old if name not in ours and not (name == _USER and _is_ours(content))]
    return new + kept


def _is_ours(content: bytes) -> bool:
    return id3.texts(content)[:1] in ([PROVENANCE], [_FORMER_PROVENANCE])


def _from_info(listed: bytes) -> Tags:
    found = dict(riff.chunks(listed, start=4))
    texts = {field: found.get(name, b"").rstrip(b"\0").decode("utf-8", "replace") for field, name in _INFO.items()}
    return Tags(**texts, provenance=None)


def _into_wav(data: bytes, fields: Mapping[str, str]) -> bytes:
    """The WAV file with its INFO list and ID3 chunk replaced."""
    if data[:4] == b"RF64":
        raise BadInput("tags of RF64 files are not supported", remedy="use flac")
    old = riff.chunks(data)
    parts = [(name[:4], content) for name, content in old if name not in (b"LIST", b"id3 ")]
    texts = [(_INFO[field], text.encode() + b"\0") for field, text in fields.items() if field in _INFO]
    if texts:
        parts.append((b"LIST", b"INFO" + b"".join(riff.chunk(*entry) for entry in texts)))
    frames = _frames(fields, id3.unpack(dict(old).get(b"id3 ", b"")))
    if frames:
        parts.append((b"id3 ", id3.pack(frames)))
    return riff.wav(parts)
