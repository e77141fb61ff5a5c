"""The memory footprint of a variant, computed from its configs and the headers of its files: no weight is read.

Shapes are those of the stored tensors, under diffusers' names; a linear layer is a weight of two axes, `(out, in)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from ...errors import BadInput
from ...settings import Settings
from ..instrument import Instrument
from ..int8 import is_scale
from ..key_maps import to_diffusers
from ..weights import read_json, weight_files
from . import catalogue, convert
from .catalogue import Located
from .load import choose_device, choose_dtype
from .parts import PARTS, part_dtypes

Shapes = Mapping[str, tuple[int, ...]]
"""Shape of every tensor of a part, by name."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Shapes and types of a variant's parts, as they will be on its device."""

    device: torch.device
    parts: Mapping[str, Shapes]
    types: Mapping[str, torch.dtype]
    """What each part is kept in."""
    transformer: Mapping[str, Any]
    """The transformer's config."""
    condition_encoder: Mapping[str, Any]
    """The condition encoder's config."""

    @property
    def bytes(self) -> int:
        """What all weights take."""
        return sum(self.types[part].itemsize * prod(shape) for part, shapes in self.parts.items() for shape in shapes.values())

    def linears(self, part: str) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear layer of a part, by its name."""
        found = ((name.removesuffix(".weight"), shape) for name, shape in self.parts[part].items() if name.endswith(".weight"))
        return {name: (shape[1], shape[0]) for name, shape in found if len(shape) == 2}


def footprint_of(instrument: Instrument) -> Footprint:
    """The footprint of an instrument that is loaded."""
    modules = {part: module for part in PARTS if (module := getattr(instrument, part)) is not None}
    shapes = {part: {name: tuple(t.shape) for name, t in module.state_dict().items()} for part, module in modules.items()}
    types = {part: next(module.parameters()).dtype for part, module in modules.items()}
    configs = (dict(instrument.transformer.config), dict(instrument.condition_encoder.config))
    return Footprint(instrument.device, shapes, types, *configs)


def footprint(variant: Located, settings: Settings) -> Footprint:
    """The footprint of a variant whose files are whole (`integrity.require`). Raises as `catalogue.refuse_graphs` does."""
    device = choose_device(settings.device)
    dtype = choose_dtype(device)
    folder = variant.folder
    if folder is None:
        from .tiny import build

        return footprint_of(build(device, torch.float32))
    catalogue.refuse_graphs(folder)
    if catalogue.layout(folder) == "diffusers":
        return _of_diffusers(folder, device, dtype)
    return _of_original(folder, device, dtype)


def _of_diffusers(folder: Path, device: torch.device, dtype: torch.dtype) -> Footprint:
    index = read_json(folder / "model_index.json")
    there = [part for part in PARTS if isinstance(index.get(part), list)]
    stems = {part: "model" if part == "text_encoder" else "diffusion_pytorch_model" for part in there}
    shapes = {part: dict(read_shapes(weight_files(folder / part, stem))) for part, stem in stems.items()}
    configs = (read_json(folder / part / "config.json") for part in ("transformer", "condition_encoder"))
    return Footprint(device, shapes, part_dtypes(device, dtype, str(index["vae"][1])), *configs)


def _of_original(folder: Path, device: torch.device, dtype: torch.dtype) -> Footprint:
    configs = convert.configs(read_json(folder / "config.json"))
    shapes: dict[str, dict[str, tuple[int, ...]]] = {part: {} for part in convert.PREFIXES.values()}
    for name, shape in read_shapes(weight_files(folder, "model")):
        prefix = next((prefix for prefix in convert.PREFIXES if name.startswith(prefix)), None)
        if prefix is not None:
            shapes[convert.PREFIXES[prefix]][to_diffusers(name.removeprefix(prefix))] = shape
    stems = {"vae": "diffusion_pytorch_model", "text_encoder": "model"}
    for (part, stem), name in zip(stems.items(), catalogue.SHARED, strict=True):
        home = folder / name if (folder / name).is_dir() else folder.parent / name
        shapes[part] = dict(read_shapes(weight_files(home, stem)))
    types = part_dtypes(device, dtype, "AutoencoderOobleck")
    return Footprint(device, shapes, types, configs["transformer"], configs["condition_encoder"])


def read_shapes(files: list[Path]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor that reading `files` gives; scales of what is in eight bits are left out."""
    from safetensors import SafetensorError, safe_open

    found: dict[str, tuple[int, ...]] = {}
    for path in files:
        try:
            with safe_open(path, framework="pt") as file:
                found |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
        except SafetensorError as error:
            raise BadInput(f"{path} is damaged: {error}", remedy="fetch it again") from None
    yield from ((name, shape) for name, shape in found.items() if not is_scale(name, found))


def whole_bytes(device: torch.device) -> int:
    """Bytes of memory that a device has."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    import psutil

    return int(psutil.virtual_memory().total)


def free_bytes(device: torch.device) -> int:
    """Bytes that are free on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    import psutil

    return int(psutil.virtual_memory().available)
