"""What an adapter does to one layer: the change of a linear layer's output, and the numbers that make it.

A LoRA adds `s · B(A(x))` (Hu et al. 2021), s = α/r, or α/√r when rank-stabilised (Kalajdzievski 2023). A DoRA also gives
every row of the changed weight a learned norm m: `W' = m · (W + s·BA) / ‖W + s·BA‖` (Liu et al. 2024, equation 5). A LoKr adds
`s · (w1 ⊗ w2) x`, either factor possibly a product of two (Yeh et al. 2024). `A` is `(rank, in)`, `B` `(out, rank)`, m `(out,)`.
LyCORIS decomposes a LoKr in the same way, and gives every row its length (m `(out,)`) or every column (m `(1, in)`, its
`wd_on_out=False` and its only way before); the second makes `W' = (W + D) · m / ‖W + D‖` column by column.

A change is always the difference to the plain layer, so that changes can be weighted and added up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..weights import State

Change = Callable[[Tensor, Tensor], Tensor]
"""What a placed delta computes: input and plain output (without its bias) to the change of the output."""
NEAR = 5e-3
"""Relative difference that rounding to bfloat16 makes of a length."""


def lengths(weight: Tensor, magnitude: Tensor) -> Tensor:
    """The lengths of the rows or columns of `weight`, float32, of the shape of `magnitude`: `(out,)` or `(1, in)`."""
    sides = weight.float() if magnitude.ndim == 1 else weight.float().transpose(0, 1)
    found: Tensor = torch.linalg.norm(sides.flatten(1), dim=1)
    return found if magnitude.ndim == 1 else found[None]


def is_idle(delta: Delta, weight: Tensor | None) -> bool:
    """Whether `delta` leaves a layer as it is: its product is zero, and so is the change of the lengths of `weight`."""
    if delta.norm > 0.0:
        return False
    if delta.magnitude is None:
        return True
    if weight is None or weight.ndim < 2 or weight.shape[delta.magnitude.ndim - 1] != delta.magnitude.numel():
        return False
    own = lengths(weight, delta.magnitude)
    return torch.allclose(delta.magnitude.to(own), own, rtol=NEAR, atol=0.0)


def _decompose(weight: Tensor, dense: Tensor, magnitude: Tensor, product: Change) -> Change:
    """The change of a layer whose rows or columns are given the lengths `magnitude`, after the `dense` change of its weight.

    `product` applies that change to an input without writing it out.
    """
    changed = weight.float() + dense
    gain = magnitude.to(changed) / lengths(changed, magnitude)
    times, more = gain.to(weight), (gain - 1).to(weight)
    if magnitude.ndim == 1:
        return lambda x, plain: torch.addcmul(product(x, plain) * times, more, plain)
    return lambda x, plain: product(x * times[0], plain) + F.linear(x * more[0], weight)


@dataclass(frozen=True, slots=True, eq=False)
class Lora:
    """A low-rank change, with a learned norm of every row when `magnitude` is there."""

    down: Tensor
    """A."""
    up: Tensor
    """B."""
    alpha: float
    stabilised: bool = False
    magnitude: Tensor | None = None
    """Learned lengths of the rows `(out,)` or, by LyCORIS, the columns `(1, in)`."""

    @property
    def rank(self) -> int:
        """Rows of A."""
        return int(self.down.shape[0])

    @property
    def scaling(self) -> float:
        """What the product is multiplied by."""
        return self.alpha / (self.rank**0.5 if self.stabilised else self.rank)

    @property
    def shape(self) -> tuple[int, int]:
        """Width out and in of the layer it was made for."""
        return int(self.up.shape[0]), int(self.down.shape[1])

    @property
    def tensors(self) -> State:
        """Its tensors under the names a PEFT file gives them."""
        found = {"lora_A.weight": self.down, "lora_B.weight": self.up}
        return found if self.magnitude is None else found | {"lora_magnitude_vector": self.magnitude}

    @property
    def norm(self) -> float:
        """Frobenius norm of what is added to the weight (of a DoRA: before its rows are given their length)."""
        up, down = self.up.double(), self.down.double()
        return self.scaling * float(((up.T @ up) * (down @ down.T)).sum().clamp(min=0).sqrt())

    def change_for(self, weight: Tensor) -> Change:
        """The change of a layer with this `weight`, in its precision and on its device."""
        down, up = self.down.to(weight), self.up.to(weight.device, torch.float32) * self.scaling
        finished = _finite(up.to(weight))
        if self.magnitude is None:
            return lambda x, _: F.linear(F.linear(x, down), finished)
        dense = up @ self.down.to(weight.device, torch.float32)
        if self.magnitude.ndim == 2:
            return _decompose(weight, dense, self.magnitude, lambda x, _: F.linear(F.linear(x, down), finished))
        changed = weight.float() + dense
        gain = self.magnitude.to(changed) / torch.linalg.norm(changed, dim=1)
        finished, more = _finite((gain[:, None] * up).to(weight)), _finite((gain - 1).to(weight))
        return lambda x, plain: torch.addcmul(F.linear(F.linear(x, down), finished), more, plain)


@dataclass(frozen=True, slots=True, eq=False)
class Lokr:
    """A change that is a Kronecker product."""

    parts: State
    """`lokr_w1` and `lokr_w2`, or the two factors of one under its name with `_a` and `_b`; a convolution's second factor may
    have a core between them, `lokr_t2`."""
    alpha: float
    rank: int
    """What alpha is divided by; of no meaning for the shapes of whole factors."""
    magnitude: Tensor | None = None
    """Learned lengths of the rows `(out,)` or the columns `(1, in)`, where it is decomposed."""

    @property
    def scaling(self) -> float:
        """What the product is multiplied by."""
        return self.alpha / self.rank

    @property
    def whole(self) -> bool:
        """Whether neither factor is a product itself: then only a config can tell the rank."""
        return "lokr_w1" in self.parts and "lokr_w2" in self.parts

    @property
    def shape(self) -> tuple[int, ...]:
        """Width out and in of the layer it was made for, and the size of its kernel where that is a convolution."""
        first, second = self.factor("lokr_w1").shape, self.factor("lokr_w2").shape
        return int(first[0] * second[0]), int(first[1] * second[1]), *second[2:]

    @property
    def tensors(self) -> State:
        """Its tensors under the names LyCORIS and PEFT give them; PEFT knows no `dora_scale` of a LoKr."""
        if self.magnitude is None:
            return dict(self.parts)
        return dict(self.parts) | {"dora_scale": self.magnitude[:, None] if self.magnitude.ndim == 1 else self.magnitude}

    def factor(self, name: str) -> Tensor:
        """One of the two factors, float32."""
        if name in self.parts:
            return self.parts[name].float()
        if f"lokr_t{name[-1]}" in self.parts:
            core, outer, inner = (self.parts[part].float() for part in (f"lokr_t{name[-1]}", f"{name}_a", f"{name}_b"))
            return torch.einsum("ij...,ip,jr->pr...", core, outer, inner)
        return self.parts[f"{name}_a"].float() @ self.parts[f"{name}_b"].float()

    @property
    def norm(self) -> float:
        """Frobenius norm of what is added to the weight."""
        return self.scaling * float(self.factor("lokr_w1").norm() * self.factor("lokr_w2").norm())

    def change_for(self, weight: Tensor) -> Change:
        """The change of a layer with this `weight`; the product is never written out."""
        first, second = _finite((self.scaling * self.factor("lokr_w1")).to(weight)), _finite(self.factor("lokr_w2").to(weight))
        sides = (first.shape[1], second.shape[1])

        def change(x: Tensor, _: Tensor) -> Tensor:
            return torch.matmul(first, F.linear(x.reshape(*x.shape[:-1], *sides), second)).flatten(-2)

        if self.magnitude is None:
            return change
        dense = self.scaling * torch.kron(self.factor("lokr_w1"), self.factor("lokr_w2")).to(weight.device)
        return _decompose(weight, dense, self.magnitude, change)


def _finite(placed: Tensor) -> Tensor:
    """`placed` as it is. Raises `OverflowError` where its precision cannot hold it."""
    if not torch.isfinite(placed).all():
        raise OverflowError
    return placed


Delta = Lora | Lokr


def is_dora(delta: Delta) -> bool:
    """Whether it is a DoRA as PEFT has it: a LoRA that gives every row its length."""
    return isinstance(delta, Lora) and delta.magnitude is not None and delta.magnitude.ndim == 1
