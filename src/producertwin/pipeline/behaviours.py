"""What the executor does for each kind of stage: one entry of `BEHAVIOURS` per record of `stages`.

A new kind of stage is a record in `stages.py` and an entry here. All that differs between kinds stands in the entry: the
instrument's task, what is asked of it, how long the result lasts, what makes a source unfit, how the sound is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

import numpy as np

from ..audio import edits, levels, masking
from ..errors import BadInput
from ..model.instrument import Card, Instrument
from ..model.sampling import request as asked
from ..model.sampling.code_text import codes_for, parse_codes
from ..model.sampling.options import EDGE
from ..model.sampling.repainting import repainting
from ..model.sampling.request import InputSound, Metas, Request, Samples, StartPoint
from ..model.tasks import Task
from ..timebase import CODE_RATE, frames_of, samples_of
from ..wording import write_number
from . import ending, guide
from .guide import DrawnMetas
from .regions import Region, in_seconds
from .song import measure_song
from .source_metas import bar_of_source
from .sources import EditSource, Source, inherit_prompt
from .stages import Complete, Cover, Extract, Generate, Lego, Morph, Refine, Repaint, Stage

S = TypeVar("S", bound=Stage)
Sources = tuple[EditSource, ...]
Expected = Sequence[Source]
"""The sources as far as they are known before they are there."""
Sounds = tuple[InputSound, ...]
"""The sources as the instrument takes them, in their order."""
RESIDUE_DB: Final = -25.0
"""An extracted stem further below its source is a residue."""


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
    """How long the result lasts. The stage is settled."""
    check: Callable[[S, Expected], None] = lambda *_: None
    """Raises `BadInput` where the sources do not suit the stage. The stage is settled."""
    needs_caption: bool = True
    """Whether somebody, the stage or a source, has to say what sounds."""
    settle: Callable[[S, Expected], S] = lambda stage, _: stage
    """Fills in what the stage leaves to its sources."""
    choose: Callable[[S, Card], tuple[S, str]] = lambda stage, _: (stage, "")
    """Makes the choices of this kind that the stage leaves open, for an instrument; with a warning, or an empty text."""
    draw: Callable[[S, int, Metas, Card], DrawnMetas] = lambda _, __, metas, ___: DrawnMetas(metas)
    """Draws what the metas leave open, by the take's seed. The stage is resolved."""
    guide: Callable[[S], str | None] = lambda _: None
    """Who plays a sketch first, `band`, for `ask` to begin from. The stage is resolved."""
    fade: Callable[[S, Metas, Sources], float] = lambda *_: 0.0
    """Seconds over which the end of the take fades out."""
    as_loud: bool = False
    """Whether the take is as loud as its source."""
    needs_sound: Callable[[S], bool] = lambda _: False
    """Whether latents will not do, neither of its sources nor as its result: the waveforms themselves are worked on."""
    finish: Callable[[Samples, Sources, Instrument], Samples] = lambda audio, *_: audio
    """Makes the take's sound, float32 `(2, samples)` at 48 kHz, of what the instrument gave; where the sound is needed."""
    judge: Callable[[S, Samples, Sources, Metas], dict[str, float | None]] = lambda *_: {}
    """Measures the take's sound against stage and sources. Raises `BadInput` where it is not what was asked for."""


def behaviour_of(stage: Stage) -> Behaviour[Any]:
    """The entry of the stage's kind."""
    return BEHAVIOURS[stage.kind]


def _begin(stage: Generate, request: Request, _: Sounds) -> Request:
    """Play the codes, as ACE-Step does: as a cover. Or begin from the band's sketch, if it plays one."""
    if stage.codes:
        return replace(request, task=Task.COVER, codes=parse_codes(stage.codes))
    if stage.guide != "band":
        return request
    return replace(request, start=guide.sketch(stage, request.seed, request.metas))


def _guide_of(stage: Generate | Lego) -> str | None:
    return "band" if stage.guide == "band" and stage.guide_strength > 0 else None


def _choose_guide(stage: Generate, card: Card) -> tuple[Generate, str]:
    """Whether the band plays, and why not if that needs saying; not beside codes, which are played as a cover."""
    if stage.codes:
        card.require(Task.COVER, stage.play.variant)
        return stage.model_copy(update={"guide": "none"}), ""
    guided, why_not = guide.uses_guide(stage, by_itself=card.guided)
    return stage.model_copy(update={"guide": "band" if guided else "none"}), why_not


def _start_from_source(stage: Refine, request: Request, sounds: Sounds) -> Request:
    return replace(request, start=StartPoint(sounds[0], stage.denoise))


def _cover_source(stage: Cover, request: Request, sounds: Sounds) -> Request:
    followed = replace(request, source=sounds[0], follow=stage.follow)
    if stage.codes:
        followed = replace(followed, codes=parse_codes(stage.codes))
    return replace(followed, cover_strength=stage.strength, cover_noise=stage.noise_strength)


def _windows(regions: Sequence[Region], before: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Settled `regions` as seconds of a sound that has `before` seconds more at its beginning."""
    return tuple((region.start + before, (region.end or 0.0) + before) for region in regions)


def _repaint_region(stage: Repaint, request: Request, sounds: Sounds) -> Request:
    """What is played before the source is played over silence; the whole is encoded anew then, as ACE-Step does."""
    sound, before = sounds[0], max(-stage.all_regions[0].start, 0.0)
    if before and sound.audio is not None:
        sound = InputSound(np.pad(sound.audio, ((0, 0), (samples_of(before), 0))))
    ways = repainting(stage.mode, 0.5 if stage.strength is None else stage.strength, stage.edge)
    return replace(request, source=sound, windows=_windows(stage.all_regions, before), repaint=ways, match=stage.match)


def _keeps_sound(stage: Repaint) -> bool:
    """Whether the source's own samples stand outside the region, or it is lengthened before its start."""
    return stage.mode != "aggressive" or stage.all_regions[0].start < 0.0


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


def _check_codes_of_take(stage: Generate, _: Expected) -> None:
    _check_codes(stage.codes, stage.seconds, "a take")


def _check_codes_of_cover(stage: Cover, sources: Expected) -> None:
    _check_codes(stage.codes, longest(sources), sources[0].name)


def _check_codes(codes: str, seconds: float, what: str) -> None:
    """Raise `BadInput` where there are codes, and not as many as `what` has, which lasts `seconds`."""
    count, wanted = len(parse_codes(codes)) if codes else 0, codes_for(frames_of(seconds))
    if count and count != wanted:
        remedy = f"give {wanted} codes, or {write_number(count / CODE_RATE)} s: there are {CODE_RATE} a second"
        raise BadInput(f"{count} audio codes, and {what} of {write_number(seconds)} s has {wanted}", remedy=remedy)


def _settle_repaint(stage: Repaint, sources: Expected) -> Repaint:
    """The regions in seconds, in order. Raises `BadInput` for one that the source does not have, or too short for its edges."""
    found = _settle_regions(stage, stage.all_regions, sources)
    for region in found:
        long = (region.end or 0.0) - region.start
        if stage.mode == "exact" and stage.edge > max(long / 2.0, EDGE):
            message = f"edges of {write_number(stage.edge)} s do not fit into the region {region} s"
            raise BadInput(message, remedy=f"at most {long / 2.0:.2f} s")
    if len(found) == 1:
        return stage.model_copy(update={"start": found[0].start, "end": found[0].end, "regions": (), "unit": "seconds"})
    return stage.model_copy(update={"start": None, "end": None, "regions": found, "unit": "seconds"})


def _settle_lego(stage: Lego, sources: Expected) -> Lego:
    """The regions in seconds, in their order. Raises `BadInput` for one that reaches beyond the source."""
    if not stage.regions:
        return stage
    found = _settle_regions(stage, stage.regions, sources)
    for region in found:
        if (region.end or 0.0) > longest(sources) + 1e-6:
            message = f"the region {region} s ends after the source at {longest(sources):.2f} s"
            raise BadInput(message, remedy="a stem is as long as its source: end there or before")
    return stage.model_copy(update={"regions": found, "unit": "seconds"})


def _settle_regions(stage: Repaint | Lego, regions: Sequence[Region], sources: Expected) -> tuple[Region, ...]:
    return in_seconds(regions, bar_of_source(stage, sources[0]), sources[0].seconds)


def _to_region_end(stage: Repaint, sources: Expected) -> float:
    """A repaint may reach before the source's start and past its end. The stage is settled."""
    return max(longest(sources), stage.all_regions[-1].end or 0.0) + max(-stage.all_regions[0].start, 0.0)


def _name_stem(stage: Extract | Lego, request: Request, sounds: Sounds) -> Request:
    regions = stage.regions if isinstance(stage, Lego) else ()
    return replace(request, source=sounds[0], stems=(stage.stem,), windows=_windows(regions))


def _play_stem(stage: Lego, request: Request, sounds: Sounds) -> Request:
    """Name the stem, and begin from the band's sketch of it, if it plays one."""
    request = _name_stem(stage, request, sounds)
    if _guide_of(stage) is None:
        return request
    source = sounds[0].audio
    assert source is not None  # `needs_sound` has it decoded
    return replace(request, start=guide.sketch_stem(stage, request, source))


def _name_stems(stage: Complete, request: Request, sounds: Sounds) -> Request:
    return replace(request, source=sounds[0], stems=stage.stems)


def _end_as_source(_: Refine | Cover, metas: Metas, sources: Sources) -> float:
    source = sources[0]
    if source.decoded is None and source.take is not None:
        return ending.fade_over(source.seconds, metas) if source.take.meters.get(ending.FADE) else 0.0
    return ending.fade_like(source.audio, metas)


def _cut_stem(audio: Samples, sources: Sources, instrument: Instrument) -> Samples:
    """The stem's sound.

    A codec that does not keep phase cannot give back a stem's waveform; there the stem is cut out of the source itself by a
    mask made of its spectrum.
    """
    if instrument.keeps_phase:
        return audio
    mix = sources[0].audio
    return masking.mask_filter(mix, edits.fit_length(audio, mix.shape[1]))


def _refuse_residue(stage: Extract, audio: Samples, sources: Sources, _: Metas) -> dict[str, float | None]:
    """The stem's level against the source's, which has to be more than a residue unless it is wanted anyway."""
    level = levels.rms_db(audio) - levels.rms_db(sources[0].audio)
    if level < RESIDUE_DB and not stage.anyway:
        message = (
            f"there is next to nothing of {stage.stem} in {sources[0].name}: what came out is {-level:.0f} dB below the source"
        )
        raise BadInput(message, remedy="choose another stem, or keep what came out with --anyway")
    return {"extracted_db": level}


BEHAVIOURS: dict[str, Behaviour[Any]] = {
    "generate": Behaviour[Generate](
        Task.TEXT2MUSIC,
        _begin,
        check=_check_codes_of_take,
        seconds=lambda stage, _: stage.seconds,
        choose=_choose_guide,
        draw=guide.draw_metas,
        fade=lambda stage, metas, _: ending.fade_of(stage, metas),
        guide=_guide_of,
        judge=lambda stage, audio, _, metas: measure_song(stage.song, audio, metas),
    ),
    "refine": Behaviour[Refine](Task.TEXT2MUSIC, _start_from_source, fade=_end_as_source, as_loud=True),
    "cover": Behaviour[Cover](Task.COVER, _cover_source, check=_check_codes_of_cover, fade=_end_as_source, as_loud=True),
    "repaint": Behaviour[Repaint](
        Task.REPAINT, _repaint_region, seconds=_to_region_end, settle=_settle_repaint, needs_sound=_keeps_sound
    ),
    "morph": Behaviour[Morph](Task.TEXT2MUSIC, _morph_source, settle=_describe_source, as_loud=True),
    "extract": Behaviour[Extract](
        Task.EXTRACT,
        _name_stem,
        needs_caption=False,
        finish=_cut_stem,
        judge=_refuse_residue,
        needs_sound=lambda _: True,
    ),
    "lego": Behaviour[Lego](
        Task.LEGO,
        _play_stem,
        settle=_settle_lego,
        guide=_guide_of,
        needs_sound=lambda stage: stage.guide == "band",
    ),
    "complete": Behaviour[Complete](Task.COMPLETE, _name_stems, as_loud=True),
}
"""The behaviour of every kind of stage, by kind."""
