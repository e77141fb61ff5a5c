"""Walks from noise to music that draw at random, whose steps have a likelihood.

A policy gradient needs steps with a probability, and the ODE's have none. So fresh noise is added in every step, and as much of
the old one taken away. Conventions as in `model.sampling.flow`: x_t = (1-t)·x0 + t·e, v = e - x0, t from 1 to 0. From the
prediction v at level t come the music x̂0 = x - t·v and the noise ê = x + (1-t)·v, and the step to the level s < t is

    x_s = (1-s)·x̂0 + √(s² - σ²)·ê + σ·z,   z ~ N(0, 1)
    σ   = η·s·√(1 - r²),   r = (1-t)·s / ((1-s)·t)

the step of Song et al. (2021, *Denoising diffusion implicit models*, equations 12 and 16) on the straight
path. At η = 0 it is Euler's step of the ODE, at η = 1 the ancestral one. For small steps σ² is about 2η²·t/(1-t)·(t-s): the SDE
of Flow-GRPO (Liu et al. 2025, arXiv 2505.05470) with a = √2·η, whose marginals are those of the ODE. Unlike their step
(Euler-Maruyama) it leaves x_s at the noise level s however large the step is, and is finite at t = 1. The last step, to s = 0,
draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Velocity = Callable[[Tensor, float], Tensor]
"""The velocity of `x` `(walks, frames, width)` at a level t."""


@dataclass(frozen=True, slots=True, eq=False)
class WalkStep:
    """A step that was drawn."""

    x: Tensor
    """Where it began, `(walks, frames, width)`."""
    following: Tensor
    """Where it arrived."""
    t: float
    s: float
    log_density: Tensor
    """Of the step, `(walks,)`, by `log_density`."""


def spread(t: float, s: float, eta: float) -> float:
    """The standard deviation σ of the step from level `t` to `s`."""
    if s <= 0.0:
        return 0.0
    kept = 0.0 if t >= 1.0 else (1.0 - t) * s / ((1.0 - s) * t)
    return eta * s * math.sqrt(max(0.0, 1.0 - kept * kept))


def step_mean(x: Tensor, velocity: Tensor, t: float, s: float, eta: float) -> Tensor:
    """The mean of the step from `x` at level `t` to level `s`."""
    music, noise = x - t * velocity, x + (1.0 - t) * velocity
    return (1.0 - s) * music + math.sqrt(max(0.0, s * s - spread(t, s, eta) ** 2)) * noise


def log_density(arrived: Tensor, mean: Tensor, deviation: float) -> Tensor:
    """Logarithm of the Gaussian density at `arrived`, but for a constant, `(walks,)`.

    It is the mean over frames and width, not the sum, as Flow-GRPO takes it: with thousands of numbers every ratio would be 0 or
    infinite.
    """
    return -((arrived - mean).square() / (2.0 * deviation * deviation)).flatten(1).mean(1)


@torch.no_grad()
def walk(
    x: Tensor, levels: Sequence[float], velocity: Velocity, eta: float, rng: torch.Generator
) -> tuple[Tensor, list[WalkStep]]:
    """Walk from the noise `x` along `levels`, which fall from 1 and lack the 0 at their end.

    Returns the music, and the steps that were drawn at random: all but the last.
    """
    steps = []
    for t, s in zip(levels, (*levels[1:], 0.0), strict=True):
        mean, deviation = step_mean(x, velocity(x, t), t, s, eta), spread(t, s, eta)
        arrived = mean
        if deviation > 0.0:
            arrived = mean + deviation * torch.randn(x.shape, generator=rng).to(x)
            steps.append(WalkStep(x, arrived, t, s, log_density(arrived, mean, deviation)))
        x = arrived
    return x, steps
