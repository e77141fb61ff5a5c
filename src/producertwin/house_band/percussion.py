"""Hand percussion: what is shaken, rubbed, struck together or snapped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..timebase import SAMPLE_RATE
from .drum_sounds import Hit, _finish, _length
from .oscillators import Sound, bank, fall, filter_biquad, glide, noise, rise, sine


@dataclass(frozen=True, slots=True)
class Shaker:
    """Grains or jingles in motion."""

    attack: float = 0.018
    ring: float = 0.11
    centre: float = 7_000.0
    width: float = 0.9
    jingles: tuple[float, ...] = ()
    jingle_ring: float = 0.25


def shake(hit: Hit, spec: Shaker) -> Sound:
    """A shaker, maraca, tambourine or sleigh bells, stereo."""
    seconds = max(spec.ring, spec.jingle_ring if spec.jingles else 0.0) + spec.attack + 0.03
    time = _length(seconds)
    grains = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    grains[1] = 0.6 * grains[0] + 0.8 * grains[1]
    since = np.maximum(time - np.float32(spec.attack), 0.0)
    sound = filter_biquad(grains, "band", spec.centre, spec.width) * rise(time, spec.attack) * fall(since, spec.ring)
    if spec.jingles:
        freqs = np.repeat(np.array(spec.jingles), 3) * hit.rng.uniform(0.985, 1.015, 3 * len(spec.jingles))
        amps = hit.rng.uniform(0.4, 1.0, (2, len(freqs))) * 0.12
        decays = np.full(len(freqs), spec.jingle_ring) * hit.rng.uniform(0.6, 1.2, len(freqs))
        sound += bank(freqs, amps, len(time), decays=decays, phases=hit.rng.uniform(0, 6.28, len(freqs))) * rise(time, 0.004)
    return _finish(sound)


@dataclass(frozen=True, slots=True)
class Skin:
    """A hand drum."""

    pitch: float = 220.0
    ring: float = 0.3
    slap: float = 0.2
    muted: bool = False


def skin(hit: Hit, spec: Skin) -> Sound:
    """A conga or bongo, mono."""
    ring = spec.ring * (0.35 if spec.muted else 1.0)
    time = _length(ring + 0.05)
    bend = spec.pitch * (1.0 + 0.12 * np.exp(-time.astype(np.float64) / 0.02))
    body = glide(bend) * fall(time, ring) + np.float32(0.3) * glide(bend * 1.6) * fall(time, ring * 0.4)
    palm = filter_biquad(noise(hit.rng, len(time)), "band", 1_900.0, 0.8) * fall(time, 0.03)
    return _finish((body + np.float32(spec.slap * (0.5 + hit.velocity)) * palm) * rise(time, 0.001))


@dataclass(frozen=True, slots=True)
class Wood:
    """Two pieces of wood, or a bell of metal when it rings longer."""

    pitch: float = 2_500.0
    ring: float = 0.07
    second: float = 1.53
    second_level: float = 0.25


def wood(hit: Hit, spec: Wood) -> Sound:
    """Claves, woodblocks, a cowbell or a triangle, mono."""
    time = _length(spec.ring + 0.03)
    pitch = spec.pitch * hit.rng.uniform(0.996, 1.004)
    body = sine(pitch, len(time)) * fall(time, spec.ring)
    over = np.float32(spec.second_level) * sine(pitch * spec.second, len(time)) * fall(time, spec.ring * 0.6)
    tick = (
        filter_biquad(noise(hit.rng, len(time)), "band", min(spec.pitch * 1.5, 9_000.0), 0.8)
        * fall(time, 0.008)
        * np.float32(0.25)
    )
    return _finish((body + over + tick) * rise(time, 0.0006))


@dataclass(frozen=True, slots=True)
class Snap:
    """Fingers."""

    centre: float = 2_300.0


def snap(hit: Hit, spec: Snap) -> Sound:
    """A finger snap with a little room, stereo."""
    time = _length(0.2)
    rough = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    tail = np.float32(0.12) * filter_biquad(rough, "band", spec.centre, 0.6) * fall(time, 0.18)
    tick = filter_biquad(rough[0], "band", spec.centre * float(hit.rng.uniform(0.96, 1.04)), 2.2) * fall(time, 0.028)
    return _finish((tick + tail) * rise(time, 0.0006))


@dataclass(frozen=True, slots=True)
class Chimes:
    """A row of hanging bars swept by hand."""

    bars: int = 18
    low: float = 2_100.0
    high: float = 7_500.0
    sweep: float = 0.9


def chimes(hit: Hit, spec: Chimes) -> Sound:
    """Wind chimes, stereo, about two seconds."""
    length = int(2.4 * SAMPLE_RATE)
    out = np.zeros((2, length), dtype=np.float32)
    freqs = np.geomspace(spec.high, spec.low, spec.bars) * hit.rng.uniform(0.99, 1.01, spec.bars)
    for index, freq in enumerate(freqs):
        start = int((index / spec.bars + hit.rng.uniform(0.0, 0.03)) * spec.sweep * SAMPLE_RATE)
        pan = 0.2 + 0.6 * index / spec.bars
        amps = np.array([[1.0 - pan, 0.3 * (1.0 - pan)], [pan, 0.3 * pan]]) * hit.rng.uniform(0.5, 1.0)
        out[:, start:] += bank(np.array([freq, freq * 1.51]), amps, length - start, decays=np.array([1.6, 0.7]))
    return _finish(out)
