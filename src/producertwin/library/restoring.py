"""Takes brought back from the trash: their sidecars to their places, their rows into the database, in one act."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Engine

from ..errors import BadInput
from . import rows
from .sidecars import read
from .trash import Trash, TrashEntry


def restore_takes(entry: TrashEntry, studio: Path, engine: Engine) -> tuple[str, ...]:
    """Bring the takes of an entry back from the trash; returns those parents that are gone for good.

    The caller holds the studio's lock and has marked the entry as unfinished. Raises `BadInput` where a take of that id is
    there again, where a parent lies in the trash itself, and where a sidecar is damaged.
    """
    trash = Trash(studio)
    found = [read(path) for path in trash.records(entry.id)]
    with engine.connect() as connection:
        again = [take.id for take in found if rows.is_listed(connection, take.id)]
        strange = {parent for take in found for parent in take.parents} - {take.id for take in found}
        lost = sorted(parent for parent in strange if not rows.is_listed(connection, parent))
    if again:
        message = f"cannot restore takes {', '.join(entry.names)}: take {again[0]} is there again"
        raise BadInput(message, remedy=f"leave it, or delete that one first: twin takes delete {again[0]}")
    for parent in lost:
        if parent in trash.takes():
            message = f"cannot restore takes {', '.join(entry.names)}: they were made from {parent}, which is in the trash"
            raise BadInput(message, remedy=f"twin trash restore {parent}")

    def undo_moves() -> None:
        with engine.connect() as connection:
            if not rows.is_listed(connection, entry.names[0]):  # else it was committed after all
                trash.take_again(entry)

    with ExitStack() as undo:
        trash.bring_back(entry)
        undo.callback(undo_moves)
        with engine.begin() as connection:
            for take in found:
                rows.add(connection, take)
        undo.pop_all()
    return tuple(lost)
