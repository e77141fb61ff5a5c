"""From the model's predictions to the velocity of a step, in ACE-Step's order: guidance, clamp, smoothing.

The clamp keeps a velocity from being longer than so many times the latents it moves; smoothing mixes it with the one of the step
before (an exponential moving average). Both are off by default. Arrays are `(batch, frames, width)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import Array, norm
from .guidance import Guidance, Predictions


def clamp(velocity: Array, x: Array, most: float) -> Array:
    """`velocity`, in each take at most `most` times as long as `x`; norms run over frames and width. 0 is off."""
    if most <= 0.0:
        return velocity
    reach = norm(x, (1, 2)) / norm(velocity, (1, 2))
    return velocity * (most * reach).clip(max=1.0)


def mix(velocity: Array, before: Array | None, share: float) -> Array:
    """`velocity` with a `share` of the one `before`; the first step has none."""
    return velocity if before is None or share <= 0.0 else (1.0 - share) * velocity + share * before


@dataclass(slots=True)
class Steering:
    """How the velocities of one walk are steered. Holds what the next step needs of this one."""

    guidance: Guidance
    clamp: float = 0.0
    ema: float = 0.0
    before: Array | None = None
    """The velocity that the step before went by."""

    def steer(self, found: tuple[Array, ...], x: Array, t: float) -> Array:
        """The velocity of a step from `x` at level `t`; `found` is conditional, or conditional and unconditional if guided."""
        guided = found[0] if len(found) == 1 else self.guidance.steer(Predictions(found[0], found[1], x, t))
        self.before = mix(clamp(guided, x, self.clamp), self.before, self.ema)
        return self.before

    def steer_again(self, found: tuple[Array, ...], x: Array, t: float, first: Array) -> Array:
        """The mean of a step's `first` velocity and of the one where it arrives, at `x` and level `t`."""
        guided = found[0] if len(found) == 1 else self.guidance.steer_again(Predictions(found[0], found[1], x, t))
        self.before = (first + mix(clamp(guided, x, self.clamp), first, self.ema)) / 2.0
        return self.before
