"""Rendered notes kept for the next song, within a limit of memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from .oscillators import Sound


class NoteCache:
    """Rendered notes, least recently used out first, never more than `limit` bytes."""

    def __init__(self, limit: int = 400 * 2**20) -> None:
        self.limit = limit
        self.size = 0
        self._kept: OrderedDict[Hashable, Sound] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Sound]) -> Sound:
        """The sound under `key`, made now if it is not there."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = make()
        made.flags.writeable = False
        with self._lock:
            if key not in self._kept and made.nbytes <= self.limit:
                self._kept[key] = made
                self.size += made.nbytes
                while self.size > self.limit:
                    self.size -= self._kept.popitem(last=False)[1].nbytes
        return made
