"""Rectified flow between noise and music: schedules, noise and solver steps.

Rectified flow (Liu et al. 2022; Lipman et al. 2023) as ACE-Step 1.5 uses it: `x_t = (1-t)·x0 + t·noise`, velocity
`v = noise - x0`, `t` from 1 (noise) to 0 (music). A schedule is the falling tuple of levels at which the model is asked, without
the final 0. Shift `s` bends an even schedule: `t' = s·t / (1 + (s-1)·t)`. All arrays are `(batch, frames, width)` float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import BadInput
from .arrays import Array
from .numpy_generator import NumpyGenerator

if TYPE_CHECKING:
    import torch

MAX_STEPS = 1000
MAX_SEED = 2**63 - 1


def shift_level(t: float, shift: float) -> float:
    """Level `t` after the shift."""
    return shift * t / (shift * t + (1.0 - t))


def schedule(steps: int, shift: float = 1.0) -> tuple[float, ...]:
    """`steps` levels from 1 downwards, evenly spaced before the shift."""
    if not 1 <= steps <= MAX_STEPS:
        raise BadInput(f"{steps} steps", remedy=f"choose 1 to {MAX_STEPS}")
    if not 0.0 < shift <= 10.0:
        raise BadInput(f"shift {shift:g}", remedy="choose a shift above 0 and up to 10")
    return tuple(shift_level(1.0 - i / steps, shift) for i in range(steps))


TURBO_LEVELS = tuple(sorted({t for shift in (1.0, 2.0, 3.0) for t in schedule(8, shift)}, reverse=True))
"""The levels the distilled variants were trained on: eight steps at shift 1, 2 and 3 (ACE-Step 1.5's turbo tables)."""


def snap_levels(levels: Sequence[float], known: Sequence[float] = TURBO_LEVELS) -> tuple[float, ...]:
    """Each level moved to the nearest of `known`, without repeats, as ACE-Step's turbo code moves levels given by hand."""
    nearest = (min(known, key=lambda level: abs(level - t)) for t in levels)
    return tuple(dict.fromkeys(nearest))


def start_at(levels: Sequence[float], t: float) -> tuple[float, ...]:
    """The part of a schedule below `t`, with `t` itself as its first level."""
    if not 0.0 < t <= 1.0:
        raise BadInput(f"start level {t:g}", remedy="choose a noise level above 0 and up to 1")
    return (float(t), *(level for level in levels if level < t - 1e-6))


def start_near(levels: Sequence[float], t: float) -> tuple[float, ...]:
    """The part of a schedule from its level nearest to `t` on, the higher of two that are as near."""
    first = min(range(len(levels)), key=lambda place: round(abs(levels[place] - t), 9))
    return tuple(levels[first:])


def check_seed(seed: int) -> int:
    """`seed`. Raises `BadInput` for one that no generator takes."""
    if not 0 <= seed <= MAX_SEED:
        raise BadInput(f"seed {seed}", remedy=f"choose a seed from 0 to {MAX_SEED}")
    return seed


def generator(seed: int) -> torch.Generator:
    """The source of all noise of one take: on the CPU, so that every device hears the same. Raises as `check_seed` does."""
    import torch

    return torch.Generator("cpu").manual_seed(check_seed(seed))


def noise(source: torch.Generator | NumpyGenerator, frames: int, width: int) -> Array:
    """Standard normal `(1, frames, width)` float32 on the CPU."""
    if isinstance(source, NumpyGenerator):
        return source.normal(1, frames, width)
    import torch

    return torch.randn(1, frames, width, generator=source, dtype=torch.float32)


def add_noise(x0: Array, noise: Array, t: float) -> Array:
    """Music `x0` at noise level `t`."""
    return (1.0 - t) * x0 + t * noise


def mix_noise(noise: Array, other: Array, variance: float) -> Array:
    """`noise` turned towards `other`, 0 not at all, 1 all the way, along the sphere that both lie on: its spread stays 1."""
    angle = variance * math.pi / 2.0
    return math.cos(angle) * noise + math.sin(angle) * other


def predict_clean(x: Array, velocity: Array, t: float) -> Array:
    """The music that `velocity` at level `t` points to."""
    return x - t * velocity


def ode_step(x: Array, velocity: Array, t: float, following: float) -> Array:
    """Euler's step of the ODE from level `t` to `following`."""
    return x + (following - t) * velocity


def sde_step(x: Array, velocity: Array, t: float, following: float, fresh: Array) -> Array:
    """Step of the SDE: the music pointed to, under `fresh` noise at the level that follows in the schedule."""
    return add_noise(predict_clean(x, velocity, t), fresh, following)
