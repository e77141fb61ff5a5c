"""Guidance: how the velocity with the prompt and the one without it make one velocity, as ACE-Step 1.5 does it.

`ProjectedGuidance` is adaptive projected guidance (Sadat et al. 2024, "Eliminating oversaturation…"): the step away from the
unconditional prediction gets a (negative) momentum over the steps, a cap on its norm over time, and loses its component along the
conditional prediction. `AngleGuidance` (Jin et al. 2025, "Angle domain guidance") turns the music that the prompt points to, away
from the music without it, frame by frame. Predictions are velocities `(batch, frames, width)`; guidance is 1 for none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from .arrays import Array, library_of, norm

Rule = Literal["apg", "adg"]
"""Adaptive projected guidance, or angle guidance."""
MOMENTUM = -0.75
NORM_THRESHOLD = 2.5
TIME, WIDTH = 1, 2
"""The axes of norms and projections: over time in projected guidance, over the numbers of a frame in angle guidance."""
MOST_TURN = 3.14 / 6
"""How far angle guidance turns a frame, radians; ACE-Step writes pi in three digits."""
_TINY, _SMALL = 1e-12, 1e-8
"""Lengths that nothing is divided by less than, in projected and in angle guidance."""
LEAST_ANGLE = 1e-3
"""Sine below which two frames point the same way."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the model says of `x` at level `t`: its velocity with the prompt and without it."""

    conditional: Array
    unconditional: Array
    x: Array
    t: float


class Guidance(Protocol):
    """Guidance over one schedule."""

    def steer(self, told: Predictions) -> Array:
        """The guided velocity of a step."""

    def steer_again(self, told: Predictions) -> Array:
        """The guided velocity where a step of Heun's arrives."""


def add_momentum(difference: Array, average: Array | None) -> Array:
    """The running average of the differences with `difference` as its newest."""
    return difference if average is None else difference + MOMENTUM * average


def project(conditional: Array, average: Array, strength: float) -> Array:
    """The velocity guided along the `average` difference: capped over time, across the conditional prediction."""
    capped = average * (NORM_THRESHOLD / norm(average, TIME)).clip(max=1.0)
    direction = conditional / norm(conditional, TIME).clip(min=_TINY)
    across = capped - (capped * direction).sum(axis=TIME, keepdims=True) * direction
    return conditional + (strength - 1.0) * across


def extrapolate(told: Predictions, strength: float) -> Array:
    """Plain classifier-free guidance."""
    return told.unconditional + strength * (told.conditional - told.unconditional)


@dataclass(slots=True)
class ProjectedGuidance:
    """Adaptive projected guidance. Holds the running average of the differences."""

    strength: float
    average: Array | None = None

    def steer(self, told: Predictions) -> Array:
        """The guided velocity; the average moves on."""
        self.average = add_momentum(told.conditional - told.unconditional, self.average)
        return project(told.conditional, self.average, self.strength)

    def steer_again(self, told: Predictions) -> Array:
        """Plain guidance, as ACE-Step's Heun has it: the average belongs to the beginnings of steps."""
        return extrapolate(told, self.strength)


@dataclass(frozen=True, slots=True)
class AngleGuidance:
    """Angle guidance."""

    strength: float

    def steer(self, told: Predictions) -> Array:
        """The guided velocity at a level above 0."""
        meant, unmeant = (told.x - told.t * velocity for velocity in (told.conditional, told.unconditional))
        return (told.x - turn(meant, unmeant, max(self.strength - 1.0, 0.0) + 1e-3)) / told.t

    def steer_again(self, told: Predictions) -> Array:
        """The same; at level 0, where nothing can be turned, plain guidance."""
        return self.steer(told) if told.t > 0.0 else extrapolate(told, self.strength)


def turn(meant: Array, unmeant: Array, weight: float) -> Array:
    """Each frame of `meant` turned away from `unmeant` by `weight` times the angle between them."""
    library, limit = library_of(meant), 1.0 - 1e-6
    directions = (x / norm(x, WIDTH).clip(min=_SMALL) for x in (meant, unmeant))
    angle = library.arccos(math.prod(directions).sum(axis=WIDTH, keepdims=True).clip(-limit, limit))
    turned = (weight * angle).clip(-MOST_TURN, MOST_TURN)
    difference = meant - unmeant
    along = (difference * unmeant).sum(axis=WIDTH, keepdims=True) / ((unmeant * unmeant).sum(axis=WIDTH, keepdims=True) + 1e-8)
    across = difference - along * unmeant
    sine = library.sin(angle)
    share = library.where(sine > LEAST_ANGLE, library.sin(turned) / sine.clip(min=LEAST_ANGLE), library.full_like(sine, weight))
    return library.cos(turned) * meant + share * across


def make_guidance(rule: Rule, strength: float) -> Guidance:
    """The guidance of one walk."""
    return ProjectedGuidance(strength) if rule == "apg" else AngleGuidance(strength)
