"""Files beside a sound: captions, lyrics, musical facts and sources, in the formats that people keep them in.

    NAME_prompt.txt, NAME.caption.txt            its caption
    NAME_lyrics.txt, NAME.lyrics.txt, NAME.txt   its lyrics
    NAME.json                                    ACE-Step's folder format: caption, lyrics, bpm, keyscale, timesignature, language
    song.json                                    beside the only sound of a folder: bpm, key, beats, downbeats, segments
    sources.json                                 for a whole folder: file name (or track id) -> provider, licence, cost, …
    any .csv with a column of file names         one row a sound; columns by the names above, or those of tempo and key finders

A file nearer to the sound (NAME…) wins over one of the folder. What cannot be read is a note, never a crash: a sound does not
become useless because a text beside it is damaged.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue

from ..errors import BadInput
from ..library import TrackSource
from ..music import BPM_RANGE, Key, parse_meter
from ..recipe import read
from ..untrusted import parse_json
from .licences import licence

LARGEST: Final = 1 << 20
"""Most bytes of a text that is read."""
CAPTIONS: Final = ("_prompt.txt", ".caption.txt")
LYRICS: Final = ("_lyrics.txt", ".lyrics.txt", ".txt")
_NAMES: Final = ("filename", "file", "file name", "path", "audio_path", "audio", "name", "title", "track")
"""Columns and keys that name the sound, in the order they are looked for."""
_FACTS: Final = {
    "bpm": "bpm",
    "tempo": "bpm",
    "keyscale": "key",
    "key": "key",
    "timesignature": "meter",
    "time_signature": "meter",
    "meter": "meter",
    "language": "language",
    "vocal_language": "language",
    "genre": "genre",
}
"""Their word -> ours."""
_SOURCE: Final = {
    "provider": "provider",
    "artist": "artist",
    "type": "kind",
    "source_type": "kind",
    "license": "licence",
    "licence": "licence",
    "license_type": "licence",
    "cost": "cost",
    "currency": "currency",
    "date_acquired": "acquired",
    "acquired": "acquired",
    "proof": "proof",
    "proof_url": "proof",
    "permitted": "permitted",
    "training_permitted": "permitted",
    "verified_by": "verified_by",
}
_ANNOTATIONS: Final = ("beats", "downbeats", "segments", "beat_positions")


@dataclass(slots=True)
class SidecarFacts:
    """What was found beside one sound."""

    given: dict[str, JsonValue] = field(default_factory=dict)
    """`caption`, `lyrics`, `bpm`, `key`, `meter`, `language`, `genre`, `title`, and annotations."""
    source: dict[str, Any] = field(default_factory=dict)
    """Fields of `TrackSource` that were stated."""
    notes: list[str] = field(default_factory=list)
    """What could not be read."""


class SidecarFolder:
    """The texts of one folder, read once."""

    def __init__(self, folder: Path, sounds: Iterable[Path]) -> None:
        self.folder = folder
        self.only = len({sound.stem for sound in sounds}) == 1
        self.notes: list[str] = []
        self.sources = self._sources()
        self.rows = self._rows()

    def facts_of(self, sound: Path) -> SidecarFacts:
        """What lies beside `sound`, a file of this folder."""
        found = SidecarFacts(notes=list(self.notes))
        if self.only:
            self._merge(found, self._json(self.folder / "song.json", found))
        self._merge(found, self.rows.get(sound.name.casefold()) or self.rows.get(sound.stem.casefold()) or {})
        self._merge(found, self._json(sound.with_suffix(".json"), found))
        for word, endings in (("caption", CAPTIONS), ("lyrics", LYRICS)):
            for ending in endings:
                text = _text(sound.with_name(sound.stem + ending), found.notes)
                if text is not None:
                    found.given[word] = text.strip()
                    break
        said = self.sources.get(sound.name.casefold()) or self.sources.get(sound.stem.casefold()) or self.sources.get("*")
        found.source |= _source(said or {}, found.notes)
        return found

    def _merge(self, found: SidecarFacts, data: Mapping[str, Any]) -> None:
        """Add the fields of `data` under the library's names; a value that cannot be read becomes a note."""
        plain = {str(key).strip().casefold(): value for key, value in data.items() if value not in (None, "", "N/A", [])}
        for word in ("caption", "prompt", "lyrics", "title"):
            if isinstance(plain.get(word), str):
                found.given["caption" if word == "prompt" else word] = str(plain[word]).strip()
        for theirs, ours in _FACTS.items():
            if theirs in plain:
                try:
                    found.given[ours] = _fact(ours, plain[theirs])
                except BadInput as error:
                    found.notes.append(f"{theirs}: {error.message}")
        found.given |= {name: plain[name] for name in _ANNOTATIONS if isinstance(plain.get(name), list)}
        found.source |= _source(plain, found.notes)

    def _json(self, path: Path, found: SidecarFacts) -> dict[str, Any]:
        text = _text(path, found.notes)
        if text is None:
            return {}
        try:
            data = parse_json(text, path.name, nan_is_none=True)
        except BadInput as error:
            found.notes.append(error.message)
            return {}
        if not isinstance(data, dict):
            found.notes.append(f"{path.name} holds no object")
            return {}
        return data

    def _sources(self) -> dict[str, dict[str, Any]]:
        """File name or stem -> what `sources.json` says of it; `*` is what it says of all."""
        found = SidecarFacts()
        text = _text(self.folder / "sources.json", found.notes)
        try:
            data = parse_json(text, "sources.json", nan_is_none=True) if text is not None else {}
        except BadInput as error:
            data = {}
            found.notes.append(error.message)
        self.notes += found.notes
        rows = data if isinstance(data, list) else _source_rows(data) if isinstance(data, dict) else []
        return {name.casefold(): row for row in rows if isinstance(row, dict) for name in _names(row)}

    def _rows(self) -> dict[str, dict[str, Any]]:
        """File name or stem -> its row of a CSV."""
        rows: dict[str, dict[str, Any]] = {}
        for path in sorted(self.folder.glob("*.csv")):
            text = _text(path, self.notes)
            if text is None:
                continue
            sample = text[:4_096]
            try:
                dialect: Any = csv.Sniffer().sniff(sample, delimiters=",;\t")
            except csv.Error:
                dialect = csv.excel
            for row in csv.DictReader(io.StringIO(text), dialect=dialect):
                plain = {str(key).strip().casefold(): value for key, value in row.items() if key is not None}
                for name in _names(plain):
                    rows.setdefault(name.casefold(), plain)
        return rows


def source_of(said: Mapping[str, Any], *, where: str) -> TrackSource:
    """The `TrackSource` of these fields. Raises `BadInput` naming `where` for what cannot be."""
    return read(TrackSource, dict(said), where=where)


def _source_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a `sources.json` that is an object: by file name, or one row for all."""
    if data and all(isinstance(row, dict) for row in data.values()):
        return [{"filename": name} | row for name, row in data.items()]
    return [{"filename": "*"} | dict(data)] if data else []


def _names(row: Mapping[str, Any]) -> list[str]:
    """The file names that a row speaks of."""
    said = [row[key] for key in (*_NAMES, "track_id") if isinstance(row.get(key), str) and row[key].strip()]
    listed = row.get("track_ids")
    said += [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return [Path(name.replace("\\", "/")).name for name in said[:1]] + said[1:]


def _source(data: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """The fields of a source that `data` states, or that its `source` object does."""
    inner = data.get("source")
    plain = {**data, **inner} if isinstance(inner, dict) else data
    found: dict[str, Any] = {}
    for theirs, ours in _SOURCE.items():
        value = plain.get(theirs)
        if value in (None, ""):
            continue
        try:
            found[ours] = licence(str(value)) if ours == "licence" else value
        except BadInput as error:
            notes.append(error.message)
    return found


def _fact(word: str, value: Any) -> JsonValue:
    """A musical fact in the library's form. Raises `BadInput` for a value that is not one."""
    if word == "key":
        return str(Key.parse(str(value)))
    if word == "meter":
        return parse_meter(str(value))
    if word != "bpm":
        return str(value).strip()
    try:
        tempo = float(str(value).replace(",", "."))
    except ValueError:
        raise BadInput(f"{value!r} is no tempo") from None
    if not BPM_RANGE[0] <= tempo <= BPM_RANGE[1]:
        raise BadInput(f"{tempo:g} bpm is no tempo")
    return tempo


def _text(path: Path, notes: list[str]) -> str | None:
    """The text of a file; None where there is none or it cannot be read, which is noted."""
    if not path.is_file():
        return None
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        notes.append(f"{path.name} cannot be read: {error.strerror}")
        return None
    if data is None:
        notes.append(f"{path.name} is larger than {LARGEST >> 20} MiB and was not read")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.append(f"{path.name} is not UTF-8 text and was not read")
        return None
