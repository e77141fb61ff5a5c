"""Take the stems of a song out of it: one by one by the extract stage of a variant, or all at once by Demucs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ..errors import BadInput
from ..music import STEMS
from ..progress import Steps, note
from ..timebase import SAMPLE_RATE
from .stem_sources import FoundStem, find_stems_of_take

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from .studio import Studio

_HEARD_DB: Final = -40.0
"""Further below the mix, what was taken out of it is no stem but what the others left."""


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
    go_on: bool = False
    """Take what was extracted just so before from the library."""


def extract_stems(asked: Extraction, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    """Extract the stems that are asked for, or all that are heard in the source; each becomes a take.

    Raises `BadInput` where the variant was not trained to extract, where a stem that is asked for is not heard, or none is, and
    as the edit does.
    """
    from ..model.tasks import Task
    from ..pipeline.stages import Extract, Play
    from .edit import edit
    from .played_before import find_played

    studio.read_card(asked.variant).require(Task.EXTRACT, asked.variant)
    found: list[FoundStem] = []
    absent: list[str] = []
    for name in asked.stems or tuple(reversed(STEMS)):
        stage = Extract(source=asked.source, stem=name, play=Play(variant=asked.variant, seed=asked.seed))
        try:
            take = (yield from find_played(stage, studio)) if asked.go_on else None
            if take is None:
                [done] = yield from edit(stage, studio)
                take = done.take
        except BadInput as error:
            if asked.stems:
                raise
            absent.append(name)
            last = error
            continue
        found += yield from find_stems_of_take(take, studio)
    if not found:
        raise BadInput(f"nothing can be extracted from {asked.words}: {last.message}", remedy=last.remedy)
    if absent:
        yield note(f"not heard in {asked.words}, so not extracted: {', '.join(absent)}; name one with --stem to have it anyway")
    return tuple(found)


def separate_stems(sound: Samples, words: str, studio: Studio) -> Steps[tuple[FoundStem, ...]]:
    """The stems that Demucs takes out of `sound` (2, n), which is called `words`, without those that are not heard in it.

    Raises `BadInput` for a sound that is too long, and as `quality.separation.separate` does.
    """
    from ..quality.separation import LONGEST, separate

    seconds = sound.shape[1] / SAMPLE_RATE
    if seconds > LONGEST:
        raise BadInput(f"{seconds / 60:.0f} minutes are too long to be taken apart", remedy=f"give {LONGEST / 60:.0f} at most")
    yield note("taking the sound apart by Demucs")
    stems = separate(sound, studio.settings)
    least = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) * 10 ** (_HEARD_DB / 20)
    heard = {name: stem for name, stem in stems.items() if float(np.sqrt(np.mean(stem**2))) > least}
    if len(heard) < len(stems):
        yield note(f"not heard in {words}, so left out: {', '.join(name for name in stems if name not in heard)}")
    return tuple(FoundStem(name, stem, "Demucs") for name, stem in heard.items())
