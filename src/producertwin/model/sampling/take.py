"""One planned take made ready to be sampled: its conditions, its context and its noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...timebase import seconds_of
from ..tasks import Task
from . import conditioning, flow, prompts, task_context
from .arrays import Array
from .networks import AnyInstrument, Networks, networks_of
from .plan import SamplingPlan
from .request import Request


@dataclass(frozen=True, slots=True)
class PreparedTake:
    """One take about to be made; arrays float32, context and noise on the CPU."""

    plan: SamplingPlan
    context: task_context.TaskContext
    cond: Array
    cond_after_switch: Array
    cond_before_morph: Array | None
    """What a sound that is morphed is said to be."""
    noise: Array
    start: Array | None
    """Latents of the sound that is played again, or morphed."""
    draw: Any
    """Where further noise comes from."""
    warnings: tuple[str, ...]
    sung: str
    """The words of the lyric, as far as they are heard; empty where nobody sings."""


def prepare_take(instrument: AnyInstrument, plan: SamplingPlan) -> PreparedTake:
    """Encode and draw all that a take needs. Raises `BadInput` for a cover without a tokenizer."""
    request, frames = plan.request, plan.schedule.frames
    timbre = conditioning.timbre(instrument, request.references)
    cond, prompt = _encode_prompt(instrument, plan, request.task, timbre)
    warnings = plan.warnings + prompt.warnings
    cond_after_switch, before_morph = cond, None
    if plan.schedule.switch < len(plan.schedule.levels):
        cond_after_switch, _ = _encode_prompt(instrument, plan, Task.TEXT2MUSIC, timbre)
    if request.morph is not None:
        before_morph, was = _encode_prompt(instrument, plan, request.task, timbre, as_it_is=True)
        warnings += was.warnings
    context = task_context.prepare(instrument, plan)
    networks = networks_of(instrument)
    draw = networks.make_generator(request.seed)
    noise = _noise(networks, request, draw, frames, instrument.width)
    if request.morph is not None:  # its noises are drawn from the beginning, those of a retake's other seed
        other = _other_seed(request)
        draw = networks.make_generator(request.seed if other is None else other)
    start = _start(instrument, request, context, frames)
    return PreparedTake(plan, context, cond, cond_after_switch, before_morph, noise, start, draw, warnings, prompt.sung)


def _encode_prompt(
    instrument: AnyInstrument, plan: SamplingPlan, task: Task, timbre: Array, *, as_it_is: bool = False
) -> tuple[Array, prompts.PromptTokens]:
    """States of the prompt for `task`, and its tokens; `as_it_is` says what a morphed sound was before."""
    card = instrument.card
    limits = prompts.TokenLimits(card.text_tokens, card.lyric_tokens, few_words=card.few_words, stem_captions=card.stem_captions)
    request = prompts.describe_source(plan.request) if as_it_is else plan.request
    prompt = prompts.build(instrument.tokenizer, request, seconds_of(plan.samples), task=task, limits=limits)
    return conditioning.states(instrument, prompt, timbre), prompt


def _noise(networks: Networks, request: Request, draw: Any, frames: int, width: int) -> Array:
    """The noise of the seed, turned towards that of a retake's other seed."""
    noise, other = flow.noise(draw, frames, width), _other_seed(request)
    if other is None:
        return noise
    return flow.mix_noise(noise, flow.noise(networks.make_generator(other), frames, width), request.sampling.retake_variance)


def _other_seed(request: Request) -> int | None:
    """The other seed of a retake; None where it is none."""
    return request.sampling.retake_seed if request.sampling.retake_variance > 0.0 else None


def _start(instrument: AnyInstrument, request: Request, context: task_context.TaskContext, frames: int) -> Array | None:
    """Latents of the sound that the walk begins from, if it begins from one."""
    if request.cover_noise > 0.0:
        return context.source
    sound = request.morph.sound if request.morph else request.start.sound if request.start else None
    return None if sound is None else task_context.latents_of(instrument, sound, frames)
