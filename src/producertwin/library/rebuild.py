"""The database made anew from the sidecars.

Nothing is lost on the way: the old database is copied to `backups/` (a damaged one is moved there), a record whose sidecar is
gone but whose row is readable gets its sidecar back, and one transaction replaces all rows. What lies in the trash stays there,
row or not. The old database is never needed: what it cannot tell is passed over, and where it cannot be written it is set aside
and a new one takes its place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..errors import BadInput
from ..settings import Settings
from . import labels, rows, sidecars, track_rows, track_sidecars, verdicts
from .database import Damaged, Newer, back_up, check, file_of, set_aside, typed_errors, upgrade, version
from .mending import mend_trash_files
from .provenance import Take
from .rows import UnreadableRow
from .sidecars import Sidecars
from .studio import open_engine
from .track import Track
from .track_sidecars import Notes, TrackSidecars
from .trash import Trash
from .verdict import Verdict


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What a rebuild did, or with `dry_run` would do."""

    takes: int
    """Rows of takes there are now."""
    tracks: int
    """Rows of tracks there are now."""
    added: tuple[str, ...]
    """Takes the database did not know."""
    restored: tuple[str, ...]
    """Takes whose sidecar was written again from their row."""
    unreadable: dict[str, str]
    """Sidecars and rows that could not be used, with the reason."""
    backup: Path | None
    """Where the old database is."""


def rebuild(settings: Settings, *, dry_run: bool = False) -> RebuildResult:
    """Replace takes and tracks in the studio's database by those its sidecars tell of. A sidecar wins over its row."""
    with open_engine(settings) as engine:
        try:
            return _rebuild(settings, engine, dry_run=dry_run)
        finally:
            engine.dispose()


@dataclass(slots=True)
class _Records:
    """Takes, tracks and verdicts by id, and what could not be read, with the reason."""

    takes: dict[str, Take] = field(default_factory=dict)
    tracks: dict[str, tuple[Track, Notes]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def _rebuild(settings: Settings, engine: Engine, *, dry_run: bool) -> RebuildResult:
    if not dry_run:
        mend_trash_files(settings.studio)
    told = _read_sidecars(settings)
    backup = None if dry_run else _make_sound(engine, told)
    old = _read_rows(engine)
    trashed = Trash(settings.studio).takes()
    restored = [take for name, take in old.takes.items() if name not in told.takes and name not in trashed]
    lost_tracks = {name: track for name, track in old.tracks.items() if name not in told.tracks}
    takes = sorted([*told.takes.values(), *restored], key=lambda take: (take.created, take.id))
    tracks = told.tracks | lost_tracks
    lost_verdicts = tuple(one for name, one in old.verdicts.items() if name not in told.verdicts)
    if not dry_run:
        for take in restored:
            Sidecars(settings.studio / "takes").write(take)
        for track, notes in lost_tracks.values():
            TrackSidecars(settings.studio / "tracks").write(track, notes)
        verdicts.rebuild_files(settings.studio, lost_verdicts)
        backup = _write(engine, takes, list(tracks.values()), settings.studio) or backup
    known = old.takes.keys() | old.unreadable.keys()
    settled = told.takes.keys() | tracks.keys() | trashed
    added = tuple(take.id for take in takes if take.id not in known)
    unreadable = told.unreadable | {name: why for name, why in old.unreadable.items() if name not in settled}
    return RebuildResult(len(takes), len(tracks), added, tuple(take.id for take in restored), unreadable, backup)


def _read_sidecars(settings: Settings) -> _Records:
    found = _Records()
    for path in Sidecars(settings.studio / "takes").all():
        try:
            take = sidecars.read(path)
        except BadInput as error:
            found.unreadable[str(path)] = error.message
        else:
            found.takes[take.id] = take
    for path in TrackSidecars(settings.studio / "tracks").all():
        try:
            track, notes = track_sidecars.read(path)
        except BadInput as error:
            found.unreadable[str(path)] = error.message
        else:
            found.tracks[track.id] = track, notes
    for path, verdict in verdicts.read_files(settings.studio):
        if isinstance(verdict, BadInput):
            found.unreadable[str(path)] = verdict.message
        else:
            found.verdicts[verdict.id] = verdict
    return found


def _make_sound(engine: Engine, told: _Records) -> Path | None:
    """Leave a database of the newest schema that can be written, and say where the old one is.

    One that says a newer Producer Twin made it is refused, unless all sidecars can be read here: then its number is damaged, or
    nothing in it goes beyond them.
    """
    path = file_of(engine)
    if path is None or not path.exists():
        upgrade(engine)
        return None
    try:
        with _damage(engine):
            check(engine)
            upgrade(engine)
            return back_up(path, "rebuild")
    except Newer:
        if told.unreadable or not (told.takes or told.tracks):
            raise
    except Damaged:
        pass
    return _begin_anew(engine, path)


def _begin_anew(engine: Engine, path: Path) -> Path:
    """Set the SQLite file at `path` aside, put an empty one in its place, and return where the old one went."""
    engine.dispose()
    aside = set_aside(path)
    upgrade(engine)
    return aside


@contextmanager
def _damage(engine: Engine) -> Iterator[None]:
    """Take every refusal of a SQLite file that is not of the disk, of rights or of other processes for damage."""
    try:
        with typed_errors(engine):
            yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        if file_of(engine) is None:
            raise
        raise Damaged(f"{engine.url.database} is damaged: {error}", remedy="run `twin library rebuild`") from error


def _read_rows(engine: Engine) -> _Records:
    """What the old database still tells."""
    found, path = _Records(), file_of(engine)
    if path is not None and not path.exists():
        return found
    for read in (_read_takes, _read_tracks, _read_verdicts):
        try:
            with _damage(engine), engine.connect() as connection:
                if version(engine) is not None:
                    read(connection, found)
        except Damaged:
            continue
    return found


def _read_takes(connection: Connection, found: _Records) -> None:
    for name in rows.ids(connection):
        try:
            take = rows.find(connection, name)
        except BadInput as error:
            found.unreadable[name] = error.message
            continue
        if take is None or not take.genuine or take.id != name:
            found.unreadable[name] = f"the row of take {name} is damaged: its id does not belong to its record"
        else:
            found.takes[name] = take


def _read_tracks(connection: Connection, found: _Records) -> None:
    for track in track_rows.all_tracks(connection, None):
        if isinstance(track, UnreadableRow):
            found.unreadable[track.id] = track.error.message
        elif not track.genuine:
            found.unreadable[track.id] = f"the row of track {track.id} is damaged: its id does not belong to its record"
        else:
            found.tracks[track.id] = track, {}
    for name, (track, _) in list(found.tracks.items()):
        try:
            found.tracks[name] = track, track_rows.notes(connection, name)
        except BadInput as error:
            found.unreadable[name] = error.message


def _read_verdicts(connection: Connection, found: _Records) -> None:
    found.verdicts = {verdict.id: verdict for verdict in verdicts.read_rows(connection)}


def _write(engine: Engine, takes: list[Take], tracks: list[tuple[Track, Notes]], studio: Path) -> Path | None:
    """Replace all rows in one transaction; where the database turns out to be damaged, put them into a new one.

    Returns where the old one went in that case.
    """
    path = file_of(engine)
    try:
        _replace_rows(engine, takes, tracks, studio, then=check)
    except Damaged:
        if path is None:
            raise
        aside = _begin_anew(engine, path)
        _replace_rows(engine, takes, tracks, studio)
        return aside
    return None


def _replace_rows(
    engine: Engine,
    takes: list[Take],
    tracks: list[tuple[Track, Notes]],
    studio: Path,
    then: Callable[[Engine], None] | None = None,
) -> None:
    with _damage(engine):
        with engine.begin() as connection:
            rows.clear(connection)
            for take in takes:
                rows.add(connection, take)
            track_rows.clear(connection)
            for track, notes in tracks:
                track_rows.put(connection, track)
                for kind, record in notes.items():
                    track_rows.write_note(connection, track.id, kind, record)
            labels.rebuild(studio, connection)
            verdicts.rebuild(studio, connection)
        if then is not None:
            then(engine)
