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

from ..recipe import toml_value
from .chains import EFFECTS, REACH, bus_chain, finish_chain, master_chain, strip_chain, strips_latency
from .desk import Desk, Master

VERSION: Final = 3
"""Raised when one desk would sound otherwise."""
OVERSAMPLING: Final = 4
_LIBRARY: Final = Path(__file__).with_name("effects.dsp")
_BETA: Final = 6.0
_IMPORT: Final = 'import("stdfaust.lib");'


@dataclass(frozen=True, slots=True)
class Program:
    """A desk as Faust."""

    source: str
    inputs: int
    outputs: int
    latency: int
    """Samples at 48 kHz by which what comes out is later than what goes in."""


def write_faust(desk: Desk) -> Program:
    """The program of `desk`."""
    lines, latency = _strip_lines(desk), strips_latency(desk)
    buses = [line for name in desk.buses for line in _bus_lines(desk, name)]
    chain, late = master_chain(desk.master)
    lines += [*buses, "", "// ---- master", *chain.lines(), "", *_wiring(desk)]
    body = "\n".join(lines)
    title = toml_value(desk.title or "Mix")
    head = [f"declare name {title};", 'declare author "Producer Twin";', _IMPORT, ""]
    about = [f"// {line}" for line in (desk.title, desk.about.replace("\n", " ")) if line]
    source = "\n".join([*about, *head, *_definitions(body), body]) + "\n"
    return Program(source, 2 * len(desk.strips), 2, latency + late)


def write_limiter(master: Master) -> Program:
    """The program of gain and limiter of `master` alone."""
    chain, late = finish_chain(master)
    return Program(_write_alone("\n".join([*chain.lines(), "", "process = master_process;"])), 2, 2, late)


def _strip_lines(desk: Desk) -> list[str]:
    latency = strips_latency(desk)
    lines: list[str] = []
    for name, strip in desk.strips.items():
        about = " (kl, kr: the strip that it makes room for)" if strip.duck else ""
        lines += ["", f"// ---- {name}{about}", *strip_chain(name, strip, latency).lines()]
        lines += [f"{name}_to_{bus} = {_send(name, bus, level)};" for bus, level in strip.sends.items()]
    return lines


def _bus_lines(desk: Desk, name: str) -> list[str]:
    return ["", f"// ---- {name}: a {desk.buses[name].kind} that strips send to", *bus_chain(desk, name).lines()]


def _send(strip: str, bus: str, level: float) -> str:
    return f'hslider("h:{strip}/to {bus}[unit:dB]", {float(level)}, -60.0, 12.0, 0.1)'


def _wiring(desk: Desk) -> list[str]:
    """The process: what goes where."""
    heard = list(desk.strips)
    lines = ["// ---- the mix: left and right of " + ", ".join(heard)]
    lines.append(f"process({', '.join(f'{name}_l, {name}_r' for name in heard)}) = mix with {{")
    for name, strip in desk.strips.items():
        key = f"({strip.duck.by}_l, {strip.duck.by}_r)" if strip.duck else ""
        lines.append(f"  {name} = ({name}_l, {name}_r) : {name}_process{key};")
    for bus in desk.buses:
        senders = [f"({name} : twin_gain({name}_to_{bus}))" for name, strip in desk.strips.items() if bus in strip.sends]
        if senders:
            lines.append(f"  {bus} = {', '.join(senders)} :> _, _ : {bus}_process;")
            heard.append(bus)
    return [*lines, f"  mix = {', '.join(heard)} :> _, _ : master_process;", "};"]


def write_effects() -> dict[str, tuple[str, int]]:
    """Every effect that a chain can hold as a program of its own, and how many numbers set it: sliders `p0`, `p1` and so on.

    Its inputs are the sides of the key, where it has one, and those of the sound.
    """
    found = {}
    for name, block in _blocks().items():
        effect = name.removeprefix("twin_")
        if effect in EFFECTS:
            signature = re.search(rf"^{name}\(([^)]*)\) =", block, re.MULTILINE)
            names = [one for one in (signature[1].split(", ") if signature else ()) if one not in ("kl", "kr", "l", "r")]
            body = f"process = {name}({', '.join(_open_slider(place, one) for place, one in enumerate(names))});"
            found[effect] = (_write_alone(body), len(names))
    return found


def write_sum(count: int) -> str:
    """The sum of `count` sounds, each turned up by a slider, as a program; silence for none."""
    gains = [f"twin_gain({_open_slider(place, 'level')})" for place in range(count)]
    return _write_alone(f"process = {', '.join(gains)} :> _, _;" if gains else "process = 0, 0;")


def write_delay(samples: int) -> str:
    """A sound held back, as a program."""
    return _write_alone(f"process = par(i, 2, @({samples}));")


def _write_alone(body: str) -> str:
    """A program of what `body` says, with what it uses of the library."""
    return "\n".join([_IMPORT, "", *_definitions(body), body]) + "\n"


def _open_slider(place: int, name: str) -> str:
    """A slider wide enough for whatever a record allows; a time in seconds has bounds by which Faust keeps room for it."""
    low, high = (0, 12) if name == "seconds" else (-100_000, 100_000)
    return f'hslider("p{place}", 0, {low}, {high}, 0.000001)'


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
