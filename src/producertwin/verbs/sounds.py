"""The sounds of takes that pipelines kept as latents alone: decoded by the variant that made them when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field

from ..progress import Clock, Steps, note
from ..recipe import Record

if TYPE_CHECKING:
    from ..library import Take
    from ..model.sampling.networks import AnyInstrument
    from ..pipeline.sources import EditSource
    from ..pipeline.stages import Stage
    from .studio import Studio


MOST_TAKES: Final = 64
"""Takes that are decoded together."""


class DecodePlan(Record):
    """Which takes are to be heard."""

    takes: tuple[str, ...] = Field(min_length=1, max_length=MOST_TAKES)
    """Their ids, or the beginnings of them."""


def plan_decode(plan: DecodePlan, studio: Studio) -> tuple[Take, ...]:
    """The takes that `decode_takes` would decode: those that are latents alone so far. Raises `NotFound`."""
    found = [studio.library.takes.get(key) for key in plan.takes]
    return tuple(one for one in found if not studio.library.takes.has_sound(one))


def decode_takes(plan: DecodePlan, studio: Studio) -> Steps[tuple[Take, ...]]:
    """Decode takes that were kept as latents, and keep their sounds beside their records; returns those that were decoded.

    Each is told as progress of `takes` once it is kept. Raises as `find_sound` does.
    """
    left = plan_decode(plan, studio)
    clock = Clock("takes", len(left))
    for done, take in enumerate(left, 1):
        yield from find_sound(take, studio)
        yield clock.at(done)
    return left


def find_sound(take: Take, studio: Studio) -> Steps[Path]:
    """The FLAC of `take`, decoded and kept beside its record where it is latents alone.

    Raises `BadInput` where the weights that made it are others now, and as `Studio.load_player` does.
    """
    from ..pipeline.sounding import decode_take

    takes = studio.library.takes
    if not takes.has_sound(take):
        instrument = yield from studio.load_player(take.variant)
        yield note(f"decoding take {take.id}, which was kept as latents")
        takes.keep_decoded(take, decode_take(take, studio.library, instrument))
    return takes.content(take)


def decode_sources(sources: Iterable[EditSource], studio: Studio) -> Steps[tuple[EditSource, ...]]:
    """`sources` with the sound of every one. Raises as `find_sound` does."""
    from ..audio import files

    found = []
    for source in sources:
        if source.decoded is None and source.take is not None:
            source = replace(source, decoded=files.read((yield from find_sound(source.take, studio))))
        found.append(source)
    return tuple(found)


def decode_foreign(sources: Iterable[EditSource], instrument: AnyInstrument, studio: Studio) -> Steps[tuple[EditSource, ...]]:
    """`sources` with the sound of those that `instrument` has no latents of. Raises as `find_sound` does."""
    found: list[EditSource] = []
    for source in sources:
        own = source.fits(instrument.variant, instrument.revision)
        found += [source] if own else (yield from decode_sources([source], studio))
    return tuple(found)


def decode_needed(
    stage: Stage, sources: Iterable[EditSource], instrument: AnyInstrument, studio: Studio
) -> Steps[tuple[EditSource, ...]]:
    """`sources` with the sound of those whose latents will not do for `stage` on `instrument`. Raises as `find_sound` does."""
    from ..pipeline.behaviours import behaviour_of

    if behaviour_of(stage).needs_sound(stage):
        return (yield from decode_sources(sources, studio))
    return (yield from decode_foreign(sources, instrument, studio))
