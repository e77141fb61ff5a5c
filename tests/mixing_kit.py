"""What tests of mixing share: a reference of every effect in numpy, straight from its description, and the engine to compare."""

from __future__ import annotations

import functools
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import hadamard
from scipy.signal import lfilter, sosfilt

from producertwin.audio.samples import Samples
from producertwin.mixing import effects as fx
from producertwin.mixing import engine
from producertwin.mixing.desk import Desk, Master, Strip, read_desk
from producertwin.mixing.faust import over_taps, write_faust
from producertwin.mixing.render import play_program
from producertwin.recipe import Record

RATE = 48_000
Sound = NDArray[np.float64]
needs_engine = pytest.mark.skipif(not engine.is_installed(), reason="needs cyfaust-llvm (extra: mix)")


def desk_of(strip: dict[str, Any] | None = None, **parts: Any) -> Desk:
    """A desk of one strip `a`, without a limiter unless the master says one."""
    master = {"limiter": False} | parts.pop("master", {})
    return read_desk({"strips": {"a": strip or {}}, "master": master, **parts}, where="test")


def play(desk: Desk, *sounds: NDArray[Any], length: int | None = None) -> Samples:
    """What the engine makes of `sounds`, the latency taken out."""
    program = write_faust(desk)
    stems = [np.asarray(sound, np.float32) for sound in sounds]
    return play_program(program, stems, length or max(stem.shape[1] for stem in stems))


def impulse(length: int = 9_600, side: str = "both") -> Sound:
    """A sample of 0.5 at place 100, then silence."""
    sound = np.zeros((2, length))
    sound[:, 100] = 0.5
    if side != "both":
        sound[1 if side == "left" else 0] = 0.0
    return sound


def sweep(length: int = 9_600, low: float = 20.0, high: float = 20_000.0, level: float = 0.5) -> Sound:
    """A sine from `low` to `high` Hz, by octaves, on the left, and a quarter of it on the right."""
    t = np.arange(length) / RATE
    seconds, octaves = length / RATE, np.log(high / low)
    left = level * np.sin(2 * np.pi * low * seconds / octaves * (np.exp(t / seconds * octaves) - 1))
    return np.stack([left, 0.25 * left])


def bursts(length: int = 9_600) -> Sound:
    """Decaying noise, five times, at levels from loud to quiet; the right side is half of the left."""
    rng = np.random.default_rng(7)
    sound = np.zeros(length)
    for index, level in enumerate((0.9, 0.3, 0.1, 0.02, 0.6)):
        start, size = index * length // 5, length // 5
        sound[start : start + size] = level * rng.uniform(-1, 1, size) * np.exp(-np.arange(size) / 500)
    return np.stack([sound, 0.5 * sound])


def biquad(kind: str, hz: float, q: float, gain: float = 0.0) -> Sound:
    """Coefficients of Bristow-Johnson's cookbook, (6,), as scipy's sections."""
    w, a = 2 * np.pi * hz / RATE, 10 ** (gain / 40)
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    root = 2 * np.sqrt(a) * alpha
    tables = {
        "hp": ([(1 + c) / 2, -(1 + c), (1 + c) / 2], [1 + alpha, -2 * c, 1 - alpha]),
        "lp": ([(1 - c) / 2, 1 - c, (1 - c) / 2], [1 + alpha, -2 * c, 1 - alpha]),
        "bp": ([alpha, 0, -alpha], [1 + alpha, -2 * c, 1 - alpha]),
        "bell": ([1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]),
        "ls": (
            [a * (a + 1 - (a - 1) * c + root), 2 * a * (a - 1 - (a + 1) * c), a * (a + 1 - (a - 1) * c - root)],
            [a + 1 + (a - 1) * c + root, -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - root],
        ),
        "hs": (
            [a * (a + 1 + (a - 1) * c + root), -2 * a * (a - 1 + (a + 1) * c), a * (a + 1 + (a - 1) * c - root)],
            [a + 1 - (a - 1) * c + root, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - root],
        ),
    }
    b, den = tables[kind]
    return np.array([*b, *den]) / den[0]


def filtered(sound: Sound, *sections: Sound) -> Sound:
    return np.asarray(sosfilt(np.stack(sections), sound, axis=-1))


def step_of(ms: float) -> float:
    return 1 - np.exp(-1000 / (max(ms, 0.01) * RATE))


def follow(x: Sound, up: float, down: float) -> Sound:
    rise, fall, y, out = step_of(up), step_of(down), 0.0, np.empty_like(x)
    for place, value in enumerate(x):
        y += (value - y) * (rise if value > y else fall)
        out[place] = y
    return out


def level(sound: Sound) -> Sound:
    return 20 * np.log10(np.maximum(np.abs(sound).max(axis=0), 1e-6))


def factor(db: Any) -> Any:
    return 10 ** (np.asarray(db) / 20)


def compress(sound: Sound, s: dict[str, float]) -> Sound:
    over, knee = level(sound) - s["threshold"], max(s["knee"], 1e-3)
    slope = 1 - 1 / s["ratio"]
    wanted = np.where(
        over <= -knee / 2, 0.0, np.where(over >= knee / 2, slope * over, slope * (over + knee / 2) ** 2 / (2 * knee))
    )
    down = follow(wanted, s["attack"], s["release"])
    return sound * (1 - s["mix"] + s["mix"] * factor(s["makeup"] - down))


def gate(sound: Sound, s: dict[str, float]) -> Sound:
    left, closed = 0.0, np.empty(sound.shape[1])
    for place, loud in enumerate(level(sound) > s["threshold"]):
        left = s["hold"] * RATE / 1000 + 1 if loud else max(left - 1, 0.0)
        closed[place] = left <= 0
    return sound * factor(-follow(s["depth"] * closed, s["release"], s["attack"]))


def round_off(x: Any) -> Any:
    c = np.clip(x, -3, 3)
    return c * (27 + c * c) / (27 + 9 * c * c)


def round_slope(x: float) -> float:
    step = 1e-6
    return float(round_off(x + step) - round_off(x - step)) / (2 * step)


def saturate(sound: Sound, s: dict[str, float], *, oversampled: bool = True) -> Sound:
    """Oversampled by putting zeros between samples and filtering at four times the rate; once to go up, once to go down."""
    g, bias = float(factor(s["drive"])), s["bias"]

    def change(x: Any) -> Any:
        return (round_off(g * x + bias) - round_off(bias)) / (g * round_slope(bias)) - x

    if not oversampled:
        return sound + s["mix"] * change(sound)
    up = np.zeros((2, 4 * (sound.shape[1] + 24)))
    up[:, 48:-48:4] = sound  # what sounds before the beginning is heard after it
    dense = np.stack([np.convolve(one, _fine(), "same") for one in up])
    changed = np.stack([np.convolve(one, _fine() / 4, "same") for one in change(dense)])
    return sound + s["mix"] * changed[:, 48:-48:4]


_MID = 27


@functools.cache
def _fine() -> Sound:
    """The oversampling filter at four times the rate, its middle at `_MID`."""
    fine = np.zeros(2 * _MID + 1)
    for phase, row in enumerate(over_taps()):
        for j, weight in enumerate(row):
            fine[_MID + 4 * (j - 6) + phase] += weight
    return fine


def shape_transient(sound: Sound, s: dict[str, float]) -> Sound:
    loud = np.maximum(level(sound) + 80, 0)
    begins = np.clip((follow(loud, 1, 60) - follow(loud, 25, 60)) / 12, 0, 1)
    rings = np.clip((follow(loud, 1, 400) - follow(loud, 1, 60)) / 12, 0, 1)
    return sound * factor(s["attack"] * begins + s["sustain"] * rings)


def duck(sound: Sound, key: Sound, s: dict[str, float]) -> Sound:
    heard = level(filtered(key, biquad("lp", s["low_pass"], 0.70710678)))
    wanted = np.minimum(2 * np.maximum(heard - s["threshold"], 0), s["depth"])
    return sound * factor(-follow(wanted, s["attack"], s["release"]))


def widen(sound: Sound, width: float) -> Sound:
    middle, side = (sound[0] + sound[1]) / 2, width * (sound[0] - sound[1]) / 2
    return np.stack([middle + side, middle - side])


def echo(sound: Sound, s: dict[str, Any]) -> Sound:
    """Sample by sample in stretches as long as the delay, which the feedback needs."""
    n = max(round(s["seconds"] * RATE), 1)
    out, fed = np.zeros_like(sound), sound.copy()
    if s.get("ping_pong"):
        fed = np.stack([sound.mean(axis=0), np.zeros(sound.shape[1])])
    sections = np.stack([biquad("hp", s["low_cut"], 0.70710678), biquad("lp", s["high_cut"], 0.70710678)])
    state = np.zeros((2, 2, 2))
    for at in range(0, sound.shape[1], n):
        stretch = slice(at, at + n)
        size = out[:, stretch].shape[1]
        out[:, stretch] = fed[:, at - n : at - n + size] if at else 0.0
        again, state = sosfilt(sections, out[:, stretch], axis=-1, zi=state)
        fed[:, stretch] += s["feedback"] * (again[::-1] if s.get("ping_pong") else again)
    return out


def reverberate(sound: Sound, s: dict[str, float]) -> Sound:
    lengths = np.array([1439, 1607, 1777, 1949, 2137, 2339, 2539, 2741])
    loss = factor(-60 * lengths / (s["seconds"] * RATE))
    pole = np.exp(-2 * np.pi * s["damping"] / RATE)
    late = round(s["predelay"] * RATE / 1000)
    given = filtered(sound, biquad("hp", s["low_cut"], 0.70710678)) * np.sqrt(1 - loss[4] ** 2)
    given = np.pad(given, ((0, 0), (late, 0)))[:, : sound.shape[1]]
    count, most = sound.shape[1], int(lengths.max())
    fed, ends = np.zeros((8, count + most)), np.zeros((8, count))
    states = [np.zeros(1) for _ in lengths]
    matrix = hadamard(8) / np.sqrt(8)
    for at in range(0, count, 1439):
        end = min(at + 1439, count)
        outs = np.zeros((8, end - at))
        for line, size in enumerate(lengths):
            heard = fed[line, most + at - size : most + end - size]
            outs[line], states[line] = lfilter([(1 - pole) * loss[line]], [1, -pole], heard, zi=states[line])
        ends[:, at:end] = matrix @ outs
        fed[:, most + at : most + end] = np.repeat(given[:, at:end], 4, axis=0) + ends[:, at:end]
    a, b, c, d, e, f, g, h = ends
    return np.stack([(a + b - c + d) / 2, (e + f - g + h) / 2])


def limit(sound: Sound, s: dict[str, float]) -> Sound:
    """Look ahead over 127 samples: the loudest of what comes, released slowly, then averaged over 128."""
    taps = over_taps()
    count = sound.shape[1]
    between = np.stack([[np.convolve(side, row)[:count] for row in taps] for side in sound])
    peak = np.abs(between).max(axis=(0, 1))  # 6 samples late
    over = np.maximum(20 * np.log10(np.maximum(peak, 1e-6)) - (s["ceiling"] - s["margin"] - 0.1), 0)
    highest = np.array([over[max(0, at - 127) : at + 1].max() for at in range(count)])
    y, held = 0.0, np.empty(count)
    for at, x in enumerate(highest):
        y = max(x, y * (1 - step_of(s["release"])))
        held[at] = y
    mean = np.convolve(held, np.ones(128) / 128)[:count]
    out = np.zeros_like(sound)
    out[:, : count - 133] = sound[:, : count - 133] * factor(-mean[133:])
    return out[:, : count - 133]


def draw_record(kind: type[Record], rng: np.random.Generator) -> dict[str, Any]:
    """A record of `kind`: its numbers drawn between their bounds and now and then at one, half of its options on."""
    data: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        extra = field.json_schema_extra
        inner = [
            arm for arm in (field.annotation, *get_args(field.annotation)) if isinstance(arm, type) and issubclass(arm, Record)
        ]
        if isinstance(extra, dict) and "minimum" in extra:
            low, high = float(str(extra["minimum"])), float(str(extra["maximum"]))
            data[name] = float(rng.choice([low, high, rng.uniform(low, high), rng.uniform(low, high), rng.uniform(low, high)]))
        elif field.annotation is bool:
            data[name] = bool(rng.random() < 0.3)
        elif name == "slope":
            data[name] = int(rng.choice([12, 24]))
        elif name == "bells":
            data[name] = [draw_record(fx.Bell, rng) for _ in range(rng.integers(0, 3))]
        elif inner and name != "duck" and (field.is_required() or rng.random() < 0.5):
            data[name] = draw_record(inner[0], rng)
    return data


def draw_desk(seed: int, *, most: int = 12) -> Desk:
    """A desk of 1 to `most` strips in which anything is possible that the records allow."""
    rng = np.random.default_rng(seed)
    names = [f"s{place}" for place in range(rng.integers(1, most + 1))]
    kinds = [fx.Reverb, fx.Delay, fx.Parallel]
    buses = {f"b{place}": draw_record(kinds[rng.integers(3)], rng) for place in range(rng.integers(0, 4))}
    strips = {}
    for name in names:
        strip = draw_record(Strip, rng)
        others = [other for other in names if other != name]
        if others and rng.random() < 0.3:
            strip["duck"] = draw_record(fx.Duck, rng) | {"by": str(rng.choice(others))}
        strip["sends"] = {bus: float(rng.uniform(-60, 12)) for bus in buses if rng.random() < 0.5}
        strips[name] = strip
    kinds_of = {name: {"kind": kind} for name, bus in buses.items() for kind in [_kind_of(bus)]}
    buses = {name: bus | kinds_of[name] for name, bus in buses.items()}
    return read_desk({"strips": strips, "buses": buses, "master": draw_record(Master, rng), "bpm": 120}, where="drawn")


def _kind_of(bus: dict[str, Any]) -> str:
    return "reverb" if "damping" in bus else "delay" if "feedback" in bus else "parallel"
