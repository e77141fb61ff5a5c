"""A release as a folder, whole or absent:

FOLDER/README.md, dossier.json      the model card, and the same for programs
FOLDER/adapter/                     the twin, in PEFT's form
FOLDER/model/                       its variant with the twin merged in, where that was asked for
FOLDER/proof/                       figures and page of the proof
FOLDER/takes/                       takes that it plays on: sound, record and picture
FOLDER/recipe.toml                  how it was trained
FOLDER/SHA256SUMS                   the checksum of every file
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...audio import files
from ...disk import chunks_of, write_json, write_whole
from ...library import Library, Take, sums
from ...library.file_names import name_files
from ...library.sidecars import as_json
from ...pipeline.delivery import copy_tags, write_copy
from ...reporting.waveform import draw
from . import card, dossier
from .dossier import Dossier, SampleTake
from .hashing import hash_samples

ADAPTER: Final = "adapter"
MODEL: Final = "model"
PROOF: Final = "proof"
TAKES: Final = "takes"
RECIPE: Final = "recipe.toml"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a release is made of: files that lie elsewhere."""

    adapter: tuple[Path, Path]
    """Weights and config of the twin, as PEFT names them."""
    proof: tuple[Path, ...] = ()
    """Files of its proof."""
    recipe: str = ""


def write_takes(takes: Sequence[Take], folder: Path, library: Library) -> tuple[SampleTake, ...]:
    """Copy takes that have sound into `folder`, each with its record and its picture, and say what they are."""
    found = []
    for number, take in enumerate(takes, 1):
        place = folder / TAKES / f"{number:02d}-{take.id}.flac"
        place.parent.mkdir(exist_ok=True)
        content = library.takes.content(take)
        write_copy(content, place, copy_tags(take, library.takes))
        write_whole(place.with_suffix(".json"), as_json(name_files(take)))
        sound = files.read(content)
        write_whole(place.with_suffix(".png"), draw(sound, title=take.caption[:80], subtitle=f"take {take.id}"))
        found.append(
            SampleTake(
                file=place.relative_to(folder).as_posix(),
                take=take.id,
                caption=take.caption,
                seed=take.seed,
                seconds=take.seconds,
                loudness=take.meters.get("loudness_lufs"),
                samples=hash_samples(sound),
            )
        )
    return tuple(found)


def write_release(found: Dossier, parts: Parts, folder: Path) -> None:
    """Write everything but takes and merged weights, which are there already, into `folder`, and the checksums of all of it."""
    (folder / ADAPTER).mkdir()
    for path in parts.adapter:
        write_whole(folder / ADAPTER / path.name, chunks_of(path))
    for path in parts.proof:
        (folder / PROOF).mkdir(exist_ok=True)
        write_whole(folder / PROOF / path.name, chunks_of(path))
    if parts.recipe:
        write_whole(folder / RECIPE, parts.recipe.encode())
    write_json(folder / dossier.NAME, found.model_dump(mode="json", by_alias=True))
    write_whole(folder / card.NAME, card.write_card(found).encode())
    sums.write_sums(folder)
