"""The music of a proof: tracks with their captions and facts, and the sides they stand on.

A track reads its sound when it is asked, so that a corpus of hours takes no memory: `sound` gives the fixed excerpt that is
compared with takes of the same length, `whole` all of it, in which copies are searched for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..audio.samples import Samples


@dataclass(frozen=True, slots=True, eq=False)
class EvalTrack:
    """One real track: its caption, lyrics and facts as a prompt states them, and functions that read its sound."""

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
    """Its excerpt, (2, n) at 48 kHz; the same samples at every call, and equally many for every track of a corpus."""
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
    """Tracks by side."""

    train: tuple[EvalTrack, ...]
    """What the twin was trained on."""
    holdout: tuple[EvalTrack, ...]
    """The producer's tracks that it was not trained on: they give the prompts, and are what takes are compared with."""
    others: tuple[EvalTrack, ...] = ()
    """Tracks of other producers."""
