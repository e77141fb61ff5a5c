"""What the verbs that play one stage share: everything around the playing of a take.

All that can be refused is refused before the first note: record, source, output, disk, variant, task. Takes are made one after
the other and kept as soon as each is done, so stopping loses the unfinished one only, and a seed makes the same bytes
whatever was asked for beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Interrupted
from ..progress import Steps, warning

if TYPE_CHECKING:
    from ..library import Library, Take
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
    seconds: float | None
    """Length of all takes together; None where it depends on a source."""
    bytes: int | None
    """The most they need on the disk."""
    files: tuple[Path, ...]
    """Copies outside the library."""


def plan_rendering(stage: Stage, studio: Studio, *, out: Path | None = None, seconds: float | None = None) -> Steps[RenderPlan]:
    """Tell what `render` would make, and warn where the variant is not here yet. The library is not opened.

    `seconds` is the length of each take where that is known. Raises `BadInput` for an output that
    cannot be written or an unknown variant.
    """
    from ..model.variants import catalogue
    from ..pipeline.delivery import BYTES_PER_SECOND, Delivery

    count, variant, delivery = stage.play.batch, stage.play.variant, Delivery(out)
    delivery.check(count)
    here = {status.name: status for status in catalogue.status(studio.settings)}.get(variant)
    if here is None and not Path(variant).is_dir():
        catalogue.find(variant)
    if here is not None and not here.present:
        yield warning(f"{variant} is not here yet: {here.remedy}")
    total = None if seconds is None else seconds * count
    room = None if total is None else int(total * BYTES_PER_SECOND)
    return RenderPlan(stage, count, total, room, tuple(delivery.paths(count)))


def render(stage: Stage, studio: Studio, *, out: Path | None = None, picture: bool = False) -> Steps[list[Rendered]]:
    """Play `stage` and return its takes in the order of their seeds; copies go to `out`, numbered where they are several.

    With `picture` each take gets one, in the library and beside its copy. Raises `BadInput`, `NotFound`, `Unavailable` and
    `Resources` before any work; `Interrupted` when stopped, with what was finished kept in the library.
    """
    from ..library.adapters import find
    from ..model.adapters import attached
    from ..pipeline import executor
    from ..pipeline.delivery import Delivery, check_room

    delivery, play, folder = Delivery(out, picture), stage.play, studio.settings.studio
    delivery.check(play.batch, sources=[Path(source.name) for source in stage.sources])
    prepared = executor.prepare(stage, executor.find_sources(stage, studio.library))
    check_room([folder, *([out.parent] if out else [])], play.batch * prepared.seconds)
    asked = [(find(str(adapter.folder), folder), adapter.scale) for adapter in play.adapters]
    instrument = yield from studio.load_instrument(play.variant)
    resolved, note = executor.resolve(stage, prepared.sources, instrument)
    notes = (note,) if note else ()
    yield from map(warning, notes)
    with attached(instrument, asked) as adapters:
        player = executor.Player(instrument, adapters)
        stages = list(executor.split_batch(resolved))
        return (yield from _render_each(stages, prepared, player, delivery, studio.library, notes))


def _render_each(
    stages: list[Stage], prepared: Prepared, player: Player, delivery: Delivery, library: Library, notes: tuple[str, ...]
) -> Steps[list[Rendered]]:
    """One take of each of `stages`, kept and copied. `notes` belong to every take and have been told."""
    from ..pipeline.executor import render as render_one

    done: list[Rendered] = []
    told, count = set(notes), len(stages)
    try:
        for place, stage in enumerate(stages):
            what = f"take {place + 1} of {count}"
            take, warnings = yield from render_one(stage, prepared, player, library, what=what, picture=delivery.picture)
            path = delivery.deliver(take, place, count, library)
            done.append(Rendered(take, path, (*notes, *warnings)))
            yield from (warning(text) for text in dict.fromkeys(warnings) if text not in told)
            told.update(warnings)
    except (KeyboardInterrupt, Interrupted):
        remedy = "finished takes are kept: twin takes list" if done else "nothing was made; run the same command again"
        raise Interrupted(f"stopped after {len(done)} of {count} takes", remedy=remedy) from None
    return done
