"""Measure a strip before anyone uses it: its response, its latency, and what it costs, by the engine itself."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from ..recipe import Record
from ..timebase import SAMPLE_RATE
from .desk import Desk, Strip
from .engine import open_engine
from .faust import write_faust

POINTS: Final = (30, 60, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 18_000)
"""Frequencies in Hz at which a response is told."""
_LENGTH: Final = 16_384
_SMALL: Final = 1e-3
"""An impulse of -60 dB, which compressors leave alone."""


class StripMeasures(Record):
    """What the engine says of a strip."""

    name: str
    """The strip."""
    response_db: tuple[float, ...]
    """Gain in dB of a quiet sound at each of `POINTS`, the fader included."""
    latency: int
    """Samples by which it is late; strips beside it wait for it."""
    times_realtime: float
    """How many times faster than it sounds it was played, with all of the desk beside it."""


def measure_desk(desk: Desk) -> tuple[StripMeasures, ...]:
    """Measures of every strip. Raises as `open_engine` does."""
    quiet = desk.model_copy(update={"strips": {name: _still(strip) for name, strip in desk.strips.items()}})
    program = write_faust(quiet, finish=False, strips=True)
    clicks = np.zeros((program.inputs, _LENGTH), np.float32)
    clicks[:, 0] = _SMALL
    with open_engine(program.source) as engine:
        heard = engine.play(clicks)
        start = time.perf_counter()
        for _ in range(4):
            engine.play(clicks)
        spent = (time.perf_counter() - start) / 4
    hz = np.fft.rfftfreq(_LENGTH, 1 / SAMPLE_RATE)
    late = write_faust(
        desk.model_copy(update={"master": desk.master.model_copy(update={"saturation": None, "colour": None})}), finish=False
    ).latency
    found = []
    for place, name in enumerate(desk.strips):
        size = np.abs(np.fft.rfft(heard[2 + 2 * place : 4 + 2 * place], axis=1)).max(axis=0) / _SMALL
        response = 20 * np.log10(np.maximum(np.interp(POINTS, hz, size), 1e-6))
        told = tuple(round(float(one), 1) for one in response)
        found.append(
            StripMeasures(name=name, response_db=told, latency=late, times_realtime=round(_LENGTH / SAMPLE_RATE / spent, 1))
        )
    return tuple(found)


def _still(strip: Strip) -> Strip:
    """`strip` without what moves with the sound, of which a response says nothing."""
    return strip.model_copy(update={"gate": None, "transient": None, "duck": None, "mute": False})
