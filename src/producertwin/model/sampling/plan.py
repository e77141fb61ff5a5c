"""A request, checked and turned into numbers: how long, which levels, how strongly guided. Nothing is silently replaced.

Times are seconds, lengths latent frames (25 per second) or samples (48 kHz).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...errors import BadInput
from ...timebase import CODE_RATE, HOP, LATENT_RATE, MAX_SECONDS, MIN_SECONDS, SAMPLE_RATE, samples_of
from ...wording import write_number
from ..instrument import Card
from ..tasks import Task
from . import flow
from .checks import check_request, check_sound, check_ways
from .code_text import codes_for
from .correction import Correction
from .networks import AnyInstrument, networks_of
from .request import Request
from .schedule import Schedule, Ways


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """One checked request, ready to be sampled."""

    request: Request
    schedule: Schedule
    samples: int
    windows: tuple[tuple[int, int], ...]
    """Frames to repaint or to add a stem to."""
    warnings: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Latent frames of the take; what is sampled beyond them is cut."""
        return -(-self.samples // HOP)


def _length(request: Request, instrument: AnyInstrument) -> tuple[int, int]:
    """Frames and samples of the take: those of its source and window, or of the seconds asked for."""
    if request.source is None:
        samples = samples_of(request.seconds) if math.isfinite(request.seconds) else -1
    else:
        frames = check_sound(request.source, instrument.width, "source")
        samples = request.source.samples or frames * HOP if request.source.audio is None else request.source.audio.shape[1]
        if request.task is Task.REPAINT:
            samples = max(samples, *(samples_of(end) for _, end in request.windows), 0)
    least, most = MIN_SECONDS, min(MAX_SECONDS, instrument.card.max_seconds)
    if not samples_of(least) <= samples <= samples_of(most):
        shown = request.seconds if request.source is None else samples / SAMPLE_RATE
        limits = f"{write_number(least)} to {write_number(most)} seconds"
        raise BadInput(f"{write_number(shown)} seconds", remedy=f"{instrument.variant} makes {limits}")
    frames = -(-samples // HOP)
    if request.codes and len(request.codes) != codes_for(frames):
        count, wanted, length = len(request.codes), codes_for(frames), write_number(samples / SAMPLE_RATE)
        remedy = f"hand over {wanted} codes, or ask for {count / CODE_RATE:g} s"
        raise BadInput(f"{count} audio codes for a take of {length} s, which has {wanted}", remedy=remedy)
    return frames, samples


def _windows(request: Request, frames: int, samples: int) -> tuple[tuple[int, int], ...]:
    """First frame, and the one after the last, of every window; none but the last reaches into the next."""
    found = tuple(_window(request, window, frames, samples) for window in request.windows)
    for before, after in pairwise(request.windows):
        if after[0] < before[1]:
            message = f"window {write_number(after[0])} s begins before {write_number(before[1])} s"
            raise BadInput(message, remedy="hand over windows in their order, apart from each other")
    return found


def _window(request: Request, window: tuple[float, float], frames: int, samples: int) -> tuple[int, int]:
    (start, end), known = window, samples
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
        levels = asked.schedule
        known = flow.snap_levels(levels)
        if card.discrete and _differ(levels, known):
            notes.append(f"{card.name} knows only its own noise levels: the schedule was moved to {len(known)} of them")
            levels = known
    else:
        steps, _ = card.sampling_of(request.task)
        levels = flow.schedule(asked.steps or steps, card.shift if asked.shift is None else asked.shift)
        distilled = [level for shift in card.shifts for level in flow.schedule(8, shift)]
        if card.discrete and distilled and _differ(levels, flow.snap_levels(levels, distilled)):
            shifts = " or ".join(write_number(shift) for shift in card.shifts)
            notes.append(f"{card.name} was distilled to eight steps at shift {shifts}: some of these {len(levels)} are new to it")
    if request.start is not None:
        levels = flow.start_at(levels, request.start.t)
    elif request.cover_noise > 0.0:
        levels = flow.start_near(levels, 1.0 - request.cover_noise)
    if levels[0] > card.t_range[1] + 1e-6 or levels[-1] < card.t_range[0] - 1e-6:
        notes.append(f"{card.name} was trained on noise levels {card.t_range[0]:g} to {card.t_range[1]:g}")
    return levels


def _guidance(request: Request, card: Card, notes: list[str]) -> float:
    _, usual = card.sampling_of(request.task)
    guidance = usual if request.sampling.guidance is None else request.sampling.guidance
    if not 1.0 <= guidance <= 30.0:
        raise BadInput(f"guidance {write_number(guidance)}", remedy="choose 1 (none) to 30")
    if card.discrete and guidance > 1.0:
        notes.append(f"{card.name} carries its guidance inside: guidance {guidance:g} was not applied")
        return 1.0
    return guidance


def _correction(request: Request, card: Card) -> Correction | None:
    asked = request.sampling
    mode = asked.dcw or ("off" if request.morph else card.correction)
    return None if mode == "off" else Correction(mode, asked.dcw_scale, asked.dcw_high_scale, asked.dcw_wavelet)


def _ways(request: Request, card: Card, steps: int) -> Ways:
    asked, morph = request.sampling, request.morph
    phases = None if morph is None else (int(steps * morph.begin), int(steps * morph.end), morph.draws)
    return Ways(
        asked.sampler,
        asked.guidance_mode,
        asked.guidance_interval,
        asked.velocity_clamp,
        asked.velocity_ema,
        _correction(request, card),
        phases,
    )


def _idle_adapters(schedule: Schedule, instrument: AnyInstrument) -> list[str]:
    """A note on every adapter of the instrument that acts at none of the schedule's levels."""
    walked = ", ".join(f"{t:.3g}" for t in schedule.levels)
    return [
        f"the adapter {one.adapter.path.name} changes nothing: no step is at a noise level of {one.levels[0]:g} to "
        f"{one.levels[1]:g} (the steps are at {walked})"
        for one in networks_of(instrument).list_idle_adapters(schedule.levels_asked)
    ]


def make(request: Request, instrument: AnyInstrument) -> SamplingPlan:
    """Check a request against the instrument. Raises `BadInput` naming what cannot be done."""
    notes: list[str] = []
    card = instrument.card
    if request.sampling.steps is not None and request.sampling.steps < 1:
        raise BadInput(f"{request.sampling.steps} steps", remedy=f"choose 1 to {flow.MAX_STEPS}")
    check_request(request, instrument)
    flow.check_seed(request.seed)
    frames, samples = _length(request, instrument)
    levels = _levels(request, card, notes)
    guidance = _guidance(request, card, notes)
    check_ways(request.sampling, guidance, card, morph=request.morph is not None)
    switch = int(len(levels) * request.cover_strength) if request.task is Task.COVER else len(levels)
    kept = request.repaint.steps(len(levels), distilled=card.discrete)
    ways = _ways(request, card, len(levels))
    schedule = Schedule(max(frames, card.least_frames), levels, guidance, switch, kept, ways)
    notes += _idle_adapters(schedule, instrument)
    return SamplingPlan(request, schedule, samples, _windows(request, frames, samples), tuple(notes))
