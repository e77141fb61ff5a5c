"""How fast the instrument plays on this machine: takes of a minute, and the first take from a cold start.

Times are wall-clock seconds, so a busy machine reads slow; the number of processor cores is told with them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import Unavailable
from ...model.instrument import Instrument
from ...model.sampling import engine
from ...model.sampling.request import Metas, Request, Sampling
from ...music import Key
from ...recipe import Record
from ...timebase import samples_of

CAPTION: Final = "lofi hip hop, rainy, rhodes, vinyl crackle"
MINUTE: Final = 60.0
COLD_STARTS: Final = 3
"""How often the program is started; the median counts."""
_PATIENCE: Final = 600.0


class Speed(Record):
    """Seconds of work; x realtime is seconds of sound per second of work."""

    cores: int
    """Processor cores of the machine."""
    steps: int
    """Denoising steps of the minute."""
    guidance: float
    """Guidance of the minute."""
    minute: float
    """Seconds to make one minute of music, sound included."""
    encode: float
    """Encoder, x realtime."""
    decode: float
    """Decoder, x realtime."""
    cold_start: float | None = None
    """Median seconds from an empty process to a take of ten seconds on the disk; None where not measured."""


def measure(instrument: Instrument, *, steps: int | None = None, guidance: float | None = None, cold: bool = True) -> Speed:
    """Time `instrument` once it is warm, and the program from cold where it is installed."""
    sampling = Sampling(steps=steps, guidance=guidance)
    request = Request(CAPTION, MINUTE, 1, metas=Metas(80.0, Key.parse("A minor"), 4), sampling=sampling)
    engine.generate(instrument, [Request(CAPTION, 2.0, 1, sampling=sampling)])
    took, (take,) = _time_call(lambda: engine.generate(instrument, [request]))
    noise = np.random.default_rng(1).normal(0, 0.1, (2, samples_of(MINUTE))).astype(np.float32)
    encoding, latents = _time_call(lambda: engine.encode(instrument, noise))
    decoding, _ = _time_call(lambda: engine.decode(instrument, latents))
    return Speed(
        cores=os.cpu_count() or 1,
        steps=len(take.schedule),
        guidance=take.guidance,
        minute=took,
        encode=MINUTE / encoding,
        decode=MINUTE / decoding,
        cold_start=statistics.median(cold_start(instrument.variant) for _ in range(COLD_STARTS)) if cold else None,
    )


def cold_start(variant: str, seconds: float = 10.0) -> float:
    """Seconds that `twin make` needs in a process and a studio of its own. Raises `Unavailable` when it cannot be run."""
    program = Path(sys.executable).with_name("twin")
    if not program.exists():
        raise Unavailable(f"no program at {program}", remedy="install the package, or evaluate with --speed warm")
    with tempfile.TemporaryDirectory() as folder:
        words = [str(program), "make", CAPTION, "--variant", variant, "--duration", f"{seconds:g}", "-o", f"{folder}/take.flac"]
        clean = {**os.environ, "TWIN_STUDIO": f"{folder}/studio", "TWIN_OFFLINE": "1"}
        start = time.perf_counter()
        try:
            done = subprocess.run(words, env=clean, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"twin make took over {_PATIENCE:g} s", remedy="free the machine and measure again") from None
        took = time.perf_counter() - start
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no word why"]
        raise Unavailable(
            f"twin make ended with {done.returncode}: {last[0]}",
            remedy="run it by hand to see why, or evaluate with --speed warm",
        )
    return took


def _time_call(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
