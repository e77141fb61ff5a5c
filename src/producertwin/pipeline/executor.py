"""Plays a stage: checks all that can be refused, makes the open choices, asks the instrument, and keeps the take.

`find_sources` and `prepare` run before anything is loaded and raise for record, source, caption, region and reference.
`resolve` makes the choices that depend on the instrument; a resolved stage for one take, run again, makes the same bytes.
`render` plays takes and stores them. Where copies go, and how many takes are made, is the caller's business.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from ..audio import files
from ..errors import BadInput
from ..library import Library, Take, TakeDraft
from ..model.hearing import learn_triggers
from ..model.instrument import Card
from ..model.sampling import engine
from ..model.sampling.checks import check_idle, check_ways
from ..model.sampling.encodings import Encodings
from ..model.sampling.networks import AnyInstrument
from ..model.sampling.request import Generated, Metas, Request, Samples, Sampling
from ..progress import Message, OnProgress, Progress, Steps, note, warning
from . import ending, finish, guide, read_back
from .behaviours import behaviour_of
from .events import events
from .fields import SEEDS, draw_seed
from .hearing import hearing_of, tell
from .holding import STRONGEST, hold, without_hold
from .sound_stages import Mix
from .source_metas import LOUDNESS, read_metas, tell_bars
from .sources import EditSource, check_audible, find_source, inherit_prompt
from .stages import Cover, Generate, Prompt, Refine, SourceRef, Stage

if TYPE_CHECKING:
    from ..model.adapters import Attached


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a stage works with, found and checked."""

    sources: tuple[EditSource, ...]
    prompt: Prompt
    """What should sound, with what the sources say where the stage leaves it open."""
    seconds: float
    """How long the result lasts."""
    references: tuple[Samples, ...]
    """Sounds whose timbre to take."""
    readings: dict[str, float | None] = field(default_factory=dict)
    """What was measured of the sources, by the names that it has among the take's meters."""
    notes: tuple[Message, ...] = ()
    """What was read of the sources, for whoever asked."""


@dataclass(frozen=True, slots=True)
class Player:
    """An instrument with the adapters it wears, in the order of the stage's."""

    instrument: AnyInstrument
    adapters: tuple[Attached, ...] = ()
    encodings: Encodings | None = None
    """What was encoded lately, and need not be again."""

    @property
    def card(self) -> Card:
        """The instrument's card, with the trigger words of its adapters among the words it knows."""
        return learn_triggers(self.instrument.card, (on.adapter.trigger for on in self.adapters))


def find_sources(stage: Stage | Mix, library: Library | None) -> tuple[EditSource, ...]:
    """The sources that `stage` names, in its order; None is a studio that nothing was made in. Raises as `find_source` does."""
    return tuple(find_source(wanted, library) for wanted in stage.sources)


def prepare(stage: Stage, sources: tuple[EditSource, ...]) -> Prepared:
    """Check `stage` against its `sources`, and read from their sound what nobody states of it.

    Raises `BadInput` when the sources do not suit it or nobody says what should sound and the stage needs to know, `NotFound`
    and `AudioRejected` for a reference that cannot be used.
    """
    behaviour = behaviour_of(stage)
    prompt = inherit_prompt(stage.prompt, sources)
    if behaviour.needs_caption and not prompt.caption:
        nameless = ", ".join(source.name for source in sources)
        raise BadInput(f"the caption is empty, and {nameless} has none", remedy='say what to play: --caption "lofi, rainy"')
    settled = behaviour.settle(stage, sources)
    behaviour.check(settled, sources)
    metas = read_metas(settled, sources, prompt)
    readings = {LOUDNESS: metas.lufs} if sources else {}
    return Prepared(sources, metas.prompt, behaviour.seconds(settled, sources), read_references(stage), readings, metas.notes)


def read_references(stage: Stage) -> tuple[Samples, ...]:
    """The sounds whose timbre `stage` takes. Raises `NotFound` and `AudioRejected` for one that cannot be used."""
    found = tuple(files.read(path) for path in stage.reference)
    for path, reference in zip(stage.reference, found, strict=True):
        check_audible(reference, str(path))
    return found


def choose_defaults(stage: Stage, known: Card) -> Stage:
    """`stage` with steps, guidance, shift and DCW, where it leaves them open those of the variant; a schedule needs no steps.

    Raises `BadInput` where the variant was not trained for what the stage asks, does not sample in the ways that it asks for, or
    would sample as without them.
    """
    play, options = stage.play, stage.sampling
    known.require(behaviour_of(stage).task, play.variant)
    if stage.prompt.global_caption:
        known.require_stem_captions(play.variant)
    steps, guidance = known.sampling_of(behaviour_of(stage).task)
    chosen = {"guidance": play.guidance or guidance}
    if not options.schedule:
        chosen |= {"steps": play.steps or steps, "shift": play.shift or known.shift}
    morph = stage.kind == "morph"
    check_ways(options, chosen["guidance"], known, morph=morph)
    if options.dcw is None and known.correction != "off" and not morph:
        options = options.model_copy(update={"dcw": known.correction})
    check_idle(options, options.dcw or "off")
    stage = choose_strength(stage, known)
    return stage.model_copy(update={"play": play.model_copy(update=chosen), "sampling": options})


def choose_strength(stage: Stage, known: Card) -> Stage:
    """`stage` with the guide's strength that the variant was qualified with, where nobody chose one."""
    if not isinstance(stage, Generate) or "guide_strength" in stage.model_fields_set:
        return stage
    strength = known.song_strength if stage.song.is_written else known.guide_strength
    return stage if strength is None else stage.model_copy(update={"guide_strength": strength})


def tell_strength(asked: Stage, resolved: Stage, known: Card) -> tuple[Message, ...]:
    """What the user should know of how strongly the take begins from a sound."""
    most: float | None = None
    if isinstance(resolved, Generate) and resolved.guide == "band":
        strength, most = resolved.guide_strength, known.most_strength
        if isinstance(asked, Generate) and "guide_strength" not in asked.model_fields_set and strength != asked.guide_strength:
            return (note(f"guide strength {strength:g}, as {known.name} was qualified"),)
    elif isinstance(resolved, Refine):
        strength, most = 1.0 - resolved.denoise, known.most_strength
    elif isinstance(resolved, Cover):
        strength, most = resolved.noise_strength, known.most_cover_noise
    if most is None or strength <= most + 1e-9:
        return ()
    return (warning(f"{known.name} fell to near-silence above a strength of {most:g} (twin qualify), and {strength:g} is asked"),)


def resolve(stage: Stage, sources: tuple[EditSource, ...], known: Card) -> tuple[Stage, tuple[Message, ...]]:
    """`stage` with every choice but its seeds made for a variant, `known` by its card, and what the user should know.

    That is what the variant understands of the words, the style that the band takes them for, and a warning about a choice.
    Raises `BadInput` where the variant was not trained for the stage's task, `NotFound` where a guide has no style.
    """
    behaviour = behaviour_of(stage)
    pinned = choose_defaults(stage, known).pin([SourceRef(source.name, source.hash) for source in sources])
    resolved, why = behaviour.choose(behaviour.settle(pinned, sources), known)
    prompt = inherit_prompt(stage.prompt, sources)
    told = tell(hearing_of(resolved, prompt, known), prompt, known)
    if stage.sampling.schedule and (stage.play.steps or stage.play.shift):
        told += (warning("the schedule says the noise levels: steps and shift were not looked at"),)
    return resolved, (*tell_bars(stage, sources), *tell_strength(stage, resolved, known), *told, *([warning(why)] if why else []))


def split_batch(stage: Stage) -> Iterator[Stage]:
    """One stage per take of `stage`, each with its own seed; the first seed is drawn when none was given."""
    first = draw_seed() if stage.play.seed is None else stage.play.seed
    for place in range(stage.play.batch):
        yield with_seed(stage, first, place)


def with_seed(stage: Stage, first: int, place: int) -> Stage:
    """`stage` for the take at `place` of a batch whose first seed is `first`; seeds are counted round at 2^32.

    The takes of a retake share their seed; the seeds of their other noise are counted up, if none is given from the one after it.
    """
    options, seed = stage.sampling, first + place
    if options.retake_variance > 0.0:
        other = first + 1 if options.retake_seed is None else options.retake_seed
        options, seed = options.model_copy(update={"retake_seed": (other + place) % SEEDS}), first
    play = stage.play.model_copy(update={"seed": seed % SEEDS, "batch": 1})
    return stage.model_copy(update={"play": play, "sampling": options})


Part = tuple[Stage, Prepared]
"""A resolved stage of one take, and what it works with."""


def split_passes(parts: Sequence[Part], instrument: AnyInstrument) -> Iterator[Sequence[Part]]:
    """Parts of one kind in the groups that are played together: each for itself on a CPU, several on an accelerator."""
    if not parts:
        return
    most = engine.takes_per_pass(instrument, max(prepared.seconds for _, prepared in parts))
    for first in range(0, len(parts), most):
        yield parts[first : first + most]


def count_takes(done: int, together: int, count: int) -> str:
    """What is being played, in words: `take 3 of 8`, or `takes 3 to 6 of 8`."""
    return f"take {done + 1} of {count}" if together == 1 else f"takes {done + 1} to {done + together} of {count}"


def render(
    parts: Sequence[Part],
    player: Player,
    library: Library,
    *,
    what: str = "take",
    picture: bool = False,
    heard: bool = True,
) -> Steps[list[tuple[Take, tuple[str, ...]]]]:
    """Play the takes of `parts` together and store them, with a picture if wanted; returns each with what the user should know.

    `what` names the takes in the progress. Takes that are not to be `heard` are kept as latents alone. Raises `BadInput` for a
    stage without a seed and for a result that is not what was asked for (`Behaviour.judge`), and `Interrupted` when stopped;
    then nothing is stored.
    """
    holds = behaviour_of(parts[0][0]).needs_sound(parts[0][0])

    def play(again: Sequence[Part], name: str) -> Steps[list[tuple[TakeDraft, tuple[str, ...]]]]:
        return perform(again, player, what=name, picture=picture, heard=heard or holds)

    once = [(without_hold(stage) if isinstance(stage, Generate) else stage, prepared) for stage, prepared in parts]
    strongest = min(STRONGEST, player.card.most_strength or STRONGEST)
    drafts = yield from hold(parts, (yield from play(once, what)), play, what, strongest=strongest)
    return [(library.takes.add(draft), warnings) for draft, warnings in drafts]


def perform(
    parts: Sequence[Part], player: Player, *, what: str = "take", picture: bool = False, heard: bool = True
) -> Steps[list[tuple[TakeDraft, tuple[str, ...]]]]:
    """The takes of `parts`, rendered, measured and not stored, each with what the user should know. Raises as `render` does."""
    instrument = replace(player.instrument, encodings=player.encodings)
    behaviour = behaviour_of(parts[0][0])
    guided_by = [behaviour.guide(stage) for stage, _ in parts]
    asked = [_request(stage, prepared) for stage, prepared in parts]
    drawn = [behaviour.draw(stage, one.seed, one.metas, instrument.card) for (stage, _), one in zip(parts, asked, strict=True)]
    for one, facts in zip(asked, drawn, strict=True):
        if facts.names:
            yield note(f"{what}{f', seed {one.seed}' if len(parts) > 1 else ''}: {guide.say(facts)}")
    for sketcher in sorted({one for one in guided_by if one is not None}):
        yield Progress(what, 0, 1, f"the {sketcher} plays a sketch")
    requests = []
    for (stage, prepared), one, facts in zip(parts, asked, drawn, strict=True):
        sounds = tuple(source.sound(instrument.variant, instrument.revision) for source in prepared.sources)
        requests.append(behaviour.ask(stage, replace(one, metas=facts.metas), sounds))

    def play(report: OnProgress) -> list[Generated]:
        return engine.generate(instrument, requests, on_progress=report, decode=heard or behaviour.needs_sound(parts[0][0]))

    found, made = [], (yield from events(play, what))
    for (stage, prepared), facts, guiding, request, generated in zip(parts, drawn, guided_by, requests, made, strict=True):
        start = time.perf_counter()
        fade = behaviour.fade(stage, request.metas, prepared.sources)
        audio, measured = None, prepared.readings
        if generated.audio.shape[1]:
            whole = yield from events(partial(behaviour.finish, generated.audio, request, prepared.sources, instrument), what)
            measured = measured | behaviour.judge(stage, whole, prepared.sources, request)
            if words := read_back.tell(measured):
                yield note(f"{what}{f', seed {request.seed}' if len(parts) > 1 else ''}: {words}")
            lufs = prepared.readings.get(LOUDNESS) if behaviour.as_loud else None
            audio = finish.finish_sound(whole, lufs, fade, behaviour.least(stage))
        else:
            measured = measured | {ending.FADE: fade, ending.LEAST: behaviour.least(stage)}
        result = finish.Result(
            stage,
            request,
            generated,
            audio,
            instrument,
            player.adapters,
            prepared.sources,
            guiding,
            measured,
            hearing_of(stage, prepared.prompt, player.card).model_copy(update={"drawn": facts.names}),
            {**generated.seconds, "decode": generated.seconds.get("decode", 0.0) + time.perf_counter() - start},
        )
        found.append((finish.draft(result, picture=picture), generated.warnings))
    return found


def _request(stage: Stage, prepared: Prepared) -> Request:
    """What every kind of stage asks for."""
    prompt, play = prepared.prompt, stage.play
    if play.seed is None:
        raise BadInput("the stage has no seed", remedy="give one, or split it with split_batch")
    return Request(
        caption=prompt.caption,
        seconds=prepared.seconds,
        seed=play.seed,
        task=behaviour_of(stage).task,
        lyrics=prompt.lyrics,
        metas=Metas.of(prompt.bpm, prompt.key, prompt.meter, prompt.language),
        sampling=Sampling(steps=play.steps, guidance=play.guidance, shift=play.shift, **dict(stage.sampling)),
        references=prepared.references,
        global_caption=prompt.global_caption,
    )
