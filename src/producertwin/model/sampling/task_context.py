"""What a task puts before the transformer beside the noise: source latents and the mask of what is to be made.

As ACE-Step 1.5 (`conditioning_masks.py`, `prepare_condition`): the context is source latents and mask side by side. Without a
source it is silence under an all-ones mask (silence with the metronome, for an instrument that hears it); a cover hears its
source through the 5 Hz codes, or other codes instead, or it as it is (`cover-nofsq`); repaint hears silence inside its windows,
and the mask is 1 there; lego hears the whole source under such a mask; extract and complete hear it under ones.

Latents `(1, frames, width)` float32 on the CPU; masks `(1, frames, 1)`, 1 where music is to be made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..instrument import Instrument
from ..tasks import Task
from .audio_codes import decode_codes, require_tokenizer
from .codec import encode_once
from .metronome import metronome
from .plan import SamplingPlan
from .request import InputSound, Metas, Request


@dataclass(frozen=True, slots=True)
class TaskContext:
    """The context of one take, and of the steps after a cover's switch."""

    before_switch: Tensor
    """`(1, frames, 2 * width)`."""
    after_switch: Tensor
    """The context after the switch; the same where there is none."""
    source: Tensor | None
    """The source's latents; those of codes that take its place."""
    made: Tensor | None
    """Repaint: the mask of what is to be made; the rest is kept."""


def latents_of(instrument: Instrument, sound: InputSound, frames: int) -> Tensor:
    """A sound's latents, cut to `frames` or lengthened by silence."""
    found = encode_once(instrument, sound.audio) if sound.latents is None and sound.audio is not None else None
    if found is None:
        found = torch.from_numpy(sound.latents)[None].float()
    return fit_latents(instrument, found, frames)


def fit_latents(instrument: Instrument, found: Tensor, frames: int) -> Tensor:
    """`found` `(1, …, width)`, cut to `frames` or lengthened by silence."""
    missing = frames - found.shape[1]
    return torch.cat([found, instrument.silence(missing)], 1) if missing > 0 else found[:, :frames]


def hints(instrument: Instrument, source: Tensor) -> Tensor:
    """What remains of `source` after ACE-Step's 5 Hz codes: its melody and rhythm, without its sound."""
    tokenizer, detokenizer = require_tokenizer(instrument)
    kind = detokenizer.proj_out.weight.dtype
    place = {"device": instrument.device, "dtype": kind}
    silence = instrument.silence(detokenizer.pool_window_size).to(**place)
    return through_codes(tokenizer, detokenizer, source.to(**place), silence).float().cpu()


def through_codes(tokenizer: Any, detokenizer: Any, source: Tensor, silence: Tensor) -> Tensor:
    """`source` `(batch, frames, width)` coded at 5 Hz and unfolded again; `silence` `(1, 5, width)` fills the last code."""
    codes, _ = tokenizer.tokenize(source, silence)
    spoken: Tensor = detokenizer(codes.to(source.dtype))
    return spoken[:, : source.shape[1]]


def _metronome_of(instrument: Instrument, request: Request, frames: int) -> Tensor:
    """The metronome of a text2music take, `(frames, width)`; zero where its beats cannot be known or are not heard."""
    known = instrument.card.metronome and request.morph is None and (request.start is None or request.start.on_beat)
    tempi = request.start.tempi if request.start is not None else ()
    return metronome(request.metas if known else Metas(), frames, instrument.width, tempi=tempi)


def _metronome_after_switch(instrument: Instrument, plan: SamplingPlan) -> Tensor:
    """The metronome over which a cover goes on as text2music: none, unless it follows its source in no step at all."""
    request, frames = plan.request, plan.schedule.frames
    follows = plan.schedule.switch > 0 or request.cover_noise > 0.0
    return metronome(Metas(), frames, instrument.width) if follows else _metronome_of(instrument, request, frames)


def prepare(instrument: Instrument, plan: SamplingPlan) -> TaskContext:
    """The context of one planned take. Raises `BadInput` for a cover without a tokenizer."""
    frames = plan.schedule.frames
    silence = instrument.silence(frames)
    ones = torch.ones_like(silence)
    request = plan.request
    nothing = torch.cat([silence + _metronome_after_switch(instrument, plan), ones], -1)
    if request.codes:
        heard = fit_latents(instrument, decode_codes(instrument, request.codes), frames)
        return TaskContext(torch.cat([heard, ones], -1), nothing, heard, None)
    if request.source is None:
        stacked = torch.cat([silence + _metronome_of(instrument, request, frames), ones], -1)
        return TaskContext(stacked, stacked, None, None)
    source = latents_of(instrument, request.source, frames)
    if request.task is Task.COVER:
        heard = hints(instrument, source) if request.follow == "codes" else source
        return TaskContext(torch.cat([heard, ones], -1), nothing, source, None)
    if not plan.windows:
        both = torch.cat([source, ones], -1)
        return TaskContext(both, both, source, None)
    made = torch.zeros(1, frames, 1)
    for first, last in plan.windows:
        made[:, first:last] = 1.0
    heard = torch.where(made > 0, silence, source) if request.task is Task.REPAINT else source
    both = torch.cat([heard, made.expand_as(source)], -1)
    return TaskContext(both, both, source, made if request.task is Task.REPAINT else None)
