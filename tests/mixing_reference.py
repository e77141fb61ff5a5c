"""A whole desk in numpy, from the references of its effects, as late as its Faust: what the engine is compared with."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from mixing_kit import (
    Sound,
    biquad,
    compress,
    duck,
    echo,
    factor,
    filtered,
    gate,
    limit,
    reverberate,
    saturate,
    shape_transient,
    widen,
)
from producertwin.mixing.chains import LIMITER_LATENCY, SATURATION_LATENCY, Step
from producertwin.mixing.desk import Desk
from producertwin.mixing.faust import write_effects
from producertwin.mixing.wiring import wire

_BUTTERWORTH = {"12": (0.70710678,), "24": (0.54119610, 1.30656296)}


def play_reference(desk: Desk, stems: list[Sound]) -> Sound:
    """What `desk`, which has no colour (its noise is drawn by chance), makes of `stems`, (2, n) each; (2, n), late as it is."""
    wiring = wire(desk)
    raw = dict(zip(desk.strips, stems, strict=True))
    total = np.zeros_like(stems[0], dtype=np.float64)
    sent = {bus.name: total.copy() for bus in wiring.buses}
    for strip in wiring.strips:
        sound = raw[strip.name].astype(np.float64)
        for step in strip.steps:
            sound = _apply(step, sound, None if strip.key is None else raw[strip.key].astype(np.float64))
        total += sound
        for bus, level in strip.sends.items():
            sent[bus] += sound * factor(level)
    for bus in wiring.buses:
        sound = sent[bus.name]
        for step in bus.steps:
            sound = _apply(step, sound, None)
        total += sound
    for step in wiring.master:
        total = _apply(step, total, None)
    return total


def _apply(step: Step, x: Sound, key: Sound | None) -> Sound:
    name, values = step.effect, step.values
    told = dict(zip(_NAMES.get(name, ()), values, strict=False))
    if name.startswith(("high_pass", "low_pass")):
        kind = "hp" if name.startswith("high") else "lp"
        return filtered(x, *(biquad(kind, values[0], q) for q in _BUTTERWORTH[name[-2:]]))
    if name in ("low_shelf", "high_shelf", "bell"):
        kind = {"low_shelf": "ls", "high_shelf": "hs", "bell": "bell"}[name]
        return filtered(x, biquad(kind, values[0], values[2], values[1]))
    if name == "duck":
        assert key is not None
        return duck(x, key, told)
    if name == "pan":
        sides = np.cos(max(values[0], 0) * np.pi / 2), np.cos(max(-values[0], 0) * np.pi / 2)
        return x * np.array(sides)[:, None]
    return _DIRECT[name](x, told, values)


def _late(x: Sound, samples: int) -> Sound:
    return np.pad(x, ((0, 0), (samples, 0)))[:, : x.shape[1]]


def _saturate(x: Sound, told: dict[str, float], _: Any) -> Sound:
    """It rings a little before what it changes, so that nothing may be cut off at either end before."""
    return saturate(np.pad(x, ((0, 0), (SATURATION_LATENCY, 0))), told)[:, : x.shape[1]]


def _limit(x: Sound, told: dict[str, float], _: Any) -> Sound:
    return np.pad(limit(x, told), ((0, 0), (LIMITER_LATENCY, 0)))


_DIRECT: dict[str, Any] = {
    "polarity": lambda x, _, v: x * (1 - 2 * v[0]),
    "mute": lambda x, _, v: x * (1 - v[0]),
    "gain": lambda x, _, v: x * factor(v[0]),
    "width": lambda x, _, v: widen(x, v[0]),
    "late": lambda x, _, v: _late(x, int(v[0])),
    "gate": lambda x, s, _: gate(x, s),
    "compressor": lambda x, s, _: compress(x, s),
    "saturation": _saturate,
    "transient": lambda x, s, _: shape_transient(x, s),
    "reverb": lambda x, s, _: reverberate(x, s),
    "delay": lambda x, s, _: echo(x, s),
    "ping_pong": lambda x, s, _: echo(x, s | {"ping_pong": True}),
    "limiter": _limit,
}


def _name_values() -> dict[str, tuple[str, ...]]:
    """The names of the numbers of every effect, in their order."""
    found = {}
    for name, (source, _) in write_effects().items():
        signature = re.search(rf"^twin_{name}\(([^)]*)\) =", source, re.MULTILINE)
        found[name] = tuple(signature[1].split(", ")) if signature else ()
    return found


_NAMES = _name_values()
