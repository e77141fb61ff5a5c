"""Measure a desk before anyone uses it: response and latency of its strips, and what each part costs, by the engine itself.

A load is the share of one processor that a part takes while it plays, by the processor time of the engine's child; the fastest of
several turns counts.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..audio.samples import Samples
from ..recipe import Record
from ..timebase import SAMPLE_RATE
from .desk import Desk, Master, Strip
from .engine import Engine, open_engine
from .schedule import schedule_desk

POINTS: Final = (30, 60, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 18_000)
"""Frequencies in Hz at which a response is told."""
_LENGTH: Final = 16_384
_SMALL: Final = 1e-3
"""An impulse of -60 dB, which compressors leave alone."""
_TURNS: Final = 6


class StripMeasures(Record):
    """What the engine says of a strip."""

    name: str
    """The strip."""
    response_db: tuple[float, ...]
    """Gain in dB of a quiet sound at each of `POINTS`, the fader included; of a muted strip, what it would be."""
    latency: int
    """Samples by which it is late; strips beside it wait for it."""
    load: float
    """Share of one processor that it takes; 0 where it is muted."""


class DeskMeasures(Record):
    """What the engine says of a desk."""

    strips: tuple[StripMeasures, ...]
    """Its strips."""
    rest_load: float
    """Share of one processor that buses and master take."""
    times_realtime: float
    """How many times faster than it sounds the whole plays on one processor."""


def measure_desk(desk: Desk) -> DeskMeasures:
    """Measures of `desk` and each of its strips. Raises as `open_engine` does."""
    responses, late = _responses(desk), _latency(desk)
    known: dict[str, float] = {}
    found = []
    for name, strip in desk.strips.items():
        alone = strip.model_copy(update={"sends": {}})
        same = alone.model_dump_json()
        if not strip.mute and same not in known:
            known[same] = _load_of_strip(alone)
        load = 0.0 if strip.mute else known[same]
        found.append(StripMeasures(name=name, response_db=responses[name], latency=late, load=round(load, 5)))
    rest = _load_of_rest(desk)
    whole = sum(one.load for one in found) + rest
    return DeskMeasures(strips=tuple(found), rest_load=round(rest, 5), times_realtime=round(1 / whole, 1))


def _responses(desk: Desk) -> dict[str, tuple[float, ...]]:
    """Gain in dB at each of `POINTS`, by strip."""
    still = {name: _still(strip) for name, strip in desk.strips.items()}
    schedule = schedule_desk(Desk(strips=still, master=Master(limiter=None)), finish=False, strips=True)
    clicks = np.zeros((schedule.inputs, _LENGTH), np.float32)
    clicks[:, 0] = _SMALL
    with open_engine(schedule) as engine:
        heard = engine.play(clicks)
    hz = np.fft.rfftfreq(_LENGTH, 1 / SAMPLE_RATE)
    found = {}
    for place, name in enumerate(desk.strips):
        size = np.abs(np.fft.rfft(heard[2 + 2 * place : 4 + 2 * place], axis=1)).max(axis=0) / _SMALL
        response = 20 * np.log10(np.maximum(np.interp(POINTS, hz, size), 1e-6))
        found[name] = tuple(round(float(one), 1) for one in response)
    return found


def _still(strip: Strip) -> Strip:
    """`strip` without what moves with the sound, of which a response says nothing, and without its sends."""
    return strip.model_copy(update={"gate": None, "transient": None, "duck": None, "mute": False, "sends": {}})


def _latency(desk: Desk) -> int:
    """Samples by which the strips are late."""
    master = desk.master.model_copy(update={"saturation": None, "colour": None})
    return schedule_desk(desk.model_copy(update={"master": master}), finish=False).latency


def _load_of_strip(strip: Strip) -> float:
    """What `strip` takes; its side-chain hears a strip that does nothing."""
    strips = {"strip": strip.model_copy(update={"duck": strip.duck.model_copy(update={"by": "key"}) if strip.duck else None})}
    strips |= {"key": Strip(mute=True)} if strip.duck else {}
    return _load(Desk(strips=strips, master=Master(limiter=None)), finish=False)


def _load_of_rest(desk: Desk) -> float:
    """What buses and master take, behind one strip that does nothing and sends to every bus that is used."""
    used = {bus: 0.0 for strip in desk.strips.values() if not strip.mute for bus in strip.sends}
    return _load(desk.model_copy(update={"strips": {"strip": Strip(sends=used)}}), finish=True)


def _load(desk: Desk, *, finish: bool) -> float:
    """Share of one processor that a desk takes to play noise."""
    schedule = schedule_desk(desk, finish=finish)
    noise: Samples = np.random.default_rng(0).uniform(-0.5, 0.5, (schedule.inputs, _LENGTH)).astype(np.float32)
    with open_engine(schedule) as engine:
        return min(_time(engine, noise) for _ in range(_TURNS)) * SAMPLE_RATE / _LENGTH


def _time(engine: Engine, sound: Samples) -> float:
    start = engine.spent_seconds()
    engine.play(sound)
    return engine.spent_seconds() - start
