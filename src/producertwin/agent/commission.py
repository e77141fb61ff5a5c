"""What a person asks of `twin produce` beside the words of a brief."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..recipe import Record
from .album import MOST_CANDIDATES


class Commission(Record):
    """An album to plan."""

    brief: Annotated[str, Field(max_length=1 << 20)] = ""
    """What to make, in your own words: "lofi EP, 3 tracks, rainy, one with sax"."""
    title: str | None = Field(None, min_length=1, max_length=200)
    """What the album is called; drawn by its mood when absent."""
    artist: str = Field("Producer Twin", min_length=1, max_length=200)
    """Whose album it is."""
    licence: str = Field("LicenseRef-own", min_length=1, max_length=200)
    """Licence of its tracks: an SPDX name such as CC-BY-4.0, or LicenseRef-NAME."""
    seed: int = Field(7, ge=0, lt=2**31)
    """Decides whatever the brief leaves open; the same brief and seed make the same plan."""
    candidates: int = Field(4, ge=1, le=MOST_CANDIDATES)
    """Takes of each track, of which the best is chosen."""
    variant: str = Field("nano", min_length=1, max_length=4_096)
    """Which instrument plays."""
    adapters: tuple[str, ...] = ()
    """Twins to play with, as for `twin make --adapter`; may be repeated."""
    producer: str | None = Field(None, min_length=1, max_length=200)
    """Whose tracks candidates are held against."""
