"""The music a proof works on: pieces with what was said of them, and the sides they stand on.

A piece knows how to read itself, so that a corpus of hours takes no memory: `sound` gives the fixed excerpt that is compared with
takes of the same length, `whole` everything there is of it, in which a copy would be looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..audio.samples import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One real track: its words and facts as a prompt states them, and how to hear it."""

    id: str
    producer: str
    style: str
    group: str
    """Album or session."""
    caption: str
    lyrics: str
    bpm: float | None
    key: str | None
    meter: int | None
    sound: Callable[[], Samples]
    """Its excerpt, (2, n) at 48 kHz; the same samples at every call, and equally many for every piece of a corpus."""
    whole: Callable[[], Samples] | None = None
    """All of it; the excerpt where absent."""
    title: str = ""
    language: str = "unknown"

    @property
    def name(self) -> str:
        """What a person calls it, with its id, since titles may repeat."""
        return f"{self.title} ({self.id})" if self.title else self.id


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every piece by its side."""

    train: tuple[Piece, ...]
    """What the twin was trained on."""
    holdout: tuple[Piece, ...]
    """The producer's pieces that it never heard: they give the prompts, and are what takes are compared with."""
    others: tuple[Piece, ...] = ()
    """Pieces of other producers."""
