"""Likeness of candidates to the reference that their track follows.

Likeness is a cosine in the offline embedder's space, of the middle half-minutes. A copy is not praised: a candidate that holds
the recording of a reference, by its acoustic fingerprint, gets no points for likeness, and neither does any where a twin of the
album learned from the reference. The noise floor of the bar stands in `docs/agent.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ..errors import NotFound
from ..progress import Steps, warning

if TYPE_CHECKING:
    from ..audio.fingerprints import Fingerprint
    from ..library import Take
    from ..verbs.studio import Studio
    from .album import AlbumPlan, TrackPlan
    from .references import Reference

Likeness = Callable[["TrackPlan", "Take"], float | None]
"""How like a take is to the reference of its track; None where that counts for nothing."""
UNCOUNTED: Final = "likeness does not count: it would praise a copy"
"""Said of a candidate that holds the recording of a reference, or whose twin learned from it."""


def load_likeness(album: AlbumPlan, studio: Studio) -> Steps[Likeness | None]:
    """What tells how like takes are to the references of `album`; None without references. Raises as `load_embedder` does."""
    from ..audio import files
    from ..audio.fingerprints import fingerprint, match
    from ..verbs.scorers import middle_vector

    if not album.references:
        return None
    embedder = studio.load_embedder()
    prints: dict[str, Fingerprint] = {}
    for one in album.references:
        path = find_sound_of(one, studio)
        if path is None:
            told = "nobody looks whether candidates are copies of it; give it again with --like to have that done"
            yield warning(f"the sound of {one.name} is not in this studio: {told}")
        else:
            prints[one.content] = fingerprint(files.read(path))

    def judge(track: TrackPlan, take: Take) -> float | None:
        song = album.reference_of(track)
        if song is None or song.learned:
            return None
        sound = files.read(studio.library.takes.content(take))
        own = fingerprint(sound) if prints else None
        if own is not None and any(match(own, other) is not None for other in prints.values()):
            return None
        return float(np.dot(middle_vector(embedder, sound), song.vector))

    return judge


def check_timbres(album: AlbumPlan, studio: Studio) -> None:
    """Raise `NotFound` where a track takes the timbre of a reference whose sound is not in this studio."""
    for track in album.tracks:
        song = album.reference_of(track)
        if track.playing.timbre and song is not None and find_sound_of(song, studio) is None:
            remedy = "give it again with --like and the brief, or set timbre to false in the plan"
            raise NotFound(f"the sound of {song.name} is not in this studio, and {track.title} takes its timbre", remedy=remedy)


def find_sound_of(reference: Reference, studio: Studio) -> Path | None:
    """The file of a reference: among the studio's assets, or the blob of a take; None where it is not in this studio."""
    from ..library.assets import Assets

    library = studio.library
    homes = (Assets(library.studio, library.takes.clock).blobs, library.blobs)
    return next((path for home in homes if (path := home.path(reference.content)).is_file()), None)
