"""Random number generators that depend on nothing but a seed and a step.

Everything random in step n is drawn from generators seeded with (seed, n). So a loop's place in its data is its step, no state of
a generator has to be kept, and N steps equal N/2, a resume and N/2 bit for bit. Noise is drawn on the CPU, so that every device
gets the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class StepRng:
    """The generators of one step."""

    numpy: np.random.Generator
    torch: torch.Generator


def make_rng(seed: int, step: int) -> StepRng:
    """Make the generators of `step`, which depend on nothing but seed and step."""
    return StepRng(np.random.Generator(np.random.PCG64([seed, step])), torch.Generator().manual_seed(seed * 1_000_003 + step))


def shuffle(count: int, seed: int, epoch: int) -> list[int]:
    """Shuffle the numbers below `count` into the order of one epoch."""
    order: list[int] = np.random.Generator(np.random.PCG64([seed, epoch, count])).permutation(count).tolist()
    return order
