"""One stage of a pipeline, played on the takes of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ..progress import Event, Message, Progress, Steps, note, relay, warning
from .scorers import SCORERS
from .sounds import decode_needed, decode_sources, find_sound
from .source_check import check_sources

if TYPE_CHECKING:
    from ..library import Library, Take
    from ..model.sampling.networks import AnyInstrument
    from ..pipeline.executor import Part, Prepared
    from ..pipeline.planning import PlannedStage
    from ..pipeline.sound_stages import Mix
    from ..pipeline.sources import EditSource
    from ..pipeline.stages import Edit, Generate
    from .studio import Studio

T = TypeVar("T")


def play_stage(
    one: PlannedStage, seed: int, given: str | None, made: dict[str, tuple[Take, ...]], studio: Studio, picture: bool
) -> Steps[None]:
    """Play a stage on what is `made` and add its takes."""
    from ..pipeline.choosing import keep_best
    from ..pipeline.sound_stages import Mix, Select

    stage = one.stage
    if isinstance(stage, Select):
        takes = made[stage.source[1:]]
        kept, scores = keep_best(takes, SCORERS[stage.by](studio), stage.keep)
        judged = ", ".join(f"{take.id} {score:.3f}" for take, score in zip(takes, scores, strict=True))
        yield note(f"{one.id}: by {stage.by} {judged}; kept {', '.join(take.id for take in kept)}")
        made[one.id] = kept
        return
    found = [_sources(one, item, given, made, studio.library) for item in range(one.takes)]
    if isinstance(stage, Mix):
        made[one.id] = yield from _mix_each(one.id, stage, found, studio, picture)
    else:
        made[one.id] = yield from _play_each(one, stage, found, seed, studio, picture)
    if one.preview:
        for take in made[one.id]:
            yield from find_sound(take, studio)


def _sources(
    one: PlannedStage, item: int, given: str | None, made: Mapping[str, tuple[Take, ...]], library: Library
) -> tuple[EditSource, ...]:
    """The sources of one take of a stage: the item of its number of each earlier stage, or its only one."""
    from ..pipeline import sources
    from ..pipeline.planning import real_source

    found = []
    for source in one.stage.sources:
        takes = made.get(source.name[1:]) if source.name.startswith("@") else None
        if takes is not None:
            found.append(sources.source_of(takes[item if len(takes) > 1 else 0], library))
        else:
            found.append(sources.find_source(real_source(source, given), library))
    return tuple(found)


def _play_each(
    one: PlannedStage,
    stage: Generate | Edit,
    found: Sequence[tuple[EditSource, ...]],
    seed: int,
    studio: Studio,
    picture: bool,
) -> Steps[tuple[Take, ...]]:
    from ..pipeline import executor

    name, instrument = one.id, (yield from studio.load_player(stage.play.variant))
    first = seed if stage.play.seed is None else stage.play.seed
    parts: list[Part] = []
    takes: list[Take] = []
    known: set[Message] = set()
    with studio.attach(instrument, studio.find_adapters(stage.play)) as on:
        player = executor.Player(instrument, on, studio.encodings)
        for item, given in enumerate(found):
            sources = yield from _name_messages(name, decode_needed(stage, given, instrument, studio))
            resolved, told = executor.resolve(stage, sources, player.card)
            yield from (replace(message, text=f"{name}: {message.text}") for message in told if message not in known)
            known |= {*told}
            seeded = executor.with_seed(resolved, first, item)
            prepared = yield from _name_messages(name, _check(seeded, executor.prepare(seeded, sources), instrument, studio))
            parts.append((seeded, prepared))
        for together in executor.split_passes(parts, instrument):
            what = f"{name}, {executor.count_takes(len(takes), len(together), len(found))}"
            work = executor.render(together, player, studio.library, what=what, picture=picture, heard=one.heard)
            for take, warnings in (yield from work):
                yield from (warning(f"{name}: {text}") for text in dict.fromkeys(warnings))
                takes.append(take)
    return tuple(takes)


def _check(stage: Generate | Edit, prepared: Prepared, instrument: AnyInstrument, studio: Studio) -> Steps[Prepared]:
    """Tell what was read of the sources, and judge them."""
    yield from prepared.notes
    return (yield from check_sources(stage, prepared, instrument, studio))


def _name_messages(name: str, work: Steps[T]) -> Steps[T]:
    """`work` with the name of its stage before what it says."""

    def tell(event: Event) -> Iterator[Event]:
        yield replace(event, text=f"{name}: {event.text}") if isinstance(event, Message) else event

    return (yield from relay(work, tell))


def _mix_each(
    name: str, stage: Mix, found: Sequence[tuple[EditSource, ...]], studio: Studio, picture: bool
) -> Steps[tuple[Take, ...]]:
    from ..pipeline.mix import mix_draft

    takes = []
    for item, given in enumerate(found):
        yield Progress(f"{name}, mix", item, len(found))
        sources = yield from _name_messages(name, decode_sources(given, studio))
        draft = yield from _name_messages(name, mix_draft(stage, sources, picture=picture))
        takes.append(studio.library.takes.add(draft))
    yield Progress(f"{name}, mix", len(found), len(found))
    return tuple(takes)
