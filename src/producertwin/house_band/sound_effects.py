"""Sounds that mark places in a song: risers, impacts, sweeps, birds and a bell."""

from __future__ import annotations

import numpy as np

from ..timebase import SAMPLE_RATE
from .drum_sounds import Cymbal, Hit, cymbal
from .oscillators import Sound, Tone, bank, fall, filter_biquad, glide, noise, rise


def _sweep_noise(tone: Tone, low: float, high: float, shape: Sound) -> Sound:
    """Noise whose band glides from `low` to `high` Hz: five fixed bands faded into each other, (2, n)."""
    place = np.linspace(0.0, 1.0, tone.samples, dtype=np.float32)
    raw = noise(tone.rng, 2 * tone.samples).reshape(2, -1)
    out = np.zeros_like(raw)
    for index, centre in enumerate(np.geomspace(low, high, 5)):
        near = np.maximum(0.0, 1.0 - np.abs(place * 4.0 - index)).astype(np.float32)
        out += filter_biquad(raw, "band", float(centre), 1.1) * near
    return out * shape


def riser(tone: Tone) -> Sound:
    """Noise and a tone that climb for the whole note, (2, n)."""
    place = np.linspace(0.0, 1.0, tone.samples, dtype=np.float32)
    climb = glide(tone.freq * 2.0 ** (place.astype(np.float64) * 2.0 - 2.0))
    return _sweep_noise(tone, 400.0, 6_500.0, place**2) + np.float32(0.3) * climb * place**2


def noise_sweep(tone: Tone) -> Sound:
    """Noise that opens and closes again, (2, n)."""
    place = np.linspace(0.0, 1.0, tone.samples, dtype=np.float32)
    return _sweep_noise(tone, 7_000.0, 400.0, np.sin(np.pi * place) ** 2)


def impact(tone: Tone) -> Sound:
    """A low boom with debris, (2, n)."""
    time = tone.time
    boom = glide(38.0 + 70.0 * np.exp(-time.astype(np.float64) / 0.08)) * fall(time, 2.2)
    debris = filter_biquad(noise(tone.rng, 2 * tone.samples).reshape(2, -1), "low", 1_800.0) * fall(time, 1.1)
    return (boom + np.float32(0.5) * debris) * rise(time, 0.002)


def reverse_cymbal(tone: Tone) -> Sound:
    """A crash played backwards so that it ends with the note, (2, n)."""
    forward = cymbal(Hit(tone.velocity, tone.rng), Cymbal(min(2.2, tone.samples / SAMPLE_RATE), 290, 2_600))
    out = np.zeros((2, tone.samples), dtype=np.float32)
    length = min(forward.shape[-1], tone.samples)
    out[:, tone.samples - length :] = forward[:, :length][:, ::-1]
    return out


def vinyl_stop(tone: Tone) -> Sound:
    """A chord that slows down to a halt, (2, n)."""
    place = np.minimum(tone.time / np.float32(0.9), 1.0).astype(np.float64)
    chord = sum(glide(tone.freq * ratio * (1.0 - place) ** 1.5 + 4.0) for ratio in (1.0, 1.5, 2.0))
    rough = filter_biquad(noise(tone.rng, tone.samples), "low", 900.0) * np.float32(0.3)
    mono = (np.asarray(chord, dtype=np.float32) + rough) * ((1.0 - place) ** 0.5).astype(np.float32) * rise(tone.time, 0.01)
    return np.stack((mono, mono))


def zap(tone: Tone) -> Sound:
    """A laser, (2, n)."""
    time = tone.time
    mono = glide(180.0 + 4_200.0 * np.exp(-time.astype(np.float64) / 0.07)) * fall(time, 0.5) * rise(time, 0.001)
    return np.stack((mono, mono))


def birds(tone: Tone) -> Sound:
    """A few calls from the trees, (2, n)."""
    out = np.zeros((2, tone.samples), dtype=np.float32)
    start = 0
    while True:
        start += int(tone.rng.uniform(0.08, 0.55) * SAMPLE_RATE)
        length = int(tone.rng.uniform(0.06, 0.16) * SAMPLE_RATE)
        if start + length >= tone.samples:
            return out
        base, pan = tone.rng.uniform(2_600.0, 4_800.0), tone.rng.uniform(0.15, 0.85)
        for _ in range(int(tone.rng.integers(1, 5))):
            if start + length >= tone.samples:
                break
            place = np.linspace(0.0, 1.0, length)
            call = glide(base * (1.0 + 0.18 * np.sin(np.pi * place * tone.rng.uniform(1.0, 3.0)))) * np.sin(np.pi * place) ** 1.5
            out[0, start : start + length] += (call * (1.0 - pan)).astype(np.float32)
            out[1, start : start + length] += (call * pan).astype(np.float32)
            start += int(length * 1.25)


def church_bell(tone: Tone) -> Sound:
    """A bell with its hum, prime, minor third, fifth and nominal, (2, n)."""
    ratios = np.array([0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.67, 3.0, 4.0])
    levels = np.array([0.35, 1.0, 0.3, 0.25, 0.55, 0.12, 0.12, 0.15, 0.1])
    rings = np.array([7.0, 5.0, 3.2, 2.6, 2.4, 1.2, 1.2, 1.0, 0.7])
    sides = np.stack((levels, levels))
    sides[0, 2::2] *= 0.7
    sides[1, 3::2] *= 0.7
    body = bank(tone.freq * ratios, sides, tone.samples, decays=rings, phases=tone.rng.uniform(0, 1, len(ratios)))
    strike = filter_biquad(noise(tone.rng, tone.samples), "band", 2_400.0, 0.8) * fall(tone.time, 0.05) * np.float32(0.3)
    return (body + strike) * rise(tone.time, 0.002)
