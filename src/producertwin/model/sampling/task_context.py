"""What a task puts before the transformer beside the noise: source latents and the mask of what is to be made.

As ACE-Step 1.5 (`conditioning_masks.py`, `prepare_condition`): the context is source latents and mask side by side. Without a
source it is silence under an all-ones mask (silence with the metronome, for an instrument that hears it); a cover hears its
source through the 5 Hz codes, or other codes instead, or it as it is (`cover-nofsq`); repaint hears silence inside its windows,
and the mask is 1 there; lego hears the whole source under such a mask; extract and complete hear it under ones.

Latents `(1, frames, width)` float32 on the CPU; masks `(1, frames, 1)`, 1 where music is to be made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..tasks import Task
from .arrays import Array, join, library_of, like
from .conditioning import encode_once
from .form import has_sections
from .metronome import metronome
from .networks import AnyInstrument, networks_of
from .plan import SamplingPlan
from .request import InputSound, Metas, Request


@dataclass(frozen=True, slots=True)
class TaskContext:
    """The context of one take, and of the steps after a cover's switch."""

    before_switch: Array
    """`(1, frames, 2 * width)`."""
    after_switch: Array
    """The context after the switch; the same where there is none."""
    source: Array | None
    """The source's latents; those of codes that take its place."""
    made: Array | None
    """Repaint: the mask of what is to be made; the rest is kept."""
    formless: Array | None = None
    """The context without form and syllables, where it tells some that are to be guided."""


def latents_of(instrument: AnyInstrument, sound: InputSound, frames: int) -> Array:
    """A sound's latents, cut to `frames` or lengthened by silence."""
    if sound.latents is not None:
        return fit_latents(instrument, like(sound.latents[None], instrument.silence(1)), frames)
    if sound.audio is None:
        raise ValueError("a sound without audio and latents was not checked")
    return fit_latents(instrument, encode_once(instrument, sound.audio), frames)


def fit_latents(instrument: AnyInstrument, found: Array, frames: int) -> Array:
    """`found` `(1, …, width)`, cut to `frames` or lengthened by silence."""
    missing = frames - found.shape[1]
    return join([found, instrument.silence(missing)], 1) if missing > 0 else found[:, :frames]


def _metronome_of(instrument: AnyInstrument, request: Request, frames: int) -> Array:
    """The metronome of a text2music take and its form, `(frames, width)`; zero where they cannot be known or are not heard."""
    known = instrument.card.metronome and request.morph is None and (request.start is None or request.start.on_beat)
    tempi = request.start.tempi if request.start is not None else ()
    sections = instrument.card.hear_form(request.sections if known else ())
    sung = instrument.card.hear_sung(request.sung if known else ())
    told = metronome(request.metas if known else Metas(), frames, instrument.width, tempi=tempi, sections=sections, sung=sung)
    return like(told, instrument.silence(1))


def _metronome_after_switch(instrument: AnyInstrument, plan: SamplingPlan) -> Array:
    """The metronome over which a cover goes on as text2music: none, unless it follows its source in no step at all."""
    request, frames = plan.request, plan.schedule.frames
    follows = plan.schedule.switch > 0 or request.cover_noise > 0.0
    if follows:
        return like(metronome(Metas(), frames, instrument.width), instrument.silence(1))
    return _metronome_of(instrument, request, frames)


def prepare(instrument: AnyInstrument, plan: SamplingPlan) -> TaskContext:
    """The context of one planned take. Raises `BadInput` for a cover without a tokenizer."""
    frames = plan.schedule.frames
    silence: Array = instrument.silence(frames)
    library = library_of(silence)
    ones = library.ones_like(silence)
    request = plan.request
    nothing = join([silence + _metronome_after_switch(instrument, plan), ones], -1)
    if request.codes:
        heard = fit_latents(instrument, networks_of(instrument).decode_codes(request.codes), frames)
        return TaskContext(join([heard, ones], -1), nothing, heard, None)
    if request.source is None:
        stacked = join([silence + _metronome_of(instrument, request, frames), ones], -1)
        if not (instrument.card.form_guidance and (has_sections(request.sections) or instrument.card.hear_sung(request.sung))):
            return TaskContext(stacked, stacked, None, None)
        bare = join([silence + _metronome_of(instrument, replace(request, sections=(), sung=()), frames), ones], -1)
        return TaskContext(stacked, stacked, None, None, bare)
    source = latents_of(instrument, request.source, frames)
    if request.task is Task.COVER:
        heard = networks_of(instrument).through_codes(source) if request.follow == "codes" else source
        return TaskContext(join([heard, ones], -1), nothing, source, None)
    if not plan.windows:
        both = join([source, ones], -1)
        return TaskContext(both, both, source, None)
    made = library.zeros_like(silence[:, :, :1])
    for first, last in plan.windows:
        made[:, first:last] = 1.0
    heard = library.where(made > 0, silence, source) if request.task is Task.REPAINT else source
    both = join([heard, made * ones], -1)
    return TaskContext(both, both, source, made if request.task is Task.REPAINT else None)
