"""What a job has used of its budget: seconds of work, takes and bytes, all its attempts together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BudgetExceeded
from ..wording import plural

if TYPE_CHECKING:
    from ..library import TakeDraft
    from ..verbs.studio import Studio
    from .attempts import Begun


class Spending:
    """What the job of an attempt has used; `takes` are the ids of those that earlier attempts stored."""

    def __init__(self, begun: Begun, takes: Sequence[str], studio: Studio) -> None:
        self.budget, self._earlier, self._began = begun.budget, begun.seconds, time.monotonic()
        self.takes = len(takes)
        self.bytes = sum(map(size_of, _contents(takes, studio))) if begun.budget.bytes is not None else 0

    def check_seconds(self) -> None:
        """Raise `BudgetExceeded` where the seconds are used up."""
        most, gone = self.budget.seconds, self._earlier + time.monotonic() - self._began
        if most is not None and gone > most:
            raise BudgetExceeded(f"the job took {gone:.0f} s of {most:g} s", remedy="submit it with a larger budget")

    def add(self, draft: TakeDraft) -> None:
        """Count a take that is to be stored. Raises `BudgetExceeded` where it would be too much."""
        size = sum(size_of(content) for content in (draft.audio, draft.latents, draft.picture))
        takes, room = self.budget.takes, self.budget.bytes
        if takes is not None and self.takes + 1 > takes:
            raise BudgetExceeded(f"the job would make more than {plural(takes, 'take')}", remedy="submit it with a larger budget")
        if room is not None and self.bytes + size > room:
            raise BudgetExceeded(f"the takes of the job would need more than {room} bytes", remedy="submit a larger budget")
        self.takes, self.bytes = self.takes + 1, self.bytes + size


def size_of(content: bytes | Path | None) -> int:
    """Bytes of a content of a take."""
    if content is None:
        return 0
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _contents(takes: Sequence[str], studio: Studio) -> Iterator[Path]:
    """The files of takes that are stored."""
    for take in map(studio.library.takes.get, takes):
        yield from (studio.library.takes.content(take, part) for part in take.blobs)
