"""Integrity check: compare rows, sidecars and contents; faults come back as values.

`verify_takes` looks at takes, those in the trash among them; `verify` at the whole library: takes, tracks with their stems and
all that their notes name, frozen training sets, and the trash. A blob is hashed once, however often it is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ..errors import BadInput, NotFound
from ..progress import Clock, Steps
from ..recipe import Record
from . import decoded, rows, sidecars, track_rows, track_sidecars
from .blobs import NAME, Blobs, Condition
from .database import typed_errors
from .lock import hold_lock
from .provenance import Take
from .reading import is_reading
from .sidecars import Sidecars
from .studio import Library
from .tracks import Tracks
from .trash import Kind as TrashKind
from .trash import Trash


class Kind(StrEnum):
    """What can be wrong."""

    TAKE = "take"
    TRACK = "track"
    SET = "training set"
    TRASH = "trash entry"


class Fault(StrEnum):
    """What can be wrong with a part of it."""

    MISSING = "missing"
    DAMAGED = "damaged"
    UNLISTED = "unlisted"
    """Its sidecar is there and the database does not know it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: of which take, track or training set, in which part, and where to look.

    Parts are `audio`, `latents`, `picture`, `decoded` (what latents were decoded to) and `parent` of takes, `audio`,
    `stem NAME` and `note KIND …` of tracks, `sidecar` and `row` of both, `manifest` and `rows N …` of training sets, `entry`,
    the place of a part and `take ID …` of the trash.
    """

    owner: str
    """Its id."""
    part: str
    fault: Fault
    where: str
    kind: Kind = Kind.TAKE


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was looked at, and all that is wrong."""

    takes: int
    problems: tuple[Problem, ...]
    tracks: int = 0
    sets: int = 0


class Contents:
    """Blobs as they were found, each hashed once."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self._found: dict[str, Condition] = {}

    def problems(self, owner: str, parts: Iterable[tuple[str, str]], kind: Kind = Kind.TAKE) -> Iterator[Problem]:
        """What is wrong with the blobs of `owner`, given as parts and names."""
        for part, name in parts:
            if name not in self._found:
                self._found[name] = self.blobs.check(name)
            if self._found[name] is not Condition.INTACT:
                yield Problem(owner, part, Fault(self._found[name]), str(self.blobs.path(name)), kind)


def verify(library: Library, sets: Sequence[Path], read_set: Callable[[Path], Record]) -> Steps[Verification]:
    """Check all of `library`, and the frozen training sets in the files `sets`.

    `read_set` reads one, and raises `BadInput` where it is damaged.
    """
    contents = Contents(library.blobs)
    found = yield from _takes(library, contents)
    problems = list(found.problems)
    problems += _of_trash(library.trash, contents, set(TrashKind) - {TrashKind.TAKES})
    with typed_errors(library.engine), library.engine.connect() as connection:
        tracks = track_rows.beginning(connection, "", limit=track_rows.count(connection))
    clock = Clock("verify tracks", len(tracks))
    for done, track in enumerate(tracks):
        yield clock.at(done, track)
        problems += _of_track(track, library.tracks, contents)
    yield clock.at(len(tracks))
    problems += _track_sidecars_without_row(library.tracks)
    clock = Clock("verify training sets", len(sets))
    for done, path in enumerate(sets):
        yield clock.at(done, path.stem)
        problems += _of_set(path, read_set, contents)
    yield clock.at(len(sets))
    return Verification(found.takes, tuple(problems), len(tracks), len(sets))


def verify_takes(library: Library, keys: Sequence[str] = ()) -> Steps[Verification]:
    """Hash everything again and compare rows, sidecars and contents: of the takes `keys`, or of all. Raises `NotFound`."""
    only = [library.takes.get(key).id for key in keys]
    return _takes(library, Contents(library.blobs), only)


def _takes(library: Library, contents: Contents, only: Sequence[str] = ()) -> Steps[Verification]:
    engine, cards = library.engine, library.takes.sidecars
    with typed_errors(engine), engine.connect() as connection:
        listed = rows.ids(connection)
    wanted = list(only) or listed
    problems: list[Problem] = []
    clock = Clock("verify takes", len(wanted))
    for done, take in enumerate(wanted):
        yield clock.at(done, take)
        problems += _of_take(take, engine, cards, contents)
    if not only:
        problems += _sidecars_without_row(set(listed), engine, cards)
        problems += _of_trash(library.trash, contents, {TrashKind.TAKES})
    yield clock.at(len(wanted))
    return Verification(len(wanted), tuple(problems))


def _of_take(name: str, engine: Engine, cards: Sidecars, contents: Contents) -> list[Problem]:
    try:
        take = _find(engine, name)
    except BadInput as error:
        return [Problem(name, "row", Fault.DAMAGED, error.message)]
    if take is None:
        return []  # deleted meanwhile
    problems = [] if take.genuine else [Problem(name, "row", Fault.DAMAGED, "its id does not belong to its record")]
    problems += contents.problems(name, take.blobs.items())
    problems += _of_sidecar(take, cards)
    if decoded.check(take, cards) is Condition.DAMAGED:
        problems.append(Problem(name, "decoded", Fault.DAMAGED, str(decoded.link_of(take, cards))))
    with typed_errors(engine), engine.connect() as connection:
        lost = [parent for parent in take.parents if not rows.is_listed(connection, parent)]
        gone = not rows.is_listed(connection, name)
    problems += [Problem(name, "parent", Fault.MISSING, parent) for parent in lost]
    return [] if gone else problems


def _of_sidecar(take: Take, cards: Sidecars) -> list[Problem]:
    path = cards.path(take)
    try:
        same = sidecars.read(path) == take
    except NotFound:
        return [Problem(take.id, "sidecar", Fault.MISSING, str(path))]
    except BadInput:
        same = False
    return [] if same else [Problem(take.id, "sidecar", Fault.DAMAGED, str(path))]


def _sidecars_without_row(listed: set[str], engine: Engine, cards: Sidecars) -> list[Problem]:
    strays = [path for path in cards.all() if path.stem not in listed]
    with typed_errors(engine), engine.connect() as connection:  # takes may have been added meanwhile
        return [
            Problem(path.stem, "sidecar", Fault.UNLISTED, str(path))
            for path in strays
            if not rows.is_listed(connection, path.stem)
        ]


def _find(engine: Engine, take: str) -> Take | None:
    with typed_errors(engine), engine.connect() as connection:
        return rows.find(connection, take)


def _of_track(name: str, tracks: Tracks, contents: Contents) -> list[Problem]:
    try:
        with _hold_still(tracks), typed_errors(tracks.engine), tracks.engine.connect() as connection:
            track, notes = track_rows.find(connection, name), track_rows.notes(connection, name)
            beside = None if track is None else _sidecar_problem(name, (track, notes), tracks.sidecars.path(name))
    except BadInput as error:
        return [Problem(name, "row", Fault.DAMAGED, error.message, Kind.TRACK)]
    if track is None:
        return []  # deleted meanwhile
    parts = [("audio", track.audio), *((f"stem {stem}", blob) for stem, blob in track.stems.items())]
    parts += [named for kind, note in notes.items() for named in _blob_names(note, f"note {kind}")]
    problems = list(contents.problems(name, parts, Kind.TRACK))
    if not track.genuine:
        problems.append(Problem(name, "row", Fault.DAMAGED, "its id does not belong to its record", Kind.TRACK))
    with typed_errors(tracks.engine), tracks.engine.connect() as connection:
        gone = track_rows.find(connection, name) is None
    return [] if gone else [*problems, *([beside] if beside else [])]


def _hold_still(tracks: Tracks) -> AbstractContextManager[None]:
    """Nobody changes a track meanwhile; where nobody can write the studio, nothing is to be held."""
    return nullcontext() if is_reading(tracks.engine) else hold_lock(tracks.studio)


def _sidecar_problem(name: str, known: object, path: Path) -> Problem | None:
    """What is wrong with a track's sidecar."""
    try:
        fault = None if track_sidecars.read(path) == known else Fault.DAMAGED
    except NotFound:
        fault = Fault.MISSING
    except BadInput:
        fault = Fault.DAMAGED
    return None if fault is None else Problem(name, "sidecar", fault, str(path), Kind.TRACK)


def _track_sidecars_without_row(tracks: Tracks) -> list[Problem]:
    with _hold_still(tracks), typed_errors(tracks.engine), tracks.engine.connect() as connection:
        listed = set(track_rows.beginning(connection, "", limit=track_rows.count(connection)))
        strays = [path for path in tracks.sidecars.all() if path.stem not in listed]
    return [Problem(path.stem, "sidecar", Fault.UNLISTED, str(path), Kind.TRACK) for path in strays]


def _of_trash(trash: Trash, contents: Contents, kinds: Collection[TrashKind]) -> list[Problem]:
    """What is wrong with the entries of these kinds; one that cannot be read counts as one of takes."""
    entries, damaged = trash.survey()
    told = damaged.items() if TrashKind.TAKES in kinds else ()
    problems = [Problem(name, "entry", Fault.DAMAGED, why, Kind.TRASH) for name, why in told]
    for entry in entries:
        if entry.kind not in kinds:
            continue
        problems += [
            Problem(entry.id, part.place, Fault.MISSING, str(path), Kind.TRASH)
            for part in entry.parts
            if not (path := trash.path(entry, part)).exists()
        ]
        for path in trash.records(entry.id) if entry.kind is TrashKind.TAKES else ():
            try:
                take = sidecars.read(path)
            except BadInput:
                problems.append(Problem(entry.id, path.name, Fault.DAMAGED, str(path), Kind.TRASH))
            else:
                parts = [(f"take {take.id} {part}", blob) for part, blob in take.blobs.items()]
                problems += contents.problems(entry.id, parts, Kind.TRASH)
    return problems


def _of_set(path: Path, read_set: Callable[[Path], Record], contents: Contents) -> list[Problem]:
    try:
        said = read_set(path)
    except NotFound:
        return []  # removed meanwhile
    except BadInput as error:
        return [Problem(path.stem, "manifest", Fault.DAMAGED, error.message, Kind.SET)]
    return list(contents.problems(path.stem, _blob_names(said.model_dump(mode="json")), Kind.SET))


def _blob_names(data: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every blob that JSON names, with the way there after `at`: `note screen clips 1`."""
    if isinstance(data, str) and NAME.fullmatch(data):
        yield at, data
    pairs = data.items() if isinstance(data, dict) else enumerate(data, 1) if isinstance(data, list) else ()
    for key, value in pairs:
        yield from _blob_names(value, f"{at} {key}".lstrip())
