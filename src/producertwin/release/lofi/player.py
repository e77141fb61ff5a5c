"""Who plays for the daemon: what it asks of the studio, which it does not know itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from .asked import Asked


@dataclass(frozen=True, slots=True)
class Watch:
    """What a player calls while it makes a track."""

    is_stopped: Callable[[], bool]
    """Whether the track is to be given up."""
    seal: Callable[[], None]
    """Called before the take is stored; raises `Interrupted` where the track was given up."""
    load: Callable[[bool], None]
    """Whether weights are being loaded."""
    step: Callable[[int, int, float | None], None]
    """Steps that are done, of how many, and the seconds that are left, where they are known."""


@dataclass(frozen=True, slots=True)
class Track:
    """A finished track."""

    path: Path
    """Its sound, absolute."""
    seconds: float
    sample_rate: int
    """In Hz."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How far a download is."""

    name: str
    """What is fetched now."""
    fetched: int
    """Bytes of it."""
    size: int
    done: int
    """Parts that are whole."""
    parts: int


class Player(Protocol):
    """Makes tracks with one instrument."""

    @property
    def name(self) -> str:
        """What people call the instrument."""
        ...

    @property
    def version(self) -> str:
        """Names the model; ids of tracks are made of it."""
        ...

    def warm_up(self) -> None:
        """Do what the first request would wait for."""
        ...

    def status(self) -> Literal["ready", "not_installed", "error"]:
        """Whether the instrument's weights are here and whole."""
        ...

    def check(self, asked: Asked) -> int:
        """How many steps a track takes. Raises a `TwinError` for one that cannot be made."""
        ...

    def play(self, asked: Asked, track: str, watch: Watch) -> Track:
        """Make the track called `track`. Raises a `TwinError`, and `Interrupted` when it is given up; then nothing is left."""
        ...

    def count_files(self) -> int:
        """How many files its weights are."""
        ...

    def fetch(self) -> Iterator[Fetching]:
        """Fetch its weights. Raises a `TwinError`."""
        ...
