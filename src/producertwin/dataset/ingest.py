"""`twin tracks ingest`: a folder of sounds becomes tracks of the library, each with where it comes from and what lay beside it.

The original bytes are stored once, by content, and nothing is decoded but headers: screening does that. Stems are attached to
their song (`stem_files`). A file that cannot be a track is a failure with its reason, and the others go on; every other file that
is not used is passed over by name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from ..audio import files
from ..audio.formats import HEAD_BYTES, SUFFIXES, UNREAD, sniff
from ..errors import AudioRejected, BadInput, NotFound, Resources, TwinError
from ..library import Library, Track, TrackDraft
from ..library.tracks import Change
from ..progress import Clock, Steps, warning
from ..recipe import Record
from .licences import SAY_LICENCE, keep_refusal, licence
from .sidecar_files import Sidecars
from .song_text import TextKind
from .stated_facts import source_of
from .stem_files import StemFiles, find_stems
from .text_files import clean, readable_name, shorten_list

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
    """What of a track's file or beside it is odd or could not be read, by track."""
    failures: dict[str, TwinError]
    """Files that cannot be tracks."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """Every other file and linked folder that was not used, with the reason."""
    sounds_passed_over: tuple[str, ...] = ()
    """Those of them that hold sound, or look like it."""
    table_notes: tuple[str, ...] = ()
    """What is wrong with tables that speak of many tracks."""

    @property
    def unreadable(self) -> list[str]:
        """A line for every table and track of which something is odd or unreadable, and for sounds that were passed over."""
        noted = [f"{track.title}: {'; '.join(self.notes[track.id])}" for track in self.tracks if track.id in self.notes]
        reasons: dict[str, list[str]] = defaultdict(list)
        for name in self.sounds_passed_over:
            reasons[self.passed_over[name]].append(name)
        passed_over = [f"passed over, {why}: {shorten_list(names)}" for why, names in reasons.items()]
        return [*self.table_notes, *noted, *passed_over]


def find_files(folder: Path, *, stems_as_tracks: bool = False) -> FolderFiles:
    """What lies under `folder`, in the order of paths: sounds with their stems, and all else; hidden files are left out.

    Raises `NotFound` when there is no folder and `BadInput` when it holds no sound that is a track.
    """
    if not folder.is_dir():
        raise NotFound(f"no folder at {folder}", remedy="name the folder that holds the tracks")
    every = sorted(_visible(folder))
    paths = [path for path in every if path.is_file() and path.suffix.lower() in SUFFIXES]
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


def _reason_unread(path: Path) -> str | None:
    """Why what looks like sound is not read: a linked folder, another format, an unknown ending; None for anything else."""
    if path.is_symlink() and path.is_dir():
        return "links to folders are not followed"
    ending = path.suffix.lower()
    if not path.is_file() or ending in SUFFIXES:
        return None
    if ending in UNREAD:
        return f"{ending} is not read; convert it to flac or wav"
    try:
        with path.open("rb") as file:
            kind = sniff(file.read(HEAD_BYTES))
    except OSError:
        return None
    return None if kind is None else f"it holds {kind} sound under another ending; rename it to end in .{kind}"


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
    names: dict[str, str] = {}
    copies: dict[str, str] = {}
    clock = Clock("ingest", len(held.sounds))
    for done, sound in enumerate(held.sounds):
        yield clock.at(done, readable_name(sound.path.name))
        try:
            track, change, said = _bring_in(sound, folder, plan.producer, stated, texts, library)
        except Resources:
            raise
        except TwinError as error:
            if plan.fail_fast:
                raise
            told = error.without_path(sound.path) if isinstance(error, AudioRejected) else error
            failures[readable_name(sound.path.relative_to(folder))] = told
            continue
        name = readable_name(sound.path.relative_to(folder))
        if track.id in tracks:
            copies[name] = f"the same bytes as {names[track.id]}"
        names.setdefault(track.id, name)
        changes[track.id] = change if track.id not in tracks else changes[track.id]
        tracks[track.id] = track
        if said:
            notes[track.id] = tuple(said)
    yield clock.at(len(held.sounds))
    unused, heard = _passed_over(held, texts, folder)
    ingested = IngestResult(
        tuple(tracks.values()), changes, notes, failures, copies | unused, (*copies, *heard), tuple(texts.notes)
    )
    for line in ingested.unreadable:
        yield warning(line)
    return ingested


def check_licences(folder: Path, plan: IngestPlan) -> list[str]:
    """The sounds under `folder` of which nothing states a licence or a permission. No sound is opened.

    Raises `BadInput` where that is so of all of them, else as `find_files` does.
    """
    if plan.licence is not None or plan.permitted is not None:
        return []
    held = find_files(folder, stems_as_tracks=plan.stems_as_tracks)
    texts = Sidecars(folder, [sound.path for sound in held.sounds], kind=plan.texts)
    stated = {"licence", "permitted", "unclear"}
    bare = [readable_name(sound.path.name) for sound in held.sounds if not stated & texts.facts_of(sound.path).source.keys()]
    if len(bare) == len(held.sounds):
        raise BadInput(f"no licence is stated for any of the {len(bare)} tracks in {folder}", remedy=SAY_LICENCE)
    return bare


def _visible(folder: Path) -> Iterator[Path]:
    """Every file under `folder` and every linked folder, which is not entered; hidden ones left out."""
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _visible(path)
        elif path.is_file() or path.is_dir():
            yield path


def _passed_over(held: FolderFiles, texts: Sidecars, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Every file under `folder` that was not used, with the reason, and which of them hold sound."""
    kinds = {ending: kind for kind, endings in _OTHER_KINDS.items() for ending in endings}
    found = dict(held.passed_over)
    for path in held.others:
        if path in texts.passed_over:
            found[path] = texts.passed_over[path]
        elif path not in texts.read:
            found[path] = _reason_unread(path) or kinds.get(path.suffix.lower()) or _reason_unused(path)
    heard = [path for path in found if path in held.passed_over or _reason_unread(path) is not None]
    named = {readable_name(path.relative_to(folder)): reason for path, reason in sorted(found.items())}
    return named, [readable_name(path.relative_to(folder)) for path in sorted(heard)]


def _reason_unused(path: Path) -> str:
    """Why a file that is no sound was not read: what it is called would have to be the name of a sound."""
    if path.name.endswith(".annotations.json"):
        return "what the house band wrote down of its song; nothing is learned from it"
    words = re.split(r"[\W_]+", readable_name(path.stem).casefold())
    if path.suffix.lower() in (".txt", ".lrc", ".lyrics") and ("lyrics" in words or path.suffix.lower() != ".txt"):
        return "lyrics of no sound here; name them after theirs, as in SOUND_lyrics.txt"
    return "no sound, and named after none"


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
    head, known = files.inspect(path)
    beside = texts.facts_of(path)
    inside = readable_name(path.parent.relative_to(root).as_posix())
    title = clean(str(beside.given.pop("title", None) or known.title or readable_name(path.stem))).strip()[:_LONGEST_TITLE]
    source = source_of(stated | beside.source, where=f"what lies beside {readable_name(path.name)}")
    if source.artist is None and known.artist:
        source = source.model_copy(update={"artist": clean(known.artist)})
    draft = TrackDraft(
        producer=producer,
        title=title or readable_name(path.stem),
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
    return track, change, [*head.notes, *known.notes, *beside.notes, *([STILL_REFUSED] if kept else [])]
