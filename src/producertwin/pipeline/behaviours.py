"""What the executor does for each kind of stage: one entry of `BEHAVIOURS` per record of `stages`.

A new kind of stage is a record in `stages.py` and an entry here. All that differs between kinds stands in the entry: the
instrument's task, what is asked of it, how long the result lasts, what makes a source unfit, how the sound is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from ..audio import edits, masking
from ..errors import BadInput
from ..model.instrument import Card, Instrument
from ..model.sampling import request as asked
from ..model.sampling.repainting import repainting
from ..model.sampling.request import InputSound, Metas, Request, Samples, StartPoint
from ..model.tasks import Task
from ..timebase import samples_of
from ..wording import write_number
from . import guide
from .sources import EditSource, Source, inherit_prompt
from .stages import Complete, Cover, Extract, Generate, Lego, Morph, Refine, Repaint, Stage

S = TypeVar("S", bound=Stage)
Sources = tuple[EditSource, ...]
Expected = Sequence[Source]
"""The sources as far as they are known before they are there."""
Sounds = tuple[InputSound, ...]
"""The sources as the instrument takes them, in their order."""


def longest(sources: Expected) -> float:
    """Seconds of the longest source."""
    return max(source.seconds for source in sources)


@dataclass(frozen=True)
class Behaviour(Generic[S]):
    """How stages of one kind are played. What is left out is as most kinds have it."""

    task: Task
    """What the instrument is asked to do."""
    ask: Callable[[S, Request, Sounds], Request]
    """Adds what the kind asks for to a request that has prompt, length, seed and sampling. The stage is resolved."""
    seconds: Callable[[S, Expected], float] = lambda _, sources: longest(sources)
    """How long the result lasts."""
    check: Callable[[S, Expected], None] = lambda *_: None
    """Raises `BadInput` where the sources do not suit the stage."""
    needs_caption: bool = True
    """Whether somebody, the stage or a source, has to say what sounds."""
    settle: Callable[[S, Expected], S] = lambda stage, _: stage
    """Fills in what the stage leaves to its sources."""
    choose: Callable[[S, Card], tuple[S, str]] = lambda stage, _: (stage, "")
    """Makes the choices of this kind that the stage leaves open, for an instrument; with a warning, or an empty text."""
    guide: Callable[[S], str | None] = lambda _: None
    """Who plays a sketch first, `band`, for `ask` to begin from. The stage is resolved."""
    finish: Callable[[Samples, Sources, Instrument], Samples] = lambda audio, *_: audio
    """Makes the take's sound, float32 `(2, samples)` at 48 kHz, of what the instrument gave."""


def behaviour_of(stage: Stage) -> Behaviour[Any]:
    """The entry of the stage's kind."""
    return BEHAVIOURS[stage.kind]


def _perform_sketch(stage: Generate, request: Request, _: Sounds) -> Request:
    """Begin from the band's sketch, if it plays one. Tempo, key and meter that the prompt leaves open are the sketch's."""
    if stage.guide != "band":
        return request
    sketch, metas = guide.sketch(stage, request.seed), request.metas
    metas = Metas(metas.bpm or sketch.bpm, metas.key or sketch.key, metas.meter or sketch.meter, metas.language)
    return replace(request, metas=metas, start=sketch.start)


def _choose_guide(stage: Generate, card: Card) -> tuple[Generate, str]:
    """Whether the band plays, and why not if that needs saying."""
    guided, why_not = guide.uses_guide(stage, by_itself=card.guided)
    return stage.model_copy(update={"guide": "band" if guided else "none"}), why_not


def _start_from_source(stage: Refine, request: Request, sounds: Sounds) -> Request:
    return replace(request, start=StartPoint(sounds[0], stage.denoise))


def _cover_source(stage: Cover, request: Request, sounds: Sounds) -> Request:
    followed = replace(request, source=sounds[0], follow=stage.follow)
    return replace(followed, cover_strength=stage.strength, cover_noise=stage.noise_strength)


def _repaint_region(stage: Repaint, request: Request, sounds: Sounds) -> Request:
    """What is played before the source is played over silence; the whole is encoded anew then, as ACE-Step does."""
    sound, before = sounds[0], max(-stage.start, 0.0)
    if before and sound.audio is not None:
        sound = InputSound(np.pad(sound.audio, ((0, 0), (samples_of(before), 0))))
    ways = repainting(stage.mode, 0.5 if stage.strength is None else stage.strength)
    return replace(request, source=sound, window=(stage.start + before, stage.end + before), repaint=ways)


def _describe_source(stage: Morph, sources: Expected) -> Morph:
    """Says what the source is, by its take where the stage does not. Raises `BadInput` where nobody says, or nothing changes."""
    known = sources[0].prompt
    caption = stage.source_caption or (known.caption if known else "")
    lyrics = stage.source_lyrics or (known.lyrics if known else "")
    if not caption:
        remedy = 'describe it: --source-caption "piano, slow"'
        raise BadInput(f"nobody says what {sources[0].name} is", remedy=remedy)
    wanted = inherit_prompt(stage.prompt, sources)
    if (wanted.caption, wanted.lyrics) == (caption, lyrics):
        raise BadInput("the source is what it should become: nothing would change", remedy='say something else: --caption "…"')
    return stage.model_copy(update={"source_caption": caption, "source_lyrics": lyrics})


def _morph_source(stage: Morph, request: Request, sounds: Sounds) -> Request:
    change = asked.Morph(sounds[0], stage.source_caption, stage.source_lyrics, stage.begin, stage.until, stage.draws)
    if stage.follow == "words":
        return replace(request, morph=change)
    return replace(request, morph=change, task=Task.COVER, source=sounds[0], follow=stage.follow)


def _check_region(stage: Repaint, sources: Expected) -> None:
    end = sources[0].seconds
    if stage.start > end:
        message = (
            f"the region {write_number(stage.start)}-{write_number(stage.end)} s begins after the source's end at {end:.2f} s"
        )
        raise BadInput(message, remedy=f"begin at {end:.2f} s or before")


def _to_region_end(stage: Repaint, sources: Expected) -> float:
    """A repaint may reach before the source's start and past its end."""
    return max(longest(sources), stage.end) + max(-stage.start, 0.0)


def _name_stem(stage: Extract | Lego, request: Request, sounds: Sounds) -> Request:
    return replace(request, source=sounds[0], stems=(stage.stem,))


def _name_stems(stage: Complete, request: Request, sounds: Sounds) -> Request:
    return replace(request, source=sounds[0], stems=stage.stems)


def _cut_stem(audio: Samples, sources: Sources, instrument: Instrument) -> Samples:
    """The stem's sound.

    A codec that does not keep phase cannot give back a stem's waveform; there the stem is cut out of the source itself by a
    mask made of its spectrum.
    """
    if instrument.keeps_phase:
        return audio
    mix = sources[0].audio
    return masking.mask_filter(mix, edits.fit_length(audio, mix.shape[1]))


BEHAVIOURS: dict[str, Behaviour[Any]] = {
    "generate": Behaviour[Generate](
        Task.TEXT2MUSIC,
        _perform_sketch,
        seconds=lambda stage, _: stage.seconds,
        choose=_choose_guide,
        guide=lambda stage: "band" if stage.guide == "band" else None,
    ),
    "refine": Behaviour[Refine](Task.TEXT2MUSIC, _start_from_source),
    "cover": Behaviour[Cover](Task.COVER, _cover_source),
    "repaint": Behaviour[Repaint](Task.REPAINT, _repaint_region, seconds=_to_region_end, check=_check_region),
    "morph": Behaviour[Morph](Task.TEXT2MUSIC, _morph_source, settle=_describe_source),
    "extract": Behaviour[Extract](Task.EXTRACT, _name_stem, needs_caption=False, finish=_cut_stem),
    "lego": Behaviour[Lego](Task.LEGO, _name_stem),
    "complete": Behaviour[Complete](Task.COMPLETE, _name_stems),
}
"""The behaviour of every kind of stage, by kind."""
