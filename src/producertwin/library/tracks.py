"""Tracks: put, find, note, delete. Contents go to blobs, facts and notes to a sidecar and to rows.

The order makes a crash harmless: blobs, then the sidecar, then the row, as with takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Engine

from ..errors import BadInput, NotFound
from ..recipe import R, read
from . import track_rows, track_sidecars
from .blob_users import unused_blobs
from .blobs import Blobs
from .clock import Clock
from .database import typed_errors
from .lock import hold_lock
from .provenance import check_prefix, only_match
from .reserve import act_with_reserve
from .rows import UnreadableRow
from .track import Track, TrackDraft, TrackSource, track_of_draft
from .track_sidecars import Notes, TrackSidecars
from .unfinished import mark_unfinished

_LISTING: Final = "twin tracks list"


class Change(StrEnum):
    """What putting a track did."""

    ADDED = "added"
    UPDATED = "updated"
    SAME = "same"


class Tracks:
    """Every track of the studio in folder `studio`."""

    def __init__(self, studio: Path, engine: Engine, clock: Clock) -> None:
        self.studio = studio
        self.engine = engine
        self.clock = clock
        self.blobs = Blobs(studio / "blobs")
        self.sidecars = TrackSidecars(studio / "tracks")

    def put(
        self, draft: TrackDraft, *, keep: Callable[[TrackSource, TrackSource], TrackSource] | None = None
    ) -> tuple[Track, Change]:
        """Store `draft`; the same sound of the same producer is the same track, whose facts are replaced.

        Where the track was known, `keep` makes its source of the draft's and of the known one. Raises `NotFound` for a missing
        file and `Resources` when the disk is full; then nothing but blobs is left behind, which `sweep` removes.
        """
        with hold_lock(self.studio), typed_errors(self.engine), ExitStack() as marks, ExitStack() as undo:
            fresh: list[str] = []
            undo.callback(self._retract, fresh)
            audio = self.blobs.put(draft.audio, fresh=fresh)
            stems = {name: self.blobs.put(sound, fresh=fresh) for name, sound in sorted(draft.stems.items())}
            track = track_of_draft(draft, audio, stems, self.clock())
            with self.engine.connect() as connection:
                known, notes = track_rows.find(connection, track.id), track_rows.notes(connection, track.id)
            if known is not None:
                source = track.source if keep is None else keep(track.source, known.source)
                track = track.model_copy(update={"created": known.created, "source": source})
            marks.enter_context(mark_unfinished(self.studio, "track", [track.id]))
            change = Change.ADDED if known is None else Change.SAME if track.same_facts(known) else Change.UPDATED
            self.sidecars.write(track, notes)
            if change is not Change.SAME:
                with self.engine.begin() as connection:
                    track_rows.put(connection, track)
            undo.pop_all()
        return track, change

    def get(self, key: str) -> Track:
        """The track whose id is or begins with `key`. Raises `NotFound`, or `BadInput` when several do."""
        prefix = check_prefix(key, "track", _LISTING)
        with typed_errors(self.engine), self.engine.connect() as connection:
            found = track_rows.beginning(connection, prefix, limit=6)
            track = track_rows.find(connection, only_match(found, key, self.studio, "track", _LISTING))
        if track is None:
            raise NotFound(f"track {found[0]} was deleted just now", remedy=f"see `{_LISTING}`")
        return track

    def list(self, producer: str | None = None) -> tuple[Track, ...]:
        """Tracks of `producer`, or all, by producer and title. Raises `BadInput` where row and sidecar of one are damaged."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            found = [self._of_sidecar(one) for one in track_rows.all_tracks(connection, producer)]
        return tuple(found)

    def _of_sidecar(self, found: Track | UnreadableRow) -> Track:
        """A track as its row tells it, or its sidecar where the row is damaged. Raises `BadInput` where both are."""
        if isinstance(found, Track):
            return found
        try:
            return track_sidecars.read(self.sidecars.path(found.id))[0]
        except (BadInput, NotFound):
            raise found.error from None

    def unlisted_sidecars(self) -> tuple[Path, ...]:
        """Sidecars of tracks that the database does not know, as after it was lost: `rebuild` brings them back."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            known = set(track_rows.beginning(connection, "", limit=track_rows.count(connection)))
        return tuple(path for path in self.sidecars.all() if path.stem not in known)

    def producers(self) -> Sequence[tuple[str, int]]:
        """Every producer and how many tracks are theirs."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return track_rows.producers(connection)

    def content(self, track: Track, stem: str | None = None) -> Path:
        """The file of a track's sound, or of one of its stems, as it came. Raises `NotFound` when there is none."""
        if stem is not None and stem not in track.stems:
            raise NotFound(f"track {track.id} has no {stem}", remedy=f"its stems are {', '.join(track.stems) or 'none'}")
        return self.blobs.get(track.audio if stem is None else track.stems[stem])

    def note(self, track: str, kind: str, record: Mapping[str, JsonValue] | None) -> None:
        """Put the note `kind` of the track with this id, in place of an older one, or remove it with None.

        Raises `NotFound` for an unknown track.
        """
        with hold_lock(self.studio), typed_errors(self.engine):
            with self.engine.connect() as connection:
                known, notes = track_rows.find(connection, track), track_rows.notes(connection, track)
            if known is None:
                raise NotFound(f"no track {track}", remedy=f"see `{_LISTING}`")
            if notes.get(kind) == record:
                return
            others = {name: note for name, note in notes.items() if name != kind}
            with mark_unfinished(self.studio, "track", [track]):
                self.sidecars.write(known, others if record is None else {**others, kind: dict(record)})
                with self.engine.begin() as connection:
                    track_rows.write_note(connection, track, kind, record)

    def amend(self, track: str, source: TrackSource) -> Track:
        """Put `source` in the place of what was said of where the track with this id comes from. Raises `NotFound`."""
        with hold_lock(self.studio), typed_errors(self.engine):
            with self.engine.connect() as connection:
                known, notes = track_rows.find(connection, track), track_rows.notes(connection, track)
            if known is None:
                raise NotFound(f"no track {track}", remedy=f"see `{_LISTING}`")
            changed = known.model_copy(update={"source": source})
            with mark_unfinished(self.studio, "track", [track]):
                self.sidecars.write(changed, notes)
                with self.engine.begin() as connection:
                    track_rows.put(connection, changed)
        return changed

    def notes(self, track: str) -> Notes:
        """The notes of the track with this id, by kind."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return track_rows.notes(connection, track)

    def notes_of(self, tracks: Sequence[str]) -> dict[str, Notes]:
        """The notes of the tracks with these ids, by track and by kind."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return track_rows.notes_of(connection, tracks)

    def notes_of_kind(self, kind: str, record: type[R]) -> dict[str, R]:
        """The notes of one kind as records, by track. Raises `BadInput` for one that is damaged."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            found = track_rows.notes_of_kind(connection, kind)
        return {track: read(record, note, where=f"note {kind!r} of track {track}") for track, note in found.items()}

    def note_of_kind(self, track: str, kind: str, record: type[R]) -> R | None:
        """One note of the track with this id as a record; None where it has none. Raises `BadInput` for a damaged one."""
        found = self.notes(track).get(kind)
        return None if found is None else read(record, found, where=f"note {kind!r} of track {track}")

    def delete(self, key: str) -> Track:
        """Delete the track `key` with its notes; contents that nothing else names are removed, its sidecar is kept aside."""
        return act_with_reserve(self.studio, lambda: self._delete(key))

    def _delete(self, key: str) -> Track:
        with hold_lock(self.studio), typed_errors(self.engine), ExitStack() as marks, ExitStack() as undo:
            track = self.get(key)
            marks.enter_context(mark_unfinished(self.studio, "track", [track.id]))
            undo.callback(self.sidecars.restore, track.id)
            self.sidecars.archive(track.id)
            with self.engine.begin() as connection:
                track_rows.remove(connection, track.id)
            undo.pop_all()
            self._retract(track.blobs)
        return track

    def _retract(self, names: Sequence[str]) -> None:
        """Remove those blobs that nothing needs."""
        with self.engine.connect() as connection:
            for name in unused_blobs(names, connection, self.studio):
                self.blobs.remove(name)
