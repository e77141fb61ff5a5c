"""`twin dataset`: build a training set in one command; list, export and import training sets; forget tracks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..dataset import build as building
from ..dataset import caption as captioning
from ..dataset import duplicates, formats, store
from ..dataset.build import BuildPlan, BuildResult
from ..dataset.manifest import Manifest
from ..dataset.report import report
from ..dataset.store import StoredDataset
from ..dataset.taggers import MeterTagger
from ..library import Track
from ..progress import Steps
from ..recipe import Record
from .studio import Studio

__all__ = [
    "BuildDatasetPlan",
    "BuildPlan",
    "BuiltDataset",
    "ExportDatasetPlan",
    "Exported",
    "Form",
    "ImportedDataset",
    "Manifest",
    "build",
    "export",
    "find_dataset",
    "forget",
    "import_dataset",
    "list_datasets",
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
    def duplicates(self) -> list[str]:
        """A sentence for every recording that several tracks are."""
        return duplicates.describe(self.built.duplicates, {track.id: track.name for track in self.built.tracks})


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder that was written."""

    folder: Path
    files: Counter[str]
    """How many files there are of each suffix."""


@dataclass(frozen=True, slots=True)
class ImportedDataset:
    """A training set that was read back and frozen, and where its manifest lies."""

    manifest: Manifest
    path: Path

    @property
    def id(self) -> str:
        """What the training set is called."""
        return store.name_of(self.manifest)


def build(plan: BuildDatasetPlan, studio: Studio) -> Steps[BuiltDataset]:
    """Ingest, screen, caption, split and freeze a folder of tracks, and write the report. What was done before stands.

    Raises as the steps do.
    """
    others = captioning.taggers_of(plan.build.caption, studio.settings)
    measure = MeterTagger(studio.load_embedder(), plan.build.caption.style)
    built = yield from building.build(plan.folder, plan.build, measure, others, studio.library)
    page = yield from report(built, built.manifest.with_suffix(".html"), studio.library)
    return BuiltDataset(built, page)


def list_datasets(studio: Studio) -> list[StoredDataset]:
    """The training sets that were frozen, the newest first."""
    return store.list_datasets(studio.settings.studio)


def find_dataset(key: str | None, studio: Studio) -> Manifest:
    """The training set that `key` means, the newest where it is None. Raises as `dataset.store.find` does."""
    return store.find(key, studio.settings.studio)


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
    """Read an export back, with captions and lyrics as its files now have them, and freeze it.

    Raises as `dataset.formats.read` does.
    """
    manifest = formats.read(folder, form)
    return ImportedDataset(manifest, store.put(manifest, studio.settings.studio))
