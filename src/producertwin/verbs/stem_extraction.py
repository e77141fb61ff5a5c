"""Take the stems of a song out of it, one by one, by the extract stage of a variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..music import STEMS
from ..progress import Steps, note
from .stem_sources import FoundStem, find_stems_of_take

if TYPE_CHECKING:
    from .studio import Studio


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is extracted, from what, and by whom."""

    source: str
    """Id of a take, or the path of a file."""
    words: str
    """What the source is called for people."""
    variant: str
    stems: tuple[str, ...] = ()
    """All that are heard in it where empty."""
    seed: int = 0


def extract_stems(asked: Extraction, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    """Extract the stems that are asked for, or all that are heard in the source; each becomes a take.

    Raises `BadInput` where the variant was not trained to extract, where a stem that is asked for is not heard, or none is, and
    as the edit does.
    """
    from ..model.tasks import Task
    from ..pipeline.stages import Extract, Play
    from .edit import edit

    studio.read_card(asked.variant).require(Task.EXTRACT, asked.variant)
    found: list[FoundStem] = []
    absent: list[str] = []
    for name in asked.stems or tuple(reversed(STEMS)):
        stage = Extract(source=asked.source, stem=name, play=Play(variant=asked.variant, seed=asked.seed))
        try:
            [done] = yield from edit(stage, studio)
        except BadInput as error:
            if asked.stems:
                raise
            absent.append(name)
            last = error
            continue
        found += yield from find_stems_of_take(done.take, studio)
    if not found:
        raise BadInput(f"nothing can be extracted from {asked.words}: {last.message}", remedy=last.remedy)
    if absent:
        yield note(f"not heard in {asked.words}, so not extracted: {', '.join(absent)}; name one with --stem to have it anyway")
    return tuple(found)
