"""Guidance: how the velocity with the prompt and the one without it make one velocity, as ACE-Step 1.5 does it.

`ProjectedGuidance` is adaptive projected guidance (Sadat et al. 2024, "Eliminating oversaturation…"): the step away from the
unconditional prediction gets a (negative) momentum over the steps, a cap on its norm over time, and loses its component along the
conditional prediction. `AngleGuidance` (Jin et al. 2025, "Angle domain guidance") turns the music that the prompt points to, away
from the music without it, frame by frame. Predictions are velocities `(batch, frames, width)`; guidance is 1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

Rule = Literal["apg", "adg"]
"""Adaptive projected guidance, or angle guidance."""
MOMENTUM = -0.75
NORM_THRESHOLD = 2.5
TIME, WIDTH = 1, 2
"""The axes of norms and projections: over time in projected guidance, over the numbers of a frame in angle guidance."""
MOST_TURN = 3.14 / 6
"""How far angle guidance turns a frame, radians; ACE-Step writes pi in three digits."""
LEAST_ANGLE = 1e-3
"""Sine below which two frames point the same way."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the model says of `x` at level `t`: its velocity with the prompt and without it."""

    conditional: Tensor
    unconditional: Tensor
    x: Tensor
    t: float


class Guidance(Protocol):
    """Guidance over one schedule."""

    def steer(self, told: Predictions) -> Tensor:
        """The guided velocity of a step."""

    def steer_again(self, told: Predictions) -> Tensor:
        """The guided velocity where a step of Heun's arrives."""


def add_momentum(difference: Tensor, average: Tensor | None) -> Tensor:
    """The running average of the differences with `difference` as its newest."""
    return difference if average is None else difference + MOMENTUM * average


def project(conditional: Tensor, average: Tensor, strength: float) -> Tensor:
    """The velocity guided along the `average` difference: capped over time, across the conditional prediction."""
    norm = average.norm(dim=TIME, keepdim=True)
    capped = average * (NORM_THRESHOLD / norm).clamp(max=1.0)
    direction = F.normalize(conditional, dim=TIME)
    across = capped - (capped * direction).sum(TIME, keepdim=True) * direction
    guided: Tensor = conditional + (strength - 1.0) * across
    return guided


def extrapolate(told: Predictions, strength: float) -> Tensor:
    """Plain classifier-free guidance."""
    return told.unconditional + strength * (told.conditional - told.unconditional)


@dataclass(slots=True)
class ProjectedGuidance:
    """Adaptive projected guidance. Holds the running average of the differences."""

    strength: float
    average: Tensor | None = None

    def steer(self, told: Predictions) -> Tensor:
        """The guided velocity; the average moves on."""
        self.average = add_momentum(told.conditional - told.unconditional, self.average)
        return project(told.conditional, self.average, self.strength)

    def steer_again(self, told: Predictions) -> Tensor:
        """Plain guidance, as ACE-Step's Heun has it: the average belongs to the beginnings of steps."""
        return extrapolate(told, self.strength)


@dataclass(frozen=True, slots=True)
class AngleGuidance:
    """Angle guidance."""

    strength: float

    def steer(self, told: Predictions) -> Tensor:
        """The guided velocity at a level above 0."""
        meant, unmeant = (told.x - told.t * velocity for velocity in (told.conditional, told.unconditional))
        return (told.x - turn(meant, unmeant, max(self.strength - 1.0, 0.0) + 1e-3)) / told.t

    def steer_again(self, told: Predictions) -> Tensor:
        """The same; at level 0, where nothing can be turned, plain guidance."""
        return self.steer(told) if told.t > 0.0 else extrapolate(told, self.strength)


def turn(meant: Tensor, unmeant: Tensor, weight: float) -> Tensor:
    """Each frame of `meant` turned away from `unmeant` by `weight` times the angle between them."""
    limit = 1.0 - 1e-6
    angle = F.cosine_similarity(meant, unmeant, dim=WIDTH)[..., None].clamp(-limit, limit).acos()
    turned = (weight * angle).clamp(-MOST_TURN, MOST_TURN)
    difference = meant - unmeant
    along = (difference * unmeant).sum(WIDTH, keepdim=True) / ((unmeant * unmeant).sum(WIDTH, keepdim=True) + 1e-8)
    across = difference - along * unmeant
    sine = angle.sin()
    share = torch.where(sine > LEAST_ANGLE, turned.sin() / sine.clamp(min=LEAST_ANGLE), torch.full_like(sine, weight))
    return turned.cos() * meant + share * across


def make_guidance(rule: Rule, strength: float) -> Guidance:
    """The guidance of one walk."""
    return ProjectedGuidance(strength) if rule == "apg" else AngleGuidance(strength)
