"""Who can judge takes in a `select` stage, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from ..pipeline.choosing import BY_CHORDS, Scorer, score_meters
from ..progress import Progress, Steps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..audio.samples import Samples
    from ..library import Take
    from ..model.nano.embedder import Embedder
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


def _chords(_: Studio) -> Scorer:
    """The share of the beats on which the root that the band played is heard.

    Raises `BadInput` for a take that the band did not play for, whose chords nobody wrote.
    """

    def score(take: Take) -> float:
        heard = take.meters.get("chords_root")
        if heard is None:
            message = f"take {take.id} has no written chords to be heard"
            raise BadInput(message, remedy="have the band play for it (--guide band), or score by somebody else")
        return heard

    return score


SCORERS: dict[str, Callable[[Studio], Scorer]] = {
    "meters": _meters, "caption": _caption, "inspector": _inspector, BY_CHORDS: _chords,
}  # fmt: skip
"""What makes the scorer of a name for an open studio."""
OF_ANY: Final = ("caption", "inspector", "meters")
"""The scorers of every take, whoever played it."""
OF_METERS: Final = frozenset({BY_CHORDS, "meters"})
"""The scorers that look at a take's meters, which latents alone do not have."""


HEARD = 30
"""Seconds of each of a producer's tracks that are heard."""
PRODUCER = "producer"
"""The scorer that needs a producer, and is no stage's."""


def nearness_scorer(producer: str, studio: Studio) -> Steps[Scorer]:
    """Nearness to a producer: the cosine of a take and the mean of the producer's tracks in the offline embedder's space.

    The middle half-minute of each track is heard. Raises as `load_embedder` does, and `NotFound` where there are no tracks.
    """
    import numpy as np

    from ..audio import files

    tracks = studio.library.tracks.list(producer)
    if not tracks:
        raise NotFound(f"no tracks of {producer!r}", remedy="bring some in: twin tracks ingest; see twin tracks list")
    embedder, vectors = studio.load_embedder(), []
    for done, track in enumerate(tracks, 1):
        vectors.append(middle_vector(embedder, files.read(studio.library.tracks.content(track))))
        yield Progress(f"hearing {producer}", done, len(tracks))
    centre = np.mean(vectors, axis=0)
    centre /= np.linalg.norm(centre)

    def score(take: Take) -> float:
        heard = embedder.embed_audio(files.read(studio.library.takes.content(take))).vector
        return float(np.dot(heard, centre) / np.linalg.norm(heard))

    return score


def middle_vector(embedder: Embedder, sound: Samples) -> NDArray[np.float64]:
    """The unit vector of the middle half-minute of `sound` (2, n) at 48 kHz, shape (128,)."""
    import numpy as np

    from ..timebase import SAMPLE_RATE

    first = max(0, sound.shape[1] // 2 - HEARD * SAMPLE_RATE // 2)
    vector = embedder.embed_audio(sound[:, first : first + HEARD * SAMPLE_RATE]).vector
    return np.asarray(vector / np.linalg.norm(vector), np.float64)


def check_scorers(names: Collection[str], producer: str | None, studio: Studio) -> None:
    """Raise `NotFound` for a scorer that is none, or for a producer without tracks."""
    known = {*SCORERS, PRODUCER}
    if odd := sorted({*names} - known):
        raise NotFound(f"no scorer is called {', '.join(odd)}", remedy=f"scorers are {', '.join(sorted(known))}")
    if PRODUCER in names:
        library = studio.existing_library
        if library is None or not library.tracks.list(producer):
            message = f"no tracks of {producer!r}"
            raise NotFound(message, remedy="bring some in: twin tracks ingest; see twin tracks list")


def open_scorers(names: Iterable[str], producer: str | None, studio: Studio) -> Steps[dict[str, Scorer]]:
    """The scorers of these names. Raises as `nearness_scorer` does."""
    found: dict[str, Scorer] = {}
    for name in names:
        found[name] = (yield from nearness_scorer(producer or "", studio)) if name == PRODUCER else SCORERS[name](studio)
    return found
