"""Who can judge takes in a `select` stage, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..pipeline.choosing import Scorer, score_meters

if TYPE_CHECKING:
    from ..library import Take
    from .studio import Studio


def _meters(_: Studio) -> Scorer:
    return score_meters


def _caption(studio: Studio) -> Scorer:
    """Nearness of sound and caption: the cosine of the two in the offline embedder's space. Raises as `load_embedder` does."""
    import numpy as np

    from ..audio import files

    embedder = studio.load_embedder()

    def score(take: Take) -> float:
        heard = embedder.embed_audio(files.read(studio.library.takes.content(take))).vector
        asked = embedder.embed_text(take.caption)
        return float(np.dot(heard, asked) / (np.linalg.norm(heard) * np.linalg.norm(asked)))

    return score


def _inspector(studio: Studio) -> Scorer:
    """The inspector's score out of ten, of a sound that is held against what was asked for."""
    from .inspect import inspect_take

    def score(take: Take) -> float:
        return inspect_take(take, studio).score

    return score


SCORERS: dict[str, Callable[[Studio], Scorer]] = {"meters": _meters, "caption": _caption, "inspector": _inspector}
"""What makes the scorer of a name for an open studio."""
