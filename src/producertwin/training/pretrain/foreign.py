"""Sounds of kinds that no band plays: sweeps, bursts, voices, frequency modulation, detuned stacks, random effects.

A codec that has heard them carries what it is not made for. Sounds `(2, samples)` float32 at 48 kHz, peak about 0.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve, sosfilt

from ...house_band.oscillators import biquad
from ...house_band.voices import VOWELS
from ...timebase import SAMPLE_RATE, samples_of

Sound = NDArray[np.float32]
Rng = np.random.Generator


def _curve(rng: Rng, samples: int, low: float, high: float, points: float) -> NDArray[np.float64]:
    """A smooth random line of about `points` turns a second between `low` and `high`."""
    count = max(3, int(points * samples / SAMPLE_RATE) + 2)
    return np.interp(np.linspace(0, count - 1, samples), np.arange(count), rng.uniform(low, high, count))


def _gate(rng: Rng, samples: int) -> NDArray[np.float64]:
    """An envelope of notes with pauses: attack of 2 to 80 ms, then a fall."""
    out, at = np.zeros(samples), 0
    while at < samples:
        length = samples_of(float(rng.uniform(0.06, 1.2)))
        time = np.arange(min(length, samples - at)) / SAMPLE_RATE
        rise = np.minimum(1.0, time / rng.uniform(0.002, 0.08))
        out[at : at + len(time)] = rng.uniform(0.2, 1.0) * rise * np.exp(-time * rng.uniform(0.2, 9.0)) * (rng.random() < 0.85)
        at += length
    return out


def _pitch(rng: Rng, samples: int) -> NDArray[np.float64]:
    """A line of pitches in Hz, off any tuning: held, gliding, with vibrato."""
    log = _curve(rng, samples, np.log2(70), np.log2(700), rng.uniform(0.3, 4.0))
    if rng.random() < 0.5:  # steps, then a short glide
        step = samples_of(float(rng.uniform(0.1, 0.6)))
        log = np.repeat(log[::step], step)[:samples]
    time = np.arange(samples) / SAMPLE_RATE
    return np.asarray(2.0 ** (log + rng.uniform(0, 0.03) * np.sin(2 * np.pi * rng.uniform(4, 7) * time)))


def sing(rng: Rng, samples: int) -> Sound:
    """A voice: harmonics of a gliding pitch under vowels that move, with breath and consonants of noise."""
    phase = 2 * np.pi * np.cumsum(_pitch(rng, samples)) / SAMPLE_RATE
    sound = np.zeros(samples)
    for _ in range(2):
        buzz = np.mod(phase / (2 * np.pi), 1.0) - 0.5
        vowel = list(VOWELS.values())[int(rng.integers(len(VOWELS)))]
        weight, total = _curve(rng, samples, 0, 1, 3.0), np.zeros(samples)
        for hz, gain, _ in vowel:
            total += gain * sosfilt(biquad("band", float(hz * rng.uniform(0.85, 1.2)), 6.0), buzz)
        sound += weight * total
    noise = sosfilt(biquad("high", float(rng.uniform(2_500, 6_000))), rng.standard_normal(samples))
    sound = sound * _gate(rng, samples) + 0.1 * noise * np.maximum(0, _curve(rng, samples, -1.0, 0.6, 5.0))
    return _stereo(rng, sound)


def modulate(rng: Rng, samples: int) -> Sound:
    """Frequency modulation with a ratio that is rarely whole and an index that moves."""
    pitch = _pitch(rng, samples)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    index = _curve(rng, samples, 0, rng.uniform(0.5, 6), 2.0)
    return _stereo(rng, np.sin(phase + index * np.sin(phase * rng.choice([0.5, 1, 1.41, 2, 3.5, 7.1]))) * _gate(rng, samples))


def stack(rng: Rng, samples: int) -> Sound:
    """A chord of detuned saws or squares off any tuning, under a filter that moves."""
    out = np.zeros((2, samples))
    time = np.arange(samples) / SAMPLE_RATE
    for pitch in rng.uniform(60, 900, int(rng.integers(1, 5))):
        for cents in rng.uniform(-20, 20, int(rng.integers(1, 6))):
            turn = np.mod(pitch * 2 ** (cents / 1200) * time + rng.random(), 1.0)
            wave = turn - 0.5 if rng.random() < 0.6 else np.sign(turn - rng.uniform(0.2, 0.5))
            pan = rng.random()
            out += np.outer([pan, 1 - pan], wave)
    out = sosfilt(biquad("low", float(np.exp(rng.uniform(np.log(500), np.log(16_000)))), float(rng.uniform(0.6, 4))), out)
    return np.asarray(out * _gate(rng, samples), np.float32)


def sweep(rng: Rng, samples: int) -> Sound:
    """Lone sines that sweep over the whole range."""
    out = np.zeros(samples)
    for _ in range(int(rng.integers(1, 4))):
        hz = 2.0 ** _curve(rng, samples, np.log2(40), np.log2(14_000), rng.uniform(0.1, 1.5))
        out += np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE) * _curve(rng, samples, 0, 1, 2.0)
    return _stereo(rng, out)


def burst(rng: Rng, samples: int) -> Sound:
    """Strokes of filtered noise, some ringing like wood or metal."""
    out = np.zeros((2, samples))
    for _ in range(int(rng.integers(8, 60))):
        at, length = int(rng.integers(samples)), samples_of(float(rng.uniform(0.005, 0.6)))
        time = np.arange(min(length, samples - at)) / SAMPLE_RATE
        raw = rng.standard_normal((2, len(time))) if rng.random() < 0.5 else np.tile(rng.standard_normal(len(time)), (2, 1))
        kind = str(rng.choice(["low", "high", "band"]))
        raw = sosfilt(biquad(kind, float(np.exp(rng.uniform(np.log(100), np.log(9_000)))), float(rng.uniform(0.6, 12))), raw)
        for hz in rng.uniform(80, 6_000, int(rng.integers(0, 4))):
            raw = raw + 0.6 * np.sin(2 * np.pi * hz * time)
        out[:, at : at + len(time)] += raw * np.exp(-time * rng.uniform(4, 80)) * rng.uniform(0.1, 1)
    return np.asarray(out, np.float32)


def rustle(rng: Rng, samples: int) -> Sound:
    """Steady noise whose colour and width move."""
    raw = rng.standard_normal((2, samples))
    raw[1] = raw[0] + _curve(rng, samples, 0, 1, 0.5) * (raw[1] - raw[0])
    low = sosfilt(biquad("low", float(rng.uniform(150, 5_000))), raw)
    return np.asarray((low + _curve(rng, samples, 0, 1, 1.0) * (raw - low)) * _curve(rng, samples, 0.05, 1, 2.0), np.float32)


def _stereo(rng: Rng, sound: NDArray[np.float64]) -> Sound:
    """Somewhere between left and right, or wide by a short delay."""
    if rng.random() < 0.3:
        return np.stack([sound, np.roll(sound, int(rng.integers(20, 1_200)))]).astype(np.float32)
    place = rng.uniform(0.15, 0.85)
    return np.outer([place, 1 - place], sound).astype(np.float32)


KINDS: Final[tuple[Callable[[Rng, int], Sound], ...]] = (sing, sing, modulate, stack, sweep, burst, burst, rustle)


def foreign_sound(seed: int, index: int, seconds: float) -> Sound:
    """Sound `index`: one to four kinds at once, sometimes in a room or driven; silent stretches included."""
    rng = np.random.Generator(np.random.PCG64([seed, index, 77]))
    samples = samples_of(seconds)
    out = np.zeros((2, samples), np.float32)
    for _ in range(int(rng.integers(1, 5))):
        piece = KINDS[int(rng.integers(len(KINDS)))](rng, samples)
        out += piece * np.float32(10 ** (rng.uniform(-18, 0) / 20) / max(1e-6, float(np.abs(piece).max())))
    if rng.random() < 0.4:
        tail = samples_of(float(rng.uniform(0.1, 1.5)))
        fall = np.exp(-np.arange(tail) / tail * 6.0)
        room = rng.standard_normal((2, tail)) * fall
        wet = oaconvolve(out, room / np.sqrt((room**2).sum(1, keepdims=True)), axes=-1)[:, :samples]
        out = (out + rng.uniform(0.1, 0.8) * wet).astype(np.float32)
    if rng.random() < 0.25:
        out = np.tanh(out * np.float32(rng.uniform(1, 8)))
    found: Sound = (out * np.float32(0.5 / max(1e-6, float(np.abs(out).max())))).astype(np.float32)
    return found
