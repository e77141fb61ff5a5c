"""Whether the weights of a variant or planner are here, as records that need no torch."""

from __future__ import annotations

from ..recipe import Record
from .tasks import Task


class Status(Record):
    """Whether a variant is here."""

    name: str
    """The variant."""
    present: bool
    """Whether it can be loaded now."""
    where: str
    """Its folder, or an empty text."""
    size: int
    """Bytes on disk, or to download."""
    licence: str
    """Licence of the weights."""
    tasks: tuple[Task, ...]
    """What it can do."""
    steps: int
    """Default steps."""
    guidance: float
    """Default guidance."""
    remedy: str
    """How to get it; empty when it is here."""
    about: str
    """One line."""


class PlannerStatus(Record):
    """Whether a planner is here."""

    name: str
    """The planner."""
    present: bool
    """Whether all its files are here."""
    where: str
    """Its folder, or an empty text."""
    size: int
    """Bytes on disk, or to download."""
    licence: str
    """Licence of the weights."""
    remedy: str
    """How to get it; empty when it is here."""
    about: str
    """One line."""
