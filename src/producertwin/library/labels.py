"""What people say of takes: a title, a folder, tags, whether they like it, a rating, a remark.

None of it is in a take's record, whose hash is its id. It lies in STUDIO/labels/ID.json, from which the rows are rebuilt, and
stays while a take is in the trash, so that a take that is restored has its labels again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from sqlalchemy import Connection, Engine, String, cast, delete, insert, select

from ..disk import disk_errors, write_json
from ..errors import BadInput, NotFound
from ..recipe import Record, read
from ..untrusted import parse_object, read_object
from ..wording import make_visible
from .database import typed_errors
from .schema import take_labels

FOLDER: Final = "labels"
_REMEDY: Final = "set the labels of this take again"


def _line(text: str) -> str:
    """A text in one line, what cannot be seen in it written as escapes."""
    return make_visible(" ".join(text.split()), keep="")


def unique_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Each tag once, whatever its case, in the order in which they were given."""
    found: dict[str, str] = {}
    for tag in filter(None, tags):
        found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def _folder(text: str) -> str:
    """The name of a folder, without empty parts."""
    return "/".join(part for one in _line(text).split("/") if (part := one.strip()))


Line = Annotated[str, AfterValidator(_line), Field(max_length=200)]
Tag = Annotated[str, AfterValidator(_line), Field(max_length=60)]


class Labels(Record):
    """What people say of a take."""

    title: Line = ""
    """What it is called."""
    folder: Annotated[str, AfterValidator(_folder), Field(max_length=200)] = ""
    """Where it belongs, such as `EP/sketches`: a name to sort by, no place on the disk."""
    tags: Annotated[tuple[Tag, ...], Field(max_length=50), AfterValidator(unique_tags)] = ()
    liked: bool = False
    rating: int | None = Field(None, ge=1, le=5)
    """Stars."""
    remark: str = Field("", max_length=5000)


def path_of(studio: Path, take: str) -> Path:
    """Where the labels of a take lie."""
    return studio / FOLDER / f"{take}.json"


def write(studio: Path, engine: Engine, take: str, labels: Labels) -> None:
    """Keep the labels of a take in place of older ones; empty ones are none. The caller holds the studio's lock and its mark."""
    path = path_of(studio, take)
    if labels == Labels():
        with disk_errors(path):
            path.unlink(missing_ok=True)
    else:
        write_json(path, labels.model_dump(mode="json", exclude_defaults=True))
    with typed_errors(engine), engine.begin() as connection:
        put_row(connection, take, labels)


def mend(studio: Path, engine: Engine, take: str) -> None:
    """Make the row of a take's labels what its file says."""
    found = Labels()
    with suppress(NotFound, BadInput):
        found = _read_file(path_of(studio, take))
    with engine.begin() as connection:
        put_row(connection, take, found)


def rebuild(studio: Path, connection: Connection) -> None:
    """Make all rows anew of the files; a damaged one is passed over."""
    connection.execute(delete(take_labels))
    for take, labels in read_files(studio):
        put_row(connection, take, labels)


def read_files(studio: Path) -> Iterator[tuple[str, Labels]]:
    """Every take that has labels, and those."""
    for path in sorted((studio / FOLDER).glob("*.json")):
        with suppress(NotFound, BadInput):
            yield path.stem, _read_file(path)


def find(connection: Connection, takes: Iterable[str]) -> dict[str, Labels]:
    """The labels of those takes that have some; damaged ones are none."""
    text = cast(take_labels.c.record, String).label("record")
    query = select(take_labels.c.take, text).where(take_labels.c.take.in_(list(takes)))
    found: dict[str, Labels] = {}
    for row in connection.execute(query):
        with suppress(BadInput):
            found[row.take] = read(Labels, parse_object(row.record, f"the labels of take {row.take}"), where="labels")
    return found


def counts(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Every folder and every tag that a take has, and how many takes have it, by name."""
    folders: dict[str, int] = {}
    tags: dict[str, int] = {}
    takes = list(connection.execute(select(take_labels.c.take)).scalars())
    for labels in find(connection, takes).values():
        if labels.folder:
            folders[labels.folder] = folders.get(labels.folder, 0) + 1
        for tag in labels.tags:
            tags[tag] = tags.get(tag, 0) + 1
    return dict(sorted(folders.items())), dict(sorted(tags.items()))


def forget(studio: Path, connection: Connection, takes: Iterable[str]) -> None:
    """Remove the labels of takes that are gone for good."""
    for take in takes:
        path_of(studio, take).unlink(missing_ok=True)
        connection.execute(delete(take_labels).where(take_labels.c.take == take))


def put_row(connection: Connection, take: str, labels: Labels) -> None:
    """Put the row of a take's labels; none where they say nothing."""
    connection.execute(delete(take_labels).where(take_labels.c.take == take))
    if labels == Labels():
        return
    row = {
        "take": take,
        "liked": labels.liked,
        "rating": labels.rating,
        "folder": labels.folder,
        "tags": "".join(f"\n{tag.casefold()}\n" for tag in labels.tags),
        "search": f"{labels.title}\n{labels.remark}\n{' '.join(labels.tags)}".casefold(),
        "record": labels.model_dump(mode="json", exclude_defaults=True),
    }
    connection.execute(insert(take_labels).values(row))


def _read_file(path: Path) -> Labels:
    return read(Labels, read_object(path, remedy=_REMEDY), where=str(path))
