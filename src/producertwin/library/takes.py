"""Takes: add, find, delete. Contents go to blobs, facts to a sidecar and a row; either all of a take is there or none.

The order makes a crash harmless: blobs, then the sidecar, then the row. A kill in between leaves whole files that no row names:
the next opening of the studio adopts a sidecar (`unfinished`), and `sweep` removes blobs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ..disk import chunks_of, write_whole
from ..errors import BadInput, NotFound, TwinError
from . import decoded, labels, rows
from .blob_users import unused_blobs
from .blobs import Blobs
from .clock import Clock
from .database import typed_errors
from .export import Encode, write_copies
from .filter import Filter
from .labels import Labels
from .lock import hold_lock
from .provenance import PARTS, Take, TakeDraft, check_prefix, only_match, take_of_draft
from .reserve import act_with_reserve
from .restoring import discard_takes
from .rows import UnreadableRow
from .schema import takes
from .sidecars import Sidecars
from .trash import Discard, Kind, Trash, TrashEntry
from .unfinished import mark_unfinished


@dataclass(slots=True)
class _PartialAdd:
    """What an add has written so far."""

    blobs: list[str] = field(default_factory=list)
    sidecar: Path | None = None


class Takes:
    """Every take of the studio in folder `studio`."""

    def __init__(self, studio: Path, engine: Engine, clock: Clock) -> None:
        self.studio = studio
        self.engine = engine
        self.clock = clock
        self.blobs = Blobs(studio / "blobs")
        self.sidecars = Sidecars(studio / "takes")
        self.trash = Trash(studio)
        self.permit: Callable[[TakeDraft], None] | None = None
        """Called before a take is stored, while the studio is locked; what it raises keeps the take out."""
        self.tell: Callable[[Take], None] | None = None
        """Told of every take that was stored."""

    def add(self, draft: TakeDraft) -> Take:
        """Store `draft` and return its take; the same draft again returns the take it already is (and heals its files).

        Raises `NotFound` for an unknown parent or a missing file, `BadInput` when the audio is not FLAC, `Resources` when the
        disk is full, and what `permit` raises; then nothing is left behind.
        """
        if draft.audio is not None:
            _check_audio(draft.audio)
        with hold_lock(self.studio), typed_errors(self.engine), ExitStack() as marks, ExitStack() as undo:
            if self.permit is not None:
                self.permit(draft)
            for parent in draft.parents:
                if self._find(parent) is None:
                    raise NotFound(f"no take {parent} to be a parent", remedy="see `twin takes list`")
            unfinished = _PartialAdd()
            undo.callback(self._retract, unfinished)
            take = self._publish(draft, unfinished, marks)
            undo.pop_all()
        if self.tell is not None:
            self.tell(take)
        return take

    def get(self, key: str) -> Take:
        """The take whose id is or begins with `key`. Raises `NotFound`, or `BadInput` when several do."""
        prefix = check_prefix(key)
        with typed_errors(self.engine), self.engine.connect() as connection:
            found = rows.ids_with_prefix(connection, prefix, limit=6)
            take = rows.find(connection, only_match(found, key, self.studio))
        if take is None:
            raise NotFound(f"take {found[0]} was deleted just now", remedy="see `twin takes list`")
        return take

    def list(self, query: Filter = Filter()) -> tuple[Take, ...]:
        """Takes that `query` admits, newest first; `survey` also names those that cannot be read."""
        return self.survey(query)[0]

    def survey(
        self, query: Filter = Filter(), *, after: tuple[datetime, str] | None = None
    ) -> tuple[tuple[Take, ...], tuple[UnreadableRow, ...]]:
        """Takes that `query` admits, newest first, and the rows that cannot be read and whose sidecars do not tell either.

        `after`, the time and id of a take, leaves out that take and those before it in the list, whether or not it still exists.
        """
        with typed_errors(self.engine), self.engine.connect() as connection:
            listed = rows.select_takes(connection, rows.conditions_of(query, after), query.limit)
        found = [one if isinstance(one, Take) else self.sidecars.find(one.id) or one for one in listed]
        return (
            tuple(one for one in found if isinstance(one, Take)),
            tuple(one for one in found if isinstance(one, UnreadableRow)),
        )

    def count(self, query: Filter) -> int:
        """How many takes `query` admits, whatever its limit."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return rows.count(connection, rows.conditions_of(query))

    def unlisted_sidecars(self) -> tuple[Path, ...]:
        """Sidecars of takes that the database does not know, as after it was lost: `rebuild` brings them back."""
        known = self.ids()
        return tuple(path for path in self.sidecars.all() if path.stem not in known)

    def ids(self) -> frozenset[str]:
        """Ids of all takes."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return frozenset(rows.ids(connection))

    def find_by_audio(self, blob: str) -> Take | None:
        """The newest take whose audio is the content called `blob`. Raises `BadInput` where its row is damaged."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            found = next(iter(rows.select_takes(connection, [takes.c.audio == blob], limit=1)), None)
        if isinstance(found, UnreadableRow):
            raise found.error
        return found

    def children(self, key: str) -> tuple[str, ...]:
        """Ids of the takes made from the take `key`."""
        take = self.get(key)
        with typed_errors(self.engine), self.engine.connect() as connection:
            return tuple(rows.children(connection, take.id))

    def label(self, key: str, said: Labels) -> Take:
        """Keep what people say of the take `key`, in place of what they said before. Raises `NotFound`."""
        take = self.get(key)
        with hold_lock(self.studio), mark_unfinished(self.studio, "labels", [take.id]):
            labels.write(self.studio, self.engine, take.id, said)
        return take

    def labels(self, takes: Sequence[str]) -> dict[str, Labels]:
        """What people say of the takes with these ids, where they say something."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return labels.find(connection, takes)

    def label_counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Folders and tags that takes have, and how many takes have each."""
        with typed_errors(self.engine), self.engine.connect() as connection:
            return labels.counts(connection)

    def deletion_plan(self, *keys: str, cascade: bool = False) -> tuple[Take, ...]:
        """The takes that `delete` would remove. Raises as `delete` does."""
        found = {take.id: take for take in map(self.get, keys)}
        with typed_errors(self.engine), self.engine.connect() as connection:
            queue = list(found)
            for parent in queue:
                missing = [child for child in rows.children(connection, parent) if child not in found]
                if missing and not cascade:
                    message = f"take {parent} has children: {', '.join(missing)}"
                    raise BadInput(message, remedy="delete them too, or everything made from it with --cascade")
                for child in missing:
                    take = rows.find(connection, child)
                    if take is not None:
                        found[child] = take
                        queue.append(child)
        return tuple(found.values())

    def delete(self, *keys: str, cascade: bool = False) -> tuple[tuple[Take, ...], TrashEntry]:
        """Move the takes `keys` into the trash, with `cascade` also all that was made from them; returns them and their entry.

        Their sidecars move, and their contents stay until the trash is emptied. Raises `BadInput` when a take that stays was
        made from one that goes; then nothing is deleted.
        """
        return act_with_reserve(self.studio, lambda: self._delete(keys, cascade))

    def _delete(self, keys: Sequence[str], cascade: bool) -> tuple[tuple[Take, ...], TrashEntry]:
        with hold_lock(self.studio), typed_errors(self.engine):
            gone = self.deletion_plan(*keys, cascade=cascade)
            cards = [self.sidecars.write(self.sidecars.find(take.id) or take) for take in gone]
            sounds = [path for take in gone for path in decoded.files_of(take, self.sidecars)]
            places = (*cards, *sounds)
            blobs = {self.blobs.path(name) for take in gone for name in take.blobs.values()}
            contents = sum(path.stat().st_size for path in blobs if path.exists())
            names = tuple(take.id for take in gone)
            entry = self.trash.plan(Discard(Kind.TAKES, names, gone[0].caption, places, contents), self.clock())
            discard_takes(entry, self.studio, self.engine)
            for take in gone:
                decoded.link_of(take, self.sidecars).unlink(missing_ok=True)
        return gone, entry

    def content(self, take: Take, part: str = "audio") -> Path:
        """The file of one part of `take`: `audio`, `latents` or `picture`. Raises `NotFound` when there is none.

        The audio of a take of latents alone is what `keep_decoded` was given.
        """
        if part == "audio" and take.audio is None and (found := self.find_decoded(take)):
            return found
        name = take.blobs.get(part)
        if name is None:
            remedy = f"parts are {', '.join(PARTS)}; make the take again to get one"
            if part == "audio":
                remedy = f"decode it with `twin takes export {take.id}`"
            raise NotFound(f"take {take.id} has no {part}", remedy=remedy)
        return self.blobs.get(name)

    def find_decoded(self, take: Take) -> Path | None:
        """The sound of a take of latents alone, where it was decoded before; None where it was not."""
        return decoded.find(take, self.sidecars)

    def has_sound(self, take: Take) -> bool:
        """Whether the sound of `take` is there: it was kept, or decoded from its latents before."""
        return take.audio is not None or self.find_decoded(take) is not None

    def keep_decoded(self, take: Take, audio: bytes) -> Path:
        """Keep `audio`, the FLAC that the latents of `take` were decoded to, beside its sidecar; the record stays as it is."""
        _check_audio(audio)
        return decoded.keep(take, audio, self.sidecars)

    def drop_decoded(self, take: Take) -> None:
        """Remove what `keep_decoded` kept of `take`; its latents stay, and its sound is decoded again when somebody asks."""
        decoded.drop(take, self.sidecars)

    def export(
        self,
        key: str,
        path: Path,
        *,
        encode: Encode | None = None,
        overwrite: bool = False,
        codes: str = "",
        record: bool = True,
    ) -> tuple[Path, ...]:
        """Copy the take `key` to `path` (see `export.write_copies`), with all that belongs to it but its latents.

        All or nothing; `codes` are its audio codes as text, where they are wanted too, and `record` whether its record is.
        """
        take = self.get(key)
        contents = {part: self.content(take, part) for part in ("audio", *take.blobs) if part != "latents"}
        return write_copies(take, contents, path, encode=encode, overwrite=overwrite, codes=codes, record=record)

    def play_path(self, key: str) -> Path:
        """A file named `….flac` to hand to a player: another name of the audio blob, beside the sidecar."""
        take = self.get(key)
        audio, path = self.content(take), decoded.link_of(take, self.sidecars)
        if path == audio or (path.exists() and path.samefile(audio)):
            return path
        try:
            path.unlink(missing_ok=True)
            os.link(audio, path)
        except OSError:  # a file system without links, or another process was faster
            write_whole(path, chunks_of(audio))
        return path

    def _find(self, take: str) -> Take | None:
        with self.engine.connect() as connection:
            return rows.find(connection, take)

    def _publish(self, draft: TakeDraft, unfinished: _PartialAdd, marks: ExitStack) -> Take:
        contents = {part: getattr(draft, part) for part in PARTS}
        names = {
            part: self.blobs.put(content, fresh=unfinished.blobs) for part, content in contents.items() if content is not None
        }
        take = take_of_draft(draft, names, self.clock())
        marks.enter_context(mark_unfinished(self.studio, "take", [take.id]))
        known = self._find(take.id)
        if known is not None:
            self.sidecars.write(known)
            return known
        left = self.sidecars.find(take.id)  # by a crash: its row is all that is missing
        take = left or take
        unfinished.sidecar = None if left else self.sidecars.path(take)
        self.sidecars.write(take)
        with self.engine.begin() as connection:
            rows.add(connection, take)
        return take

    def _retract(self, unfinished: _PartialAdd) -> None:
        """Remove what a failed add wrote, unless its row was committed after all."""
        with suppress(SQLAlchemyError, TwinError), self.engine.connect() as connection:
            if unfinished.sidecar is not None and rows.find(connection, unfinished.sidecar.stem) is None:
                unfinished.sidecar.unlink(missing_ok=True)
            for name in unused_blobs(unfinished.blobs, connection, self.studio):
                self.blobs.remove(name)


def _check_audio(audio: bytes | Path) -> None:
    if isinstance(audio, Path) and not audio.is_file():
        raise NotFound(f"no audio at {audio}", remedy="check the path")
    if next(chunks_of(audio), b"")[:4] != b"fLaC":
        raise BadInput("the audio of a take must be FLAC", remedy="encode it with producertwin.audio.files.write")
