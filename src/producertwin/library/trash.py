"""The trash of the studio: what was deleted, until it is restored or the trash is emptied.

STUDIO/trash/ID/
├── entry.json     what was deleted and when, and where each of its parts belongs
└── 0-…, 1-…       the parts: files and folders, renamed into here

An entry is written before its parts are moved, and a part is moved by renaming, which needs no room. An entry is whole when all
its parts lie in it; one that a kill left half-way is brought back by `mending`. Contents of takes stay among the blobs, where
the trash counts as one of their users.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field

from ..disk import disk_errors, make_folder, move, temporary_of, write_whole
from ..errors import BadInput, NotFound
from ..recipe import Record, read, short_id
from ..untrusted import read_object
from .lock import hold_lock
from .provenance import check_prefix, only_match
from .reserve import act_with_reserve
from .sidecars import blob_names
from .unfinished import mark_unfinished

FOLDER: Final = "trash"
FACTS: Final = "entry.json"
SCHEMA: Final = "producertwin.trash/1"
LISTING: Final = "twin trash list"
_ID: Final = re.compile(r"[a-z2-7]{12}")


class Kind(StrEnum):
    """What can lie in the trash."""

    TAKES = "takes"
    RUN = "run"
    SET = "training set"
    TEST = "listening test"
    TWIN = "twin"
    PIPELINE = "pipeline"
    DESK = "desk"
    RELEASE = "release"
    ALBUM = "album"


def _inside(place: str) -> str:
    parts = PurePosixPath(place).parts
    if not parts or PurePosixPath(place).is_absolute() or ".." in parts or "\0" in place:
        raise ValueError(f"{place!r} is no place in a studio")
    return place


class Part(Record):
    """A file or folder that was deleted."""

    place: Annotated[str, AfterValidator(_inside)]
    """Where it belongs, from the studio's folder on."""
    name: str = Field(pattern=r"^[0-9]+-[^/\\\x00]+$")
    """What it is called in the entry's folder."""


class TrashEntry(Record):
    """One deletion: everything that went by it."""

    id: str = Field(pattern=r"^[a-z2-7]{12}$")
    kind: Kind
    names: tuple[str, ...]
    """Ids of the takes, the run, the set or the test; the producer of a twin; or the name of a pipeline."""
    title: str
    """What people know it by."""
    deleted: AwareDatetime
    bytes: int = Field(ge=0)
    """What it takes on the disk, contents included that others share."""
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Discard:
    """What is to go into the trash."""

    kind: Kind
    names: tuple[str, ...]
    title: str
    places: tuple[Path, ...]
    """Its files and folders, all inside the studio."""
    contents: int = 0
    """Bytes of what else is kept for it: the blobs of takes."""


class Trash:
    """The trash of the studio in folder `studio`. Whoever changes it holds the studio's lock and a mark of `unfinished`."""

    def __init__(self, studio: Path) -> None:
        self.studio = studio
        self.place = studio / FOLDER

    def folder(self, name: str) -> Path:
        """Where the entry with this id lies."""
        return self.place / name

    def path(self, entry: TrashEntry, part: Part) -> Path:
        """Where a part lies while it is in the trash."""
        return self.folder(entry.id) / part.name

    def plan(self, what: Discard, moment: datetime) -> TrashEntry:
        """The entry that `put` makes of `what` at `moment`."""
        when = moment.astimezone(UTC)
        name = short_id({"kind": what.kind, "names": list(what.names), "deleted": when.isoformat()}, person=b"trash")
        places = [path.relative_to(self.studio).as_posix() for path in what.places]
        parts = tuple(Part(place=place, name=f"{rank}-{place.rpartition('/')[2]}") for rank, place in enumerate(places))
        size = what.contents + sum(map(_size, what.places))
        return TrashEntry(id=name, kind=what.kind, names=what.names, title=what.title, deleted=when, bytes=size, parts=parts)

    def put(self, entry: TrashEntry) -> None:
        """Move the parts of a planned entry into the trash, all or none. Raises `Resources` or `BadInput` of the disk."""
        try:
            text = json.dumps({"schema": SCHEMA} | entry.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
            write_whole(self.folder(entry.id) / FACTS, text.encode("utf-8", "surrogatepass"))
            for part in entry.parts:
                move(self.studio / part.place, self.path(entry, part))
        except BaseException:
            self.bring_back(entry)
            self.drop(entry)
            raise

    def bring_back(self, entry: TrashEntry) -> None:
        """Move every part that lies in the trash to its place, all or none; `drop` removes the entry then.

        Raises `BadInput` where something else stands in a place, and `Resources` when the disk is full.
        """
        here = [part for part in entry.parts if self.path(entry, part).exists()]
        taken = [part.place for part in here if (self.studio / part.place).exists()]
        if taken:
            message = f"cannot restore {entry.kind} {', '.join(entry.names)}: {self.studio / taken[0]} is there again"
            raise BadInput(message, remedy="move it away, or delete it, and restore again")
        with ExitStack() as undo:
            for part in here:
                undo.callback(_move_if_there, self.studio / part.place, self.path(entry, part))
                move(self.path(entry, part), self.studio / part.place)
            undo.pop_all()

    def take_again(self, entry: TrashEntry) -> None:
        """Undo `bring_back`."""
        for part in entry.parts:
            _move_if_there(self.studio / part.place, self.path(entry, part))

    def drop(self, entry: TrashEntry) -> None:
        """Remove an entry of which all parts are at their places again."""
        folder = self.folder(entry.id)
        with disk_errors(folder), suppress(FileNotFoundError):
            shutil.rmtree(folder)

    def remove(self, name: str) -> int:
        """Remove the entry with this id and all that lies in it, for good; returns the bytes of its files."""
        folder = self.folder(name)
        size = _size(folder)
        with disk_errors(folder):
            grave = temporary_of(folder)
            move(folder, grave)
            shutil.rmtree(grave)
        return size

    def drop_remains(self, name: str) -> None:
        """Remove what a kill left of an entry that was never written, or that was being removed."""
        folder = self.folder(name)
        with disk_errors(folder):
            for grave in self.place.glob(f".{name}.*.part"):
                shutil.rmtree(grave)
            if folder.is_dir() and not any(path for path in folder.iterdir() if not path.name.startswith(".")):
                shutil.rmtree(folder)

    def is_whole(self, entry: TrashEntry) -> bool:
        """Whether all parts of an entry lie in it."""
        return all(self.path(entry, part).exists() for part in entry.parts)

    def find(self, name: str) -> TrashEntry | None:
        """The entry with this id; None where there is none. Raises `BadInput` for a damaged one."""
        path = self.folder(name) / FACTS
        remedy = f"move {path.parent} away; what lies in it is what was deleted"
        try:
            data = read_object(path, remedy=remedy)
        except NotFound:
            return None
        if data.pop("schema", None) != SCHEMA:
            raise BadInput(f"{path} is no entry of the trash", remedy=remedy)
        return read(TrashEntry, data, where=str(path))

    def get(self, key: str) -> TrashEntry:
        """The entry whose id, or the name of what lies in it, is or begins with `key`.

        Raises `NotFound`, or `BadInput` when several do.
        """
        entries, _ = self.survey()
        named = [one for one in entries if key.casefold() in {name.casefold() for name in one.names}]
        if len(named) == 1:
            return named[0]
        prefix = check_prefix(key, "trash entry", LISTING)
        found = {one.id: one for one in entries if one.id.startswith(prefix)}
        found = found or {one.id: one for one in entries if any(name.startswith(prefix) for name in one.names)}
        return found[only_match(sorted(found)[:6], key, self.studio, "trash entry", LISTING)]

    def survey(self) -> tuple[tuple[TrashEntry, ...], dict[str, str]]:
        """Every entry, the newest first, and by id why one cannot be read."""
        found: list[TrashEntry] = []
        damaged: dict[str, str] = {}
        for name in self._names():
            try:
                entry = self.find(name)
            except BadInput as error:
                damaged[name] = error.message
            else:
                found += [] if entry is None else [entry]
        return tuple(sorted(found, key=lambda one: (one.deleted, one.id), reverse=True)), damaged

    def takes(self) -> frozenset[str]:
        """Ids of the takes that lie in the trash."""
        whole = (one for one in self.survey()[0] if one.kind is Kind.TAKES and self.is_whole(one))
        return frozenset(name for one in whole for name in one.names)

    def records(self, name: str) -> Iterator[Path]:
        """The records in the folder of the entry with this id: sidecars of takes, and manifests of sets."""
        yield from sorted(path for path in self.folder(name).glob("*-*.json") if path.is_file())

    def blob_names(self) -> set[str]:
        """Every blob that what lies in the trash needs, damaged entries among it."""
        return {blob for name in self._names() for path in self.records(name) for blob in blob_names(path)}

    def _names(self) -> list[str]:
        with suppress(FileNotFoundError):
            return sorted(path.name for path in self.place.iterdir() if _ID.fullmatch(path.name) and path.is_dir())
        return []


def discard(studio: Path, what: Discard, moment: datetime) -> TrashEntry:
    """Put files and folders of the studio into its trash, all or none, and return their entry.

    Raises `Unwritable` where the studio cannot be written, `Resources` where its disk is full.
    """
    trash = Trash(studio)

    def act() -> TrashEntry:
        with hold_lock(studio):
            entry = trash.plan(what, moment)
            with mark_unfinished(studio, "trash", [entry.id]):
                trash.put(entry)
        return entry

    with disk_errors(studio):
        make_folder(studio)
    return act_with_reserve(studio, act)


def _move_if_there(here: Path, there: Path) -> None:
    if here.exists() and not there.exists():
        move(here, there)


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.lstat().st_size for one in files if one.is_file())
