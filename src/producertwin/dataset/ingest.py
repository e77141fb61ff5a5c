"""`twin ingest`: a folder of sounds becomes tracks of the library, each with where it comes from and what lay beside it.

The original bytes are stored once, by content, and nothing is decoded but headers: screening does that. Stems are attached to
their song where they lie in `SONG/stems/` or in `stems/SONG/`. A file that cannot be a track is a failure with its reason, and
the others go on.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from ..audio import files
from ..audio.formats import HEAD_BYTES, SUFFIXES, UNREAD, sniff
from ..errors import BadInput, NotFound, Resources, TwinError
from ..library import Library, Track, TrackDraft
from ..library.tracks import Change
from ..music import STEMS
from ..progress import Clock, Steps, warning
from ..recipe import Record
from .licences import licence
from .sidecar_files import SidecarFolder, source_of

STEM_FOLDER: Final = "stems"
_STEM_NAMES: Final = {
    "backing": "backing_vocals",
    "backing vocals": "backing_vocals",
    "bvox": "backing_vocals",
    "vox": "vocals",
    "vocal": "vocals",
    "piano": "keyboard",
    "keys": "keyboard",
    "rhodes": "keyboard",
    "synths": "synth",
    "drum": "drums",
    "beat": "drums",
    "perc": "percussion",
    "gtr": "guitar",
    "guitars": "guitar",
    "808": "bass",
    "horns": "brass",
    "winds": "woodwinds",
    "sax": "woodwinds",
    "other": "synth",
}
"""What people call a stem -> ACE-Step's class."""


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
    fail_fast: bool = False
    """Stop at the first file that cannot be used."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file that was found, and its stems."""

    path: Path
    stems: dict[str, Path]


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
    passed_over: dict[str, str]
    """Files and folders that look like sounds and were not read, and why."""

    @property
    def unreadable(self) -> list[str]:
        """A line for every track whose file is odd or beside which something could not be read, and for what was passed over."""
        noted = [f"{track.title}: {'; '.join(self.notes[track.id])}" for track in self.tracks if track.id in self.notes]
        reasons: dict[str, list[str]] = defaultdict(list)
        for name, why in self.passed_over.items():
            reasons[why].append(name)
        return noted + [f"passed over, {why}: {', '.join(names)}" for why, names in reasons.items()]


def find_sounds(folder: Path) -> list[SoundFile]:
    """Every sound file under `folder` in the order of their paths, hidden ones and stems left out, with their stems.

    Raises `NotFound` when there is no folder and `BadInput` when it holds no sound.
    """
    if not folder.is_dir():
        raise NotFound(f"no folder at {folder}", remedy="name the folder that holds the tracks")
    paths = sorted(path for path in _visible(folder) if path.is_file() and path.suffix.lower() in SUFFIXES)
    if not paths:
        raise BadInput(f"{folder} holds no sound files", remedy=f"known endings are {' '.join(SUFFIXES)}")
    stems = [path for path in paths if STEM_FOLDER in path.relative_to(folder).parts[:-1]]
    songs = [path for path in paths if path not in set(stems)]
    owners: dict[Path, dict[str, Path]] = defaultdict(dict)
    for stem in stems:
        owner, name = _owner(stem, songs), stem_name(stem.stem)
        if owner is not None and name is not None:
            owners[owner].setdefault(name, stem)
    return [SoundFile(path, dict(sorted(owners[path].items()))) for path in songs]


def passed_over(folder: Path) -> dict[str, str]:
    """What under `folder` looks like sound and is not read, with the reason: linked folders, other formats, unknown endings."""
    found = {}
    for path in sorted(_visible(folder)):
        why = _reason_unread(path)
        if why is not None:
            found[readable_name(path.relative_to(folder))] = why
    return found


def _reason_unread(path: Path) -> str | None:
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


def readable_name(path: str | Path) -> str:
    """A path as text that can be stored and printed; a name that is not UTF-8 (old archives) is read as Latin-1."""
    raw = os.fsencode(path)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def stem_name(text: str) -> str | None:
    """The class of a stem called `text`; None for one that is none of ACE-Step's."""
    plain = text.strip().lower().replace("-", " ").replace("_", " ")
    named = _STEM_NAMES.get(plain, plain.replace(" ", "_"))
    return named if named in STEMS else None


def ingest(folder: Path, plan: IngestPlan, library: Library) -> Steps[IngestResult]:
    """Put every sound under `folder` into `library`; warns of what lies beside the tracks and cannot be read.

    Raises as `find_sounds` does, and the first failure with `fail_fast`.
    """
    stated = _source_fields(plan)
    found = find_sounds(folder)
    texts = _texts(found)
    tracks: dict[str, Track] = {}
    changes: dict[str, Change] = {}
    notes: dict[str, tuple[str, ...]] = {}
    failures: dict[str, TwinError] = {}
    names: dict[str, str] = {}
    copies: dict[str, str] = {}
    clock = Clock("ingest", len(found))
    for done, sound in enumerate(found):
        yield clock.at(done, readable_name(sound.path.name))
        try:
            draft, said = _draft(sound, folder, plan.producer, stated, texts[sound.path.parent])
            track, change = library.tracks.put(draft)
        except Resources:
            raise
        except TwinError as error:
            if plan.fail_fast:
                raise
            failures[readable_name(sound.path.relative_to(folder))] = error
            continue
        name = readable_name(sound.path.relative_to(folder))
        if track.id in tracks:
            copies[name] = f"the same bytes as {names[track.id]}"
        names.setdefault(track.id, name)
        changes[track.id] = change if track.id not in tracks else changes[track.id]
        tracks[track.id] = track
        if said:
            notes[track.id] = tuple(said)
    yield clock.at(len(found))
    ingested = IngestResult(tuple(tracks.values()), changes, notes, failures, copies | passed_over(folder))
    for line in ingested.unreadable:
        yield warning(line)
    return ingested


def _visible(folder: Path) -> Iterator[Path]:
    """Every file under `folder` and every linked folder, which is not entered; hidden ones left out."""
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _visible(path)
        elif path.is_file() or path.is_dir():
            yield path


def _owner(stem: Path, songs: list[Path]) -> Path | None:
    """The song that a stem belongs to: `SONG/stems/X.wav` beside the only song of SONG, or `stems/SONG/X.wav`."""
    parent = stem.parent
    if parent.name == STEM_FOLDER:
        beside = [song for song in songs if song.parent == parent.parent]
        return beside[0] if len(beside) == 1 else None
    if parent.parent.name == STEM_FOLDER:
        beside = [song for song in songs if song.parent == parent.parent.parent and song.stem == parent.name]
        return beside[0] if beside else None
    return None


def _texts(found: list[SoundFile]) -> dict[Path, SidecarFolder]:
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for sound in found:
        by_folder[sound.path.parent].append(sound.path)
    return {folder: SidecarFolder(folder, paths) for folder, paths in by_folder.items()}


def _source_fields(plan: IngestPlan) -> dict[str, Any]:
    """What the plan says of a source. Raises `BadInput` for a licence that is not understood."""
    said = plan.model_dump(exclude={"producer", "fail_fast"}, exclude_none=True)
    if plan.licence is not None:
        said["licence"] = licence(plan.licence)
    if plan.provider == "self":
        said["kind"] = "own"
    source_of(said, where="the options")
    return said


def _draft(
    sound: SoundFile, root: Path, producer: str, stated: dict[str, Any], texts: SidecarFolder
) -> tuple[TrackDraft, list[str]]:
    """The track that a file makes, and what of its texts could not be read."""
    path = sound.path
    head, known = files.inspect(path)
    beside = texts.facts_of(path)
    inside = readable_name(path.parent.relative_to(root).as_posix())
    title = beside.given.pop("title", None) or known.title or readable_name(path.stem)
    draft = TrackDraft(
        producer=producer,
        title=str(title),
        group=known.album or (None if inside == "." else inside),
        source=source_of({"artist": known.artist or None} | stated | beside.source, where=f"what lies beside {path.name}"),
        format=head.format,
        seconds=head.seconds,
        rate=head.rate,
        channels=head.channels,
        given=beside.given,
        audio=path,
        stems=dict(sound.stems),
    )
    return draft, [*head.notes, *known.notes, *beside.notes]
