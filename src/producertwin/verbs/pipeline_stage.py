"""One stage of a pipeline, played on the takes of earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..progress import Progress, Steps, note, warning
from .scorers import SCORERS

if TYPE_CHECKING:
    from ..library import Library, Take
    from ..pipeline.planning import PlannedStage
    from ..pipeline.sources import EditSource
    from ..pipeline.stages import Edit, Generate
    from .studio import Studio


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
        made[one.id] = yield from _mix_each(one.id, stage, found, studio.library, picture)
    else:
        made[one.id] = yield from _play_each(one.id, stage, found, seed, studio, picture)


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
    name: str, stage: Generate | Edit, found: Sequence[tuple[EditSource, ...]], seed: int, studio: Studio, picture: bool
) -> Steps[tuple[Take, ...]]:
    from ..library.adapters import find
    from ..model.adapters import attached
    from ..pipeline import executor

    instrument = yield from studio.load_instrument(stage.play.variant)
    adapters = [(find(str(adapter.folder), studio.settings.studio), adapter.scale) for adapter in stage.play.adapters]
    first = seed if stage.play.seed is None else stage.play.seed
    parts, notes = [], dict[str, None]()
    for item, sources in enumerate(found):
        resolved, told = executor.resolve(stage, sources, instrument.defaults)
        seeded = executor.with_seed(resolved, first, item)
        parts.append((seeded, executor.prepare(seeded, sources)))
        notes |= {told: None} if told else {}
    yield from (warning(f"{name}: {text}") for text in notes)
    takes: list[Take] = []
    with attached(instrument, adapters) as on:
        player = executor.Player(instrument, on)
        for together in executor.split_passes(parts, instrument):
            what = f"{name}, {executor.count_takes(len(takes), len(together), len(found))}"
            for take, warnings in (yield from executor.render(together, player, studio.library, what=what, picture=picture)):
                yield from (warning(f"{name}: {text}") for text in dict.fromkeys(warnings))
                takes.append(take)
    return tuple(takes)


def _mix_each(
    name: str, stage: Any, found: Sequence[tuple[EditSource, ...]], library: Library, picture: bool
) -> Steps[tuple[Take, ...]]:
    from ..pipeline.mix import mix_draft

    takes = []
    for item, sources in enumerate(found):
        yield Progress(f"{name}, mix", item, len(found))
        takes.append(library.takes.add(mix_draft(stage, sources, picture=picture)))
    yield Progress(f"{name}, mix", len(found), len(found))
    return tuple(takes)
