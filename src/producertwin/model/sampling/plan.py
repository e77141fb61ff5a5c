"""A request, checked and turned into numbers: how long, which levels, how strongly guided. Nothing is silently replaced.

Times are seconds, lengths latent frames (25 per second) or samples (48 kHz).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import BadInput
from ...music import check_bpm
from ...timebase import HOP, LATENT_RATE, MAX_SECONDS, MIN_SECONDS, SAMPLE_RATE, frames_of, samples_of
from ...wording import write_number
from ..instrument import Card, Instrument
from ..tasks import EVERYWHERE, Task, instruction
from . import flow
from .request import InputSound, Request, Samples

SILENT = 1e-5
"""Peak below which a sound is silence (-100 dB)."""
PARTIAL = frozenset({Task.REPAINT, Task.LEGO})
"""Tasks that may work on a window."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Frames, noise levels and guidance, which takes of one batch share."""

    frames: int
    """Frames that are sampled: the take's, or the fewest that the variant was trained on."""
    levels: tuple[float, ...]
    guidance: float
    interval: tuple[float, float]
    sampler: str
    switch: int
    """First step of the second condition of a cover; the number of steps when there is none."""


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """One checked request, ready to be sampled."""

    request: Request
    schedule: Schedule
    samples: int
    window: tuple[int, int] | None
    """Frames to repaint or to add a stem to."""
    warnings: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Latent frames of the take; what is sampled beyond them is cut."""
        return -(-self.samples // HOP)


def check_audio(audio: Samples, what: str, *, audible: bool = True) -> None:
    """Raise `BadInput` unless `audio` is finite stereo, and `audible` unless silence will do."""
    if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] == 0:
        raise BadInput(f"the {what} has shape {audio.shape}", remedy="hand over stereo audio as (2, samples) at 48 kHz")
    if not np.isfinite(audio).all():
        raise BadInput(f"the {what} holds numbers that are not finite", remedy="repair or re-export the sound")
    if audible and np.abs(audio).max() < SILENT:
        raise BadInput(f"the {what} is silent", remedy="choose a sound that can be heard")


def check_sound(sound: InputSound, width: int, what: str) -> int:
    """Latent frames of a sound.

    Raises `BadInput` when it is empty, silent, damaged, of another variant, or disagrees with itself.
    """
    lengths = []
    if sound.audio is not None:
        check_audio(sound.audio, what)
        lengths.append(frames_of(sound.audio.shape[1] / SAMPLE_RATE))
    if sound.latents is not None:
        shape = sound.latents.shape
        if sound.latents.ndim != 2 or shape[0] == 0 or shape[1] != width:
            raise BadInput(f"the {what}'s latents have shape {shape}", remedy=f"this variant's latents are (frames, {width})")
        if not np.isfinite(sound.latents).all():
            raise BadInput(f"the {what}'s latents are not finite", remedy="choose another take")
        lengths.append(shape[0])
    if not lengths:
        raise BadInput(f"the {what} is empty", remedy="hand over audio or latents")
    if max(lengths) - min(lengths) > 1:
        raise BadInput(f"the {what}'s audio lasts {lengths[0]} frames, its latents {lengths[1]}", remedy="hand over one of them")
    return max(lengths)


def _check_request(request: Request, instrument: Instrument) -> None:
    instrument.require(request.task)
    instruction(request.task, request.stems)
    if request.task in EVERYWHERE and not request.caption.strip():
        raise BadInput("the caption is empty", remedy="say in a few words what should be heard")
    if request.task.needs_source and request.source is None:
        raise BadInput(f"{request.task} needs a source", remedy="hand over the sound to work on")
    if request.window is not None and request.task not in PARTIAL:
        raise BadInput(f"{request.task} takes no window", remedy="leave the window out, or choose repaint")
    if request.task is Task.REPAINT and request.window is None:
        raise BadInput("repaint needs a window", remedy="say which seconds to repaint")
    if not 0.0 <= request.cover_strength <= 1.0:
        raise BadInput(f"cover strength {write_number(request.cover_strength)}", remedy="choose a share from 0 to 1")
    if request.metas.bpm is not None:
        check_bpm(request.metas.bpm)
    if request.reference is not None:
        check_audio(request.reference, "reference")


def _length(request: Request, instrument: Instrument) -> tuple[int, int]:
    """Frames and samples of the take: those of its source and window, or of the seconds asked for."""
    if request.source is None:
        samples = samples_of(request.seconds) if math.isfinite(request.seconds) else -1
    else:
        frames = check_sound(request.source, instrument.width, "source")
        samples = frames * HOP if request.source.audio is None else request.source.audio.shape[1]
        if request.task is Task.REPAINT and request.window is not None:
            samples = max(samples, samples_of(request.window[1]))
    least, most = MIN_SECONDS, min(MAX_SECONDS, instrument.card.max_seconds)
    if not samples_of(least) <= samples <= samples_of(most):
        shown = request.seconds if request.source is None else samples / SAMPLE_RATE
        limits = f"{write_number(least)} to {write_number(most)} seconds"
        raise BadInput(f"{write_number(shown)} seconds", remedy=f"{instrument.variant} makes {limits}")
    return -(-samples // HOP), samples


def _window(request: Request, frames: int, samples: int) -> tuple[int, int] | None:
    if request.window is None:
        return None
    start, end = request.window
    known = samples
    if request.task is Task.REPAINT and request.source is not None and request.source.audio is not None:
        known = request.source.audio.shape[1]
    if not 0.0 <= start < end or start * SAMPLE_RATE > known or end * SAMPLE_RATE > samples + HOP:
        remedy = f"choose seconds inside 0 to {samples / SAMPLE_RATE:.2f}, the first before the last"
        raise BadInput(f"window {write_number(start)} to {write_number(end)} s", remedy=remedy)
    first, last = int(start * LATENT_RATE), min(math.ceil(end * LATENT_RATE), frames)
    return min(first, frames - 1), max(last, first + 1)


def _differ(levels: Sequence[float], known: Sequence[float]) -> bool:
    """Whether a level is none of those known; published tables print four digits."""
    return len(known) < len(levels) or max(map(abs, np.subtract(levels, known))) > 1e-4


def _levels(request: Request, card: Card, notes: list[str]) -> tuple[float, ...]:
    asked = request.sampling
    if asked.schedule is not None:
        levels = flow.check_levels(asked.schedule)
        known = flow.snap_levels(levels)
        if card.discrete and _differ(levels, known):
            notes.append(f"{card.name} knows only its own noise levels: the schedule was moved to {len(known)} of them")
            levels = known
    else:
        levels = flow.schedule(asked.steps or card.steps, card.shift if asked.shift is None else asked.shift)
        if card.discrete and _differ(levels, flow.snap_levels(levels)):
            notes.append(
                f"{card.name} was distilled to eight steps at shift 1, 2 or 3: some of these {len(levels)} are new to it"
            )
    if request.start is not None:
        levels = flow.start_at(levels, request.start.t)
    if levels[0] > card.t_range[1] + 1e-6 or levels[-1] < card.t_range[0] - 1e-6:
        notes.append(f"{card.name} was trained on noise levels {card.t_range[0]:g} to {card.t_range[1]:g}")
    return levels


def _guidance(request: Request, card: Card, notes: list[str]) -> float:
    guidance = card.guidance if request.sampling.guidance is None else request.sampling.guidance
    if not 1.0 <= guidance <= 30.0:
        raise BadInput(f"guidance {write_number(guidance)}", remedy="choose 1 (none) to 30")
    if card.discrete and guidance > 1.0:
        notes.append(f"{card.name} carries its guidance inside: guidance {guidance:g} was not applied")
        return 1.0
    return guidance


def make(request: Request, instrument: Instrument) -> SamplingPlan:
    """Check a request against the instrument. Raises `BadInput` naming what cannot be done."""
    notes: list[str] = []
    if request.sampling.steps is not None and request.sampling.steps < 1:
        raise BadInput(f"{request.sampling.steps} steps", remedy=f"choose 1 to {flow.MAX_STEPS}")
    low, high = request.sampling.guidance_interval
    if not 0.0 <= low <= high <= 1.0:
        remedy = "choose two noise levels from 0 to 1, the lower first"
        raise BadInput(f"guidance interval {write_number(low)} to {write_number(high)}", remedy=remedy)
    if request.sampling.sampler not in ("ode", "sde"):
        raise BadInput(f"sampler {request.sampling.sampler!r}", remedy="choose ode or sde")
    _check_request(request, instrument)
    flow.generator(request.seed)
    frames, samples = _length(request, instrument)
    if request.start is not None:
        check_sound(request.start.sound, instrument.width, "start sound")
    levels = _levels(request, instrument.card, notes)
    guidance = _guidance(request, instrument.card, notes)
    switch = int(len(levels) * request.cover_strength) if request.task is Task.COVER else len(levels)
    sampled = max(frames, instrument.card.least_frames)
    schedule = Schedule(sampled, levels, guidance, (low, high), request.sampling.sampler, switch)
    return SamplingPlan(request, schedule, samples, _window(request, frames, samples), tuple(notes))
