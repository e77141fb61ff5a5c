"""`twin dataset`: build a training set in one command; list, export, import and delete training sets; forget tracks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..dataset import build as building
from ..dataset import caption as captioning
from ..dataset import duplicates, exports, formats, store
from ..dataset.build import BuildPlan, BuildResult
from ..dataset.captions import ANSWERS, Flag, explain_flags, style_name
from ..dataset.ingest import SoundFile, check_licences
from ..dataset.licences import SAY_LICENCE
from ..dataset.manifest import Manifest, load
from ..dataset.report import report
from ..dataset.store import StoredDataset
from ..dataset.taggers import MeterTagger
from ..dataset.text_files import shorten_list
from ..errors import BadInput
from ..library import Track
from ..library.studio import now
from ..library.trash import TrashEntry
from ..progress import Steps, note, warning
from ..proof.reach import describe_reach, find_reach
from ..recipe import Record
from ..wording import plural
from .ingest import plan_ingest
from .studio import Studio

__all__ = [
    "BuildDatasetPlan",
    "BuildPlan",
    "BuiltDataset",
    "DeletedSet",
    "ExportDatasetPlan",
    "Exported",
    "Form",
    "ImportedDataset",
    "Manifest",
    "Need",
    "build",
    "delete_set",
    "export",
    "find_dataset",
    "forget",
    "import_dataset",
    "list_damaged",
    "list_datasets",
    "plan_build",
    "plan_delete_set",
    "style_name",
]

Form = Literal["folder", "acestep-json", "training-data", "hf"]
"""A form of training sets that others read."""


class BuildDatasetPlan(Record):
    """Which folder becomes a training set, and what decides it."""

    folder: Path
    """Folder of the tracks."""
    build: BuildPlan
    """Everything that decides the training set."""


class ExportDatasetPlan(Record):
    """Which training set is written, in which form, and where."""

    dataset: str | None = None
    """Id of the training set, its beginning, or a manifest; the newest when absent."""
    form: Form
    """The form."""
    out: Path
    """A new folder."""
    audio: Literal["flac", "mp3"] = "flac"
    """Format of the sounds: flac as prepared, or mp3 at 320 kbit/s."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a person has to do before a track is ready."""

    track: str
    """Title of the track, or name of the file."""
    why: str
    command: str
    """What does it."""
    tracks: int = 1
    """How many tracks it is said of; none where a table names none."""


@dataclass(frozen=True, slots=True)
class BuiltDataset:
    """What a build did, and its report."""

    built: BuildResult
    report: Path
    """An HTML page."""

    @property
    def manifest(self) -> Manifest:
        """The training set."""
        return self.built.frozen.manifest

    @property
    def id(self) -> str:
        """What the training set is called."""
        return store.name_of(self.manifest)

    @property
    def needs(self) -> list[Need]:
        """What a person has to do for the tracks of this folder; those without a licence are one need."""
        manifest, left_out = {row.track: row for row in self.manifest.rows}, self.built.frozen.left_out
        bare: list[str] = []
        found = [
            Need(name, error.message, "mend it and build again, or take it out of the folder")
            for name, error in self.built.failures.items()
        ]
        for track in self._whole:
            row, reason = manifest.get(track.id), left_out.get(track.id, "")
            if row is not None and row.flags:
                asked = {Flag(flag) for flag in row.flags}
                sets = " ".join(f"--set {name}=…" for name in dict.fromkeys(ANSWERS[flag] for flag in asked))
                why = explain_flags(self.built.captioned.captions[track.id])
                found.append(Need(track.title, why, f"twin tracks caption edit {track.id[:6]} {sets}"))
            elif track.source.unclear is not None:
                found.append(Need(track.title, reason, "say in sources.json beside it what its licence is, and build again"))
            elif reason == "no licence is stated":
                bare.append(track.title)
        found += [Need("a table", note, "correct it and build again", 0) for note in self.built.ingested.table_notes]
        if bare:
            found.append(Need(shorten_list(bare, 2), "no licence is stated", f"{SAY_LICENCE}, and build again", len(bare)))
        return found

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Title of every track of this folder that is left out and needs nobody, and why, with the figure that decided."""
        asked = {"no licence is stated"}
        found = []
        for track in self._whole:
            reason, verdict = self.built.frozen.left_out.get(track.id), self.built.verdicts[track.id]
            if reason is None or reason in asked or track.source.unclear is not None:
                continue
            words = reason.replace("_", " ")
            figure = f": {verdict.detail}" if verdict.reason is not None and verdict.detail and reason == verdict.reason else ""
            against = "; --allow-restricted learns from it all the same" if " forbids " in reason else ""
            found.append((track.title, f"{words}{figure}{against}"))
        return found

    @property
    def _whole(self) -> list[Track]:
        """The tracks of this folder without those that could not be used."""
        return [track for track in self.built.ingested.tracks if track.name not in self.built.failures]

    @property
    def summary(self) -> str:
        """How many tracks of this folder are ready, need a person and are left out, as one line."""
        total = len(self.built.ingested.tracks) + len(self.built.ingested.failures)
        rows = {row.track for row in self.manifest.rows if not row.flags}
        ready = sum(track.id in rows for track in self._whole)
        need = sum(one.tracks for one in self.needs)
        rest = total - ready - need
        here = {track.id for track in self._whole}
        unsure = sum(bool(row.flags) for row in self.manifest.rows if row.track in here)
        said = f"{plural(total, 'track')}: {ready} ready, {need} need you" + (f", {rest} left out" if rest else "")
        verb = "is" if unsure == 1 else "are"
        return said + (f"; {unsure} of the {need} {verb} in the set, without what is not sure" if unsure else "")

    @property
    def duplicates(self) -> list[str]:
        """A sentence for every recording that several tracks are."""
        learned = {row.track for row in self.manifest.rows}
        return duplicates.describe(self.built.duplicates, {track.id: track.name for track in self.built.tracks}, learned)


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder that was written."""

    folder: Path
    files: Counter[str]
    """How many files there are of each suffix."""


@dataclass(frozen=True, slots=True)
class DeletedSet:
    """A training set that is to go."""

    id: str
    runs: tuple[str, ...]
    """Trainings that learned from it: they cannot go on without it."""


@dataclass(frozen=True, slots=True)
class ImportedDataset:
    """A training set that was read back and frozen, and where its manifest lies."""

    manifest: Manifest
    path: Path
    deleted: tuple[str, ...]
    """Titles of the tracks that were deleted in the export."""

    @property
    def id(self) -> str:
        """What the training set is called."""
        return store.name_of(self.manifest)


def build(plan: BuildDatasetPlan, studio: Studio) -> Steps[BuiltDataset]:
    """Ingest, screen, caption, split and freeze a folder of tracks, and write the report. What was done before stands.

    Raises as `plan_build` before any work, and as the steps do.
    """
    plan_build(plan)
    if not plan.build.dataset.allow_unlicensed and (bare := check_licences(plan.folder, plan.build.ingest)):
        yield warning(f"no licence is stated for {plural(len(bare), 'track')}, left out: {shorten_list(bare, 3)}; {SAY_LICENCE}")
    others = captioning.taggers_of(plan.build.caption, studio.settings)
    measure = MeterTagger(studio.load_embedder(), plan.build.caption.style)
    built = yield from building.build(plan.folder, plan.build, measure, others, studio.library)
    yield note(describe_reach(find_reach(built.frozen.manifest)))
    page = yield from report(built, built.manifest.with_suffix(".html"), studio.library)
    return BuiltDataset(built, page)


def plan_build(plan: BuildDatasetPlan) -> list[SoundFile]:
    """The sound files that `build` would read. Raises `BadInput` where no licence is stated for any, else as `plan_ingest`."""
    if not plan.build.dataset.allow_unlicensed:
        check_licences(plan.folder, plan.build.ingest)
    return plan_ingest(plan.folder, plan.build.ingest)


def list_datasets(studio: Studio) -> list[StoredDataset]:
    """The training sets that were frozen, the newest first."""
    return store.list_datasets(studio.settings.studio)


def list_damaged(studio: Studio) -> list[Path]:
    """Files among the training sets that are none, or damaged."""
    return store.list_damaged(studio.settings.studio)


def find_dataset(key: str | None, studio: Studio) -> Manifest:
    """The training set that `key` means, the newest where it is None. Raises as `dataset.store.find` does."""
    return store.find(key, studio.settings.studio)


def delete_set(key: str, studio: Studio) -> TrashEntry:
    """Move the training set `key` with its report into the trash; tracks and trainings stay. Raises as `plan_delete_set` does."""
    return store.remove(key, studio.settings.studio, now())


def plan_delete_set(key: str, studio: Studio) -> DeletedSet:
    """The training set that `delete_set` would move. Raises `NotFound`, or `BadInput` when several begin so."""
    path = store.find_file(key, studio.settings.studio)
    try:
        learned = load(path).fingerprint
    except BadInput:
        return DeletedSet(path.stem, ())
    runs = studio.library.runs.list() if studio.existing_library else ()
    return DeletedSet(path.stem, tuple(run.id for run in runs if run.dataset == learned))


def forget(key: str, studio: Studio) -> Track:
    """Delete a track and what was said of it; training sets that were frozen keep its line. Raises `NotFound`."""
    return studio.library.tracks.delete(key)


def export(plan: ExportDatasetPlan, studio: Studio) -> Steps[Exported]:
    """Write a training set in a form that others read. Raises as `dataset.formats.export` does."""
    library = studio.library
    manifest = find_dataset(plan.dataset, studio)
    yield from formats.export(manifest, plan.form, plan.out, library, audio=plan.audio)
    suffixes = (path.suffix.removeprefix(".") for path in plan.out.rglob("*") if path.is_file())
    return Exported(plan.out, Counter(suffixes))


def import_dataset(folder: Path, form: Form, studio: Studio) -> ImportedDataset:
    """Read an export back, with what its files now say, and freeze it. Raises as `dataset.exports.read_export` does."""
    found = exports.read_export(folder, form)
    return ImportedDataset(found.manifest, store.put(found.manifest, studio.settings.studio), found.deleted)
