"""The database made anew from the sidecars.

Nothing is lost on the way: the old database is copied to `backups/` (a damaged one is moved there), a take whose sidecar is gone
but whose row is readable gets its sidecar back, and one transaction replaces all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from ..errors import BadInput
from ..settings import Settings
from . import rows, sidecars, track_rows, track_sidecars
from .database import Damaged, back_up, check, file_of, set_aside, typed_errors, upgrade, version
from .provenance import Take
from .sidecars import Sidecars
from .studio import open_engine
from .track import Track
from .track_sidecars import Notes, TrackSidecars


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
    """Replace the takes in the studio's database by those its sidecars tell of. A sidecar wins over its row."""
    with open_engine(settings) as engine:
        try:
            return _rebuild(settings, engine, dry_run=dry_run)
        finally:
            engine.dispose()


def _rebuild(settings: Settings, engine: Engine, *, dry_run: bool) -> RebuildResult:
    cards = Sidecars(settings.studio / "takes")
    told, unreadable = _read_all(cards)
    backup = None if dry_run else _make_sound(engine)
    known = _read_rows(engine, dry_run=dry_run)
    unreadable |= {name: why for name, why in known.items() if isinstance(why, str) and name not in told}
    restored = [take for name, take in known.items() if isinstance(take, Take) and name not in told]
    result = sorted([*told.values(), *restored], key=lambda take: (take.created, take.id))
    if not dry_run:
        for take in restored:
            cards.write(take)
        with typed_errors(engine), engine.begin() as connection:
            rows.clear(connection)
            for take in result:
                rows.add(connection, take)
    count, lost = _tracks(settings, engine, dry_run=dry_run)
    added = tuple(take.id for take in result if take.id not in known)
    return RebuildResult(len(result), count, added, tuple(take.id for take in restored), unreadable | lost, backup)


def _tracks(settings: Settings, engine: Engine, *, dry_run: bool) -> tuple[int, dict[str, str]]:
    """Replace the rows of tracks by what sidecars tell, and write again a sidecar that only a row is left of.

    Returns how many tracks there are, and what could not be used, with the reason.
    """
    cards = TrackSidecars(settings.studio / "tracks")
    told: dict[str, tuple[Track, Notes]] = {}
    unreadable: dict[str, str] = {}
    for path in cards.all():
        try:
            track, notes = track_sidecars.read(path)
        except BadInput as error:
            unreadable[str(path)] = error.message
        else:
            told[track.id] = track, notes
    if not dry_run:
        with typed_errors(engine), engine.begin() as connection:
            for track in track_rows.all_tracks(connection, None):
                if track.id not in told:
                    told[track.id] = track, track_rows.notes(connection, track.id)
                    cards.write(*told[track.id])
            track_rows.clear(connection)
            for track, notes in told.values():
                track_rows.put(connection, track)
                for kind, record in notes.items():
                    track_rows.write_note(connection, track.id, kind, record)
    return len(told), unreadable


def _read_all(cards: Sidecars) -> tuple[dict[str, Take], dict[str, str]]:
    told: dict[str, Take] = {}
    unreadable: dict[str, str] = {}
    for path in cards.all():
        try:
            take = sidecars.read(path)
        except BadInput as error:
            unreadable[str(path)] = error.message
        else:
            told[take.id] = take
    return told, unreadable


def _make_sound(engine: Engine) -> Path | None:
    """Leave a database of the newest schema that can be written, and say where the old one is."""
    path = file_of(engine)
    if path is None or not path.exists():
        upgrade(engine)
        return None
    try:
        with typed_errors(engine):
            check(engine)
            upgrade(engine)
            return back_up(path, "rebuild")
    except Damaged:
        engine.dispose()
        aside = set_aside(path)
        upgrade(engine)
        return aside


def _read_rows(engine: Engine, *, dry_run: bool) -> dict[str, Take | str]:
    """What the database knows: a take by id, or the reason why its row cannot be read."""
    path = file_of(engine)
    if dry_run and path is not None and not path.exists():
        return {}
    known: dict[str, Take | str] = {}
    try:
        with typed_errors(engine), engine.connect() as connection:
            if version(engine) is None:
                return {}
            for name in rows.ids(connection):
                try:
                    known[name] = rows.find(connection, name) or "deleted meanwhile"
                except BadInput as error:
                    known[name] = error.message
    except Damaged:
        return known
    return known
