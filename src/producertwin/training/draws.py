"""Random draws that depend on nothing but a seed and a step.

Whoever needs chance in step n takes it from generators seeded with (seed, n). So a loop's place in its data is its step, there
is no state of generators to keep, and N steps equal N/2, a resume and N/2 bit for bit. Noise is drawn on the CPU: every device
hears the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Draws:
    """The generators of one step."""

    numpy: np.random.Generator
    torch: torch.Generator


def draws(seed: int, step: int) -> Draws:
    """Generators that depend on nothing but seed and step."""
    return Draws(np.random.Generator(np.random.PCG64([seed, step])), torch.Generator().manual_seed(seed * 1_000_003 + step))


def shuffled(count: int, seed: int, epoch: int) -> list[int]:
    """The numbers below `count` in the order of one epoch."""
    order: list[int] = np.random.Generator(np.random.PCG64([seed, epoch, count])).permutation(count).tolist()
    return order
