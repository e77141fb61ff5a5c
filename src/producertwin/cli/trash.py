"""`twin trash`: what was deleted: list it, bring it back, or remove it for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from cyclopts import App, Parameter

from ..errors import BadInput
from ..verbs import trash as verbs
from ..verbs.studio import open_studio
from ..verbs.trash import EmptyTrashPlan, TrashEntry
from ..wording import plural
from .options import options
from .output import Console
from .renderings import DryRun
from .replacing import can_ask, confirm
from .text import quote, shorten, size, table

app = App(name="trash", help="What was deleted: list it, bring it back, or remove it for good.")

Key = Annotated[str, Parameter(name="ID", help="Id of an entry, its beginning, or the id of what lies in it.")]
COLUMNS = ("id", "deleted", "what", "size", "title", "holds")
NAMES_SHOWN = 3


@app.command(name="list")
def list_trash(*, console: Console) -> None:
    """List what lies in the trash, newest first."""
    with open_studio(console.settings) as studio:
        found = verbs.list_trash(studio)
    for name, why in found.damaged.items():
        console.warn(f"{name} in the trash is passed over: {why}")
    console.result("trash", {"entries": found.entries, "bytes": found.bytes}, lambda: _table(found.entries))
    if found.entries:
        console.say(f"{size(found.bytes)} in all; remove it for good: twin trash empty")
        console.next(f"twin trash restore {quote(found.entries[0].id)}")


@app.command
def restore(key: Key, /, *, console: Console) -> None:
    """Bring what was deleted back to its place: the same bytes, ids and lineage."""
    with open_studio(console.settings) as studio:
        done = verbs.restore(key, studio)
    for parent in done.lost_parents:
        console.warn(f"take {parent}, from which it was made, is gone for good; its lineage still names it")
    entry = done.entry
    console.result("restored", {"entry": entry, "lost_parents": done.lost_parents}, lambda: _table((entry,)))
    console.next(_where_it_is(entry))


@app.command
@options(EmptyTrashPlan, positional=("entries",), renamed={"entries": "ID"})
def empty(plan: EmptyTrashPlan, *, force: bool = False, dry_run: DryRun = False, console: Console) -> None:
    """Remove what lies in the trash for good: the entries named, or all. On a terminal you are asked first.

    Parameters
    ----------
    force
        Remove without asking.
    """
    with open_studio(console.settings) as studio:
        planned = verbs.plan_empty(plan, studio)
        count = len(planned.entries) + len(planned.damaged)
        if count and not dry_run:
            _check_leave(f"{plural(count, 'entry')}, {size(planned.bytes)}", console, force=force)
        done = planned if dry_run or not count else console.follow(verbs.empty(plan, studio))
    data = {"entries": done.entries, "damaged": done.damaged, "bytes": done.bytes, "dry_run": dry_run}
    console.result("emptied", data, lambda: _table(done.entries))
    told = "would go, at most" if dry_run else "are gone for good, and freed"
    console.say(f"{plural(count, 'entry')} {told} {size(done.bytes)}" if count else "nothing in the trash is meant")


def tell_deletion(
    schema: str, data: dict[str, Any], what: str | Callable[[], str], entry: TrashEntry | None, console: Console
) -> None:
    """Say what went into the trash as `entry`, and how it comes back; without an entry, what would go."""
    words = f"{'deleted' if entry else 'would delete'} {what}" if isinstance(what, str) else what
    console.result(schema, data | {"trash": entry and entry.id, "dry_run": entry is None}, words)
    if entry:
        say_undo(entry, console)


def say_undo(entry: TrashEntry, console: Console) -> None:
    """Say where what was deleted is now, and how it comes back."""
    console.say(f"in the trash as {entry.id}: {size(entry.bytes)}, freed by: twin trash empty")
    console.next(f"twin trash restore {quote(entry.id)}")


def _check_leave(what: str, console: Console, *, force: bool) -> None:
    """Raise `BadInput` unless `what` may be removed for good: by `force`, or by an answer on a terminal."""
    if force or (can_ask(console) and confirm(f"{what}: remove for good?", console)):
        return
    raise BadInput(f"{what} are not removed without leave", remedy="say --force, or restore what you want to keep first")


def _table(entries: tuple[TrashEntry, ...]) -> str:
    return table(map(_line, entries), COLUMNS) if entries else ""


def _line(entry: TrashEntry) -> tuple[str, ...]:
    more = len(entry.names) - NAMES_SHOWN
    holds = " ".join(entry.names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    when = entry.deleted.astimezone().strftime("%Y-%m-%d %H:%M")
    return entry.id, when, entry.kind, size(entry.bytes), shorten(entry.title, 40), holds


def _where_it_is(entry: TrashEntry) -> str:
    """The command that shows what was restored."""
    first = entry.names[0]
    return {
        verbs.Kind.TAKES: f"twin takes show {quote(first)}",
        verbs.Kind.RUN: f"twin runs show {quote(first)}",
        verbs.Kind.SET: f"twin dataset styles {quote(first)}",
        verbs.Kind.TEST: f"twin listen score {quote(first)}",
        verbs.Kind.TWIN: f"twin twins show {quote(first)}",
        verbs.Kind.PIPELINE: f"twin pipeline show {quote(first)}",
        verbs.Kind.DESK: f"twin desk show {quote(first)}",
        verbs.Kind.RELEASE: f"twin release check {quote(first)}",
        verbs.Kind.ALBUM: f"twin produce show {quote(first)}",
    }[entry.kind]
