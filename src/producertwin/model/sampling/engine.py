"""The denoising loop: from requests to takes.

Our own loop over diffusers' modules. Noise comes from one CPU generator per take, so a seed means the same take whatever
else is made beside it. On a CPU takes are made one at a time and are the same bytes alone or in a batch; on an accelerator
takes that share length and schedule are made together.

Conventions as in `flow` (t from 1 to 0) and `request` (audio `(2, samples)`, latents `(frames, width)`, at the doors).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...progress import Clock, OnProgress, ignore
from ...timebase import seconds_of
from ..instrument import Instrument
from ..tasks import Task
from . import codec, conditioning, flow, prompts, task_context
from .guidance import Guidance
from .plan import SamplingPlan, Schedule, check_audio, check_sound, make
from .postprocess import check_finite, postprocess
from .recorded_denoiser import make_denoiser
from .request import Generated, InputSound, Latents, Request, Samples

VERSION = 3
"""Raised when the same request would make another take."""
MAX_BATCH = 8
"""Most takes made in one forward pass on an accelerator."""


@dataclass(frozen=True, slots=True)
class _Take:
    """One take about to be made; tensors float32, context and noise on the CPU."""

    plan: SamplingPlan
    context: task_context.TaskContext
    cond: Tensor
    cond_after_switch: Tensor
    noise: Tensor
    start: Tensor | None
    source: torch.Generator
    warnings: tuple[str, ...]


def _encode_prompt(instrument: Instrument, plan: SamplingPlan, task: Task, timbre: Tensor) -> tuple[Tensor, tuple[str, ...]]:
    """States of the prompt for `task`, and what had to be left out of it."""
    limits = prompts.TokenLimits(instrument.card.text_tokens, instrument.card.lyric_tokens, instrument.card.few_words)
    prompt = prompts.build(instrument.tokenizer, plan.request, seconds_of(plan.samples), task=task, limits=limits)
    return conditioning.states(instrument, prompt, timbre), prompt.warnings


def _prepare(instrument: Instrument, plan: SamplingPlan) -> _Take:
    request, frames = plan.request, plan.schedule.frames
    timbre = conditioning.timbre(instrument, request.reference)
    cond, warnings = _encode_prompt(instrument, plan, request.task, timbre)
    cond_after_switch = cond
    if plan.schedule.switch < len(plan.schedule.levels):
        cond_after_switch, _ = _encode_prompt(instrument, plan, Task.TEXT2MUSIC, timbre)
    draw = flow.generator(request.seed)
    noise = flow.noise(draw, frames, instrument.width)
    start = None if request.start is None else task_context.latents_of(instrument, request.start.sound, frames)
    return _Take(
        plan, task_context.prepare(instrument, plan), cond, cond_after_switch, noise, start, draw, plan.warnings + warnings
    )


class _Loop:
    """Denoises one batch."""

    def __init__(self, instrument: Instrument, takes: Sequence[_Take], *, compiled: bool = False, graphs: bool = True) -> None:
        self.instrument, self.takes = instrument, takes
        self.schedule: Schedule = takes[0].plan.schedule
        self.guided = self.schedule.guidance > 1.0
        ways = {"guided": self.guided, "compiled": compiled, "graphs": graphs}
        frames, levels = self.schedule.frames, self.schedule.levels
        self.denoiser = make_denoiser(instrument.transformer, len(takes), frames, levels, **ways)
        self.guide = Guidance(self.schedule.guidance)
        self.noise = self._gather([take.noise for take in takes])
        self.keeping = any(take.context.made is not None for take in takes)
        if self.keeping:
            ones, zeros = torch.ones(1, self.schedule.frames, 1), torch.zeros_like(takes[0].noise)
            made = [ones if take.context.made is None else take.context.made for take in takes]
            kept = [zeros if take.context.source is None else take.context.source for take in takes]
            self.made, self.kept = self._gather(made), self._gather(kept)

    def _gather(self, parts: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(parts)).to(self.instrument.device)

    def _keep(self, x: Tensor, t: float) -> Tensor:
        """`x` with the kept part of a repaint replaced by its source at noise level `t`."""
        return torch.where(self.made > 0, x, flow.add_noise(self.kept, self.noise, t)) if self.keeping else x

    def _cache_conditions(self, cond: Sequence[Tensor]) -> Any:
        null = self.instrument.condition_encoder.null_condition_emb if self.guided else None
        return self.denoiser.cache_conditions(cond, null)

    def _begin(self) -> Tensor:
        first = self.schedule.levels[0]
        starts = [take.noise if take.start is None else flow.add_noise(take.start, take.noise, first) for take in self.takes]
        return self._keep(self._gather(starts), first)

    def _velocity(self, x: Tensor, step: int, around: Tensor, conditions: Any) -> Tensor:
        low, high = self.schedule.interval
        guided = self.guided and low <= self.schedule.levels[step] <= high
        found = self.denoiser.velocities(x, around, step, conditions, guided=guided)
        return self.guide(*found) if guided else found[0]

    def run(self) -> Iterator[Tensor]:
        """Yields `x` after every step; the last is the music's latents, `(batch, frames, width)`."""
        conditions = self._cache_conditions([take.cond for take in self.takes])
        around = self._gather([take.context.before_switch for take in self.takes])
        x = self._begin()
        levels = (*self.schedule.levels, 0.0)
        for step, (t, following) in enumerate(pairwise(levels)):
            if step == self.schedule.switch:
                conditions = self._cache_conditions([take.cond_after_switch for take in self.takes])
                around = self._gather([take.context.after_switch for take in self.takes])
            velocity = self._velocity(x, step, around, conditions)
            if self.schedule.sampler == "sde" and following > 0.0:
                fresh = [flow.noise(take.source, self.schedule.frames, self.instrument.width) for take in self.takes]
                x = flow.sde_step(x, velocity, t, following, self._gather(fresh))
            else:
                x = flow.ode_step(x, velocity, t, following)
            x = self._keep(x, following)
            yield x


def _finish(instrument: Instrument, take: _Take, latents: Tensor) -> Generated:
    plan, request = take.plan, take.plan.request
    latents = latents[:, : plan.frames]
    check_finite(latents.numpy(), request.seed, "latents")
    kept: Samples | None = None
    if request.task is Task.REPAINT and request.source is not None:
        kept = request.source.audio
        if kept is None:
            kept = codec.decode(instrument, task_context.latents_of(instrument, request.source, len(request.source.latents)))  # type: ignore[arg-type]
    audio, notes = postprocess(codec.decode(instrument, latents), kept, plan)
    return Generated(
        latents[0].numpy(),
        np.ascontiguousarray(audio),
        request.seed,
        plan.schedule.levels,
        plan.schedule.guidance,
        take.warnings + notes,
    )


def _batches(plans: Sequence[SamplingPlan], max_batch: int) -> list[list[int]]:
    """Positions of plans that can be sampled together, in the order of their first member."""
    groups: dict[Schedule, list[int]] = {}
    for place, plan in enumerate(plans):
        groups.setdefault(plan.schedule, []).append(place)
    return [group[i : i + max_batch] for group in groups.values() for i in range(0, len(group), max_batch)]


@torch.inference_mode()
def generate(
    instrument: Instrument,
    requests: Sequence[Request],
    *,
    on_progress: OnProgress = ignore,
    max_batch: int | None = None,
    compiled: bool = False,
    graphs: bool = True,
) -> list[Generated]:
    """Make every take asked for, in order.

    `on_progress` is called at every step and may raise `Interrupted`. `max_batch` is the most takes made in one pass; None is 1
    on a CPU. `compiled` fuses the work of the transformer's blocks: the first take of a length waits for the compiler, the next
    ones are faster. `graphs` has short takes on a GPU played from CUDA graphs (`recorded_denoiser`). Raises `BadInput` before any
    work when a request cannot be done, `Diverged` when a take is not finite.
    """
    plans = [make(request, instrument) for request in requests]
    batches = _batches(plans, max_batch or (1 if instrument.device.type == "cpu" else MAX_BATCH))
    clock = Clock("denoise", sum(len(plans[batch[0]].schedule.levels) for batch in batches))
    found: dict[int, Generated] = {}
    done = 0
    on_progress(clock.at(done))
    for batch in batches:
        takes = [_prepare(instrument, plans[place]) for place in batch]
        latents = takes[0].noise
        for latents in _Loop(instrument, takes, compiled=compiled, graphs=graphs).run():  # noqa: B007 - the last one is the result
            done += 1
            on_progress(clock.at(done))
        for row, (place, take) in enumerate(zip(batch, takes, strict=True)):
            found[place] = _finish(instrument, take, latents[row : row + 1].cpu())
    return [found[place] for place in range(len(requests))]


def encode(instrument: Instrument, audio: Samples) -> Latents:
    """Latents `(frames, width)` of `audio`, its most likely ones; the end is padded to a whole frame."""
    check_audio(audio, "sound", audible=False)
    latents: Latents = codec.encode(instrument, audio)[0].numpy()
    return latents


def decode(instrument: Instrument, latents: Latents) -> Samples:
    """Audio `(2, frames * 1920)` of latents `(frames, width)`, at the decoder's own level. Raises `BadInput` for others."""
    check_sound(InputSound(latents=latents), instrument.width, "sound")
    return codec.decode(instrument, torch.from_numpy(latents)[None].float())
