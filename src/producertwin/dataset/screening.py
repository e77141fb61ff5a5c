"""Screening: which recordings are fit to learn from, cut and levelled as the profile asks.

The checks read the sound as it came; only what passes is cut, then its sample peak brought to the profile's. Silence before and
after the music goes, but for a breath. What is too long is cut at the quietest place of its last stretch, with a fade, so that no
note is cut in two. Every verdict is a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from ..audio import edits, levels
from ..audio.clipping import ClippingReading
from ..audio.samples import Samples, finite
from ..errors import BadInput
from ..recipe import Record, load
from ..timebase import SAMPLE_RATE, samples_of
from .quality import Quality, quality


class Reason(StrEnum):
    """Why a recording is rejected. Those of a file that cannot be decoded are `audio.sandbox`'s."""

    TOO_SHORT = "too_short"
    EXCESSIVE_CLIPPING = "excessive_clipping"
    EXCESSIVE_SILENCE = "excessive_silence"
    EMPTY = "empty"
    CORRUPT = "corrupt"
    TRUNCATED = "truncated"
    NOT_AUDIO = "not_audio"
    NAN = "nan"
    TOO_LONG_TO_DECODE = "too_long_to_decode"
    TOO_MANY_CHANNELS = "too_many_channels"
    UNSUPPORTED_RATE = "unsupported_rate"
    TIMEOUT = "timeout"
    TOO_MUCH_MEMORY = "too_much_memory"
    OVERSIZED = "oversized"
    UNREADABLE = "unreadable"


MEANINGS: Final = {
    Reason.TOO_SHORT: "shorter than the profile's least length",
    Reason.EXCESSIVE_CLIPPING: "more of its samples lie in flat tops than the profile bears, at whatever level",
    Reason.EXCESSIVE_SILENCE: "more of its 400 ms blocks are silent than the profile bears",
    Reason.EMPTY: "it holds no samples",
    Reason.CORRUPT: "its data cannot be decoded",
    Reason.TRUNCATED: "its data end before its header says",
    Reason.NOT_AUDIO: "it is no sound file, whatever it is called",
    Reason.NAN: "it holds numbers that are not finite",
    Reason.TOO_LONG_TO_DECODE: "it is longer than is decoded, whatever its header says",
    Reason.TOO_MANY_CHANNELS: "it has more channels than are decoded",
    Reason.UNSUPPORTED_RATE: "its sample rate is out of range",
    Reason.TIMEOUT: "decoding took too long and was stopped",
    Reason.TOO_MUCH_MEMORY: "decoding asked for too much memory and was stopped",
    Reason.OVERSIZED: "the file is larger than its sound explains",
    Reason.UNREADABLE: "the file cannot be opened",
}
"""What each reason says, in words."""


SILENT: Final = 1e-3
"""Level under the loudest block at which one is silent: -60 dB."""
BREATH: Final = 0.25
"""Seconds of silence that stay before and after the music, and least seconds that are worth a cut."""


class Profile(Record):
    """What is asked of a recording."""

    name: str
    """Its own name."""
    shortest: float = Field(30.0, gt=0.0)
    """Least seconds."""
    longest: float = Field(240.0, gt=0.0)
    """Most seconds; what is longer is cut."""
    clip: float | None = Field(None, gt=0.0)
    """Seconds of the clips it is cut into; None keeps it whole."""
    shortest_clip: float = Field(1.0, gt=0.0)
    """Least seconds of the last clip."""
    clipped_share: float = Field(1e-3, ge=0.0, le=1.0)
    """Most samples in flat tops."""
    silence_share: float = Field(0.5, ge=0.0, le=1.0)
    """Most of its 400 ms blocks that may be silent."""
    peak_db: float = Field(-1.0, le=0.0)
    """Sample peak of what is kept, dBFS."""
    fade: float = Field(0.5, gt=0.0, le=10.0)
    """Seconds of the fade where it was cut."""
    look_back: float = Field(8.0, gt=0.0)
    """Seconds before the longest length in which the quietest place is looked for."""

    def __str__(self) -> str:
        return self.name

    @model_validator(mode="after")
    def _fits(self) -> Profile:
        if self.shortest > self.longest:
            raise ValueError("shortest is longer than longest")
        if self.look_back + self.fade >= self.longest:
            raise ValueError("look_back and fade leave nothing of longest")
        return self


LOFI: Final = Profile(name="lofi")
TWIN_BEAT: Final = Profile(name="twin-beat", shortest=1.0, longest=3_600.0, clip=15.0)
PROFILES: Final = {profile.name: profile for profile in (LOFI, TWIN_BEAT)}
"""The shipped profiles, by name."""


def profile_of(text: object) -> object:
    """The profile that `text` names, or that stands in the TOML file at this path; what is no text is given back."""
    if not isinstance(text, str):
        return text
    if text in PROFILES:
        return PROFILES[text]
    if text.endswith(".toml"):
        return load(Profile, Path(text))
    raise BadInput(f"no profile {text!r}", remedy=f"choose {', '.join(PROFILES)}, or name a TOML file of one")


NamedProfile = Annotated[Profile, BeforeValidator(profile_of)]


class ScreeningResult(Record):
    """What screening says of one recording."""

    accepted: bool
    reason: Reason | None = None
    detail: str = ""
    """The reason's figure, in words."""
    quality: Quality | None = None
    """None for what could not be decoded, or holds nothing."""
    seconds: float = 0.0
    """Length as it came."""
    start: float = 0.0
    """Second at which what is kept begins, after the silence before it."""
    end: float | None = None
    """Second at which it was cut; None keeps it to its end."""
    fade: float | None = None
    """Seconds of the fade that ends there; None where it is whole, or silent."""
    gain: float | None = None
    """Decibels by which what is kept was turned up; None where nothing was prepared."""

    @property
    def kept_seconds(self) -> float:
        """Length of what is kept."""
        return (self.seconds if self.end is None else self.end) - self.start

    @property
    def is_trimmed(self) -> bool:
        """Whether less is kept than there was."""
        return self.start > 0.0 or self.end is not None

    @property
    def is_undecodable(self) -> bool:
        """Whether there was no sound to judge."""
        return self.reason is not None and self.quality is None


@dataclass(frozen=True, slots=True)
class PreparedSound:
    """A verdict and, where it is accepted, what will be learned from: one piece, or clips, which `verdict.gain` levels."""

    verdict: ScreeningResult
    clips: tuple[Samples, ...] = ()


def screen(sound: Samples, profile: Profile, clipping: ClippingReading | None = None) -> PreparedSound:
    """Judge `sound` (2, n) at 48 kHz by `profile`; `clipping` was measured at its file's own rate, of `sound` where absent."""
    seconds = sound.shape[1] / SAMPLE_RATE
    if not sound.size:
        return PreparedSound(_reject(Reason.EMPTY, "it holds no samples"))
    if not finite(sound):
        return PreparedSound(_reject(Reason.NAN, "it holds numbers that are not finite", seconds=seconds))
    graded = quality(sound, clipping)
    fault = _fault(graded, seconds, profile)
    if fault is not None:
        reason, detail = fault
        return PreparedSound(_reject(reason, detail, quality=graded, seconds=seconds))
    start, last = find_music(sound)
    end, fade = (None if last >= seconds else last), None
    if last - start > profile.longest:
        end, fade = start + quiet_place(sound[:, samples_of(start) :], profile), profile.fade
    kept = shorten(sound, end, fade, start=start)
    gain = profile.peak_db - levels.sample_peak_db(kept) if kept.any() else 0.0
    verdict = ScreeningResult(accepted=True, quality=graded, seconds=seconds, start=start, end=end, fade=fade, gain=gain)
    return PreparedSound(verdict, cut_clips(kept, profile))


def shorten(sound: Samples, end: float | None, fade: float | None, *, start: float = 0.0) -> Samples:
    """`sound` from the second `start` to `end`, after a fade of `fade` seconds there; to its end without one."""
    part = sound if end is None else edits.fade(edits.trim(sound, 0.0, end), fade_out=fade or 0.0)
    return part[:, samples_of(start) :]


def find_music(sound: Samples) -> tuple[float, float]:
    """Second at which what is not silent begins and ends, a breath before and after it kept; the whole where little is silent.

    A block of 50 ms is silent at -60 dB under the loudest.
    """
    block = samples_of(0.05)
    count = sound.shape[1] // block
    blocks = sound[:, : count * block].reshape(len(sound), count, block)
    peaks = np.maximum(blocks.max(axis=2), -blocks.min(axis=2)).max(axis=0)
    loud = np.flatnonzero(peaks > SILENT * peaks.max(initial=0.0))
    seconds = sound.shape[1] / SAMPLE_RATE
    if not len(loud):
        return 0.0, seconds
    start, end = loud[0] * 0.05 - BREATH, (loud[-1] + 1) * 0.05 + BREATH
    return (start if start > BREATH else 0.0), (end if seconds - end > BREATH else seconds)


def quiet_place(sound: Samples, profile: Profile) -> float:
    """Second, within `look_back` before `longest`, after whose fade the sound is quietest: the fade ends there."""
    block = samples_of(0.05)
    last = samples_of(profile.longest)
    first = last - samples_of(profile.look_back)
    stretch = sound[:, first : last - (last - first) % block]
    powers = np.square(stretch, dtype=np.float64).mean(axis=0).reshape(-1, block).mean(axis=1)
    return (first + (int(powers.argmin()) + 1) * block) / SAMPLE_RATE


def cut_clips(sound: Samples, profile: Profile) -> tuple[Samples, ...]:
    """`sound` cut into the profile's clips; a last one that is too short is left out."""
    if profile.clip is None:
        return (sound,)
    length, least = samples_of(profile.clip), samples_of(profile.shortest_clip)
    parts = [sound[:, start : start + length] for start in range(0, sound.shape[1], length)]
    return tuple(part for part in parts if part.shape[1] >= least)


def _reject(reason: Reason, detail: str, *, quality: Quality | None = None, seconds: float = 0.0) -> ScreeningResult:
    return ScreeningResult(accepted=False, reason=reason, detail=detail, quality=quality, seconds=seconds)


def _fault(graded: Quality, seconds: float, profile: Profile) -> tuple[Reason, str] | None:
    if seconds < profile.shortest:
        return Reason.TOO_SHORT, f"{seconds:.1f} s, at least {profile.shortest:g} are asked for"
    readings = {part.part: part.reading for part in graded.parts}
    silent, clipped = readings["silence"], readings["clipping"] / 1_000.0
    if silent > profile.silence_share:
        return Reason.EXCESSIVE_SILENCE, f"{silent:.0%} of it is silent, at most {profile.silence_share:.0%} may be"
    if clipped > profile.clipped_share:
        return Reason.EXCESSIVE_CLIPPING, f"{clipped:.2%} of its samples are clipped, at most {profile.clipped_share:.2%} may be"
    return None
