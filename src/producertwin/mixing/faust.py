"""Write a desk as Faust: one named process per stem and bus, a slider for every number.

The program takes the stems' sides in the order of the strips, left before right, and gives left and right of the mix. Strips that
are late (saturation needs 12 samples) hold the others back, so that all stay together; `latency` is what the whole is late by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..recipe import Record, toml_value
from . import effects as fx
from .desk import Desk, Master, Strip

VERSION: Final = 2
"""Raised when one desk would sound otherwise."""
OVERSAMPLING: Final = 4
REACH: Final = 6
"""Samples on each side that say what is between two; so many late is each of the two filters of the saturation."""
SATURATION_LATENCY: Final = 2 * REACH
LIMITER_LATENCY: Final = 127 + REACH
WOW_LATENCY: Final = 256
_LIBRARY: Final = Path(__file__).with_name("effects.dsp")
_BETA: Final = 6.0


@dataclass(frozen=True, slots=True)
class Program:
    """A desk as Faust."""

    source: str
    inputs: int
    outputs: int
    latency: int
    """Samples at 48 kHz by which what comes out is later than what goes in."""


def write_faust(desk: Desk, *, finish: bool = True, strips: bool = False) -> Program:
    """The program of `desk`. Without `finish` gain and limiter of the master are left out; with `strips` every strip's own
    sides, behind its fader, follow those of the mix as outputs, and a strip that is muted costs nothing: it is silence.
    """
    unheard = frozenset(name for name, strip in desk.strips.items() if strips and strip.mute)
    lines, latency = _strip_lines(desk, unheard)
    buses = [line for name, bus in desk.buses.items() for line in _bus(desk, name, bus)]
    chain = _Chain("master")
    late = _master(chain, desk.master, finish)
    lines += [*buses, "", "// ---- master", *chain.lines(), "", *_wiring(desk, strips, unheard)]
    body = "\n".join(lines)
    title = toml_value(desk.title or "Mix")
    head = [f"declare name {title};", 'declare author "Producer Twin";', 'import("stdfaust.lib");', ""]
    about = [f"// {line}" for line in (desk.title, desk.about.replace("\n", " ")) if line]
    source = "\n".join([*about, *head, *_definitions(body), body]) + "\n"
    count = len(desk.strips)
    return Program(source, 2 * count, 2 + 2 * count * strips, latency + late)


def write_limiter(master: Master) -> Program:
    """The program of gain and limiter of `master` alone, after what `write_faust` gives without `finish`."""
    chain = _Chain("master")
    late = _finish(chain, master)
    body = "\n".join([*chain.lines(), "", "process = master_process;"])
    return Program("\n".join(['import("stdfaust.lib");', "", *_definitions(body), body]) + "\n", 2, 2, late)


class _Chain:
    """Effects one after the other: sliders first, then the process."""

    def __init__(self, name: str, keys: str = "") -> None:
        self.name, self.keys = name, keys
        self._sliders: list[str] = []
        self._steps: list[str] = []

    def add(self, effect: str, part: str, record: Record, fields: tuple[str, ...] = (), **values: float) -> None:
        """Play `twin_EFFECT` with a slider for each number of `record`, or of its `fields`, and `values` in their place."""
        names = fields or tuple(name for name, field in type(record).model_fields.items() if _bounds(field))
        made = [self._slider(part, name, values.get(name, getattr(record, name)), type(record)) for name in names]
        self._steps.append(f"twin_{effect}({', '.join(made)}{self.keys if effect == 'duck' else ''})")

    def step(self, text: str) -> None:
        """Play `text`."""
        self._steps.append(text)

    def switch(self, effect: str, on: bool) -> None:
        """Play `twin_EFFECT`, which is off or on."""
        name = f"{self.name}_{effect}"
        self._sliders.append(f'{name} = hslider("h:{self.name}/{effect}", {int(on)}, 0, 1, 1);')
        self._steps.append(f"twin_{effect}({name})")

    def _slider(self, part: str, field: str, value: float, record: type[Record]) -> str:
        name = "_".join(filter(None, (self.name, part, field)))
        self._sliders.append(f"{name} = {slider(self.name, ' '.join(filter(None, (part, field))), value, record, field)};")
        return name

    def lines(self) -> list[str]:
        """The definitions."""
        key = "(kl, kr)" if self.keys else ""
        return [*self._sliders, f"{self.name}_process{key} = " + "\n  : ".join(self._steps or ["_, _"]) + ";"]


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


def _strip_lines(desk: Desk, unheard: frozenset[str]) -> tuple[list[str], int]:
    """The strips without those that are `unheard`, and how late all are: those count too, so that the rest stays in place."""
    latency = SATURATION_LATENCY * any(strip.saturation is not None for strip in desk.strips.values())
    lines: list[str] = []
    for name, strip in desk.strips.items():
        if name in unheard:
            continue
        chain = _Chain(name, ", kl, kr" if strip.duck else "")
        _strip(chain, strip, latency)
        lines += ["", f"// ---- {name}" + (" (kl, kr: the strip that it makes room for)" if strip.duck else ""), *chain.lines()]
        lines += [f"{name}_to_{bus} = {_send(name, bus, level)};" for bus, level in strip.sends.items()]
    return lines, latency


def _strip(chain: _Chain, strip: Strip, latency: int) -> None:
    """The effects of `strip` in the order of the desk."""
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
        chain.step(f"par(i, 2, @({latency}))")
    if strip.transient:
        chain.add("transient", "transient", strip.transient)
    if strip.duck:
        chain.add("duck", "duck", strip.duck)
    for effect in ("width", "gain", "pan"):
        chain.add(effect, "", strip, (effect,))
    chain.switch("mute", strip.mute)


def _eq(chain: _Chain, part: Strip | Master) -> None:
    for name in ("low_shelf", "high_shelf"):
        if (shelf := getattr(part, name)) is not None:
            chain.add(name, name, shelf)
    for place, bell in enumerate(part.bells, 1):
        chain.add("bell", f"bell{place}", bell)


def _pass(chain: _Chain, name: str, found: fx.Pass | None) -> None:
    if found:
        chain.add(f"{name}_{found.slope}", name, found, ("hz",))


def _master(chain: _Chain, master: Master, finish: bool) -> int:
    """The effects of the master; returns how late they are."""
    late = 0
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
    return late + (_finish(chain, master) if finish else 0)


def _colour(chain: _Chain, colour: fx.Colour) -> int:
    chain.add("crackle", "colour", colour, ("crackle", "crackles"))
    chain.add("hiss", "colour", colour, ("hiss",))
    if not colour.wow:
        return 0
    chain.add("wow", "colour", colour, ("wow", "wow_hz"))
    return WOW_LATENCY


def _finish(chain: _Chain, master: Master) -> int:
    chain.add("gain", "", master, ("gain",))
    if master.limiter is None:
        return 0
    chain.add("limiter", "limiter", master.limiter)
    return LIMITER_LATENCY


def _bus(desk: Desk, name: str, bus: fx.Reverb | fx.Delay | fx.Parallel) -> list[str]:
    chain = _Chain(name)
    if isinstance(bus, fx.Reverb):
        chain.add("reverb", "", bus, ("seconds", "predelay", "damping", "low_cut"))
    elif isinstance(bus, fx.Delay):
        fields = ("seconds", "feedback", "low_cut", "high_cut")
        chain.add("ping_pong" if bus.ping_pong else "delay", "", bus, fields, seconds=desk.seconds_of(bus))
    else:
        chain.add("compressor", "compressor", bus.compressor)
    chain.add("gain", "", bus, ("gain",))
    return ["", f"// ---- {name}: a {bus.kind} that strips send to", *chain.lines()]


def _send(strip: str, bus: str, level: float) -> str:
    return f'hslider("h:{strip}/to {bus}[unit:dB]", {float(level)}, -60.0, 12.0, 0.1)'


def _wiring(desk: Desk, strips: bool, unheard: frozenset[str]) -> list[str]:
    """The process: what goes where."""
    names, played = list(desk.strips), {name: strip for name, strip in desk.strips.items() if name not in unheard}
    lines = ["// ---- the mix: left and right of " + ", ".join(names)]
    lines += [
        f"process({', '.join(f'{name}_l, {name}_r' for name in names)}) = "
        + ", ".join(["mix", *(names if strips else [])])
        + " with {"
    ]
    lines += [f"  {name} = 0, 0;" for name in names if name in unheard]
    for name, strip in played.items():
        key = f"({strip.duck.by}_l, {strip.duck.by}_r)" if strip.duck else ""
        lines.append(f"  {name} = ({name}_l, {name}_r) : {name}_process{key};")
    heard = list(played)
    for bus in desk.buses:
        senders = [f"({name} : twin_gain({name}_to_{bus}))" for name, strip in played.items() if bus in strip.sends]
        if senders:
            lines.append(f"  {bus} = {', '.join(senders)} :> _, _ : {bus}_process;")
            heard.append(bus)
    return [*lines, f"  mix = {', '.join(heard)} :> _, _ : master_process;", "};"]


def _definitions(body: str) -> Iterator[str]:
    """The blocks of the library that `body` uses, itself or through others, in the library's order."""
    blocks = _blocks()
    wanted, found = set(re.findall(r"\btwin_\w+", body)), set[str]()
    while wanted - found:
        found |= wanted
        wanted = {name for one in found for name in re.findall(r"\btwin_\w+", blocks[one])}
    for name, block in blocks.items():
        if name in found:
            yield block + "\n"


@lru_cache(maxsize=1)
def _blocks() -> dict[str, str]:
    """The definitions of the library by name."""
    paragraphs = _LIBRARY.read_text(encoding="utf-8").split("\n\n")[1:]
    named = {}
    for block in (*paragraphs, *_oversampling()):
        name = re.search(r"^(twin_\w+)", block, re.MULTILINE)
        if name:
            named[name[1]] = block.strip()
    return named


def over_taps() -> np.ndarray[Any, np.dtype[np.float64]]:
    """What the samples around one weigh at it and a quarter, a half and three quarters after it, (4, 13); newest first.

    A windowed sinc (Kaiser's window) over 12 samples.
    """
    away = np.arange(-REACH, REACH + 1)[None] + np.arange(OVERSAMPLING)[:, None] / OVERSAMPLING
    window = np.i0(_BETA * np.sqrt(np.maximum(1.0 - (away / (REACH + 0.5)) ** 2, 0.0))) / np.i0(_BETA)
    taps = np.sinc(away) * window * (np.abs(away) <= REACH)
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


def _oversampling() -> Iterator[str]:
    """Four samples of one, and one of four, as definitions."""
    taps = over_taps()

    def fir(weights: Any) -> str:
        return "fi.fir((" + ", ".join(f"{one + 0.0:.9f}" for one in np.round(weights, 9)) + "))"

    up = ", ".join([f"@({REACH})", *(fir(one) for one in taps[1:])])
    down = ", ".join([fir(taps[0] / OVERSAMPLING), *(fir(one[::-1] / OVERSAMPLING) for one in taps[1:])])
    yield f"// One sample to four: a windowed sinc over 12 samples, {REACH} late.\ntwin_over4 = _ <: {up};"
    yield f"// Four samples to one, by the same sinc, {REACH} late.\ntwin_under4 = {down} :> _;"
