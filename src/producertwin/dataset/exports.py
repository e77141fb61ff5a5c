"""Reading an export back: the frozen manifest, with what now stands in the export's files.

Captions and lyrics come back from every form; tempo, key, meter and language from `acestep-json`, whose samples state them. What
was deleted there (a sample of dataset.json; elsewhere a sound with its caption) leaves the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput, NotFound
from . import manifest as manifests
from .formats import MANIFEST, METADATA, ExportFile, name_files, place_of
from .lyrics import normalise
from .manifest import Manifest, Row
from .sidecar_tables import acestep_row
from .stated_facts import StatedFacts
from .text_files import LARGEST_TABLE, read_json, read_text

_SOUNDS: Final = ("flac", "mp3")


@dataclass(frozen=True, slots=True)
class ReadExport:
    """An export that was read back."""

    manifest: Manifest
    deleted: tuple[str, ...]
    """Tracks that were deleted in it."""


def read_export(folder: Path, form: str) -> ReadExport:
    """The manifest of an export, with what was changed in its files.

    Raises `NotFound` where there is no export or one of its sounds is gone, `BadInput` for an unknown or damaged one.
    """
    place = place_of(form)
    path = folder / METADATA / MANIFEST
    if not path.is_file():
        remedy = f'bring in what other programs wrote with: twin tracks ingest {folder} --producer "NAME" --licence CC-BY-4.0'
        raise NotFound(f"no dataset at {path}: {folder} is no export of twin", remedy=remedy)
    frozen = manifests.load(path)
    samples = _samples(folder) if form == "acestep-json" else None
    kept: dict[str, list[ExportFile]] = {row.track: [] for row in frozen.rows}
    changes: dict[str, dict[str, Any]] = {}
    for piece in name_files(frozen):
        sound, words, lyrics = place(piece)
        there = any((folder / sound).with_suffix(f".{ending}").is_file() for ending in _SOUNDS)
        if piece.name not in samples if samples is not None else not there and not (folder / words).is_file():
            continue
        if not there:
            raise NotFound(f"{folder / sound} is gone", remedy="restore it, or delete its caption or its sample too")
        kept[piece.row.track].append(piece)
        if piece.row.track not in changes:
            said = _sample(piece, samples[piece.name]) if samples is not None else _texts(folder, words, lyrics)
            changes[piece.row.track] = said
    rows = [_apply_changes(row, kept[row.track], changes[row.track]) for row in frozen.rows if kept[row.track]]
    if not rows:
        raise BadInput(f"{folder} holds none of its tracks any more", remedy="export again")
    deleted = tuple(row.title for row in frozen.rows if not kept[row.track])
    return ReadExport(Manifest(plan=frozen.plan, rows=tuple(rows)), deleted)


def _apply_changes(row: Row, kept: list[ExportFile], said: Mapping[str, Any]) -> Row:
    """A row with what its export says now, and those of its clips that are still in it."""
    clips = tuple(piece.clip for piece in kept)
    share = len(clips) / len(row.clips)
    return row.model_copy(update={**said, "clips": clips, "seconds": row.seconds if share == 1 else row.seconds * share})


def _texts(folder: Path, words: Path, lyrics: Path | None) -> dict[str, Any]:
    """Caption and lyrics of a piece, as its files say them."""
    return {"caption": _read(folder / words).strip()} | ({} if lyrics is None else _lyrics(_read(folder / lyrics), str(lyrics)))


def _samples(folder: Path) -> dict[str, dict[str, Any]]:
    """The samples of an `acestep-json` export, by their ids. Raises `BadInput` for another file."""
    path = folder / "dataset.json"
    data = read_json(path, largest=LARGEST_TABLE)
    if data is None:
        raise NotFound(f"{path} is gone", remedy="restore it, or export again")
    listed = data.get("samples") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) and "id" in one for one in listed):
        raise BadInput(f"{path} is not ACE-Step's", remedy="export again")
    about = data.get("metadata")
    silent = [one for one in listed if one.get("is_instrumental") is True]
    torn = [str(one["id"]) for one in silent if not normalise(str(one.get("lyrics") or "")).instrumental]
    if torn:
        remedy = "set its is_instrumental to false, or its lyrics to [Instrumental]"
        raise BadInput(f"{path}: {torn[0]} is said to be instrumental and has lyrics", remedy=remedy)
    return {str(one["id"]): acestep_row(one, about if isinstance(about, dict) else {}) for one in listed}


def _sample(piece: ExportFile, sample: Mapping[str, Any]) -> dict[str, Any]:
    """What a sample of ACE-Step's says of its track. Raises `BadInput` for a fact that is none."""
    found = StatedFacts()
    found.add({name: value for name, value in sample.items() if name != "genre"}, piece.name)
    if found.notes:
        raise BadInput(f"dataset.json: {'; '.join(found.notes)}", remedy="correct it and import again")
    row, given = piece.row, found.given
    tempo = given.get("bpm")
    rounded = row.bpm is not None and tempo == round(row.bpm)  # the form has whole numbers
    changes: dict[str, Any] = {"caption": given.get("caption", ""), "bpm": row.bpm if rounded else tempo}
    changes |= {"key": given.get("key"), "meter": given.get("meter"), "language": given.get("language", row.language)}
    return changes | _lyrics(str(given.get("lyrics", row.lyrics)), piece.name)


def _lyrics(text: str, where: str) -> dict[str, str]:
    try:
        return {"lyrics": normalise(text).text}
    except BadInput as error:
        raise BadInput(f"{where}: {error.message}", remedy=error.remedy) from None


def _read(path: Path) -> str:
    text = read_text(path)
    if text is None:
        raise NotFound(f"{path} is gone", remedy="restore it, or export again")
    return text
