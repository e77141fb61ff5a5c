"""What the instrument is asked for, and what it gives back.

Conventions: audio is float32 `(2, samples)` at 48 kHz; latents are float32 `(frames, 64)` at 25 per second (`tiny` has 4 numbers
per frame); `t` is the noise level of flow matching, 1 for noise and 0 for music; times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...music import Key
from ..tasks import Task

Samples = NDArray[np.float32]
"""Audio `(2, samples)` at 48 kHz."""
Latents = NDArray[np.float32]
"""Latents `(frames, 64)` at 25 per second."""


@dataclass(frozen=True, slots=True)
class Metas:
    """The musical facts a prompt states; None leaves a fact out."""

    bpm: float | None = None
    key: Key | None = None
    meter: int | None = None
    language: str = "unknown"

    @classmethod
    def of(cls, bpm: float | None, key: str | None, meter: int | None, language: str = "unknown") -> Metas:
        """The facts of a record, which writes its key as text. Raises `BadInput` for a text that is no key."""
        return cls(bpm, Key.parse(key) if key else None, meter, language)


@dataclass(frozen=True, slots=True)
class InputSound:
    """A sound handed to the instrument: as audio, as latents of the same variant, or both (then they must agree)."""

    audio: Samples | None = None
    latents: Latents | None = None


@dataclass(frozen=True, slots=True)
class StartPoint:
    """Where denoising begins when not from pure noise: `sound` re-noised to level `t` (refine, guide tracks)."""

    sound: InputSound
    t: float
    on_beat: bool = False
    """Whether the sound begins on a bar and keeps the tempo of the request's metas."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. None takes the variant's own default."""

    steps: int | None = None
    guidance: float | None = None
    shift: float | None = None
    schedule: tuple[float, ...] | None = None
    """Noise levels to visit, strictly falling, without the final 0; overrides `steps` and `shift`. The first may be below 1: the
    noise is then taken for a sound at that level, as ACE-Step does."""
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    """Guidance applies where t lies inside."""
    sampler: Literal["ode", "sde"] = "ode"


@dataclass(frozen=True, slots=True)
class Request:
    """One take to make."""

    caption: str
    seconds: float
    """Length of a text2music take. Tasks with a source last as long as it, or to the end of a repaint's window."""
    seed: int
    task: Task = Task.TEXT2MUSIC
    lyrics: str = ""
    """Empty means instrumental."""
    metas: Metas = field(default_factory=Metas)
    sampling: Sampling = field(default_factory=Sampling)
    source: InputSound | None = None
    """The source of cover, repaint, extract, lego and complete."""
    window: tuple[float, float] | None = None
    """Repaint: the seconds to repaint; may reach past the end of the source."""
    match: bool = True
    """Repaint: whether level and spectrum of the new part follow the sound beside the window."""
    stems: tuple[str, ...] = ()
    """Extract and lego: the one stem; complete: the stems to add."""
    start: StartPoint | None = None
    reference: Samples | None = None
    """Audio whose timbre to take."""
    cover_strength: float = 1.0
    """Cover: the share of steps under the cover condition; the rest continue as text2music over silence."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One finished take: its latents, its audio, and the schedule it was sampled with."""

    latents: Latents
    audio: Samples
    seed: int
    schedule: tuple[float, ...]
    guidance: float
    warnings: tuple[str, ...] = ()
