"""The albums of the studio in a line each, for lists: an album is read again only where its files are others by now.

What is kept lies in memory, and beside it how the files stood before they were read: when each was written, its size, and which
file it is. Files of an album are replaced by others or grow, so none is read twice as it was, and none is told as it was before.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import BadInput, NotFound
from . import decisions, policy, terms
from .albums import ALBUMS, ID, KeptAlbum, get_album
from .session import PLAN

if TYPE_CHECKING:
    from ..verbs.studio import Studio

_FILES: Final = ("", PLAN, decisions.FILE, terms.FILE, policy.FILE, policy.PROPOSALS)
"""What the line of an album is made of; the folder itself says which tracks are there."""
Marks = tuple[tuple[int, int, int] | None, ...]
"""How the files of an album stand."""


@dataclass(frozen=True, slots=True)
class AlbumLine:
    """An album in a line."""

    id: str
    title: str
    artist: str
    kind: str
    tracks: int
    finished: int
    """Tracks whose files are there."""
    waiting: tuple[int, ...]
    """Numbers of the tracks that wait for a person; 0 is the album."""
    seconds: float
    """Of music, as planned."""
    decisions: int
    last_change: float
    """When something was decided last, in seconds since 1970."""


def line_of(found: KeptAlbum) -> AlbumLine:
    """An album in a line."""
    album = found.story.album
    return AlbumLine(
        found.id, album.title, album.artist, album.kind, len(album.tracks), len(found.story.finished),
        tuple(sorted({call.track for call in found.proposals})), album.seconds, len(found.story.decisions), found.last_change,
    )  # fmt: skip


class Shelf:
    """The albums of one studio. Several threads may ask at a time."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._place = studio.settings.studio / ALBUMS
        self._known: dict[str, tuple[Marks, AlbumLine | None]] = {}
        self._lock = threading.Lock()

    def list(self) -> tuple[tuple[AlbumLine, ...], tuple[str, ...]]:
        """The albums, the one changed last first; and the ids of those that cannot be read."""
        with self._lock:
            names = [path.name for path in sorted(self._place.glob("*/")) if re.fullmatch(ID, path.name)]
            self._known = {name: self._look(name) for name in names}
            lines = [line for _, line in self._known.values() if line is not None]
            damaged = tuple(name for name, (_, line) in self._known.items() if line is None)
        return tuple(sorted(lines, key=lambda one: (one.last_change, one.id), reverse=True)), damaged

    def _look(self, name: str) -> tuple[Marks, AlbumLine | None]:
        """How the files of an album stand, and its line; None where it cannot be read."""
        marks = tuple(_mark(self._place / name / one) for one in _FILES)
        if name in self._known and self._known[name][0] == marks:
            return self._known[name]
        try:
            return marks, line_of(get_album(name, self._studio))
        except (BadInput, NotFound):
            return marks, None


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
