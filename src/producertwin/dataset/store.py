"""The store of frozen training sets: `STUDIO/datasets/`, one manifest each, named by the beginning of its fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import BadInput, NotFound
from ..library.studio import FROZEN
from ..library.trash import Discard, Kind, TrashEntry, discard
from ..untrusted import LARGEST_CONFIG, parse_object
from ..wording import plural
from . import manifest as manifests
from .manifest import Manifest


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A training set as the store lists it."""

    id: str
    path: Path
    frozen: datetime
    producer: str | None
    tracks: int


def put(manifest: Manifest, studio: Path) -> Path:
    """Store a training set; storing the same one again changes nothing."""
    path = studio / FROZEN / f"{name_of(manifest)}.json"
    return path if path.exists() else manifests.write(manifest, path)


def name_of(manifest: Manifest) -> str:
    """Twelve digits of its fingerprint."""
    return manifest.fingerprint.removeprefix("b2:")[:12]


def files(studio: Path) -> list[Path]:
    """Every manifest in the store, damaged ones too."""
    return sorted((studio / FROZEN).glob("*.json"))


def list_datasets(studio: Path) -> list[StoredDataset]:
    """Every training set, the newest first; what is no manifest is passed over."""
    found = []
    for path in files(studio):
        with path.open(encoding="utf-8", errors="replace") as file:
            head = _head(file.readline(LARGEST_CONFIG))
            rows = 0 if head is None else sum(1 for line in file if line.startswith("{"))
        if head is not None:
            frozen = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append(StoredDataset(path.stem, path, frozen, head.get("plan", {}).get("producer"), rows))
    return sorted(found, key=lambda one: (one.frozen, one.id), reverse=True)


def list_damaged(studio: Path) -> list[Path]:
    """Files of the store that `list_datasets` passes over."""
    known = {one.path for one in list_datasets(studio)}
    return [path for path in files(studio) if path not in known]


def find_file(key: str, studio: Path) -> Path:
    """The manifest in the store whose id is or begins with `key`, damaged or not. Raises `NotFound`, `BadInput` for several."""
    found = [path for path in files(studio) if key and path.stem.startswith(key.removeprefix("b2:"))]
    if not found:
        raise NotFound(f"no training set {key!r} in {studio}", remedy="see `twin dataset list`")
    if len(found) > 1:
        raise BadInput(f"{key!r} could be {', '.join(path.stem for path in found[:5])}", remedy="give more of the id")
    return found[0]


def remove(key: str, studio: Path, moment: datetime) -> TrashEntry:
    """Move a training set, with its report, into the trash. Raises as `find_file` does."""
    path = find_file(key, studio)
    known = next((one for one in list_datasets(studio) if one.path == path), None)
    title = f"{known.producer or 'everybody'}, {plural(known.tracks, 'track')}" if known else "damaged"
    report = path.with_suffix(".html")
    places = (path, report) if report.exists() else (path,)
    return discard(studio, Discard(Kind.SET, (path.stem,), title, places), moment)


def find(key: str | None, studio: Path) -> Manifest:
    """The training set at path `key`, or the one whose id begins with it; the newest where nothing is named.

    Raises `NotFound`, and `BadInput` when several begin so or the file is damaged.
    """
    if key is not None and key.endswith(".json"):
        return manifests.load(Path(key))
    found = [one for one in list_datasets(studio) if key is None or one.id.startswith(key.removeprefix("b2:"))]
    if not found:
        what = "no training set" if key is None else f"no training set {key!r}"
        raise NotFound(f"{what} in {studio}", remedy="see `twin dataset list`, or freeze one with `twin dataset split`")
    if key is not None and len(found) > 1:
        raise BadInput(f"{key!r} could be {', '.join(one.id for one in found[:5])}", remedy="give more of the id")
    return manifests.load(found[0].path)


def _head(line: str) -> dict[str, dict[str, str]] | None:
    """The first line of a manifest, which ends where its rows begin; None where it is none."""
    try:
        head = parse_object(line.rstrip().removesuffix("[") + "[]}", "a manifest")
    except BadInput:
        return None
    plan = head.get("plan", {})
    return head if head.get("schema") == manifests.SCHEMA and isinstance(plan, dict) else None
