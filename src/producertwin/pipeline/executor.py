"""Plays a stage: checks all that can be refused, makes the open choices, asks the instrument, and keeps the take.

`find_sources` and `prepare` run before anything is loaded and raise for record, source, caption, region and reference.
`resolve` makes the choices that depend on the instrument; a resolved stage for one take, run again, makes the same bytes.
`render` plays takes and stores them. Where copies go, and how many takes are made, is the caller's business.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..audio import files
from ..errors import BadInput
from ..library import Library, Take, TakeDraft
from ..model.adapters import Attached
from ..model.instrument import Card, Instrument
from ..model.sampling import engine
from ..model.sampling.options import SamplingOptions
from ..model.sampling.request import Generated, Metas, Request, Samples, Sampling
from ..progress import OnProgress, Progress, Steps
from . import finish
from .behaviours import behaviour_of
from .events import events
from .sources import EditSource, check_audible, find_source, inherit_prompt
from .stages import Prompt, SourceRef, Stage

SEEDS = 2**32


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


@dataclass(frozen=True, slots=True)
class Player:
    """An instrument with the adapters it wears, in the order of the stage's."""

    instrument: Instrument
    adapters: tuple[Attached, ...] = ()


def find_sources(stage: Stage, library: Library | None) -> tuple[EditSource, ...]:
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
    behaviour.settle(stage, sources)
    references = tuple(files.read(path) for path in stage.reference)
    for path, reference in zip(stage.reference, references, strict=True):
        check_audible(reference, str(path))
    return Prepared(sources, prompt, behaviour.seconds(stage, sources), references)


def resolve(stage: Stage, sources: tuple[EditSource, ...], known: Card) -> tuple[Stage, str]:
    """`stage` with every choice but its seeds made for a variant, `known` by its card, and a warning about a choice, or "".

    Raises `BadInput` where the variant was not trained for the stage's task, `NotFound` where a guide has no style.
    """
    play = stage.play
    known.require(behaviour_of(stage).task, play.variant)
    if stage.prompt.global_caption:
        known.require_stem_captions(play.variant)
    chosen = {"steps": play.steps or known.steps, "guidance": play.guidance or known.guidance, "shift": play.shift or known.shift}
    chosen_stage = stage.model_copy(update={"play": play.model_copy(update=chosen), "sampling": _settle_dcw(stage, known)})
    pinned = chosen_stage.pin([SourceRef(source.name, source.hash) for source in sources])
    behaviour = behaviour_of(stage)
    resolved: tuple[Stage, str] = behaviour.choose(behaviour.settle(pinned, sources), known)
    return resolved


def _settle_dcw(stage: Stage, known: Card) -> SamplingOptions:
    """The stage's options with the variant's own DCW, where it has one and nobody asks for another; a morph has none."""
    if stage.sampling.dcw is not None or known.correction == "off" or stage.kind == "morph":
        return stage.sampling
    return stage.sampling.model_copy(update={"dcw": known.correction})


def split_batch(stage: Stage) -> Iterator[Stage]:
    """One stage per take of `stage`, each with its own seed; the first seed is drawn when none was given.

    The takes of a retake share their seed, and each has another seed of its other noise.
    """
    play, options = stage.play, stage.sampling
    first = secrets.randbelow(SEEDS) if play.seed is None else play.seed
    retake = options.retake_variance > 0.0
    other = secrets.randbelow(SEEDS) if options.retake_seed is None else options.retake_seed
    for place in range(play.batch):
        seeded = {"seed": first if retake else (first + place) % SEEDS, "batch": 1}
        varied = {"retake_seed": (other + place) % SEEDS} if retake else {}
        changes = {"play": play.model_copy(update=seeded), "sampling": options.model_copy(update=varied)}
        yield stage.model_copy(update=changes)


def split_passes(stages: Sequence[Stage], prepared: Prepared, instrument: Instrument) -> Iterator[Sequence[Stage]]:
    """The stages of one batch in the groups that are played together: each for itself on a CPU, several on an accelerator."""
    most = engine.takes_per_pass(instrument, prepared.seconds)
    for first in range(0, len(stages), most):
        yield stages[first : first + most]


def render(
    stages: Sequence[Stage], prepared: Prepared, player: Player, library: Library, *, what: str = "take", picture: bool = False
) -> Steps[list[tuple[Take, tuple[str, ...]]]]:
    """Play resolved `stages` of one take each together and store them, with a picture if wanted.

    Returns each take with what the user should know about it. `what` names the takes in the progress. Raises `BadInput` for a
    stage without a seed, and `Interrupted` when stopped; then nothing is stored.
    """
    drafts = yield from _drafts(stages, prepared, player, what, picture)
    return [(library.takes.add(draft), warnings) for draft, warnings in drafts]


def _drafts(
    stages: Sequence[Stage], prepared: Prepared, player: Player, what: str, picture: bool
) -> Steps[list[tuple[TakeDraft, tuple[str, ...]]]]:
    """Takes, rendered and measured."""
    instrument, behaviour = player.instrument, behaviour_of(stages[0])
    guide = behaviour.guide(stages[0])
    if guide is not None:
        yield Progress(what, 0, 1, f"the {guide} plays a sketch")
    sounds = tuple(source.sound(instrument.variant, instrument.revision) for source in prepared.sources)
    requests = [behaviour.ask(stage, _request(stage, prepared), sounds) for stage in stages]

    def play(report: OnProgress) -> list[Generated]:
        return engine.generate(instrument, requests, on_progress=report)

    found, made = [], (yield from events(play, what))
    for stage, request, generated in zip(stages, requests, made, strict=True):
        audio = behaviour.finish(generated.audio, prepared.sources, instrument)
        result = finish.Result(stage, request, generated, audio, instrument, player.adapters, prepared.sources, guide)
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
