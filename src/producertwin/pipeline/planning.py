"""What a pipeline will do, known before the first note, and everything in it that can be refused.

Stages are followed in their order with what is known of their results: how many takes, how long, from what words. All mistakes
are told at once, each with its stage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from ..errors import BadInput, TwinError
from ..model.hearing import can_sing
from ..model.instrument import Card
from ..progress import Message
from ..timebase import MAX_SECONDS
from ..wording import suggest_name, write_number
from . import executor
from .behaviours import behaviour_of
from .caption_metas import take_metas
from .choosing import BY_CHORDS
from .guide import player_of
from .pipelines import GIVEN, NamedStage, Pipeline
from .sound_stages import Mix, Select
from .source_metas import tell_bars
from .sources import EditSource, Source, inherit_prompt
from .stages import Adapter, Edit, Extract, Generate, Prompt, SourceRef

HandOver = Literal["nothing", "latents", "sound", "takes"]
"""What a stage takes of its sources: nothing, latents of its variant, sound (through the codec), or takes as they are."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A take that will be there."""

    name: str
    seconds: float
    prompt: Prompt | None
    sung: bool = True
    """Whether somebody may sing in it."""


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage with the choices that can be made beforehand."""

    id: str
    stage: Generate | Edit | Mix | Select
    takes: int
    """How many it makes, or lets go on."""
    seconds: float
    """Length of each."""
    prompt: Prompt
    hands_over: HandOver
    made_by: str | None
    """Whose latents its takes have; a mix has none."""
    notes: tuple[Message, ...] = ()
    """What the user should know of what was read from the caption."""
    heard: bool = True
    """Whether its takes are kept with their sound; else as latents, which are decoded when somebody asks."""
    preview: bool = False
    """Whether takes of latents alone are decoded all the same, to be heard; nothing else changes."""
    encodes: int = 0
    """Sounds that are encoded for it, and not for an earlier stage already."""
    decodes: int = 0
    """Takes that are decoded for it."""
    sung: bool = True
    """Whether somebody may sing in its takes: in what they are made from, or who plays them can."""
    guided: bool = False
    """Whether the band plays for its takes, so that their chords are known."""

    @property
    def variant(self) -> str | None:
        """Who plays; nobody does in a mix and in a choice."""
        return None if isinstance(self.stage, Mix | Select) else self.stage.play.variant

    @property
    def needs_seed(self) -> bool:
        """Whether it draws noise and nobody chose a seed."""
        return not isinstance(self.stage, Mix | Select) and self.stage.play.seed is None

    @property
    def steps(self) -> int:
        """Denoising steps of each take."""
        if isinstance(self.stage, Mix | Select):
            return 0
        schedule = self.stage.sampling.schedule
        return len(schedule) if schedule else self.stage.play.steps or 0


@dataclass(frozen=True, slots=True)
class Studio:
    """What planning asks of the studio. Every function raises a `TwinError` for what is not there."""

    find: Callable[[SourceRef], EditSource]
    """A take or a file."""
    card: Callable[[str], Card]
    """A variant's card."""
    check_adapter: Callable[[Adapter], None]
    """Raises for an adapter that cannot be used."""
    check_stem: Callable[[Extract, EditSource], None]
    """Raises where a stem is to be extracted that is not heard in a sound."""
    scorers: Collection[str]
    """Names of those who can judge takes."""


def plan_stages(pipeline: Pipeline, studio: Studio, given: str | None = None) -> tuple[PlannedStage, ...]:
    """Every stage of `pipeline` as it will be played; `given` is the sound that `@source` stands for.

    What has to be decoded is planned after that (`codec_plan`).

    Raises one `BadInput` that names every mistake with its stage.
    """
    mistakes: list[str] = []
    planned: dict[str, PlannedStage | None] = {}
    for named in pipeline.stages:
        if any(planned.get(name, ...) is None for name in named.references):
            planned[named.id] = None  # what it works on has been refused
            continue
        wrong = _Mistakes()
        planned[named.id] = _plan(named, planned, studio, given, wrong)
        mistakes += [f"{named.id}: {text}" for text in wrong.told]
        if wrong.told:
            planned[named.id] = None
    if mistakes:
        raise BadInput("; ".join(mistakes), remedy="correct the named stages; nothing was played")
    return tuple(found for found in planned.values() if found is not None)


class _Mistakes:
    """What is wrong with one stage, each by its field."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def of(self, field: str) -> Iterator[None]:
        """Write down what the work of a `with` block refuses in `field`, and go on after it."""
        try:
            yield
        except TwinError as error:
            self.told.append(f"{field}: {error.message}" + (f" ({error.remedy})" if error.remedy else ""))


def _plan(
    named: NamedStage, planned: dict[str, PlannedStage | None], studio: Studio, given: str | None, wrong: _Mistakes
) -> PlannedStage | None:
    stage = named.stage
    if isinstance(stage, Select):
        return _plan_select(named.id, stage, planned.get(stage.source[1:]), studio.scorers, wrong)
    found: list[Source] = []
    counts: list[int] = []
    made_by: list[str | None] = []
    for place, source in enumerate(stage.sources, 1):
        before = planned.get(source.name[1:]) if source.name.startswith("@") else None
        if before is not None:
            found.append(Expected(source.name, before.seconds, before.prompt, before.sung))
            counts.append(before.takes)
            made_by.append(before.made_by)
            continue
        with wrong.of(f"inputs.{place}.source" if isinstance(stage, Mix) else "source"):
            there = studio.find(real_source(source, given))
            found.append(there)
            counts.append(1)
            made_by.append(there.take.variant if there.take and there.latents else None)
    if len(found) < len(stage.sources):
        return None
    if isinstance(stage, Mix):
        return _plan_mix(named.id, stage, _Sources(found, counts, made_by), wrong)
    return _plan_played(named.id, stage, _Sources(found, counts, made_by), studio, wrong)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a stage works on: the sounds, how many there will be of each, and whose latents they have."""

    found: Sequence[Source]
    counts: Sequence[int]
    made_by: Sequence[str | None]


def _plan_played(name: str, stage: Generate | Edit, sources: _Sources, studio: Studio, wrong: _Mistakes) -> PlannedStage | None:
    with wrong.of("reference"):
        executor.read_references(stage)
    for adapter in stage.play.adapters:
        with wrong.of("play.adapters"):
            studio.check_adapter(adapter)
    read, notes = stage, tuple[Message, ...]()
    with wrong.of("prompt"):
        read, notes = take_metas(stage)
    behaviour, play = behaviour_of(read), read.play
    prompt = inherit_prompt(read.prompt, sources.found)
    if behaviour.needs_caption and not prompt.caption:
        wrong.told.append("prompt.caption: the caption is empty, and its source has none (say what to play: caption)")
    chosen = read
    with wrong.of("play.variant"):
        card = studio.card(play.variant)
        chosen = executor.choose_defaults(read, card)
    seconds = 0.0
    with wrong.of(_OWN_FIELDS.get(read.kind, "source")):
        chosen = behaviour.settle(chosen, sources.found)
        behaviour.check(chosen, sources.found)
        notes += tell_bars(read, sources.found)
        seconds = behaviour.seconds(chosen, sources.found)
    if wrong.told:
        return None
    if seconds > card.max_seconds:
        most = f"at most {write_number(card.max_seconds)} s"
        wrong.told.append(f"seconds: {write_number(seconds)} s is longer than {play.variant} can play ({most})")
    count, made_by = 1, sources.made_by
    if isinstance(read, Extract):
        with wrong.of("stem"):
            _check_stem(read, sources.found[0], studio)
    with wrong.of("play.batch"):
        count = _count(sources.counts, play.batch if "batch" in play.model_fields_set or not sources.counts else None)
    guided = isinstance(chosen, Generate) and _has_guide(chosen, card, wrong)
    hands: HandOver = "nothing" if not made_by else "latents" if set(made_by) == {play.variant} else "sound"
    sings = can_sing(card, prompt.lyrics) or _is_sung(sources.found)
    return PlannedStage(name, chosen, count, seconds, prompt, hands, play.variant, notes, sung=sings, guided=guided)


def _has_guide(stage: Generate, card: Card, wrong: _Mistakes) -> bool:
    """Whether the band will play for the takes of a stage; what cannot be held without it is a mistake."""
    with wrong.of("hold" if stage.hold else "guide"):
        return player_of(behaviour_of(stage).choose(stage, card)[0]) is not None
    return False


def _check_stem(stage: Extract, source: Source, studio: Studio) -> None:
    """Raise `BadInput` where a stem that is not wanted anyway is known to be absent before anything is played."""
    if stage.anyway:
        return
    if isinstance(source, EditSource):
        studio.check_stem(stage, source)
    elif stage.stem in VOICES and not _is_sung([source]):
        remedy = "choose another stem, let a variant play it that sings, or extract what there is with anyway = true"
        raise BadInput(f"nobody sings in {source.name}: who plays it cannot sing", remedy=remedy)


def _is_sung(sources: Sequence[Source]) -> bool:
    """Whether somebody may sing in one of them; of a sound that is there nobody says that nobody does."""
    return any(source.sung if isinstance(source, Expected) else True for source in sources)


VOICES = frozenset({"vocals", "backing_vocals"})
"""Stems that somebody sings."""
_OWN_FIELDS = {"generate": "codes", "cover": "codes", "repaint": "regions", "lego": "regions", "morph": "source_caption"}
"""The field of a kind that its sources may not suit."""


def _plan_mix(name: str, stage: Mix, sources: _Sources, wrong: _Mistakes) -> PlannedStage:
    count, seconds = 1, _mix_seconds(stage, sources.found)
    if seconds > MAX_SECONDS:
        wrong.told.append(f"inputs: a mix of {write_number(seconds)} s is too long (at most {write_number(MAX_SECONDS)} s)")
    with wrong.of("inputs"):
        count = _count(sources.counts, None)
    prompt = inherit_prompt(stage.prompt, sources.found)
    return PlannedStage(name, stage, count, seconds, prompt, "takes", None, sung=_is_sung(sources.found))


def _plan_select(
    name: str, stage: Select, source: PlannedStage | None, scorers: Collection[str], wrong: _Mistakes
) -> PlannedStage | None:
    if stage.by not in scorers:
        named = ", ".join(sorted(scorers))
        wrong.told.append(f"by: nobody called {stage.by!r} judges takes{suggest_name(stage.by, scorers)} (by is one of {named})")
    if source is None:
        wrong.told.append(f"source: {stage.source} is no stage (choose among the takes of an earlier stage, as @ID)")
        return None
    if stage.keep > source.takes:
        wrong.told.append(f"keep: keeps {stage.keep} of {source.takes} takes (keep at most {source.takes})")
    if stage.by == BY_CHORDS and not source.guided:
        remedy = 'choose among takes of a generate stage with guide = "band", chords or form, or by another scorer'
        wrong.told.append(f"by: the band does not play for the takes of {stage.source}: nobody wrote their chords ({remedy})")
    return replace(source, id=name, stage=stage, takes=stage.keep, hands_over="takes", notes=())


def real_source(source: SourceRef, given: str | None) -> SourceRef:
    """The source that a stage names outside the pipeline."""
    if source.name != f"@{GIVEN}":
        return source
    if given is None:
        raise BadInput("it works on a sound that is given when the pipeline is run", remedy="give one with --source")
    return SourceRef(given)


def _count(counts: Sequence[int], batch: int | None) -> int:
    """How many takes come of sources of so many takes each: one by one, a single one beside each of several."""
    several = {count for count in counts if count > 1} | ({batch} if batch is not None and batch > 1 else set())
    if len(several) > 1:
        counted = " and ".join(str(count) for count in sorted(several))
        raise BadInput(f"{counted} takes do not go together", remedy="let its sources have as many takes as each other, or one")
    return several.pop() if several else 1


def _mix_seconds(stage: Mix, sources: Sequence[Source]) -> float:
    return max(one.offset + source.seconds for one, source in zip(stage.inputs, sources, strict=True) if not one.mute)
