"""Takes that the library holds already of exactly one stage, so that work that was stopped goes on after what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..progress import Steps

if TYPE_CHECKING:
    from ..library import Take
    from ..pipeline.stages import Extract, Lego
    from .studio import Studio


def find_played(stage: Extract | Lego, studio: Studio) -> Steps[Take | None]:
    """The newest take that the same weights played of `stage`, its seed given, from a source with the same content; or None.

    Raises as `edit` does before it plays.
    """
    from ..pipeline.executor import resolve
    from ..pipeline.sources import find_source

    library = studio.existing_library
    if library is None:
        return None
    card = studio.read_card(stage.play.variant)
    sources = tuple(find_source(wanted, library) for wanted in stage.sources)
    wanted = resolve(stage, sources, card)[0].model_dump(mode="json")
    same = [take for take in library.takes.list() if take.task == stage.kind and dict(take.stage) == wanted]
    if not same:
        return None
    revision = (yield from studio.load_player(stage.play.variant)).revision
    known = [take for take in same if take.revision == revision]
    return max(known, key=lambda take: (take.created, take.id), default=None)
