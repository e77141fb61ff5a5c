"""Drums and cymbals from sweeping sines, shaped noise and inharmonic clusters.

Every maker takes a `Hit` and a frozen description and returns a `Sound` whose peak lies near 1; the balance between the
drums of a kit stands in `kits`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..timebase import SAMPLE_RATE
from .oscillators import Sound, bank, clock, fall, filter_biquad, glide, noise, rise, sine


@dataclass(frozen=True, slots=True)
class Hit:
    """One stroke: its strength 0 to 1, and the noise that makes this stroke differ from the last."""

    velocity: float
    rng: np.random.Generator


def _length(seconds: float) -> Sound:
    return clock(int(seconds * SAMPLE_RATE))


def _finish(sound: Sound, level: float = 1.0) -> Sound:
    peak = float(np.max(np.abs(sound))) + 1e-9
    fade = min(240, sound.shape[-1])
    sound = sound * np.float32(level / peak)
    sound[..., -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return sound


@dataclass(frozen=True, slots=True)
class Kick:
    """A bass drum: where its sine ends, how far and fast it falls there, how long it rings."""

    low: float = 52.0
    drop: float = 190.0
    time: float = 0.03
    ring: float = 0.5
    click: float = 0.3
    click_hz: float = 2_800.0
    drive: float = 1.5
    dust: float = 0.0


def kick(hit: Hit, spec: Kick) -> Sound:
    """A bass drum, mono."""
    time = _length(spec.ring * 0.9 + 0.05)
    pitch = spec.low + spec.drop * np.exp(-time.astype(np.float64) / spec.time)
    body = glide(pitch) * fall(time, spec.ring) * rise(time, 0.0012)
    body = np.tanh(body * np.float32(spec.drive))
    snap = filter_biquad(noise(hit.rng, len(time)), "band", spec.click_hz, 0.8) * fall(time, 0.025)
    sound = body + snap * np.float32(spec.click * (0.4 + 0.8 * hit.velocity))
    if spec.dust > 0.0:
        sound = sound + filter_biquad(noise(hit.rng, len(time)), "low", 1_500.0) * fall(time, 0.12) * np.float32(spec.dust)
    return _finish(sound)


@dataclass(frozen=True, slots=True)
class Snare:
    """A snare drum: its tone, its wires and how long either lasts."""

    tone: float = 190.0
    body: float = 0.55
    body_ring: float = 0.16
    wires: float = 0.7
    wire_ring: float = 0.28
    low: float = 900.0
    high: float = 9_000.0
    drive: float = 1.0
    gate: float = 0.0
    """Seconds after which a gated tail is cut, 0 for none."""


def snare(hit: Hit, spec: Snare) -> Sound:
    """A snare drum, stereo in its wires."""
    time = _length(max(spec.wire_ring, spec.body_ring) * 0.95 + 0.04 if spec.gate == 0.0 else spec.gate + 0.05)
    bend = spec.tone * (1.0 + 0.5 * np.exp(-time.astype(np.float64) / 0.012)) * hit.rng.uniform(0.99, 1.01)
    body = glide(bend) * fall(time, spec.body_ring) + np.float32(0.4) * glide(bend * 1.78) * fall(time, spec.body_ring * 0.7)
    if spec.gate > 0.0:
        shape = np.where(time < spec.gate, 0.35 + 0.65 * fall(time, 0.5), fall(time - np.float32(spec.gate), 0.04))
    else:
        shape = fall(time, spec.wire_ring)
    rattle = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    rattle[1] = 0.75 * rattle[0] + 0.66 * rattle[1]
    rattle = filter_biquad(filter_biquad(rattle, "high", spec.low), "low", spec.high) * shape.astype(np.float32)
    crack = filter_biquad(noise(hit.rng, len(time)), "band", 3_200.0, 0.7) * fall(time, 0.02)
    sound = np.float32(spec.body) * body + np.float32(spec.wires) * rattle + np.float32(0.5 * hit.velocity) * crack
    sound = np.tanh(sound * np.float32(spec.drive)) * rise(time, 0.0008)
    return _finish(sound)


@dataclass(frozen=True, slots=True)
class Clap:
    """Several hands and a room."""

    centre: float = 1_300.0
    ring: float = 0.26
    hands: int = 4


def clap(hit: Hit, spec: Clap) -> Sound:
    """A hand clap, stereo."""
    time = _length(spec.ring + 0.06)
    rough = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    shape = np.zeros_like(time)
    for hand in range(spec.hands):
        since = time - np.float32(0.009 * hand + float(hit.rng.uniform(0.0, 0.002)))
        last = spec.ring if hand == spec.hands - 1 else 0.03
        shape = np.maximum(shape, np.where(since >= 0.0, fall(np.maximum(since, 0.0), last), 0.0))
    sound = filter_biquad(rough, "band", spec.centre, 0.8) + np.float32(0.35) * filter_biquad(rough, "high", 3_500.0)
    return _finish(sound * shape.astype(np.float32) * rise(time, 0.0008))


@dataclass(frozen=True, slots=True)
class Hat:
    """A hi-hat: the cluster it rings on, its brightness and how long it lasts."""

    ring: float = 0.07
    base: float = 330.0
    cut: float = 6_500.0
    metal: float = 0.6
    air: float = 0.6
    lid: float = 14_000.0


_CLUSTER = np.array([1.0, 1.304, 1.466, 1.787, 1.932, 2.536])


def _metal(base: float, seconds: float, rng: np.random.Generator, lid: float) -> Sound:
    """Odd harmonics of six square waves that share no common pitch, ringing, (1, n)."""
    freqs = np.outer(base * _CLUSTER, np.arange(1, 40, 2)).ravel()
    weights = np.tile(1.0 / np.arange(1, 40, 2), len(_CLUSTER))
    keep = freqs < lid
    freqs, weights = freqs[keep], weights[keep]
    jitter = rng.uniform(0.997, 1.003, len(freqs))
    spread = rng.uniform(0.6, 1.3, len(freqs)) * seconds * 1.1
    phases = rng.uniform(0.0, 6.28, len(freqs))
    ringing: Sound = bank(freqs * jitter, weights, int(seconds * SAMPLE_RATE), decays=spread, phases=phases)[0]
    return ringing


def hat(hit: Hit, spec: Hat) -> Sound:
    """A hi-hat, stereo."""
    seconds = spec.ring * (0.75 + 0.4 * hit.velocity)
    time = _length(seconds * 0.95 + 0.02)
    metal = _metal(spec.base, seconds + 0.03, hit.rng, spec.lid)[: len(time)]
    air = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    air[1] = 0.6 * air[0] + 0.8 * air[1]
    shape = fall(time, seconds) * rise(time, 0.0006)
    sound = filter_biquad(np.float32(spec.metal) * metal + np.float32(spec.air * 0.5) * air, "high", spec.cut)
    return _finish(filter_biquad(sound, "low", spec.lid) * shape)


@dataclass(frozen=True, slots=True)
class Cymbal:
    """A crash or ride: slow wash and, for a ride, the bell of the stick."""

    ring: float = 1.8
    base: float = 285.0
    cut: float = 3_000.0
    ping: float = 0.0
    lid: float = 13_000.0


def cymbal(hit: Hit, spec: Cymbal) -> Sound:
    """A cymbal, stereo."""
    time = _length(spec.ring)
    metal = _metal(spec.base, spec.ring, hit.rng, spec.lid)[: len(time)]
    wash = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    strength = 0.2 if spec.ping > 0.0 else 0.8
    sound = np.float32(0.6) * metal + np.float32(strength) * wash * rise(time, 0.012)
    sound = np.asarray(
        filter_biquad(filter_biquad(sound, "high", spec.cut), "low", spec.lid) * fall(time, spec.ring), dtype=np.float32
    )
    if spec.ping > 0.0:
        stick = filter_biquad(noise(hit.rng, len(time)), "band", 5_200.0, 1.5) * fall(time, 0.05)
        bell = sine(spec.base * 11.3, len(time)) * fall(time, 0.5) + sine(spec.base * 14.7, len(time)) * fall(time, 0.35)
        sound = np.asarray(sound + spec.ping * (1.2 * stick + 0.25 * bell), dtype=np.float32)
    return _finish(sound * rise(time, 0.001))


@dataclass(frozen=True, slots=True)
class Tom:
    """A tom: its pitch and ring."""

    pitch: float = 110.0
    ring: float = 0.5
    noise: float = 0.15


def tom(hit: Hit, spec: Tom) -> Sound:
    """A tom, mono."""
    time = _length(spec.ring)
    bend = spec.pitch * (1.0 + 0.45 * np.exp(-time.astype(np.float64) / 0.04))
    skin = filter_biquad(noise(hit.rng, len(time)), "low", 2_200.0) * fall(time, 0.09) * np.float32(spec.noise)
    return _finish((glide(bend) + np.float32(0.25) * glide(bend * 1.59) * fall(time, 0.15)) * fall(time, spec.ring) + skin)


@dataclass(frozen=True, slots=True)
class Rim:
    """A stick on the rim."""

    pitch: float = 1_700.0
    ring: float = 0.05


def rim(hit: Hit, spec: Rim) -> Sound:
    """A rim click, mono."""
    time = _length(spec.ring + 0.04)
    wood = sine(spec.pitch, len(time)) * fall(time, spec.ring) + sine(spec.pitch * 0.47, len(time)) * fall(time, spec.ring * 1.2)
    tick = filter_biquad(noise(hit.rng, len(time)), "high", 2_500.0) * fall(time, 0.015)
    return _finish((wood + np.float32(0.7) * tick) * rise(time, 0.0006))


@dataclass(frozen=True, slots=True)
class Brush:
    """A brush on the skin: a tap, or a sweep when it is slow."""

    ring: float = 0.18
    attack: float = 0.004
    centre: float = 3_200.0


def brush(hit: Hit, spec: Brush) -> Sound:
    """A brush stroke, stereo."""
    time = _length(spec.ring + 0.05)
    rough = noise(hit.rng, 2 * len(time)).reshape(2, -1)
    rough[1] = 0.8 * rough[0] + 0.6 * rough[1]
    sound = filter_biquad(rough, "band", spec.centre, 0.45) * fall(time, spec.ring) * rise(time, spec.attack)
    drum = glide(np.full(len(time), 185.0)) * fall(time, 0.12) * np.float32(0.3 * hit.velocity)
    return _finish(sound + drum)
