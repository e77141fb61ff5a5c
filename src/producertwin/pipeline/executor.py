"""Plays a stage: checks all that can be refused, makes the open choices, asks the instrument, and keeps the take.

`find_sources` and `prepare` run before anything is loaded and raise for record, source, caption, region and reference.
`resolve` makes the choices that depend on the instrument; a resolved stage for one take, run again, makes the same bytes.
`render` plays one take and stores it. Where copies go, and how many takes are made, is the caller's business.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..audio import files
from ..errors import BadInput
from ..library import Library, Take, TakeDraft
from ..model.adapters import Attached
from ..model.hearing import learn_triggers
from ..model.instrument import Card, Instrument
from ..model.sampling import engine
from ..model.sampling.request import Generated, Metas, Request, Samples, Sampling
from ..progress import Message, OnProgress, Progress, Steps, note, warning
from . import ending, finish, guide
from .behaviours import behaviour_of
from .events import events
from .hearing import hearing_of, tell
from .sound_stages import Mix
from .sources import EditSource, check_audible, find_source, inherit_prompt
from .stages import Play, Prompt, SourceRef, Stage

SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a stage works with, found and checked."""

    sources: tuple[EditSource, ...]
    prompt: Prompt
    """What should sound, with what the sources say where the stage leaves it open."""
    seconds: float
    """How long the result lasts."""
    reference: Samples | None
    """A sound whose timbre to take."""


@dataclass(frozen=True, slots=True)
class Player:
    """An instrument with the adapters it wears, in the order of the stage's."""

    instrument: Instrument
    adapters: tuple[Attached, ...] = ()

    @property
    def card(self) -> Card:
        """The instrument's card, with the trigger words of its adapters among the words it knows."""
        return learn_triggers(self.instrument.card, (on.adapter.trigger for on in self.adapters))


def find_sources(stage: Stage | Mix, library: Library | None) -> tuple[EditSource, ...]:
    """The sources that `stage` names, in its order; None is a studio that nothing was made in. Raises as `find_source` does."""
    return tuple(find_source(wanted, library) for wanted in stage.sources)


def prepare(stage: Stage, sources: tuple[EditSource, ...]) -> Prepared:
    """Check `stage` against its `sources`.

    Raises `BadInput` when the sources do not suit it or nobody says what should sound and the stage needs to know, `NotFound`
    and `AudioRejected` for a reference that cannot be used.
    """
    behaviour = behaviour_of(stage)
    behaviour.check(stage, sources)
    prompt = inherit_prompt(stage.prompt, sources)
    if behaviour.needs_caption and not prompt.caption:
        nameless = ", ".join(source.name for source in sources)
        raise BadInput(f"the caption is empty, and {nameless} has none", remedy='say what to play: --caption "lofi, rainy"')
    return Prepared(sources, prompt, behaviour.seconds(stage, sources), read_reference(stage))


def read_reference(stage: Stage) -> Samples | None:
    """The sound whose timbre `stage` takes. Raises `NotFound` and `AudioRejected` for one that cannot be used."""
    path = behaviour_of(stage).reference(stage)
    reference = None if path is None else files.read(path)
    if reference is not None:
        check_audible(reference, str(path))
    return reference


def choose_defaults(play: Play, known: Card) -> Play:
    """`play` with steps, guidance and shift, where it leaves them open those of the variant."""
    chosen = {"steps": play.steps or known.steps, "guidance": play.guidance or known.guidance, "shift": play.shift or known.shift}
    return play.model_copy(update=chosen)


def resolve(stage: Stage, sources: tuple[EditSource, ...], known: Card) -> tuple[Stage, tuple[Message, ...]]:
    """`stage` with every choice but its seeds made for a variant, `known` by its card, and what the user should know.

    That is what the variant understands of the words, the style that the band takes them for, and a warning about a choice.
    Raises `BadInput` where the variant was not trained for the stage's task, `NotFound` where a guide has no style.
    """
    play = stage.play
    known.require(behaviour_of(stage).task, play.variant)
    settled = stage.model_copy(update={"play": choose_defaults(play, known)})
    pinned = settled.pin([SourceRef(source.name, source.hash) for source in sources])
    resolved, why = behaviour_of(stage).choose(pinned, known)
    prompt = inherit_prompt(stage.prompt, sources)
    told = tell(hearing_of(resolved, prompt, known), prompt, known)
    return resolved, (*told, *([warning(why)] if why else []))


def split_batch(stage: Stage) -> Iterator[Stage]:
    """One stage per take of `stage`, each with its own seed; the first seed is drawn when none was given."""
    first = draw_seed() if stage.play.seed is None else stage.play.seed
    for place in range(stage.play.batch):
        yield with_seed(stage, first + place)


def draw_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(SEEDS)


def with_seed(stage: Stage, seed: int) -> Stage:
    """`stage` for one take of this seed, counted round at 2^32."""
    return stage.model_copy(update={"play": stage.play.model_copy(update={"seed": seed % SEEDS, "batch": 1})})


def render(
    stage: Stage, prepared: Prepared, player: Player, library: Library, *, what: str = "take", picture: bool = False
) -> Steps[tuple[Take, tuple[str, ...]]]:
    """Play a resolved `stage` of one take and store it, with a picture if wanted; returns it and what the user should know.

    `what` names the take in the progress. Raises `BadInput` for a stage without a seed, and `Interrupted` when stopped; then
    nothing is stored.
    """
    draft, warnings = yield from perform(stage, prepared, player, what=what, picture=picture)
    return library.takes.add(draft), warnings


def perform(
    stage: Stage, prepared: Prepared, player: Player, *, what: str = "take", picture: bool = False
) -> Steps[tuple[TakeDraft, tuple[str, ...]]]:
    """One take, rendered and measured and not stored, and what the user should know. Raises as `render` does."""
    instrument, behaviour = player.instrument, behaviour_of(stage)
    asked = _request(stage, prepared)
    drawn = behaviour.draw(stage, asked.seed, asked.metas, instrument.card)
    if drawn.names:
        yield note(f"{what}: {guide.say(drawn)}")
    hearing = hearing_of(stage, prepared.prompt, player.card).model_copy(update={"drawn": drawn.names})
    guided_by = behaviour.guide(stage)
    if guided_by is not None:
        yield Progress(what, 0, 1, f"the {guided_by} plays a sketch")
    sounds = tuple(source.sound(instrument.variant, instrument.revision) for source in prepared.sources)
    request = behaviour.ask(stage, replace(asked, metas=drawn.metas), sounds)

    def play(report: OnProgress) -> Generated:
        return engine.generate(instrument, [request], on_progress=report)[0]

    generated = yield from events(play, what)
    audio = behaviour.finish(generated.audio, prepared.sources, instrument)
    audio = ending.end(audio, behaviour.fade(stage, request.metas, prepared.sources))
    result = finish.Result(stage, request, generated, audio, instrument, player.adapters, prepared.sources, guided_by, hearing)
    return finish.draft(result, picture=picture), generated.warnings


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
        sampling=Sampling(play.steps, play.guidance, play.shift),
        reference=prepared.reference,
    )
