"""Frozen weights in 8 or 4 bits under an adapter that is trained.

int8: every output has a scale (`model.int8`). nf4: 64 numbers in turn have a scale s = max|w|, and w / s is the nearest of 16
levels, the quantiles of the normal distribution (Dettmers et al. 2023, QLoRA, appendix E); two numbers stand in a byte. Products
are computed of the weights as they are given back, in the type of the input, and the backward pass gives them back again instead
of keeping them. Rounding is the same everywhere, so equal weights give equal bytes.

The layers of the transformer's blocks are quantised, and no other: what reads the noise level, the latents and the condition is
small. No package is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..adapter_spec import BasePrecision
from ..int8 import from_int8, to_int8

BLOCK: Final = 64
"""Numbers that share a scale in nf4."""
LEVELS: Final = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip
"""The levels of nf4, as the paper's appendix lists them."""


class QuantisedLinear(nn.Linear):
    """A linear layer with frozen weights `(out, in)` in `kind`; its bias stays as it is."""

    def __init__(self, plain: nn.Linear, kind: Literal["int8", "nf4"]) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features, self.kind = plain.in_features, plain.out_features, kind
        weight = plain.weight.detach().float()
        packed, scales = to_int8(weight, self.in_features) if kind == "int8" else _to_nibbles(weight)
        self.given = plain.weight.dtype
        self.register_buffer("packed", packed)
        self.register_buffer("scales", scales)
        self.register_buffer("levels", torch.tensor(LEVELS, device=weight.device) if kind == "nf4" else None)
        self.bias = plain.bias

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """The weights as they are given back, in the type that the layer had."""
        return self.give_back(self.given)

    def give_back(self, kind: torch.dtype) -> Tensor:
        """The weights `(out, in)` in a type."""
        packed, scales = self.get_buffer("packed"), self.get_buffer("scales")
        if self.kind == "int8":
            return from_int8(packed, scales, kind)
        places = torch.stack([packed >> 4, packed & 15], -1).reshape(-1, BLOCK).long()
        numbers: Tensor = (self.get_buffer("levels")[places] * scales[:, None]).reshape(-1)[
            : self.out_features * self.in_features
        ]
        return numbers.reshape(self.out_features, self.in_features).to(kind)

    def forward(self, input: Tensor) -> Tensor:
        """The product of `input` `(..., in)`, without a gradient of the weights."""
        found: Tensor = _Product.apply(input, self)  # type: ignore[no-untyped-call]
        return found


class _Product(torch.autograd.Function):
    """x·Wᵀ + b, whose backward pass gives W back again: nothing but the layer is kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: QuantisedLinear) -> Tensor:
        ctx.layer, ctx.kind = layer, x.dtype
        device = x.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        bias = None if layer.bias is None else layer.bias.to(kind)
        return functional.linear(x.to(kind), layer.give_back(kind), bias)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return (grad @ ctx.layer.give_back(grad.dtype)).to(ctx.kind), None


@contextmanager
def quantise(transformer: Any, kind: BasePrecision) -> Iterator[None]:
    """Have the blocks of `transformer` compute with weights in `kind`; afterwards every layer is the very object it was.

    The layers that are replaced wait in the host's memory meanwhile, so an accelerator has room for what they took.
    """
    if kind == "stored":
        yield
        return
    parents = [module for block in transformer.layers for module in block.modules()]
    replaced = [
        (parent, leaf, layer, layer.weight.device)
        for parent in parents
        for leaf, layer in parent.named_children()
        if isinstance(layer, nn.Linear)
    ]
    try:
        for parent, leaf, layer, _ in replaced:
            setattr(parent, leaf, QuantisedLinear(layer, kind))
            layer.weight.data = layer.weight.data.cpu()
        yield
    finally:
        for parent, leaf, layer, device in replaced:
            layer.weight.data = layer.weight.data.to(device)
            setattr(parent, leaf, layer)


def quantised_bytes(shape: tuple[int, int], kind: Literal["int8", "nf4"]) -> int:
    """What the weights of a layer take, of `shape` inputs and outputs."""
    numbers = shape[0] * shape[1]
    if kind == "int8":
        return numbers + 4 * shape[1]
    blocks = -(-numbers // BLOCK)
    return blocks * (BLOCK // 2 + 4)


def _to_nibbles(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weights as places of levels, two in a byte, and the scale of every block; the last block is filled with zeros."""
    flat = functional.pad(weight.reshape(-1), (0, -weight.numel() % BLOCK)).reshape(-1, BLOCK)
    scales = flat.abs().amax(1).clamp_min(torch.finfo(torch.float32).tiny)
    levels = torch.tensor(LEVELS, device=weight.device)
    between = (levels[1:] + levels[:-1]) / 2
    places = torch.bucketize(flat / scales[:, None], between).to(torch.uint8).reshape(-1, 2)
    return places[:, 0] << 4 | places[:, 1], scales
