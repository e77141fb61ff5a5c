"""The effects of a desk in their order: each strip, bus and master as a chain, written as Faust and told as plain steps.

A chain is the one place that says which effect follows which; the program (`faust.py`) and what is played live (`wiring.py`) both
come from it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..recipe import Record
from . import effects as fx
from .desk import Desk, Master, Strip

REACH: Final = 6
"""Samples on each side that say what is between two; so many late is each of the two filters of the saturation."""
SATURATION_LATENCY: Final = 2 * REACH
LIMITER_LATENCY: Final = 127 + REACH
WOW_LATENCY: Final = 256
EFFECTS: Final = (
    "polarity", "high_pass_12", "high_pass_24", "low_pass_12", "low_pass_24", "gate", "low_shelf", "high_shelf", "bell",
    "compressor", "saturation", "transient", "duck", "width", "gain", "pan", "mute", "reverb", "delay", "ping_pong", "crackle",
    "hiss", "wow", "limiter",
)  # fmt: skip
"""Every effect that a chain can hold, by its name in the library without `twin_`."""


class Step(Record):
    """An effect of a chain, and what it is set to."""

    effect: str
    """`twin_EFFECT` of the library; `late` for a delay of as many samples as its value says."""
    values: tuple[float, ...]
    """The numbers, in the order of the effect's parameters."""


class Chain:
    """Effects one after the other: sliders first, then the process."""

    def __init__(self, name: str, keys: str = "") -> None:
        self.name, self.keys = name, keys
        self.steps: list[Step] = []
        self._sliders: list[str] = []
        self._texts: list[str] = []

    def add(self, effect: str, part: str, record: Record, fields: tuple[str, ...] = (), **values: float) -> None:
        """Play `twin_EFFECT` with a slider for each number of `record`, or of its `fields`, and `values` in their place."""
        names = fields or tuple(name for name, field in type(record).model_fields.items() if _bounds(field))
        numbers = {name: float(values.get(name, getattr(record, name))) for name in names}
        made = [self._slider(part, name, number, type(record)) for name, number in numbers.items()]
        self.steps.append(Step(effect=effect, values=tuple(numbers.values())))
        self._texts.append(f"twin_{effect}({', '.join(made)}{self.keys if effect == 'duck' else ''})")

    def delay(self, samples: int) -> None:
        """Hold both sides back."""
        self.steps.append(Step(effect="late", values=(samples,)))
        self._texts.append(f"par(i, 2, @({samples}))")

    def switch(self, effect: str, on: bool) -> None:
        """Play `twin_EFFECT`, which is off or on."""
        name = f"{self.name}_{effect}"
        self._sliders.append(f'{name} = hslider("h:{self.name}/{effect}", {int(on)}, 0, 1, 1);')
        self.steps.append(Step(effect=effect, values=(float(on),)))
        self._texts.append(f"twin_{effect}({name})")

    def _slider(self, part: str, field: str, value: float, record: type[Record]) -> str:
        name = "_".join(filter(None, (self.name, part, field)))
        self._sliders.append(f"{name} = {slider(self.name, ' '.join(filter(None, (part, field))), value, record, field)};")
        return name

    def lines(self) -> list[str]:
        """The definitions."""
        key = "(kl, kr)" if self.keys else ""
        return [*self._sliders, f"{self.name}_process{key} = " + "\n  : ".join(self._texts or ["_, _"]) + ";"]


def slider(group: str, label: str, value: float, record: type[Record], field: str) -> str:
    """The slider of one number, with the bounds and the unit of its field."""
    extra = _bounds(record.model_fields[field])
    low, high, unit = extra["minimum"], extra["maximum"], extra["unit"]
    step = 10.0 ** np.floor(np.log10((high - low) / 100_000))
    marks = (f"[unit:{unit}]" if unit and unit != "%" else "") + ("[scale:log]" if unit == "Hz" else "")
    numbers = ", ".join(np.format_float_positional(np.float64(one), trim="0") for one in (value, low, high, step))
    return f'hslider("h:{group}/{label.replace("_", " ")}{marks}", {numbers})'


def _bounds(field: Any) -> dict[str, Any]:
    """The bounds of a field that is a number, or nothing."""
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) and "unit" in extra else {}


def strips_latency(desk: Desk) -> int:
    """Samples by which every strip is late: as many as saturation needs, where one has it."""
    return SATURATION_LATENCY * any(strip.saturation is not None for strip in desk.strips.values())


def strip_chain(name: str, strip: Strip, latency: int) -> Chain:
    """The effects of `strip`, which is to be `latency` samples late."""
    chain = Chain(name, ", kl, kr" if strip.duck else "")
    chain.switch("polarity", strip.polarity)
    _pass(chain, "high_pass", strip.high_pass)
    _pass(chain, "low_pass", strip.low_pass)
    if strip.gate:
        chain.add("gate", "gate", strip.gate)
    _eq(chain, strip)
    if strip.compressor:
        chain.add("compressor", "compressor", strip.compressor)
    if strip.saturation:
        chain.add("saturation", "saturation", strip.saturation)
    elif latency:
        chain.delay(latency)
    if strip.transient:
        chain.add("transient", "transient", strip.transient)
    if strip.duck:
        chain.add("duck", "duck", strip.duck)
    for effect in ("width", "gain", "pan"):
        chain.add(effect, "", strip, (effect,))
    chain.switch("mute", strip.mute)
    return chain


def _eq(chain: Chain, part: Strip | Master) -> None:
    for name in ("low_shelf", "high_shelf"):
        if (shelf := getattr(part, name)) is not None:
            chain.add(name, name, shelf)
    for place, bell in enumerate(part.bells, 1):
        chain.add("bell", f"bell{place}", bell)


def _pass(chain: Chain, name: str, found: fx.Pass | None) -> None:
    if found:
        chain.add(f"{name}_{found.slope}", name, found, ("hz",))


def master_chain(master: Master, *, finish: bool = True) -> tuple[Chain, int]:
    """The effects of the master, without `finish` but for gain and limiter; and how late they are."""
    chain, late = Chain("master"), 0
    _pass(chain, "high_pass", master.high_pass)
    _eq(chain, master)
    if master.glue:
        chain.add("compressor", "glue", master.glue)
    if master.saturation:
        chain.add("saturation", "saturation", master.saturation)
        late += SATURATION_LATENCY
    if master.colour:
        late += _colour(chain, master.colour)
    chain.add("width", "", master, ("width",))
    return chain, late + (_finish(chain, master) if finish else 0)


def finish_chain(master: Master) -> tuple[Chain, int]:
    """Gain and limiter of the master alone, and how late they are."""
    chain = Chain("master")
    return chain, _finish(chain, master)


def _colour(chain: Chain, colour: fx.Colour) -> int:
    chain.add("crackle", "colour", colour, ("crackle", "crackles"))
    chain.add("hiss", "colour", colour, ("hiss",))
    if not colour.wow:
        return 0
    chain.add("wow", "colour", colour, ("wow", "wow_hz"))
    return WOW_LATENCY


def _finish(chain: Chain, master: Master) -> int:
    chain.add("gain", "", master, ("gain",))
    if master.limiter is None:
        return 0
    chain.add("limiter", "limiter", master.limiter)
    return LIMITER_LATENCY


def bus_chain(desk: Desk, name: str) -> Chain:
    """The effects of the bus `name`."""
    chain, bus = Chain(name), desk.buses[name]
    if isinstance(bus, fx.Reverb):
        chain.add("reverb", "", bus, ("seconds", "predelay", "damping", "low_cut"))
    elif isinstance(bus, fx.Delay):
        fields = ("seconds", "feedback", "low_cut", "high_cut")
        chain.add("ping_pong" if bus.ping_pong else "delay", "", bus, fields, seconds=desk.seconds_of(bus))
    else:
        chain.add("compressor", "compressor", bus.compressor)
    chain.add("gain", "", bus, ("gain",))
    return chain
