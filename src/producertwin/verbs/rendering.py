"""What the verbs that play one stage share: everything around the playing of a take.

All that can be refused is refused before the first note: record, source, output, disk, variant, task. On a CPU takes are made
one after the other, so a seed makes the same bytes whatever was asked for beside it; on an accelerator several are made in one
pass, and agree with that within rounding. They are kept as soon as their pass is done: stopping loses the unfinished ones only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Interrupted
from ..pipeline.caption_metas import take_metas
from ..progress import Kept, Message, Steps, warning
from .sounds import decode_needed
from .source_check import check_sources

if TYPE_CHECKING:
    from ..library import Library, Take
    from ..model.adapter_spec import AdapterSetting
    from ..model.sampling.networks import AnyInstrument
    from ..pipeline.delivery import Delivery
    from ..pipeline.executor import Part, Player, Prepared
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

    return Delivery(out, picture).files(stage.play.batch, sung=bool(stage.prompt.lyrics))


def plan_rendering(stage: Stage, studio: Studio, *, out: Path | None = None) -> Steps[RenderPlan]:
    """Tell what `render` would make, and refuse what it would refuse, as far as that is known without loading weights.

    Nothing is written: where no library is, none is made. Raises as `render` does.
    """
    from ..model.hearing import learn_triggers
    from ..pipeline import executor
    from ..pipeline.delivery import BYTES_PER_SECOND, Delivery

    stage, notes = take_metas(stage)
    yield from notes
    variant, count, delivery = stage.play.variant, stage.play.batch, Delivery(out)
    checked = _check(stage, studio, studio.existing_library, delivery, count)
    yield from checked.prepared.notes
    card = learn_triggers(studio.read_card(variant), [studio.read_adapter(one.path).trigger for one in checked.adapters])
    _, told = executor.resolve(stage, checked.prepared.sources, card)
    yield from told
    total = checked.prepared.seconds * count
    return RenderPlan(stage, count, total, int(total * BYTES_PER_SECOND), tuple(delivery.paths(count)))


def render(
    stage: Stage,
    studio: Studio,
    *,
    out: Path | None = None,
    picture: bool = False,
    metadata: bool = True,
    played: Sequence[str] = (),
) -> Steps[list[Rendered]]:
    """Play `stage` and return its takes in the order of their seeds; copies go to `out`, numbered where they are several.

    Tempo, key, meter and length that the caption states are taken as if they were asked for. With `picture` each take gets
    one, in the library and beside its copy; with `metadata` copies say how they were made. `played` are the ids of its first
    takes, which were played before with the same seed: those are not played again. Every pass of takes is told as `Kept`.
    Raises `BadInput`, `NotFound`, `Unavailable` and `Resources` before any work; `Interrupted` when stopped, with what was
    finished kept in the library.
    """
    from ..pipeline.delivery import Delivery

    stage, read = take_metas(stage)
    yield from read
    return (yield from render_as_are([stage], studio, Delivery(out, picture, metadata=metadata), played))


def render_as_are(
    stages: Sequence[Stage], studio: Studio, delivery: Delivery, played: Sequence[str] = ()
) -> Steps[list[Rendered]]:
    """`render` of stages of one kind and one player, without a look at what their captions state: they have all their metas."""
    from ..pipeline import executor

    count = sum(stage.play.batch for stage in stages)
    checked = [_check(stage, studio, studio.library, delivery, count) for stage in stages]
    for one in checked:
        yield from one.prepared.notes
    instrument = yield from studio.load_player(stages[0].play.variant)
    parts: list[Part] = []
    warned: list[tuple[str, ...]] = []
    known: set[Message] = set()
    with studio.attach(instrument, checked[0].adapters) as adapters:
        player = executor.Player(instrument, adapters, studio.encodings)
        for stage, one in zip(stages, checked, strict=True):
            prepared = yield from _open_sources(stage, one.prepared, instrument, studio)
            resolved, told = executor.resolve(stage, prepared.sources, player.card)
            yield from (message for message in told if message not in known)
            known |= {*told}
            parts += [(part, prepared) for part in executor.split_batch(resolved)]
            warned += [tuple(message.text for message in told if message.kind == "warning")] * stage.play.batch
        return (yield from _render_each(parts, warned, player, _Results(delivery, studio.library, played)))


def _open_sources(stage: Stage, prepared: Prepared, instrument: AnyInstrument, studio: Studio) -> Steps[Prepared]:
    """`prepared` with the sound of sources that are latents and will not do as such, all of them checked."""
    from ..pipeline import executor

    found = yield from decode_needed(stage, prepared.sources, instrument, studio)
    if any(now is not before for now, before in zip(found, prepared.sources, strict=True)):
        prepared = executor.prepare(stage, found)
        yield from prepared.notes
    return (yield from check_sources(stage, prepared, instrument, studio))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What a stage works with, and its adapters."""

    prepared: Prepared
    adapters: tuple[AdapterSetting, ...]


def _check(stage: Stage, studio: Studio, library: Library | None, delivery: Delivery, count: int) -> _Checked:
    """Refuse what can be refused before a load: output of `count` takes, source, prompt, reference, disk, adapters."""
    from ..pipeline import executor
    from ..pipeline.delivery import check_room

    delivery.check(count, sources=[Path(source.name) for source in stage.sources])
    prepared = executor.prepare(stage, executor.find_sources(stage, library))
    target = delivery.target
    check_room([studio.settings.studio, *([target.parent] if target else [])], count * prepared.seconds)
    return _Checked(prepared, studio.find_adapters(stage.play))


@dataclass(frozen=True, slots=True)
class _Results:
    """Where takes go, and the ids of the first of them, which are there already."""

    delivery: Delivery
    library: Library
    played: Sequence[str]


def _render_each(
    parts: Sequence[Part], notes: Sequence[tuple[str, ...]], player: Player, results: _Results
) -> Steps[list[Rendered]]:
    """One take of each of `parts`, kept and copied. `notes` belong to each and have been told."""
    from ..pipeline import executor

    done: list[Rendered] = []
    told, count = {text for each in notes for text in each}, len(parts)
    delivery, library = results.delivery, results.library

    def add(take: Take, warnings: Sequence[str] = ()) -> None:
        path = delivery.deliver(take, len(done), count, library)
        done.append(Rendered(take, path, (*notes[len(done)], *warnings)))

    for key in results.played:
        add(library.takes.get(key))
    try:
        for together in executor.split_passes(parts[len(done) :], player.instrument):
            what = executor.count_takes(len(done), len(together), count)
            takes = yield from executor.render(together, player, library, what=what, picture=delivery.picture)
            for take, warnings in takes:
                add(take, warnings)
                yield from (warning(text) for text in dict.fromkeys(warnings) if text not in told)
                told.update(warnings)
            yield Kept(what, tuple(take.id for take, _ in takes))
    except (KeyboardInterrupt, Interrupted):
        remedy = "finished takes are kept: twin takes list" if done else "nothing was made; run the same command again"
        raise Interrupted(f"stopped after {len(done)} of {count} takes", remedy=remedy) from None
    return done
