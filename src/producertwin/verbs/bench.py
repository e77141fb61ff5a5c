"""`twin doctor --bench`: how many seconds a minute of music takes on this machine, by every variant that is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import TwinError
from ..progress import Steps, warning

if TYPE_CHECKING:
    from ..evaluation.bench import BenchRow as BenchRow
    from .studio import Studio

PATIENCE: Final = 40.0
"""Seconds for each variant, loading not counted."""
BUSY: Final = 1.0
"""Processes beside our own threads that want the CPU, above which a time is not that of this program."""


def bench(studio: Studio) -> Steps[tuple[BenchRow, ...]]:
    """Time every variant that is here; one that cannot be played is named in a warning."""
    from ..evaluation.bench import measure_minute
    from ..model.variants import catalogue

    found = []
    for one in catalogue.status(studio.settings):
        if not one.present or one.name == "tiny":
            continue
        try:
            instrument = yield from studio.load_instrument(one.name)
            row = yield from measure_minute(instrument, PATIENCE)
            if row.load is not None and row.load > row.threads + BUSY:
                yield warning(f"other work ran meanwhile (load {row.load:g}, {row.threads} threads): alone it is faster")
            found.append(row)
        except TwinError as error:
            yield warning(f"{one.name} was not timed: {error.message}")
    return tuple(found)
