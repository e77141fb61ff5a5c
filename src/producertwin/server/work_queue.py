"""What the routes of long work will ask of the queue. `jobs` keeps it; nothing here does such work itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Work(Protocol):
    """Something that was asked for and is done elsewhere."""

    @property
    def id(self) -> str:
        """What it is called."""

    @property
    def state(self) -> str:
        """`queued`, `running`, `succeeded`, `failed`, `cancelled`, …"""


class WorkEvent(Protocol):
    """Something that work told; ids rise in the order in which things were told."""

    @property
    def id(self) -> int:
        """Its place among all events."""


class WorkQueue(Protocol):
    """Where work is accepted, and read while others do it."""

    def accept(self, kind: str, plan: Mapping[str, Any], key: str | None) -> Work:
        """Accept work of a kind; the same `key` again gives the same work. Raises `BadInput` for a plan that cannot be."""

    def read(self, work: str) -> Work:
        """Work as it stands. Raises `NotFound`."""

    def list(self, states: Sequence[str] = (), limit: int | None = None) -> Sequence[Work]:
        """Work in these states, or all, the newest first."""

    def cancel(self, work: str) -> Work:
        """Cancel work; what has ended stays as it is. Raises `NotFound`."""

    def events(self, after: int, work: str | None = None, limit: int = 1000) -> Sequence[WorkEvent]:
        """What was told since the event `after`, in order."""
