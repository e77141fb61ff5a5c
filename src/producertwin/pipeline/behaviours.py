"""What the executor does for each kind of stage: one entry of `BEHAVIOURS` per record of `stages`.

A new kind of stage is a record in `stages.py` and an entry here. All that differs between kinds stands in the entry: the
instrument's task, what is asked of it, how long the result lasts, what makes a source unfit, how the sound is finished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from ..errors import BadInput
from ..model.hearing import is_sung
from ..model.instrument import Card
from ..model.sampling import request as asked
from ..model.sampling.code_text import codes_for, parse_codes
from ..model.sampling.networks import AnyInstrument
from ..model.sampling.options import EDGE
from ..model.sampling.repainting import repainting
from ..model.sampling.request import InputSound, Metas, Request, Samples, StartPoint
from ..model.tasks import Task
from ..progress import OnProgress
from ..timebase import CODE_RATE, frames_of, samples_of
from ..wording import write_number
from . import ending, guide
from .goals import OF_GUIDE, read_goals
from .guide import DrawnMetas
from .read_back import read_back
from .regions import windows_of
from .source_metas import settle_regions
from .sources import Expected, Sounds, Sources, inherit_prompt, longest
from .stages import Complete, Cover, Extract, Generate, Lego, Morph, Refine, Repaint, Stage
from .stem_behaviours import cut_out, name_stem, name_stems, play_stem, refuse_residue, settle_lego

S = TypeVar("S", bound=Stage)


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
    least: Callable[[S], float | None] = lambda _: None
    """LUFS that the take is brought up to where it is quieter."""
    needs_sound: Callable[[S], bool] = lambda _: False
    """Whether latents will not do, neither of its sources nor as its result: the waveforms themselves are worked on."""
    finish: Callable[[Samples, Request, Sources, AnyInstrument, OnProgress], Samples] = lambda audio, *_: audio
    """Makes the take's sound, float32 `(2, samples)` at 48 kHz, of what the instrument gave; where the sound is needed.

    May ask the instrument for more, and reports how far it is.
    """
    judge: Callable[[S, Samples, Sources, Request], dict[str, float | None]] = lambda *_: {}
    """Measures the take's sound against stage, sources and what the instrument was asked.

    Raises `BadInput` where it is not what was asked for.
    """


def behaviour_of(stage: Stage) -> Behaviour[Any]:
    """The entry of the stage's kind."""
    return BEHAVIOURS[stage.kind]


def _begin(stage: Generate, request: Request, _: Sounds) -> Request:
    """Play the codes, as ACE-Step does: as a cover. Or begin from the band's sketch, if it plays one."""
    if stage.codes:
        return replace(request, task=Task.COVER, codes=parse_codes(stage.codes))
    if stage.guide != "band":
        return guide.tell_form(stage, request)
    return guide.sketch(stage, request)


def _choose_guide(stage: Generate, card: Card) -> tuple[Generate, str]:
    """Whether the band plays, and why not if that needs saying; not beside codes, which are played as a cover."""
    if stage.codes:
        card.require(Task.COVER, stage.play.variant)
        return stage.model_copy(update={"guide": "none"}), ""
    guided, why_not = guide.uses_guide(stage, by_itself=card.guided)
    _check_goals(stage, card, guided=guided)
    sung = guided and stage.guide_sings is None and card.syllables and is_sung(stage.prompt.lyrics)
    chosen = {"guide": "band" if guided else "none"} | ({"guide_sings": True} if sung else {})
    return stage.model_copy(update=chosen), why_not


def _check_goals(stage: Generate, card: Card, *, guided: bool) -> None:
    """Raise `BadInput` for what a take is to hold that nobody plays or states."""
    goals = {goal.name for goal in read_goals(stage.hold)}
    if not guided and goals & OF_GUIDE:
        message = f"{', '.join(sorted(goals & OF_GUIDE))} cannot be held: no guide is played for {stage.prompt.caption!r}"
        raise BadInput(message, remedy="name a style of the band, or give --guide band, --chords or --form")
    stated = {"tempo": stage.prompt.bpm, "key": stage.prompt.key}
    free = [name for name in goals & set(stated) if stated[name] is None and not (guided or card.metronome)]
    if free:
        raise BadInput(f"{' and '.join(sorted(free))} cannot be held: nobody states it", remedy="give --bpm and --key")


def _start_from_source(stage: Refine, request: Request, sounds: Sounds) -> Request:
    return replace(request, start=StartPoint(sounds[0], stage.denoise))


def _cover_source(stage: Cover, request: Request, sounds: Sounds) -> Request:
    followed = replace(request, source=sounds[0], follow=stage.follow)
    if stage.codes:
        followed = replace(followed, codes=parse_codes(stage.codes))
    return replace(followed, cover_strength=stage.strength, cover_noise=stage.noise_strength)


def _repaint_region(stage: Repaint, request: Request, sounds: Sounds) -> Request:
    """What is played before the source is played over silence; the whole is encoded anew then, as ACE-Step does."""
    sound, before = sounds[0], max(-stage.all_regions[0].start, 0.0)
    if before and sound.audio is not None:
        sound = InputSound(np.pad(sound.audio, ((0, 0), (samples_of(before), 0))))
    ways = repainting(stage.mode, 0.5 if stage.strength is None else stage.strength, stage.edge)
    return replace(request, source=sound, windows=windows_of(stage.all_regions, before), repaint=ways, match=stage.match)


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
    found = settle_regions(stage, stage.all_regions, sources)
    for region in found:
        long = (region.end or 0.0) - region.start
        if stage.mode == "exact" and stage.edge > max(long / 2.0, EDGE):
            message = f"edges of {write_number(stage.edge)} s do not fit into the region {region} s"
            raise BadInput(message, remedy=f"at most {long / 2.0:.2f} s")
    if len(found) == 1:
        return stage.model_copy(update={"start": found[0].start, "end": found[0].end, "regions": (), "unit": "seconds"})
    return stage.model_copy(update={"start": None, "end": None, "regions": found, "unit": "seconds"})


def _to_region_end(stage: Repaint, sources: Expected) -> float:
    """A repaint may reach before the source's start and past its end. The stage is settled."""
    return max(longest(sources), stage.all_regions[-1].end or 0.0) + max(-stage.all_regions[0].start, 0.0)


def _end_as_source(_: Refine | Cover, metas: Metas, sources: Sources) -> float:
    source = sources[0]
    if source.decoded is None and source.take is not None:
        return ending.fade_over(source.seconds, metas) if source.take.meters.get(ending.FADE) else 0.0
    return ending.fade_like(source.audio, metas)


BEHAVIOURS: dict[str, Behaviour[Any]] = {
    "generate": Behaviour[Generate](
        Task.TEXT2MUSIC,
        _begin,
        check=_check_codes_of_take,
        seconds=lambda stage, _: stage.seconds,
        choose=_choose_guide,
        draw=guide.draw_metas,
        fade=lambda stage, metas, _: ending.fade_of(stage, metas),
        least=ending.loudness_of,
        guide=guide.player_of,
        needs_sound=lambda stage: bool(stage.hold),
        judge=lambda stage, audio, _, request: read_back(stage, audio, request),
    ),
    "refine": Behaviour[Refine](Task.TEXT2MUSIC, _start_from_source, fade=_end_as_source, as_loud=True),
    "cover": Behaviour[Cover](Task.COVER, _cover_source, check=_check_codes_of_cover, fade=_end_as_source, as_loud=True),
    "repaint": Behaviour[Repaint](
        Task.REPAINT, _repaint_region, seconds=_to_region_end, settle=_settle_repaint, needs_sound=_keeps_sound
    ),
    "morph": Behaviour[Morph](Task.TEXT2MUSIC, _morph_source, settle=_describe_source, as_loud=True),
    "extract": Behaviour[Extract](
        Task.EXTRACT,
        name_stem,
        needs_caption=False,
        finish=cut_out,
        judge=refuse_residue,
        needs_sound=lambda _: True,
    ),
    "lego": Behaviour[Lego](
        Task.LEGO,
        play_stem,
        settle=settle_lego,
        guide=guide.player_of,
        needs_sound=lambda stage: stage.guide == "band",
    ),
    "complete": Behaviour[Complete](Task.COMPLETE, name_stems, as_loud=True),
}
"""The behaviour of every kind of stage, by kind."""
