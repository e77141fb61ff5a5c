"""What the verbs that play one stage share: everything around the playing of a take.

All that can be refused is refused before the first note: record, source, output, disk, variant, task. On a CPU takes are made
one after the other, so a seed makes the same bytes whatever was asked for beside it; on an accelerator several are made in one
pass, and agree with that within rounding. They are kept as soon as their pass is done: stopping loses the unfinished ones only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Interrupted
from ..pipeline.caption_metas import take_metas
from ..progress import Steps, warning
from .sounds import decode_needed
from .source_check import check_sources

if TYPE_CHECKING:
    from ..library import Library, Take
    from ..model.adapters import AdapterSetting
    from ..pipeline.delivery import Delivery
    from ..pipeline.executor import Player, Prepared
    from ..pipeline.stages import Stage
    from .studio import Studio


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished take, where its copy went, and what the user should know about it."""

    take: Take
    path: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """What playing a stage would make."""

    stage: Stage
    takes: int
    seconds: float
    """Length of all takes together."""
    bytes: int
    """The most they need on the disk."""
    files: tuple[Path, ...]
    """Copies outside the library."""


def list_files(stage: Stage, out: Path | None, *, picture: bool = False) -> tuple[Path, ...]:
    """The copies that `render` would write, as far as their names are known before the takes are."""
    from ..pipeline.delivery import Delivery

    return Delivery(out, picture).files(stage.play.batch)


def plan_rendering(stage: Stage, studio: Studio, *, out: Path | None = None) -> Steps[RenderPlan]:
    """Tell what `render` would make, and refuse what it would refuse, as far as that is known without loading weights.

    Nothing is written: where no library is, none is made. Raises as `render` does.
    """
    from ..model.adapters import read
    from ..model.hearing import learn_triggers
    from ..pipeline import executor
    from ..pipeline.delivery import BYTES_PER_SECOND, Delivery

    stage, notes = take_metas(stage)
    yield from notes
    variant, count, delivery = stage.play.variant, stage.play.batch, Delivery(out)
    checked = _check(stage, studio, studio.existing_library, delivery)
    yield from checked.prepared.notes
    card = learn_triggers(studio.read_card(variant), [read(one.path).trigger for one in checked.adapters])
    _, told = executor.resolve(stage, checked.prepared.sources, card)
    yield from told
    total = checked.prepared.seconds * count
    return RenderPlan(stage, count, total, int(total * BYTES_PER_SECOND), tuple(delivery.paths(count)))


def render(
    stage: Stage, studio: Studio, *, out: Path | None = None, picture: bool = False, metadata: bool = True
) -> Steps[list[Rendered]]:
    """Play `stage` and return its takes in the order of their seeds; copies go to `out`, numbered where they are several.

    Tempo, key, meter and length that the caption states are taken as if they were asked for. With `picture` each take gets
    one, in the library and beside its copy; with `metadata` copies say how they were made. Raises `BadInput`, `NotFound`,
    `Unavailable` and `Resources` before any work; `Interrupted` when stopped, with what was finished kept in the library.
    """
    from ..pipeline.delivery import Delivery

    stage, read = take_metas(stage)
    yield from read
    return (yield from render_as_is(stage, studio, Delivery(out, picture, metadata=metadata)))


def render_as_is(stage: Stage, studio: Studio, delivery: Delivery) -> Steps[list[Rendered]]:
    """`render` without a look at what the caption states: `stage` has all the metas that it is to have."""
    from ..model.adapters import attached
    from ..pipeline import executor

    play = stage.play
    checked = _check(stage, studio, studio.library, delivery)
    yield from checked.prepared.notes
    instrument = yield from studio.load_instrument(play.variant)
    found = yield from decode_needed(stage, checked.prepared.sources, instrument, studio)
    same = all(now is before for now, before in zip(found, checked.prepared.sources, strict=True))
    prepared = checked.prepared
    if not same:
        prepared = executor.prepare(stage, found)
        yield from prepared.notes
    prepared = yield from check_sources(stage, prepared, instrument, studio)
    with attached(instrument, checked.adapters, studio.read_adapter) as adapters:
        player = executor.Player(instrument, adapters, studio.encodings)
        resolved, told = executor.resolve(stage, prepared.sources, player.card)
        yield from told
        warned = tuple(message.text for message in told if message.kind == "warning")
        stages = list(executor.split_batch(resolved))
        return (yield from _render_each(stages, prepared, player, delivery, studio.library, warned))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a stage works with, and its adapters."""

    prepared: Prepared
    adapters: tuple[AdapterSetting, ...]


def _check(stage: Stage, studio: Studio, library: Library | None, delivery: Delivery) -> _Checked:
    """Refuse what can be refused before anything is loaded: output, source, prompt, reference, disk, adapters."""
    from ..pipeline import executor
    from ..pipeline.delivery import check_room

    play = stage.play
    delivery.check(play.batch, sources=[Path(source.name) for source in stage.sources])
    prepared = executor.prepare(stage, executor.find_sources(stage, library))
    target = delivery.target
    check_room([studio.settings.studio, *([target.parent] if target else [])], play.batch * prepared.seconds)
    return _Checked(prepared, studio.find_adapters(play))


def _render_each(
    stages: list[Stage], prepared: Prepared, player: Player, delivery: Delivery, library: Library, notes: tuple[str, ...]
) -> Steps[list[Rendered]]:
    """One take of each of `stages`, kept and copied. `notes` belong to every take and have been told."""
    from ..pipeline import executor

    done: list[Rendered] = []
    told, count = set(notes), len(stages)
    try:
        for together in executor.split_passes([(stage, prepared) for stage in stages], player.instrument):
            what = executor.count_takes(len(done), len(together), count)
            takes = yield from executor.render(together, player, library, what=what, picture=delivery.picture)
            for take, warnings in takes:
                path = delivery.deliver(take, len(done), count, library)
                done.append(Rendered(take, path, (*notes, *warnings)))
                yield from (warning(text) for text in dict.fromkeys(warnings) if text not in told)
                told.update(warnings)
    except (KeyboardInterrupt, Interrupted):
        remedy = "finished takes are kept: twin takes list" if done else "nothing was made; run the same command again"
        raise Interrupted(f"stopped after {len(done)} of {count} takes", remedy=remedy) from None
    return done
