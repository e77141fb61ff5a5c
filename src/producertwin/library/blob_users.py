"""Who needs a blob: takes, tracks and what lies in the trash."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection

from . import rows, track_rows
from .trash import Trash


def unused_blobs(names: Iterable[str], connection: Connection, studio: Path) -> list[str]:
    """Those of `names` that no row of a take or a track names, and nothing in the trash."""
    free = [name for name in names if not (rows.is_blob_used(connection, name) or track_rows.is_blob_used(connection, name))]
    trashed = Trash(studio).blob_names() if free else set()
    return [name for name in free if name not in trashed]
