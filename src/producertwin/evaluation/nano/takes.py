"""The takes of held-out prompts: the instrument plays each from its caption and metas alone, and again from its sketch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...audio.samples import Samples
from ...errors import Diverged
from ...model.instrument import Instrument
from ...model.nano.embedder import Embedder
from ...model.sampling import engine
from ...model.sampling.request import InputSound, Metas, Request, Sampling, StartPoint
from ...timebase import samples_of
from ..suite import TakePlan
from .figures import TagReading
from .sounds import PlayedPrompt, PromptSounds, take_seed


@dataclass(frozen=True, slots=True)
class _TakeRequest:
    """One take to make: for which prompt of the batch, and under which name."""

    place: int
    name: str
    request: Request


def make(plan: TakePlan, instrument: Instrument, embedder: Embedder | None, batch: Sequence[PlayedPrompt]) -> list[PromptSounds]:
    """All sounds of a batch of prompts, and what `embedder` hears in them."""
    sounds = [_song_and_ceiling(plan, instrument, played) for played in batch]
    plain = [_text_only(plan, place, turn, played) for place, played in enumerate(batch) for turn in range(len(played.sketches))]
    orders = [plain, *([] for _ in plan.strengths)]
    for number, (strength, name) in enumerate(zip(plan.strengths, plan.guided_systems, strict=True)):
        for order in plain:
            turn = int(order.name.endswith("again"))
            if turn and number:
                continue
            start = StartPoint(InputSound(audio=batch[order.place].sketches[turn].audio), 1.0 - strength, on_beat=True)
            guided = replace(order.request, start=start)
            orders[number + 1].append(_TakeRequest(order.place, name + " again" * turn, guided))
    for group in orders:
        begun = time.perf_counter()
        made = play_takes(instrument, [order.request for order in group])
        each = (time.perf_counter() - begun) / max(len(group), 1)
        for order, audio in zip(group, made, strict=True):
            sounds[order.place].audio[order.name] = _nan_take(order.request) if audio is None else audio
            sounds[order.place].seconds[order.name] = each
    if embedder is not None:
        for sound in sounds:
            sound.tags.update(_tag(embedder, sound))
    return sounds


def _tag(embedder: Embedder, sound: PromptSounds) -> dict[str, TagReading]:
    caption_vector, found = embedder.embed_text(sound.prompt.caption), {}
    for name in sound.systems:
        tags = embedder.embed_audio(np.nan_to_num(sound.audio[name]))
        found[name] = TagReading(tags.styles, tags.stems, float(tags.vector @ caption_vector))
    return found


def _song_and_ceiling(plan: TakePlan, instrument: Instrument, played: PlayedPrompt) -> PromptSounds:
    """The song, the song through the codec, and the sketch: the sounds that need no generating."""
    systems = ("real", "codec", "sketch", "plain", *plan.guided_systems)
    audio = {"real": played.song.audio, "sketch": played.sketches[0].audio}
    audio |= {
        "codec": _through_codec(instrument, played.song.audio),
        "sketch decoded": _through_codec(instrument, played.sketches[0].audio),
    }
    return PromptSounds(played.song.prompt, systems, audio, {}, {})


def _through_codec(instrument: Instrument, audio: Samples) -> Samples:
    """`audio` through the codec, at its own length."""
    return engine.decode(instrument, engine.encode(instrument, audio))[:, : audio.shape[1]]


def _text_only(plan: TakePlan, place: int, turn: int, played: PlayedPrompt) -> _TakeRequest:
    prompt = played.song.prompt
    request = Request(
        caption=prompt.caption,
        seconds=plan.seconds,
        seed=take_seed(plan, prompt.index, turn),
        metas=Metas(prompt.bpm, prompt.asked_key, prompt.meter),
        sampling=Sampling(steps=plan.steps, guidance=plan.guidance),
        sections=played.sketches[turn].form,
    )
    return _TakeRequest(place, "plain" + " again" * turn, request)


def _nan_take(request: Request) -> Samples:
    """The sound of a take that is not finite: all NaN, which no meter takes for music."""
    return np.full((2, samples_of(request.seconds)), np.nan, np.float32)


def play_takes(instrument: Instrument, requests: Sequence[Request]) -> list[Samples | None]:
    """Play the requests. A take that is not finite becomes None, so that it is counted and not hidden."""
    try:
        return [take.audio for take in engine.generate(instrument, requests)]
    except Diverged:
        if len(requests) == 1:
            return [None]
        return [sound for request in requests for sound in play_takes(instrument, [request])]
