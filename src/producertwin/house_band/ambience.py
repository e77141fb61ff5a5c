"""Noise around the music: the crackle and hiss of a record, and rain, cafe, city, forest, ocean, fire and wind.

Each is a seamless loop of `LOOP` seconds, made once from a fixed seed and laid under the song from a place the song's
seed chooses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np

from ..timebase import SAMPLE_RATE
from .oscillators import Sound, Tone, clock, fall, filter_biquad, noise
from .sound_effects import birds
from .voices import speech

LOOP: Final = 12.0
_FADE: Final = SAMPLE_RATE


def _stereo(rng: np.random.Generator, width: float = 0.7) -> Sound:
    raw = noise(rng, 2 * (int(LOOP * SAMPLE_RATE) + _FADE)).reshape(2, -1)
    raw[1] = np.float32(1.0 - width) * raw[0] + np.float32(width) * raw[1]
    return raw


def _slow(rng: np.random.Generator, samples: int, rates: tuple[float, ...], low: float) -> Sound:
    time = clock(samples)
    swell = sum(np.sin(np.float32(2.0 * np.pi * rate) * time + np.float32(rng.uniform(0, 6.28))) for rate in rates)
    return np.asarray(low + (1.0 - low) * (0.5 + 0.5 * swell / len(rates)), dtype=np.float32)


def _specks(rng: np.random.Generator, samples: int, rate: float, seconds: float, band: tuple[float, float]) -> Sound:
    """Short random bursts, `rate` a second, through a band of (centre, q), (2, n)."""
    grains = np.zeros((2, samples), dtype=np.float32)
    count = int(rate * samples / SAMPLE_RATE)
    places = rng.integers(0, samples - 1, count)
    sizes = (rng.pareto(2.5, count) + 0.15).clip(0.0, 4.0) * rng.choice([-1.0, 1.0], count)
    pan = rng.uniform(0.2, 0.8, count)
    np.add.at(grains[0], places, (sizes * (1.0 - pan)).astype(np.float32))
    np.add.at(grains[1], places, (sizes * pan).astype(np.float32))
    kernel = fall(clock(max(8, int(seconds * SAMPLE_RATE))), seconds)
    smeared = np.stack([np.convolve(side, kernel)[:samples] for side in grains]) if len(kernel) < 200 else grains
    return filter_biquad(smeared.astype(np.float32), "band", band[0], band[1])


def _rain(rng: np.random.Generator) -> Sound:
    raw = _stereo(rng, 0.85)
    hush = filter_biquad(filter_biquad(raw, "high", 700.0), "low", 7_000.0) * np.float32(0.5)
    drops = _specks(rng, raw.shape[1], 180.0, 0.001, (3_400.0, 1.2))
    return hush + np.float32(3.0) * drops


def _cafe(rng: np.random.Generator) -> Sound:
    samples = int(LOOP * SAMPLE_RATE) + _FADE
    out = filter_biquad(_stereo(rng), "low", 350.0) * np.float32(0.25)
    for _ in range(7):
        pan = float(rng.uniform(0.2, 0.8))
        talk = speech(Tone(int(rng.integers(44, 62)), samples, 0.6, rng))[0] * _slow(rng, samples, (0.13, 0.31), 0.0)
        out[0] += np.float32(1.0 - pan) * talk
        out[1] += np.float32(pan) * talk
    cups = _specks(rng, samples, 1.2, 0.002, (5_200.0, 9.0))
    return filter_biquad(out, "low", 2_400.0) + np.float32(6.0) * cups


def _city(rng: np.random.Generator) -> Sound:
    raw = _stereo(rng, 0.5)
    rumble = filter_biquad(raw, "low", 220.0, order=2) * np.float32(2.0)
    cars = filter_biquad(raw, "band", 700.0, 0.5) * _slow(rng, raw.shape[1], (0.09, 0.15, 0.22), 0.1) ** 2
    return filter_biquad(rumble + cars * np.float32(0.9), "high", 60.0)


def _forest(rng: np.random.Generator) -> Sound:
    raw = _stereo(rng, 0.8)
    leaves = filter_biquad(raw, "band", 3_200.0, 0.5) * _slow(rng, raw.shape[1], (0.11, 0.23), 0.3) * np.float32(0.35)
    return leaves + np.float32(0.5) * birds(Tone(84, raw.shape[1], 0.7, rng))


def _ocean(rng: np.random.Generator) -> Sound:
    raw = _stereo(rng, 0.6)
    waves = _slow(rng, raw.shape[1], (1.0 / 6.0, 1.0 / 4.0), 0.08) ** 2
    return filter_biquad(raw, "low", 800.0) * waves + np.float32(0.4) * filter_biquad(raw, "high", 1_800.0) * waves**2


def _fire(rng: np.random.Generator) -> Sound:
    raw = _stereo(rng, 0.5)
    bed = filter_biquad(filter_biquad(raw, "low", 400.0), "high", 60.0) * _slow(rng, raw.shape[1], (0.7, 1.3), 0.5)
    return bed + np.float32(9.0) * _specks(rng, raw.shape[1], 14.0, 0.002, (2_400.0, 0.8))


def _wind(rng: np.random.Generator) -> Sound:
    raw = _stereo(rng, 0.5)
    low = filter_biquad(raw, "band", 320.0, 1.5) * _slow(rng, raw.shape[1], (0.09, 0.2), 0.2)
    return low + filter_biquad(raw, "band", 780.0, 3.0) * _slow(rng, raw.shape[1], (0.13, 0.31), 0.0) * np.float32(0.7)


def _crackle(rng: np.random.Generator) -> Sound:
    samples = int(LOOP * SAMPLE_RATE) + _FADE
    ticks = _specks(rng, samples, 22.0, 0.0004, (3_200.0, 0.7))
    pops = _specks(rng, samples, 1.5, 0.0015, (1_200.0, 0.7)) * np.float32(2.0)
    groove = filter_biquad(_stereo(rng, 0.4), "band", 1_500.0, 0.4) * np.float32(0.002)
    return np.asarray(ticks + pops + groove, dtype=np.float32)


def _hiss(rng: np.random.Generator) -> Sound:
    return filter_biquad(filter_biquad(_stereo(rng, 0.9), "high", 1_800.0, 0.5), "low", 10_000.0)


_MAKERS: Final[dict[str, Callable[[np.random.Generator], Sound]]] = {
    "rain": _rain, "cafe": _cafe, "city": _city, "forest": _forest, "ocean": _ocean, "fire": _fire, "wind": _wind,
    "crackle": _crackle, "hiss": _hiss,
}  # fmt: skip


@lru_cache(maxsize=len(_MAKERS))
def loop(name: str) -> Sound:
    """A seamless loop of `LOOP` seconds, (2, n), RMS 1."""
    made = _MAKERS[name](np.random.default_rng(sum(map(ord, name)) * 104_729))
    length = made.shape[1] - _FADE
    ramp = np.sin(np.linspace(0.0, np.pi / 2.0, _FADE, dtype=np.float32))
    out = made[:, :length].copy()
    out[:, :_FADE] = out[:, :_FADE] * ramp + made[:, length:] * ramp[::-1]
    out -= out.mean(axis=1, keepdims=True)
    return np.asarray(out / np.sqrt(np.mean(out**2)), dtype=np.float32)


def mix_in(mix: Sound, name: str, rms: float, start: int) -> None:
    """Add the loop `name` at level `rms` under `mix` (2, n), in place, beginning at sample `start` of the loop."""
    source = loop(name)
    done, place = 0, start % source.shape[1]
    while done < mix.shape[1]:
        step = min(mix.shape[1] - done, source.shape[1] - place)
        mix[:, done : done + step] += np.float32(rms) * source[:, place : place + step]
        done, place = done + step, 0
