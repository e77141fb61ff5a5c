"""The optimizer of every training: AdamW (Loshchilov & Hutter 2019), its rate over the steps, and its state by names.

Names are those of the weights, so that a checkpoint does not depend on the order of parameters. A running average of weights
(Polyak & Juditsky 1992) forgets faster in the beginning, when the weights still move fast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import torch
from torch import Tensor, nn

from ..errors import Unavailable

LOWEST: Final = 0.05
"""Share of the peak rate at which a cosine ends."""
BETAS: Final = (0.9, 0.99)
Weights = Mapping[str, nn.Parameter]


def warm_up(step: int, warmup: int) -> float | None:
    """Share of the peak rate while it rises; None after the warm-up."""
    return (step + 1) / warmup if step < warmup else None


def cosine(step: int, warmup: int, steps: int) -> float:
    """Share of the peak rate at `step`: it rises over `warmup` steps, then falls along a cosine to a twentieth."""
    rising = warm_up(step, warmup)
    if rising is not None:
        return rising
    share = (step - warmup) / max(1, steps - warmup)
    return LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * min(1.0, share)))


def adamw(weights: Weights, rate: float, decay: float, *, eight_bit: bool = False) -> torch.optim.Optimizer:
    """AdamW with decay on matrices only; `eight_bit` keeps its moments in 8 bits. Raises `Unavailable` without bitsandbytes."""
    groups = [
        {"params": [p for p in weights.values() if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in weights.values() if p.ndim < 2], "weight_decay": 0.0},
    ]
    filled = [group for group in groups if group["params"]]
    if not eight_bit:
        return torch.optim.AdamW(filled, lr=rate, betas=BETAS, eps=1e-8, fused=True)
    try:
        kind = import_module("bitsandbytes.optim").AdamW8bit
    except ImportError:
        remedy = "pip install bitsandbytes, or take --set optimizer.kind=adamw"
        raise Unavailable("8-bit AdamW needs the package bitsandbytes, which is not here", remedy=remedy) from None
    found: torch.optim.Optimizer = kind(filled, lr=rate, betas=BETAS, eps=1e-8)
    return found


def moments(optimizer: torch.optim.Optimizer, weights: Weights) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The optimizer's state: tensors under `optimizer.KEY.WEIGHT`, and its plain numbers under the same names."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}
    for name, weight in weights.items():
        for key, value in optimizer.state.get(weight, {}).items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{key}.{name}"] = value
            else:
                numbers[f"optimizer.{key}.{name}"] = value
    return tensors, numbers


def restore(
    optimizer: torch.optim.Optimizer, weights: Weights, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any] | None = None
) -> None:
    """Put `optimizer` where `moments` found it."""
    optimizer.state.clear()
    for dotted, value in {**tensors, **(numbers or {})}.items():
        kind, _, rest = dotted.partition(".")
        key, _, name = rest.partition(".")
        if kind == "optimizer" and name in weights:
            weight = weights[name]
            mine = value.to(weight.device, copy=True) if isinstance(value, Tensor) else value
            optimizer.state[weight][key] = mine


def clip(weights: Weights, most: float) -> Tensor:
    """Scale the gradients so that their norm is at most `most`; returns the norm it was."""
    return nn.utils.clip_grad_norm_(list(weights.values()), most)


@torch.no_grad()
def update_average(average: Mapping[str, Tensor], weights: Weights, decay: float, step: int) -> None:
    """Let `average` follow `weights` after `step`."""
    now = min(decay, (step + 1) / (step + 10))
    torch._foreach_lerp_(list(average.values()), [p.detach() for p in weights.values()], 1 - now)
