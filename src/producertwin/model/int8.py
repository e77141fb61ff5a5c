"""Matrices in eight bits: whole numbers, and a scale for every block of neighbouring inputs.

A row of a weight `(out, in)` is cut into blocks; each has a scale s = max|w| / 127, and w is round(w / s). With one block as wide
as the row every output has one scale.

In a safetensors file NAME holds the whole numbers `(out, in)` as int8 and `NAME.scale` the scales `(out, blocks)`. `pack` makes
such a state, `unpack` gives the dense one back. A product of eight and eleven bits is exact in single precision, so it is rounded
once, to the type of the scales, and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

import torch
from torch import Tensor

BLOCK: Final = 64
"""Inputs that share a scale in a file."""
SMALLEST: Final = 1 << 16
"""Numbers below which a matrix is not worth packing."""
SCALE: Final = ".scale"


def to_int8(weight: Tensor, block: int, kind: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """`weight` `(out, in)` as whole numbers of its shape and scales `(out, in / block)` in `kind`."""
    blocks = weight.float().reshape(len(weight), -1, block)
    scales = (blocks.abs().amax(2) / 127).to(kind)
    divisor = scales.float().clamp_min(torch.finfo(torch.float32).tiny)
    return (blocks / divisor[..., None]).round().clamp(-127, 127).to(torch.int8).flatten(1), scales


def from_int8(numbers: Tensor, scales: Tensor, kind: torch.dtype) -> Tensor:
    """The weight `(out, in)` in `kind`, of whole numbers and scales `(out, blocks)`."""
    blocks = numbers.float().reshape(*scales.shape, -1)
    return (blocks * scales.float()[..., None]).flatten(1).to(kind)


def is_scale(name: str, names: Container[str]) -> bool:
    """Whether a tensor is the scale of another one of `names`."""
    return name.endswith(SCALE) and name.removesuffix(SCALE) in names


def pack(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`state` with its large matrices in eight bits, and the rest as it is.

    A matrix whose rows blocks do not fill stays too, and one that holds what half precision has no scale for.
    """
    found = dict(state)
    for name, tensor in state.items():
        large = tensor.ndim == 2 and tensor.is_floating_point() and tensor.numel() >= SMALLEST
        if large and tensor.shape[1] % BLOCK == 0 and not is_scale(name, state):
            numbers, scales = to_int8(tensor, BLOCK, torch.float16)
            if bool(scales.isfinite().all()):
                found |= {name: numbers, name + SCALE: scales}
    return found


def unpack(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`state` with what is in eight bits given back in the type of its scales.

    Raises `ValueError` where whole numbers lack their scales, or these do not fit them or are no numbers.
    """
    found = {}
    for name, tensor in state.items():
        if tensor.dtype == torch.int8:
            found[name] = _give_back(name, tensor, state.get(name + SCALE))
        elif not (is_scale(name, state) and state[name.removesuffix(SCALE)].dtype == torch.int8):
            found[name] = tensor
    return found


def _give_back(name: str, numbers: Tensor, scales: Tensor | None) -> Tensor:
    if scales is None:
        raise ValueError(f"{name} holds whole numbers and nothing says their scale")
    rows, blocks = scales.shape if scales.ndim == 2 and scales.is_floating_point() else (0, 0)
    if numbers.ndim != 2 or not blocks or rows != numbers.shape[0] or numbers.shape[1] % blocks:
        held = f"{scales.dtype} of shape {tuple(scales.shape)}".removeprefix("torch.")
        raise ValueError(f"{name}{SCALE} holds {held}, which cannot scale {tuple(numbers.shape)}")
    if not bool(scales.isfinite().all()):
        raise ValueError(f"{name}{SCALE} holds what is no number")
    return from_int8(numbers, scales, scales.dtype)
