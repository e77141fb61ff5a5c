"""Writing a safetensors file: the same bytes for the same content, and whole or absent.

The format (safetensors 0.4, "Format"): eight bytes, little endian, with the length of a JSON header; the header, padded with
spaces; the tensors. The library that reads it writes its metadata in random order, so equal adapters would differ in their hash.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from ...errors import Resources
from ..weights import State

_KINDS: Final = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64"}


def save(state: State, metadata: Mapping[str, str], path: Path) -> Path:
    """Write tensors and metadata at `path`, all or nothing; an older file there is replaced. Raises `Resources`."""
    plain = {name: _plain(state[name]) for name in sorted(state)}
    header = _header(plain, metadata)
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for tensor in plain.values():
                file.write(tensor.reshape(-1).view(torch.uint8).numpy().data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Resources(
            f"cannot write {path}: {error.strerror}", remedy="free some disk space, or choose another place"
        ) from error
    return path


def _plain(tensor: Tensor) -> Tensor:
    kept = tensor.detach().cpu().contiguous()
    return kept if kept.dtype in _KINDS else kept.float()


def _header(state: State, metadata: Mapping[str, str]) -> bytes:
    found: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    at = 0
    for name, tensor in state.items():
        end = at + tensor.numel() * tensor.element_size()
        found[name] = {"dtype": _KINDS[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(found, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)
