"""What the feed of events looks at besides the rows of jobs: whether takes appeared, and what runs have logged since."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ..errors import BadInput
from ..library import Filter, Library
from ..training.log import STEPS, VALIDATION
from ..untrusted import parse_object
from .feed import Hint

EVERY: Final = 1.0
"""Seconds between two looks."""
YOUNG: Final = 3600.0
"""Seconds since a log was written after which nobody looks at it any more."""
MOST_ROWS: Final = 200
"""Rows of a log that are told at once; the newest, where there are more."""
MOST_BYTES: Final = 1 << 20
"""Bytes of a log that are read at once, from its end."""
CURVES: Final = {STEPS: "training", VALIDATION: "held out"}


class StudioWatch:
    """Looks at the takes and runs of a library, and tells what is new since its last look."""

    def __init__(self, library: Callable[[], Library | None], studio: Path) -> None:
        self._library = library
        self._studio = studio
        self._looked = 0.0
        self._newest: str | None = None
        self._sizes: dict[Path, int] = {}
        self._first = True

    def look(self) -> Iterator[Hint]:
        """What is new; nothing where the last look was just now."""
        if time.monotonic() - self._looked < EVERY:
            return
        self._looked = time.monotonic()
        yield from self._look_at_takes()
        yield from self._look_at_runs()
        self._first = False

    def _look_at_takes(self) -> Iterator[Hint]:
        library = self._library()
        found = () if library is None else library.takes.list(Filter(limit=1, latents=False))
        newest = found[0].id if found else None
        if newest != self._newest and not self._first:
            yield Hint("library", {"newest": newest})
        self._newest = newest

    def _look_at_runs(self) -> Iterator[Hint]:
        for name, curve in CURVES.items():
            for path in self._studio.glob(f"runs/*/{name}"):
                with suppress(OSError):  # removed just now
                    facts = path.stat()
                    known = self._sizes.get(path, facts.st_size if self._first else 0)
                    self._sizes[path] = facts.st_size
                    if facts.st_size > known and time.time() - facts.st_mtime < YOUNG:
                        points = read_points(path, known)
                        yield Hint("run", {"run": path.parent.name, "curve": curve, "points": points})


def read_points(path: Path, start: int) -> list[tuple[float, float]]:
    """Step and loss of the whole rows of a log from the byte `start` on, as they were measured."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(start, end - MOST_BYTES))
        lines = file.read(MOST_BYTES).decode("utf-8", "replace").splitlines()
    found: list[tuple[float, float]] = []
    for line in lines[-MOST_ROWS:]:
        with suppress(BadInput):  # a row that is half written: the next look at the curve has it
            row: dict[str, Any] = parse_object(line, "a row of the log")
            step, loss = row.get("step"), row.get("loss")
            if isinstance(step, int | float) and isinstance(loss, int | float):
                found.append((step, loss))
    return found
