"""`twin trash`: what was deleted: list it, bring it back, or remove it for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from ..library.studio import Emptied
from ..library.trash import Kind, Trash, TrashEntry
from ..progress import Progress, Steps
from ..recipe import Record
from .studio import Studio

__all__ = [
    "Emptied",
    "EmptyTrashPlan",
    "Kind",
    "Restored",
    "TrashEntry",
    "TrashList",
    "empty",
    "list_trash",
    "plan_empty",
    "restore",
]


class EmptyTrashPlan(Record):
    """Which entries are removed for good."""

    entries: tuple[str, ...] = ()
    """Ids of entries, their beginnings, or the names of what lies in them; all when absent."""
    older_than: float | None = Field(None, ge=0, le=36_500)
    """Only what was deleted so many days ago or earlier."""


@dataclass(frozen=True, slots=True)
class TrashList:
    """What lies in the trash of a studio."""

    entries: tuple[TrashEntry, ...]
    """The newest first."""
    damaged: Mapping[str, str]
    """Id of an entry that cannot be read, and why."""

    @property
    def bytes(self) -> int:
        """What all of it takes on the disk."""
        return sum(one.bytes for one in self.entries)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back."""

    entry: TrashEntry
    lost_parents: tuple[str, ...]
    """Takes from which restored ones were made and that are gone for good."""


def list_trash(studio: Studio) -> TrashList:
    """What lies in the trash; an entry that is damaged is named and passed over."""
    library = studio.existing_library  # opened, so that what a kill left is mended first
    trash = Trash(studio.settings.studio) if library is None else library.trash
    return TrashList(*trash.survey())


def restore(key: str, studio: Studio) -> Restored:
    """Bring back the entry with the id `key`, its beginning, or the name of what lies in it: the same bytes, ids and lineage.

    Raises `NotFound` where there is none, `BadInput` where several begin so or something else stands in its place.
    """
    return Restored(*studio.library.restore(key))


def plan_empty(plan: EmptyTrashPlan, studio: Studio) -> Emptied:
    """What `empty` would remove; the room it would free counts what others share too. Raises as it does."""
    entries, damaged = studio.library.emptying_plan(plan.entries, plan.older_than)
    return Emptied(entries, damaged, sum(one.bytes for one in entries))


def empty(plan: EmptyTrashPlan, studio: Studio) -> Steps[Emptied]:
    """Remove entries of the trash for good, with all contents that nothing else needs. Raises `NotFound` for an unknown one."""
    yield Progress("empty", 0, 1)
    found = studio.library.empty_trash(plan.entries, plan.older_than)
    yield Progress("empty", 1, 1)
    return found
