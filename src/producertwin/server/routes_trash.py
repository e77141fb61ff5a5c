"""The trash: what was deleted, brought back, or removed for good."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..library.trash import TrashEntry
from ..progress import finish
from ..recipe import Record
from ..verbs import trash as verb
from .answers import Page, answer, page
from .bodies import JsonRoute
from .served import Cursor, Here, Limit

router = APIRouter(prefix="/v1/trash", tags=["trash"], route_class=JsonRoute)


class BroughtBack(Record):
    """What was restored."""

    entry: TrashEntry
    lost_parents: tuple[str, ...]
    """Takes from which restored ones were made and that are gone for good."""


class Removed(Record):
    """What was removed for good."""

    entries: tuple[TrashEntry, ...]
    damaged: tuple[str, ...]
    """Ids of entries that could not be read."""
    bytes: int
    """Room that was freed."""


@router.get("", operation_id="list_trash", response_model=Page[TrashEntry])
def list_trash(request: Request, here: Here, limit: Limit = None, cursor: Cursor = None) -> Response:
    """List what was deleted, the newest first."""
    found = verb.list_trash(here.studio)
    return answer(request, page(found.entries, limit, cursor) | {"damaged": sorted(found.damaged)})


@router.post("/{entry}/restore", operation_id="restore_entry", response_model=BroughtBack)
def restore_entry(request: Request, entry: str, here: Here) -> Response:
    """Bring back what one deletion took: the same bytes, ids and lineage."""
    found = verb.restore(entry, here.studio)
    here.feed.announce("library", {"restored": list(found.entry.names)})
    return answer(request, BroughtBack(entry=found.entry, lost_parents=found.lost_parents))


@router.post("/empty", operation_id="empty_trash", response_model=Removed)
def empty_trash(request: Request, plan: verb.EmptyTrashPlan, here: Here) -> Response:
    """Remove entries for good, with all that nothing else needs: those that are named, or all."""
    found = finish(verb.empty(plan, here.studio))
    return answer(request, Removed(entries=found.entries, damaged=found.damaged, bytes=found.bytes))
