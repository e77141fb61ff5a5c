"""What the instrument is asked for, and what it gives back.

Conventions: audio is float32 `(2, samples)` at 48 kHz; latents are float32 `(frames, 64)` at 25 per second (`tiny` has 4 numbers
per frame); `t` is the noise level of flow matching, 1 for noise and 0 for music; times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...music import Key
from ..tasks import Task
from .code_text import Codes
from .form import Sections
from .options import SamplingOptions
from .repainting import EXACT, Repainting
from .singing import Sung

Samples = NDArray[np.float32]
"""Audio `(2, samples)` at 48 kHz."""
Latents = NDArray[np.float32]
"""Latents `(frames, 64)` at 25 per second."""
Follow = Literal["codes", "latents"]
"""What of its source a cover hears."""


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
    samples: int | None = None
    """Length of the audio where latents alone are handed over; None is that of all their frames."""


@dataclass(frozen=True, slots=True)
class StartPoint:
    """Where denoising begins when not from pure noise: `sound` re-noised to level `t` (refine, guide tracks)."""

    sound: InputSound
    t: float
    on_beat: bool = False
    """Whether the sound begins on a bar and keeps the tempo of the request's metas, but for its `tempi`."""
    tempi: tuple[tuple[float, float], ...] = ()
    """Beats from which the sound has another tempo, and that."""


class Sampling(SamplingOptions):
    """How to sample. None takes the variant's own default."""

    steps: int | None = None
    """Denoising steps."""
    guidance: float | None = None
    """Strength of guidance; 1 is none."""
    shift: float | None = None
    """Shift of the schedule."""


@dataclass(frozen=True, slots=True)
class Morph:
    """What a sound is said to be, so that only what the request says otherwise is changed (flow-edit)."""

    sound: InputSound
    caption: str
    """Of the sound as it is; the request's own is of what it becomes."""
    lyrics: str = ""
    begin: float = 0.0
    """Share of the steps that are left out: the more, the closer it stays."""
    end: float = 1.0
    """Share of the steps after which the walk goes on from what was reached, under the request alone."""
    draws: int = 1
    """Noises over which every step's change is averaged."""


@dataclass(frozen=True, slots=True)
class Request:
    """One take to make."""

    caption: str
    seconds: float
    """Length of a text2music take. Tasks with a source last as long as it, or to the end of a repaint's last window."""
    seed: int
    task: Task = Task.TEXT2MUSIC
    lyrics: str = ""
    """Empty means instrumental."""
    metas: Metas = field(default_factory=Metas)
    sampling: Sampling = field(default_factory=Sampling)
    source: InputSound | None = None
    """The source of cover, repaint, extract, lego and complete."""
    windows: tuple[tuple[float, float], ...] = ()
    """Repaint and lego: the seconds to play anew or to add a stem to, in their order; a repaint may reach past the end."""
    match: bool = True
    """Repaint: whether level and spectrum of a new part follow the sound beside its window."""
    stems: tuple[str, ...] = ()
    """Extract and lego: the one stem; complete: the stems to add."""
    start: StartPoint | None = None
    sections: Sections = ()
    """Text2music: the form, for an instrument that hears it; empty leaves it open."""
    sung: Sung = ()
    """Text2music: the syllables of the lyrics, for an instrument that hears them; empty where nobody sings."""
    references: tuple[Samples, ...] = ()
    """Audio whose timbre to take; of several each is heard for itself."""
    cover_strength: float = 1.0
    """Cover: the share of steps under the cover condition; the rest continue as text2music over silence."""
    cover_noise: float = 0.0
    """Cover: above 0 the walk begins from the source at the schedule's level nearest to 1 - `cover_noise`."""
    codes: Codes = ()
    """Cover: audio codes to follow instead of the source's own, which then may be missing."""
    follow: Follow = "codes"
    """Cover: what of the source is heard, its 5 Hz codes or its very latents (`cover-nofsq`)."""
    repaint: Repainting = EXACT
    """Repaint: how what is outside the windows is kept."""
    morph: Morph | None = None
    """Text2music: the sound that is changed, and what it is."""
    global_caption: str = ""
    """Of the whole song, where the caption is of one stem; for the variants that were trained on both."""


@dataclass(frozen=True, slots=True)
class LyricTimes:
    """A lyric in time."""

    lines: tuple[tuple[float, str], ...]
    """Second at which each line begins, and its words."""
    score: float
    """How plainly the lyric is followed in the finished take, 0 to 1."""
    score_from_noise: float
    """The same before there is a take: how plainly condition and context alone lead along the lyric."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One finished take: its latents, its audio, and the schedule it was sampled with."""

    latents: Latents
    audio: Samples
    """`(2, 0)` where it was not to be decoded."""
    seed: int
    schedule: tuple[float, ...]
    guidance: float
    warnings: tuple[str, ...] = ()
    lyric_times: LyricTimes | None = None
    """None where nobody sings."""
    samples: int = 0
    """Length of the audio, decoded or not."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each part of the work took: `prepare`, `denoise` and `decode`; a pass of several takes is shared evenly."""
