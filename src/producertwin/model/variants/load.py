"""Opening an instrument: by name, from a folder in diffusers' layout, or from an original ACE-Step folder.

Everything is read as safetensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...errors import BadInput, Unavailable
from ...settings import Settings
from ..instrument import Card, Instrument
from ..weights import read_json, read_state
from . import catalogue
from .checksums import revision
from .convert import load_original
from .parts import make_part, part_dtypes, read_tokenizer
from .stored_parts import find_parts

_CUT_SILENCE = 1500
"""Frames of silence that early versions kept of a checkpoint they converted."""


def choose_device(name: str) -> torch.device:
    """The device for `auto`, `cpu`, `cuda`, `cuda:N` or `mps`. Raises `Unavailable` when it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(name)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}[device.type]
    if not there or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise Unavailable(f"device {name} is not here", remedy="set TWIN_DEVICE=auto or cpu")
    return device


def choose_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it faster than float32, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu":
        able: Mapping[str, Any] = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
    return torch.float32


def _from_diffusers(folder: Path, card: Card, device: torch.device, dtype: torch.dtype, remedy: str) -> Instrument:
    named = find_parts(folder, remedy)
    types = part_dtypes(device, dtype, named["vae"][0])
    parts, files = {}, []
    for part, (kind, found) in named.items():
        where = folder / part
        place = {"dtype": types[part], "device": device, "remedy": remedy}
        parts[part] = make_part(kind, read_json(where / "config.json", remedy), read_state(found, remedy), where, place)
        files += found
    if named["vae"][0] == "AutoencoderOobleck" and parts["condition_encoder"].silence_latent.shape[1] == _CUT_SILENCE:
        trouble = f"{folder} holds one minute of silence; longer takes would hear the start of a song every minute"
        raise BadInput(trouble, remedy="remove it and run `twin models convert` again")
    tokenizer = read_tokenizer(folder / "tokenizer" / "tokenizer.json", remedy)
    return Instrument(card.name, revision(files, folder), card, device, dtype, tokenizer=tokenizer, **parts)


def load(variant: str, settings: Settings, *, device: str | None = None, dtype: torch.dtype | None = None) -> Instrument:
    """Open `variant`: a name from the catalogue, or a folder.

    Raises `BadInput` for an unknown name or a damaged file, `Unavailable` when weights or device are missing; both say what to
    run.
    """
    place = choose_device(device or settings.device)
    kind = dtype or choose_dtype(place)
    if variant == "tiny":
        from .tiny import build as build_tiny

        return build_tiny(place, dtype or torch.float32)
    folder, remedy, card = catalogue.find_weights(variant, settings)
    if catalogue.layout(folder) == "diffusers":
        return _from_diffusers(folder, card, place, kind, remedy)
    return load_original(folder, card, place, kind, remedy)
