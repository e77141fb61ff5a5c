"""Writing a safetensors file: the same bytes for the same content, and whole or absent.

The format (safetensors 0.4, "Format"): eight bytes, little endian, with the length of a JSON header; the header, padded with
spaces; the tensors. The library that reads it writes its metadata in random order, so equal adapters would differ in their hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from ...disk import write_whole
from ..weights import State

_KINDS: Final = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64"}


def save(state: State, metadata: Mapping[str, str], path: Path) -> Path:
    """Write tensors and metadata at `path`, all or nothing. Raises as `disk.write_whole` does."""
    plain = {name: _plain(state[name]) for name in sorted(state)}
    header = _header(plain, metadata)
    tensors = (tensor.reshape(-1).view(torch.uint8).numpy().data for tensor in plain.values())
    return write_whole(path, chain((len(header).to_bytes(8, "little"), header), tensors))


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
