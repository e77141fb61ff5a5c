"""What an adapter does to one linear layer: the change of its output, and the numbers that make it.

A LoRA adds `s · B(A(x))` (Hu et al. 2021), s = α/r, or α/√r when rank-stabilised (Kalajdzievski 2023). A DoRA also gives
every row of the changed weight a learned norm m: `W' = m · (W + s·BA) / ‖W + s·BA‖` (Liu et al. 2024, equation 5). A LoKr adds
`s · (w1 ⊗ w2) x`, either factor possibly a product of two (Yeh et al. 2024). `A` is `(rank, in)`, `B` `(out, rank)`, m `(out,)`.

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
        if self.magnitude is None:
            finished = up.to(weight)
            return lambda x, _: F.linear(F.linear(x, down), finished)
        changed = weight.float() + up @ self.down.to(weight.device, torch.float32)
        gain = self.magnitude.to(changed) / torch.linalg.norm(changed, dim=1)
        finished, more = (gain[:, None] * up).to(weight), (gain - 1).to(weight)
        return lambda x, plain: torch.addcmul(F.linear(F.linear(x, down), finished), more, plain)


@dataclass(frozen=True, slots=True, eq=False)
class Lokr:
    """A change that is a Kronecker product."""

    parts: State
    """`lokr_w1` and `lokr_w2`, or the two factors of one under its name with `_a` and `_b`."""
    alpha: float
    rank: int
    """What alpha is divided by; of no meaning for the shapes of whole factors."""

    @property
    def scaling(self) -> float:
        """What the product is multiplied by."""
        return self.alpha / self.rank

    @property
    def whole(self) -> bool:
        """Whether neither factor is a product itself: then only a config can tell the rank."""
        return "lokr_w1" in self.parts and "lokr_w2" in self.parts

    @property
    def shape(self) -> tuple[int, int]:
        """Width out and in of the layer it was made for."""
        first, second = self.factor("lokr_w1").shape, self.factor("lokr_w2").shape
        return int(first[0] * second[0]), int(first[1] * second[1])

    @property
    def tensors(self) -> State:
        """Its tensors under the names a PEFT file gives them."""
        return dict(self.parts)

    def factor(self, name: str) -> Tensor:
        """One of the two factors, float32."""
        if name in self.parts:
            return self.parts[name].float()
        return self.parts[f"{name}_a"].float() @ self.parts[f"{name}_b"].float()

    @property
    def norm(self) -> float:
        """Frobenius norm of what is added to the weight."""
        return self.scaling * float(self.factor("lokr_w1").norm() * self.factor("lokr_w2").norm())

    def change_for(self, weight: Tensor) -> Change:
        """The change of a layer with this `weight`; the product is never written out."""
        first, second = (self.scaling * self.factor("lokr_w1")).to(weight), self.factor("lokr_w2").to(weight)
        sides = (first.shape[1], second.shape[1])

        def change(x: Tensor, _: Tensor) -> Tensor:
            return torch.matmul(first, F.linear(x.reshape(*x.shape[:-1], *sides), second)).flatten(-2)

        return change


Delta = Lora | Lokr
