"""`twin doctor --bench`: how many seconds a minute of music takes on this machine, by every variant that is here.

Graphs are timed where they lie in the studio's models, as `twin export … --format onnx -o MODELS/NAME` puts them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import TwinError
from ..progress import Steps, note, warning

if TYPE_CHECKING:
    from ..evaluation.bench import BenchRow as BenchRow
    from .studio import Studio

PATIENCE: Final = 40.0
"""Seconds for each variant, loading not counted."""
BUSY: Final = 1.0
"""Processes beside our own threads that want the CPU, above which a time is not that of this program."""


def bench(studio: Studio) -> Steps[tuple[BenchRow, ...]]:
    """Time every variant and every folder of graphs that is here; one that cannot be played is named in a warning."""
    from ..evaluation.bench import measure_minute
    from ..model.variants import catalogue

    found = []
    variants = [one.name for one in catalogue.status(studio.settings) if one.present and one.name != "tiny"]
    graphs = [str(folder) for folder in catalogue.list_graphs(studio.settings)]
    if not graphs:
        models = studio.settings.models
        yield note(f"no ONNX graphs are in {models}: export some into a folder there to time them too")
    for name in (*variants, *graphs):
        try:
            instrument = yield from studio.load_player(name)
            row = yield from measure_minute(instrument, PATIENCE)
            if row.load is not None and row.load > row.threads + BUSY:
                yield warning(f"other work ran meanwhile (load {row.load:g}, {row.threads} threads): alone it is faster")
            found.append(row)
        except TwinError as error:
            yield warning(f"{name} was not timed: {error.message}")
    return tuple(found)
