"""What can be chosen about sampling beside steps, guidance and shift: one record for command line, files and engine.

Every default is off or ACE-Step's own, and what is off changes no byte. Levels are noise levels `t`, 1 for noise and 0 for music.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from ...errors import BadInput
from ...recipe import Record, within
from ...wording import write_number

MOST_LEVELS = 500
EDGE = 0.05
"""Seconds over which a repainted part that is exactly framed comes in and goes, inside its window."""


def _numbers(what: str, like: str) -> BeforeValidator:
    """Reads the numbers of a text such as `like`; anything else stays as it is. `what` is named where it is none."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(float(part) for part in value.replace(",", " ").split())
        except ValueError:
            trouble = f"{what}: {value!r} is not a list of numbers"
            raise BadInput(trouble, remedy=f"write numbers and commas, such as {like}") from None

    return BeforeValidator(read)


def _check_interval(value: tuple[float, float]) -> tuple[float, float]:
    low, high = value
    if not 0.0 <= low <= high <= 1.0:
        remedy = "choose two noise levels from 0 to 1, the lower first"
        raise BadInput(f"guidance interval {write_number(low)} to {write_number(high)}", remedy=remedy)
    return value


def _check_levels(levels: tuple[float, ...]) -> tuple[float, ...]:
    falling = all(a > b for a, b in pairwise(levels))
    if not levels or not falling or not (levels[-1] > 0.0 and levels[0] <= 1.0 and len(levels) <= MOST_LEVELS):
        shown = ", ".join(f"{t:g}" for t in levels[:8]) or "nothing"
        remedy = f"noise levels must fall strictly, from at most 1 to above 0, at most {MOST_LEVELS} of them"
        raise BadInput(f"schedule {shown}", remedy=remedy)
    return levels


def _without_zero(value: object) -> object:
    """Levels without the zero that ACE-Step's own lists end with."""
    if isinstance(value, (tuple, list)):
        while value and value[-1] == 0:
            value = value[:-1]
    return value


Levels = Annotated[
    tuple[float, ...], AfterValidator(_check_levels), BeforeValidator(_without_zero), _numbers("schedule", "1,0.8,0.5")
]
Interval = Annotated[tuple[float, float], AfterValidator(_check_interval), _numbers("guidance interval", "0.2,0.9")]
Push = Literal["off", "low", "high", "double", "pix"]
RepaintMode = Literal["exact", "conservative", "balanced", "aggressive"]
"""How what is outside a repaint's window is kept."""
Wavelet = Literal["haar", "db1", "db2", "db3", "db4", "db5", "db6", "db7", "db8", "db9", "db10"]


class SamplingOptions(Record):
    """How a take is sampled, beside steps, guidance and shift."""

    sampler: Literal["euler", "heun", "sde"] = "euler"
    """Solver: euler; heun asks the instrument twice a step; sde draws fresh noise at every step."""
    schedule: Levels | None = None
    """Noise levels to visit, falling, such as 1,0.8,0.5; instead of --steps and --shift."""
    guidance_mode: Literal["apg", "adg"] = "apg"
    """Kind of guidance: apg projects (ACE-Step's default), adg turns by an angle."""
    guidance_interval: Interval = (0.0, 1.0)
    """Lowest and highest noise level that is guided, such as 0.2,0.9."""
    velocity_clamp: Annotated[float, *within("velocity clamp", 0, 10)] = 0.0
    """No step is longer than so many times the latents it starts from; 0 is off, 2 is mild."""
    velocity_ema: Annotated[float, *within("velocity smoothing", 0, 0.95)] = 0.0
    """Share of the step before that is mixed into every step; 0 is off, ACE-Step offers up to 0.5."""
    dcw: Push | None = None
    """Wavelet bands that are corrected after every step (DCW); the variant's own when absent: double on turbo, else off."""
    dcw_scale: Annotated[float, *within("DCW scale", 0, 1)] = 0.05
    """How far DCW pushes; in double, the low band."""
    dcw_high_scale: Annotated[float, *within("DCW high scale", 0, 1)] = 0.02
    """How far DCW pushes the high band in double."""
    dcw_wavelet: Wavelet = "haar"
    """Wavelet of DCW: haar, or one of Daubechies's, db1 to db10."""
    retake_variance: Annotated[float, *within("retake variance", 0, 1)] = 0.0
    """How far the noise of the seed is turned towards another one, 0 to 1; with --batch the seed stays, and the other varies."""
    retake_seed: Annotated[int, *within("retake seed", 0, 2**32 - 1)] | None = None
    """Seed of that other noise; the one after the take's own when absent."""
    latent_rescale: Annotated[float, *within("latent rescale", 0.1, 4)] = 1.0
    """Factor on the finished latents before they are decoded."""
    latent_shift: Annotated[float, *within("latent shift", -2, 2)] = 0.0
    """Number added to them after that."""
