"""Take the stems of a song out of it, one by one, by the extract stage of a variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInput
from ..music import STEMS
from ..progress import Steps, note
from .stem_sources import FoundStem, find_stems_of_take

if TYPE_CHECKING:
    from .opened_song import Song
    from .stems_plan import StemsPlan
    from .studio import Studio


def extract_stems(plan: StemsPlan, song: Song, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    """Extract the stems of `plan` from `song`, or all that are heard in it; each becomes a take.

    Raises `BadInput` where the variant was not trained to extract, where a stem that is asked for is not heard, or none is, and
    as the edit does.
    """
    from ..model.tasks import Task
    from ..pipeline.stages import Extract, Play
    from .edit import edit

    studio.read_card(plan.variant).require(Task.EXTRACT, plan.variant)
    found: list[FoundStem] = []
    absent: list[str] = []
    for name in plan.stem or tuple(reversed(STEMS)):
        stage = Extract(source=song.name, stem=name, play=Play(variant=plan.variant, seed=plan.seed))
        try:
            [done] = yield from edit(stage, studio)
        except BadInput as error:
            if plan.stem:
                raise
            absent.append(name)
            last = error
            continue
        found += yield from find_stems_of_take(done.take, studio)
    if not found:
        raise BadInput(f"nothing can be extracted from {song.words}: {last.message}", remedy=last.remedy)
    if absent:
        yield note(f"not heard in {song.words}, so not extracted: {', '.join(absent)}; name one with --stem to have it anyway")
    return tuple(found)
