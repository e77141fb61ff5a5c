"""Tracks and their notes as rows: SQL stays inside, `Track` records come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import Connection, String, cast, delete, exists, func, insert, select, update

from ..errors import BadInput
from ..recipe import read
from ..untrusted import parse_object
from .rows import REMEDY, UnreadableRow, iso_utc
from .schema import track_notes, tracks
from .track import Track

RECORD: Final = cast(tracks.c.record, String).label("record")
NOTE: Final = cast(track_notes.c.record, String).label("record")
"""Records as text, which our own reader reads."""


def put(connection: Connection, track: Track) -> None:
    """Insert `track`, or replace what is known of it."""
    row = {
        "id": track.id,
        "created": iso_utc(track.created),
        "producer": track.producer,
        "grouping": track.group,
        "title": track.title,
        "audio": track.audio,
        "record": track.model_dump(mode="json"),
    }
    if find(connection, track.id) is None:
        connection.execute(insert(tracks).values(row))
    else:
        connection.execute(update(tracks).where(tracks.c.id == track.id).values(row))


def find(connection: Connection, track: str) -> Track | None:
    """The track with exactly this id."""
    found = connection.execute(select(tracks.c.id, RECORD).where(tracks.c.id == track)).one_or_none()
    return None if found is None else _track(found.id, found.record)


def is_listed(connection: Connection, track: str) -> bool:
    """Whether a row has exactly this id, readable or not."""
    return bool(connection.execute(select(exists().where(tracks.c.id == track))).scalar())


def beginning(connection: Connection, prefix: str, *, limit: int) -> list[str]:
    """Ids that begin with `prefix`, sorted."""
    query = select(tracks.c.id).where(tracks.c.id.startswith(prefix, autoescape=True)).order_by(tracks.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def all_tracks(connection: Connection, producer: str | None) -> Iterator[Track | UnreadableRow]:
    """Tracks of `producer`, or all, by producer and title; read as they are asked for.

    In the place of one that cannot be read stands which it is and why.
    """
    query = select(tracks.c.id, RECORD).order_by(tracks.c.producer, tracks.c.title, tracks.c.id)
    if producer is not None:
        query = query.where(tracks.c.producer == producer)
    for row in connection.execution_options(yield_per=1_000).execute(query):
        try:
            yield _track(row.id, row.record)
        except BadInput as error:
            yield UnreadableRow(row.id, error)


def producers(connection: Connection) -> list[tuple[str, int]]:
    """Every producer and how many tracks are theirs, by name."""
    query = select(tracks.c.producer, func.count()).group_by(tracks.c.producer).order_by(tracks.c.producer)
    return [(str(name), int(count)) for name, count in connection.execute(query)]


def count(connection: Connection) -> int:
    """How many tracks there are."""
    return int(connection.execute(select(func.count()).select_from(tracks)).scalar_one())


def write_note(connection: Connection, track: str, kind: str, record: Mapping[str, JsonValue] | None) -> None:
    """Put the note `kind` of a track, or remove it with None."""
    connection.execute(delete(track_notes).where(track_notes.c.track == track, track_notes.c.kind == kind))
    if record is not None:
        connection.execute(insert(track_notes).values(track=track, kind=kind, record=dict(record)))


def notes(connection: Connection, track: str) -> dict[str, dict[str, Any]]:
    """The notes of a track by kind."""
    query = select(track_notes.c.kind, NOTE).where(track_notes.c.track == track).order_by(track_notes.c.kind)
    return {row.kind: _note(row.record, row.kind, track) for row in connection.execute(query)}


def notes_of(connection: Connection, names: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The notes of some tracks, by track and by kind."""
    query = select(track_notes.c.track, track_notes.c.kind, NOTE).where(track_notes.c.track.in_(names))
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in names}
    for row in connection.execute(query.order_by(track_notes.c.kind)):
        found[row.track][row.kind] = _note(row.record, row.kind, row.track)
    return found


def notes_of_kind(connection: Connection, kind: str) -> dict[str, dict[str, Any]]:
    """The notes of one kind by track."""
    query = select(track_notes.c.track, NOTE).where(track_notes.c.kind == kind)
    return {row.track: _note(row.record, kind, row.track) for row in connection.execute(query)}


def remove(connection: Connection, track: str) -> None:
    """Delete a track's row; its notes go with it."""
    connection.execute(delete(tracks).where(tracks.c.id == track))


def clear(connection: Connection) -> None:
    """Delete every track's row."""
    connection.execute(delete(tracks))


def is_blob_used(connection: Connection, blob: str) -> bool:
    """Whether any track has this blob."""
    has = cast(tracks.c.record, String).contains(blob, autoescape=True)
    return bool(connection.execute(select(exists().where(has))).scalar())


def blob_names(connection: Connection) -> set[str]:
    """Every blob that a track has. Raises `BadInput` where a row cannot be read."""
    found: set[str] = set()
    for track in all_tracks(connection, None):
        if isinstance(track, UnreadableRow):  # its blobs must not be taken for strays
            raise track.error
        found |= set(track.blobs)
    return found


def _track(track: str, record: str) -> Track:
    where = f"the row of track {track}"
    return read(Track, parse_object(record, where, remedy=REMEDY), where=where)


def _note(record: str, kind: str, track: str) -> dict[str, Any]:
    return parse_object(record, f"note {kind!r} of track {track}", remedy=REMEDY)
