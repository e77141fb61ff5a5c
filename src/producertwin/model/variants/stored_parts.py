"""The parts of an instrument as they are stored in diffusers' layout: read without building a module, and written."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...disk import whole_folder, write_json
from ...errors import BadInput, DiskFull, NotFound
from ...progress import Progress, Steps
from ..instrument import Card, write_index
from ..weights import State, read_json, read_state, weight_files, write_state
from .parts import OPTIONAL, PARTS, text_state

ROOM = 1.05
"""Free space that is asked for, in sizes of what is written."""


@dataclass(frozen=True, slots=True)
class Part:
    """One module before it is built: the name of its class, its config, its tensors, and where they came from."""

    kind: str
    config: dict[str, Any]
    state: State
    where: Path

    @property
    def size(self) -> int:
        """Bytes of its tensors."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.state.values())


@dataclass(frozen=True, slots=True)
class Stored:
    """An instrument as it is stored."""

    parts: dict[str, Part]
    files: list[Path]
    """Its weight files."""
    tokenizer: Path
    """The `tokenizer.json`."""


def find_parts(folder: Path, remedy: str) -> dict[str, tuple[str, list[Path]]]:
    """Class and weight files of every part in a folder of diffusers' layout.

    Raises `BadInput` where its index lacks a part, `Unavailable` where a file is missing.
    """
    index = read_json(folder / "model_index.json", remedy)
    named = {part: str(index[part][1]) for part in PARTS if isinstance(index.get(part), list) and index[part][1]}
    for part in PARTS:
        if part not in named and part not in OPTIONAL:
            raise BadInput(f"{folder / 'model_index.json'} lists no {part}", remedy=remedy)
    return {part: (kind, weight_files(folder / part, _stem(part), remedy)) for part, kind in named.items()}


def read_diffusers(folder: Path, remedy: str) -> Stored:
    """The parts of a folder in diffusers' layout. Raises as `find_parts` does, `NotFound` where its tokenizer is missing."""
    parts, files = {}, []
    for name, (kind, found) in find_parts(folder, remedy).items():
        config = {k: v for k, v in read_json(folder / name / "config.json", remedy).items() if not k.startswith("_")}
        state = read_state(found, remedy)
        parts[name] = Part(kind, config, text_state(state) if kind == "Qwen3Model" else state, folder / name)
        files += found
    tokenizer = folder / "tokenizer" / "tokenizer.json"
    if not tokenizer.is_file():
        raise NotFound(f"{tokenizer} is missing", remedy=remedy)
    return Stored(parts, files, tokenizer)


def check_free(into: Path, size: int) -> None:
    """Raise `DiskFull` where `size` bytes have no room at `into`, `BadInput` where something stands there already."""
    if into.exists():
        raise BadInput(f"{into} exists already", remedy="remove it or choose another folder")
    place = next(parent for parent in into.absolute().parents if parent.exists())
    free = shutil.disk_usage(place).free
    if free < size * ROOM:
        raise DiskFull(f"{into} needs {size / 1e9:.1f} GB, {free / 1e9:.1f} GB are free", remedy="free some disk")


def write_diffusers(
    parts: Mapping[str, Part], tokenizer: Path, card: Card, into: Path, more: Mapping[str, Mapping[str, Any]] | None = None
) -> Steps[Path]:
    """Write `parts` as a pipeline of diffusers to `into`, which must not exist yet; yields progress, returns `into`.

    `more` are JSON files beside it. Tensors keep their type. The folder appears under its name only when complete. Raises as
    `check_free` does.
    """
    check_free(into, sum(part.size for part in parts.values()))
    with whole_folder(into) as folder:
        for done, (name, part) in enumerate(parts.items()):
            yield Progress("write", done, len(parts), name)
            place = folder / name
            write_json(place / "config.json", part.config | ({} if name == "text_encoder" else {"_class_name": part.kind}))
            write_state(part.state, place / f"{_stem(name)}.safetensors")
        (folder / "tokenizer").mkdir()
        shutil.copyfile(tokenizer, folder / "tokenizer" / "tokenizer.json")
        home = {name: "transformers" if name == "text_encoder" else "diffusers" for name in parts}
        words_of = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<|endoftext|>", "padding_side": "left"}
        write_json(folder / "tokenizer" / "tokenizer_config.json", words_of)
        write_index({name: [home[name], part.kind] for name, part in parts.items()}, card, folder)
        for name, data in (more or {}).items():
            write_json(folder / name, data)
    yield Progress("write", len(parts), len(parts), str(into))
    return into


def _stem(part: str) -> str:
    return "model" if part == "text_encoder" else "diffusion_pytorch_model"
