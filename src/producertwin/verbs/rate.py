"""`twin tracks rate`: score a track."""

from __future__ import annotations

from ..dataset import caption as captioning
from ..library import Track
from .studio import Studio

__all__ = ["rate"]


def rate(key: str, score: int, studio: Studio, *, note: str = "") -> Track:
    """Keep a person's score of a track, 1 to 5, and why. Raises `NotFound`, and `BadInput` for another score."""
    track = studio.library.tracks.get(key)
    captioning.rate(track, score, studio.library, note=note)
    return track
