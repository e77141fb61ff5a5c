"""Say under which licence a track that is in the library may be used."""

from __future__ import annotations

from ..dataset.licences import licence
from ..errors import BadInput
from ..library import Track
from .studio import Studio


def set_licence(key: str, said: str, studio: Studio) -> Track:
    """Keep `said` as the licence of the track `key`; what was not understood of its rights is answered by that.

    Raises `NotFound`, and `BadInput` for a licence that is not understood.
    """
    try:
        name = licence(said)
    except BadInput as error:
        raise BadInput(error.message, remedy=error.remedy, faults=(f"licence: {error.message}",)) from None
    track = studio.library.tracks.get(key)
    return studio.library.tracks.amend(track.id, track.source.model_copy(update={"licence": name, "unclear": None}))
