"""Tables that speak of many sounds: which sounds their rows name, and what they say.

    sources.json          file name (or track id) -> provider, licence, cost, permitted, …; or one object for the whole folder
    *.csv, *.tsv          one row a sound; columns by the names of `stated_facts`, such as those of tempo and key finders
    *.jsonl               one object a line, such as `metadata.jsonl` of a Hugging Face folder of sounds
    dataset.json          `samples`, as ACE-Step's trainer reads them, or a list of objects

A row names its sound by a path from the table's folder, or by a name that one sound alone has. Names are compared without regard
to case, ending or Unicode form (a Mac writes NFD). A sound's name in a path of another machine is found by the end of the path.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from ..errors import BadInput
from ..music import INSTRUMENTAL
from ..wording import find_nearest
from .text_files import LARGEST_TABLE, parse_lines, parse_table, read_json, read_text, readable_name

SOURCES: Final = "sources.json"
NAMES: Final = (
    *("file_name", "filename", "file name", "file", "path", "audio_path", "audio_filepath", "audio", "location"),
    *("name", "title", "track"),
)
"""Columns and keys that name the sound, in the order they are looked for."""

Row = tuple[tuple[str, ...], dict[str, Any]]
"""The names of a sound, any of which may be right (none: every sound), and what is said of it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its rows; None where it states rights that cannot be read."""

    path: Path
    rows: list[Row] | None


class NamedSounds:
    """The sounds in a folder and below it, by the names that people give them."""

    def __init__(self, folder: Path, sounds: Iterable[Path]) -> None:
        self.folder = folder
        self.sounds = list(sounds)
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for sound in self.sounds:
            inside = sound.relative_to(folder)
            for parts in _ends(inside.parts):
                for name in (parts, parts.removesuffix(sound.suffix)):
                    self._by_name[normal_name(name)].append(sound)

    def find(self, said: str) -> list[Path]:
        """The sounds that `said` names: by its path from this folder, else by as much of its end as some sound has.

        Several sounds below that have the name are all returned: which is meant is not known.
        """
        parts = [part for part in PurePosixPath(said.replace("\\", "/")).parts if part not in ("/", ".", "..")]
        for end in _ends(parts):
            matched = list(dict.fromkeys(self._by_name.get(normal_name(end), ())))
            direct = [one for one in matched if normal_name(one.relative_to(self.folder).with_suffix("").as_posix())
                      in (normal_name(end), normal_name(PurePosixPath(end).with_suffix("").as_posix()))]  # fmt: skip
            if direct or matched:
                return direct or matched
        return []

    def find_nearest(self, said: str) -> str | None:
        """The path from this folder of the sound whose name `said` is nearly."""
        last = PurePosixPath(said.replace("\\", "/")).name
        names = {normal_name(readable_name(name)): sound for sound in self.sounds for name in (sound.stem, sound.name)}
        meant = find_nearest(normal_name(last), names)
        return None if meant is None else readable_name(names[meant].relative_to(self.folder))

    def exists(self, said: str) -> bool:
        """Whether `said` is a file all the same, such as a stem."""
        try:
            return said != "" and (self.folder / said).exists()
        except (OSError, ValueError):
            return False


def normal_name(name: str) -> str:
    """`name` in the form in which names are compared."""
    return unicodedata.normalize("NFC", name).casefold()


def read_tables(folder: Path, own: Iterable[Path], notes: list[str]) -> Iterator[Table]:
    """The tables that lie in `folder`, `sources.json` last; `own` are JSON files of single sounds. Damage goes to `notes`."""
    mine = {normal_name(path.name) for path in own if path.parent == folder}
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.is_file()]
    for path in sorted(found, key=lambda one: one.name.casefold() == SOURCES):
        kind = path.suffix.casefold()
        if kind not in (".csv", ".tsv", ".jsonl", ".json") or normal_name(path.name) in mine:
            continue
        try:
            rows = _read_rows(path, notes)
        except BadInput as error:
            notes.append(error.message)
            rows = None
        if rows is not None or path.name.casefold() == SOURCES:
            yield Table(path, rows)


def _read_rows(path: Path, notes: list[str]) -> list[Row] | None:
    """The rows of a table; None for a file that is none. Raises `BadInput` for a damaged one."""
    kind = path.suffix.casefold()
    if kind == ".json":
        data = read_json(path, largest=LARGEST_TABLE)
        if path.name.casefold() == SOURCES:
            return _source_rows(data)
        listed = data.get("samples") if isinstance(data, dict) else data
        if not isinstance(listed, list):
            return None
        about = data.get("metadata") if isinstance(data, dict) else None
        rows = [acestep_row(row, about if isinstance(about, dict) else {}) for row in listed if isinstance(row, dict)]
    else:
        text = read_text(path, largest=LARGEST_TABLE) or ""
        rows = list(parse_lines(text, path.name, notes) if kind == ".jsonl" else parse_table(text))
    named = [(_names(row), row) for row in rows]
    if rows and not any(names for names, _ in named):
        notes.append(f"{path.name} names no sounds: it has none of the columns {', '.join(NAMES[:5])}, … and was not read")
        return None
    return [(names, row) for names, row in named if names]


def _source_rows(data: Any) -> list[Row]:
    """The rows of a `sources.json`: by file name, a list, or one row for all. Raises `BadInput` for anything else."""
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return [(_names(row), row) for row in data]
    if isinstance(data, dict) and data and all(isinstance(row, dict) for row in data.values()):
        return [((name,) if name != "*" else (), row) for name, row in data.items()]
    if isinstance(data, dict):
        return [((), data)] if data else []
    raise BadInput(f"{SOURCES} holds no object and no list of objects")


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that a row speaks of: the first that says a file, and those of its ids."""
    plain = {str(key).strip().casefold(): value for key, value in row.items()}
    said = [plain[key] for key in NAMES if isinstance(plain.get(key), str) and plain[key].strip()][:1]
    said += [str(plain["track_id"])] if plain.get("track_id") else []
    listed = plain.get("track_ids")
    return tuple(said + [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else said)


def acestep_row(row: dict[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """A sample of ACE-Step's trainer with its trigger word in the caption, and no lyrics where it says that nobody sings."""
    tag = str(row.get("custom_tag") or about.get("custom_tag") or "").strip()
    caption = str(row.get("caption") or "").strip()
    if tag and tag.casefold() not in caption.casefold():
        ordered = (caption, tag) if about.get("tag_position") == "append" else (tag, caption)
        caption = tag if about.get("tag_position") == "replace" else ", ".join(part for part in ordered if part)
    lyrics = INSTRUMENTAL if row.get("is_instrumental") is True else row.get("lyrics") or row.get("formatted_lyrics")
    return row | {"caption": caption, "lyrics": lyrics}


def _ends(parts: Iterable[str]) -> list[str]:
    """A path and every shorter end of it."""
    given = list(parts)
    return ["/".join(given[start:]) for start in range(len(given))]
