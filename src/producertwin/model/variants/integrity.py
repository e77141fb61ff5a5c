"""Whether all files of a variant are here and whole, found out before anything is loaded.

Every file that loading would read is looked for. Of weights the header is read, which says how long the file must be; the content
is for `downloads.check` to compare.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import BadInput, TwinError, Unavailable
from ...settings import Settings
from ...untrusted import HEAD_BYTES, foreign_kind, parse_object
from ..weights import read_json
from . import catalogue
from .catalogue import SHARED, Located
from .parts import OPTIONAL, PARTS

_HEADER_MOST = 100_000_000
"""Longest header of a safetensors file, by its definition."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that is missing or not whole, and what to do about it."""

    path: Path
    trouble: str
    """`is missing`, `has 12 of 4096 bytes`."""
    remedy: str

    def __str__(self) -> str:
        return f"{self.path} {self.trouble}"


def require(variant: Located) -> None:
    """Raise `Unavailable`, naming the first file, unless all files of `variant` are whole."""
    found = _list_faults(variant)
    if found:
        more = f" (and {len(found) - 1} more of its files are not whole)" if len(found) > 1 else ""
        raise Unavailable(f"{variant.name} cannot be used: {found[0]}{more}", remedy=found[0].remedy)


def faults(variant: str, settings: Settings) -> tuple[Fault, ...]:
    """Files of `variant` (a name, or a folder) that are missing or not whole; none when it can be loaded.

    Raises `BadInput` for an unknown name.
    """
    return _list_faults(catalogue.resolve(variant, settings))


def _list_faults(variant: Located) -> tuple[Fault, ...]:
    return () if variant.folder is None else tuple(_faults(variant.folder, _remedy(variant, variant.folder)))


def _remedy(variant: Located, folder: Path) -> str:
    """How to make a variant whole."""
    if variant.variant is None:
        return f"{variant.remedy}, with all its files"
    converted = variant.variant.kind == "download" and catalogue.layout(folder) == "diffusers"
    return f"remove {folder} and {variant.remedy}" if converted else variant.remedy


def _faults(folder: Path, remedy: str) -> Iterator[Fault]:
    expected = _of_diffusers if (folder / "model_index.json").is_file() else _of_original
    expected = _of_graphs if catalogue.holds_graphs(folder) else expected
    seen: set[Path] = set()
    for path in expected(folder):
        if path not in seen:
            seen.add(path)
            trouble = trouble_of(path)
            if trouble:
                yield Fault(path, trouble, remedy)


def _of_diffusers(folder: Path) -> Iterator[Path]:
    """Every file of a folder in diffusers' layout."""
    index = folder / "model_index.json"
    yield index
    listed = _object(index)
    for part in PARTS:
        if part not in OPTIONAL or isinstance(listed.get(part), list):
            yield folder / part / "config.json"
            yield from list_weights(folder / part, "model" if part == "text_encoder" else "diffusion_pytorch_model")
    yield folder / "tokenizer" / "tokenizer.json"


def _of_graphs(folder: Path) -> Iterator[Path]:
    """Every file of an export as ONNX graphs."""
    index = folder / catalogue.EXPORT_RECORD
    yield index
    graphs = _object(index).get("graphs")
    yield from (folder / f"{Path(name).name}.onnx" for name in (graphs if isinstance(graphs, dict) else ()))
    yield from (folder / name for name in (catalogue.GRAPHS, catalogue.GRAPH_CONSTANTS, "twin.json", "tokenizer/tokenizer.json"))


def _of_original(folder: Path) -> Iterator[Path]:
    """Every file of an original checkpoint, with the parts that lie beside or inside it."""
    yield folder / "config.json"
    yield from list_weights(folder, "model")
    yield folder / "silence_latent.pt"
    vae, words = ((folder / name if (folder / name).is_dir() else folder.parent / name) for name in SHARED)
    for part, stem in ((vae, "diffusion_pytorch_model"), (words, "model")):
        yield part / "config.json"
        yield from list_weights(part, stem)
    yield words / "tokenizer.json"


def list_weights(folder: Path, stem: str) -> Iterator[Path]:
    """The index of one module's weights, if it has one, and its files."""
    index = folder / f"{stem}.safetensors.index.json"
    if index.is_file():
        yield index
        named = _object(index).get("weight_map")
        names = set(map(str, named.values())) if isinstance(named, dict) else set()
        yield from (folder / Path(name).name for name in sorted(names))
    else:
        yield folder / f"{stem}.safetensors"


def _object(path: Path) -> dict[str, object]:
    try:
        return read_json(path)
    except TwinError:  # told of the file itself
        return {}


def trouble_of(path: Path) -> str:
    """What is wrong with a file, or nothing."""
    if not path.is_file():
        return "is missing"
    match path.suffix:
        case ".safetensors":
            return _cut_short(path)
        case ".json":
            try:
                read_json(path)
            except BadInput:
                return "is damaged"
        case ".pt" if not zipfile.is_zipfile(path):
            return "is damaged"
    return ""


def _cut_short(path: Path) -> str:
    """What is wrong with the length of a safetensors file: 8 bytes that say how long its header is, header, tensors."""
    there = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 0 < length <= _HEADER_MOST or there < 8 + length:
            instead = foreign_kind((start + file.read(HEAD_BYTES))[:HEAD_BYTES])
            return f"is {instead}" if instead else f"is cut short or damaged ({there} bytes)"
        try:
            header = parse_object(file.read(length), str(path))
            ends = [facts["data_offsets"][1] for name, facts in header.items() if name != "__metadata__"]
            whole = 8 + length + int(max(ends, default=0))
        except (BadInput, LookupError, TypeError, ValueError):
            return "is damaged"
    return "" if there == whole else f"has {there} of {whole} bytes"
