"""Tracks and their notes as rows: SQL stays inside, `Track` records come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, String, cast, delete, exists, func, insert, select, update

from ..errors import BadInput
from .rows import iso_utc
from .schema import track_notes, tracks
from .track import Track


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
    found = connection.execute(select(tracks.c.id, tracks.c.record).where(tracks.c.id == track)).one_or_none()
    return None if found is None else _track(found.id, found.record)


def beginning(connection: Connection, prefix: str, *, limit: int) -> list[str]:
    """Ids that begin with `prefix`, sorted."""
    query = select(tracks.c.id).where(tracks.c.id.startswith(prefix, autoescape=True)).order_by(tracks.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def all_tracks(connection: Connection, producer: str | None) -> Iterator[Track]:
    """Tracks of `producer`, or all, by producer and title; read as they are asked for."""
    query = select(tracks.c.id, tracks.c.record).order_by(tracks.c.producer, tracks.c.title, tracks.c.id)
    if producer is not None:
        query = query.where(tracks.c.producer == producer)
    for row in connection.execution_options(yield_per=1_000).execute(query):
        yield _track(row.id, row.record)


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
    query = select(track_notes.c.kind, track_notes.c.record).where(track_notes.c.track == track).order_by(track_notes.c.kind)
    return {row.kind: row.record for row in connection.execute(query)}


def notes_of_kind(connection: Connection, kind: str) -> dict[str, dict[str, Any]]:
    """The notes of one kind by track."""
    query = select(track_notes.c.track, track_notes.c.record).where(track_notes.c.kind == kind)
    return {row.track: row.record for row in connection.execute(query)}


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
    """Every blob that a track has."""
    return {name for track in all_tracks(connection, None) for name in track.blobs}


def _track(track: str, record: object) -> Track:
    try:
        return Track.model_validate(record)
    except ValidationError as error:
        message = f"the row of track {track} cannot be read: {error.error_count()} mistakes in its record"
        raise BadInput(message, remedy="run `twin library rebuild`") from error
