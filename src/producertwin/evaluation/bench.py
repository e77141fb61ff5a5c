"""How many seconds a minute of music takes on this machine (speed row SC-006), and what limits it.

A take is made several times once the instrument is warm, in two parts that are timed apart: latents (words and denoising), and
the sound that is decoded of them. The medians count. Where a whole minute would take too long, a shorter take stands for it, and
that is said: its seconds are scaled, which is too kind to long takes, since attention grows with the square of the length. Times
are wall-clock seconds, so a busy machine reads slow; how busy it was is told with them.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from ..model.graphs.instrument import GraphInstrument
from ..model.machine import Engine, machine_of
from ..model.sampling import engine
from ..model.sampling.networks import AnyInstrument
from ..model.sampling.request import Request
from ..model.tasks import Task
from ..progress import Progress, Steps
from ..recipe import Record
from ..timebase import samples_of

TARGET: Final = 5.0
"""Seconds for a minute of music that row SC-006 asks for."""
CAPTION: Final = "lofi hip hop, rainy, rhodes, vinyl crackle"
MINUTE: Final = 60.0
LENGTHS: Final = (60.0, 20.0, 6.0, 2.0)
"""Seconds of a take: the longest that is made `TAKES` times within the patience."""
TAKES: Final = 3
"""Takes that are timed, or fewer where the patience is over."""


class BenchRow(Record):
    """What an instrument takes for a minute of music."""

    variant: str
    engine: Engine
    """What computes."""
    device: str
    threads: int
    """Of the CPU, as the engine is set up."""
    precision: str
    """Type of the transformer's weights; of graphs what they were exported in."""
    load: float | None
    """Processes that wanted the CPU meanwhile, on average (one minute); None where the system does not tell."""
    takes: int
    seconds: float
    """Length of each take; below 60 the minute is scaled from it."""
    steps: int
    guidance: float
    latents: float
    """Median seconds for the latents of a minute."""
    decoding: float
    """Median seconds for the sound of a minute."""
    minute: float
    """Median seconds for both."""
    spread: tuple[float, float]
    """The fastest and the slowest of the takes, for a minute."""

    @property
    def holds(self) -> bool:
        """Whether the row asks for no more."""
        return self.minute <= TARGET

    @property
    def limit(self) -> str:
        """What takes most of the time, in words."""
        share = self.latents / (self.latents + self.decoding)
        passes = f"{self.steps} steps" + (" with guidance" if self.guidance > 1.0 else "")
        if share >= 0.5:
            return f"denoising in {passes}: {share:.0%} of the time"
        return f"decoding the sound: {1 - share:.0%} of the time"


def measure_minute(instrument: AnyInstrument, patience: float) -> Steps[BenchRow]:
    """Time `instrument` for about `patience` seconds; yields progress. Raises as `engine.generate` does."""
    until = time.monotonic() + patience
    yield Progress("bench", 0, TAKES + 1, f"{instrument.variant}: warming up")
    _play(instrument, LENGTHS[-1])
    took = sum(_play(instrument, LENGTHS[-1])[:2])
    left = (until - time.monotonic()) / (TAKES + 1)
    seconds = next((length for length in LENGTHS if took * length / LENGTHS[-1] <= left), LENGTHS[-1])
    if seconds > LENGTHS[-1]:
        _play(instrument, seconds)  # the first take of a length makes what later ones keep
    found: list[tuple[float, float, Any]] = []
    for done in range(TAKES):
        if found and time.monotonic() >= until:
            break
        yield Progress("bench", done + 1, TAKES + 1, f"{instrument.variant}: a take of {seconds:g} s")
        found.append(_play(instrument, seconds))
    scale = MINUTE / seconds
    wholes = [(latents + decoding) * scale for latents, decoding, _ in found]
    take = found[0][2]
    machine = machine_of(instrument)
    return BenchRow(
        variant=instrument.variant,
        engine=machine.engine,
        device=machine.device,
        threads=machine.threads,
        precision=_precision_of(instrument),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        takes=len(found),
        seconds=seconds,
        steps=len(take.schedule),
        guidance=take.guidance,
        latents=statistics.median(one[0] for one in found) * scale,
        decoding=statistics.median(one[1] for one in found) * scale,
        minute=statistics.median(wholes),
        spread=(min(wholes), max(wholes)),
    )


def _precision_of(instrument: AnyInstrument) -> str:
    if isinstance(instrument, GraphInstrument):
        return instrument.precision
    return str(next(instrument.transformer.parameters()).dtype).removeprefix("torch.")


def _play(instrument: AnyInstrument, seconds: float) -> tuple[float, float, Any]:
    """Seconds for the latents of a take and for its sound, and the take."""
    request = Request(CAPTION, seconds, 1)
    latents, (take,) = _time_call(lambda: engine.generate(instrument, [request], decode=False))
    samples = samples_of(seconds)
    decoding, _ = _time_call(lambda: engine.decode_take(instrument, take.latents, samples, Task.TEXT2MUSIC, 1))
    return latents, decoding, take


def _time_call(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
