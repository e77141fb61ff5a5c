"""`twin ingest`: a folder of sounds becomes tracks of the library, each with where it comes from and what lay beside it.

The original bytes are stored once, by content, and nothing is decoded but headers: screening does that. Stems are attached to
their song (`stem_files`). A file that cannot be a track is a failure with its reason, and the others go on; every other file that
is not used is passed over by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from ..audio import files
from ..audio.tags import tags
from ..errors import BadInput, NotFound, Resources, TwinError
from ..library import Library, Track, TrackDraft
from ..library.tracks import Change
from ..progress import Clock, Steps, warning
from ..recipe import Record
from .licences import keep_refusal, licence
from .sidecar_files import Sidecars
from .song_text import TextKind
from .stated_facts import source_of
from .stem_files import StemFiles, find_stems
from .text_files import clean, shorten_list

SUFFIXES: Final = (".wav", ".aif", ".aiff", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus")
STILL_REFUSED: Final = (
    'what refused training is no longer beside it; the refusal stands until sources.json says "permitted": true'
)
_LONGEST_TITLE: Final = 300
_OTHER_KINDS: Final = {
    "a picture": (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".psd"),
    "a project of a DAW": (".als", ".flp", ".logicx", ".ptx", ".cpr", ".rpp", ".song", ".band", ".asd", ".reason"),
    "notes of MIDI": (".mid", ".midi"),
    "a film": (".mov", ".mkv", ".avi", ".webm"),
}
"""What files beside sounds are -> their endings."""


class IngestPlan(Record):
    """What is said of every track that says nothing else itself."""

    producer: str = Field(min_length=1)
    """Whose sound it is."""
    licence: str | None = None
    """SPDX name, or `LicenseRef-…`; nothing without one is learned from."""
    provider: str | None = None
    """Who it was got from; `self` for one's own."""
    cost: float | None = Field(None, ge=0.0)
    """What each track cost."""
    currency: str | None = None
    """ISO 4217 code of the cost."""
    acquired: date | None = None
    """Day it was got."""
    proof: str | None = None
    """Address of a receipt, a contract or the licence."""
    permitted: bool | None = None
    """Whether the owner permits training; wins over the licence."""
    texts: TextKind = "auto"
    """What a SONG.txt without section marks is: lyrics, caption or note; auto looks at it."""
    stems_as_tracks: bool = False
    """Take stems as tracks of their own too."""
    fail_fast: bool = False
    """Stop at the first file that cannot be used."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file that was found, and its stems."""

    path: Path
    stems: dict[str, Path]


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """What a folder holds."""

    sounds: tuple[SoundFile, ...]
    passed_over: dict[Path, str]
    """Sounds that are no tracks, with the reason."""
    others: tuple[Path, ...]
    """Files that are no sounds."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What an ingest did."""

    tracks: tuple[Track, ...]
    changes: dict[str, Change]
    """By track."""
    notes: dict[str, tuple[str, ...]]
    """What lay beside a track and could not be read, by track."""
    failures: dict[str, TwinError]
    """Files that cannot be tracks."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """Every other file that was not used, with the reason."""
    table_notes: tuple[str, ...] = ()
    """What is wrong with tables that speak of many tracks."""

    @property
    def unreadable(self) -> list[str]:
        """What could not be read: a line for every table, and for every track that it lay beside."""
        beside = (f"{track.title}: {'; '.join(self.notes[track.id])}" for track in self.tracks if track.id in self.notes)
        return [*self.table_notes, *beside]


def find_files(folder: Path, *, stems_as_tracks: bool = False) -> FolderFiles:
    """What lies under `folder`, in the order of paths: sounds with their stems, and all else; hidden files are left out.

    Raises `NotFound` when there is no folder and `BadInput` when it holds no sound that is a track.
    """
    if not folder.is_dir():
        raise NotFound(f"no folder at {folder}", remedy="name the folder that holds the tracks")
    every = sorted(_visible(folder))
    paths = [path for path in every if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise BadInput(f"{folder} holds no sound files", remedy=f"known endings are {' '.join(SUFFIXES)}")
    found = find_stems(folder, paths)
    if stems_as_tracks:
        found = StemFiles(paths, found.stems)
    if not found.songs:
        raise BadInput(f"{folder} holds stems and no songs", remedy="add the songs, or give --stems-as-tracks")
    sounds = tuple(SoundFile(path, dict(sorted(found.stems.get(path, {}).items()))) for path in found.songs)
    return FolderFiles(sounds, found.passed_over, tuple(path for path in every if path not in set(paths)))


def find_sounds(folder: Path, *, stems_as_tracks: bool = False) -> list[SoundFile]:
    """The sounds under `folder` that are tracks, with their stems. Raises as `find_files` does."""
    return list(find_files(folder, stems_as_tracks=stems_as_tracks).sounds)


def ingest(folder: Path, plan: IngestPlan, library: Library) -> Steps[IngestResult]:
    """Put every sound under `folder` into `library`; warns of what lies beside the tracks and cannot be read.

    Raises as `find_files` does, and the first failure with `fail_fast`.
    """
    stated = _source_fields(plan)
    held = find_files(folder, stems_as_tracks=plan.stems_as_tracks)
    texts = Sidecars(folder, [sound.path for sound in held.sounds], kind=plan.texts)
    tracks: dict[str, Track] = {}
    changes: dict[str, Change] = {}
    notes: dict[str, tuple[str, ...]] = {}
    failures: dict[str, TwinError] = {}
    clock = Clock("ingest", len(held.sounds))
    for done, sound in enumerate(held.sounds):
        yield clock.at(done, sound.path.name)
        try:
            track, change, said = _bring_in(sound, folder, plan.producer, stated, texts, library)
        except Resources:
            raise
        except TwinError as error:
            if plan.fail_fast:
                raise
            failures[str(sound.path.relative_to(folder))] = error
            continue
        changes[track.id] = change if track.id not in tracks else changes[track.id]
        tracks[track.id] = track
        if said:
            notes[track.id] = tuple(said)
    yield clock.at(len(held.sounds))
    passed_over = _passed_over(held, texts, folder)
    ingested = IngestResult(tuple(tracks.values()), changes, notes, failures, passed_over, tuple(texts.notes))
    for line in (*ingested.unreadable, *_tell_sounds(held, folder)):
        yield warning(line)
    return ingested


def _visible(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _visible(path)
        elif path.is_file():
            yield path


def _tell_sounds(held: FolderFiles, folder: Path) -> list[str]:
    """A line for every reason for which sounds are passed over."""
    reasons: dict[str, list[str]] = {}
    for path, reason in held.passed_over.items():
        reasons.setdefault(reason, []).append(str(path.relative_to(folder)))
    return [f"passed over {shorten_list(names)}: {reason}" for reason, names in reasons.items()]


def _passed_over(held: FolderFiles, texts: Sidecars, folder: Path) -> dict[str, str]:
    """Every file under `folder` that was not used, with the reason."""
    kinds = {ending: kind for kind, endings in _OTHER_KINDS.items() for ending in endings}
    unread = [path for path in held.others if path not in texts.read or path in texts.passed_over]
    found = dict(held.passed_over)
    found |= {path: texts.passed_over.get(path) or kinds.get(path.suffix.lower(), "no sound, and beside none") for path in unread}
    return {str(path.relative_to(folder)): reason for path, reason in sorted(found.items())}


def _source_fields(plan: IngestPlan) -> dict[str, Any]:
    """What the plan says of a source. Raises `BadInput` for a licence that is not understood."""
    said = plan.model_dump(exclude={"producer", "fail_fast", "texts", "stems_as_tracks"}, exclude_none=True)
    if plan.licence is not None:
        said["licence"] = licence(plan.licence)
    if plan.provider == "self":
        said["kind"] = "own"
    source_of(said, where="the options")
    return said


def _bring_in(
    sound: SoundFile, root: Path, producer: str, stated: dict[str, Any], texts: Sidecars, library: Library
) -> tuple[Track, Change, list[str]]:
    """Store the track that a file makes; returns it, what that changed, and what a person should know of its texts."""
    path = sound.path
    head = files.info(path)
    known = _tags(path)
    beside = texts.facts_of(path)
    inside = path.parent.relative_to(root).as_posix()
    title = clean(str(beside.given.pop("title", None) or known.title or path.stem)).strip()[:_LONGEST_TITLE]
    source = source_of(stated | beside.source, where=f"what lies beside {path.name}")
    if source.artist is None and known.artist:
        source = source.model_copy(update={"artist": clean(known.artist)})
    draft = TrackDraft(
        producer=producer,
        title=title or path.stem,
        group=clean(known.album or "") or (None if inside == "." else clean(inside)),
        source=source,
        format=head.format,
        seconds=head.seconds,
        rate=head.rate,
        channels=head.channels,
        given=beside.given,
        audio=path,
        stems=dict(sound.stems),
    )
    stated_beside = "licence" in beside.source
    track, change = library.tracks.put(draft, keep=partial(keep_refusal, stated_beside=stated_beside))
    kept = (track.source.permitted, track.source.unclear) != (source.permitted, source.unclear)
    return track, change, [*beside.notes, *([STILL_REFUSED] if kept else [])]


def _tags(path: Path) -> tags.Tags:
    """What the file says of itself; nothing where its format holds no tags or they are damaged."""
    try:
        return tags.read(path)
    except BadInput:
        return tags.Tags()
