"""Strings that are struck or plucked: guitars, harp, koto, and through the same model pianos and basses.

Each partial k of a string rings at `k f sqrt(1 + B k^2)` and dies faster the higher it lies; the point where the string is
touched thins out every partial with a node there; hammer, felt or nail decide how bright it starts. Every partial sounds
twice, a quick strong mode and a slow weak one a hair out of tune, which gives the two-stage decay of real strings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .oscillators import Resonance, Sound, Tone, bank, cents, fall, filter_biquad, formants, harmonics, noise, rise


@dataclass(frozen=True, slots=True)
class Wire:
    """One kind of string and what touches it."""

    bright: float
    """Hz over which the excitation falls to 1/e at a strong stroke."""
    ring: float
    """Seconds to fall by 60 dB at middle C."""
    slope: float = 1.0
    """Level of partial k is k to the power of minus this."""
    damping: float = 0.12
    """How much faster each further partial dies."""
    touch: float = 0.13
    """Where the string is touched, as a share of its length."""
    stiffness: float = 0.0001
    knock: float = 0.1
    """Level of the noise of the touch."""
    knock_hz: float = 1_800.0
    attack: float = 0.002
    body: tuple[Resonance, ...] = ()
    detune: float = 1.2
    """Cents between the two modes of a partial."""
    spread: float = 0.35
    """How far the partials scatter between left and right, 0 to 1."""
    drive: float = 0.0


def string(tone: Tone, wire: Wire) -> Sound:
    """A struck or plucked string, (2, n)."""
    freq, rng = tone.freq, tone.rng
    k = harmonics(freq, 48)
    freqs = k * freq * np.sqrt(1.0 + wire.stiffness * k**2) / np.sqrt(1.0 + wire.stiffness)
    edge = wire.bright * (0.35 + 0.85 * tone.velocity) * (freq / 262.0) ** 0.25
    levels = k**-wire.slope * np.exp(-freqs / edge) * (0.12 + np.abs(np.sin(np.pi * k * wire.touch)))
    if wire.body:
        levels *= formants(freqs, wire.body, 0.5)
    levels /= np.sqrt(np.sum(levels**2))
    ring = wire.ring * (262.0 / freq) ** 0.45 / (1.0 + wire.damping * (k - 1.0))
    both = np.concatenate((freqs, freqs * cents(wire.detune)))
    scatter = 1.0 + wire.spread * rng.uniform(-1.0, 1.0, (2, 2 * len(k)))
    scatter[:, 0] = 1.0
    amps = np.concatenate((0.75 * levels, 0.3 * levels)) * scatter
    phases = rng.uniform(-0.6, 0.6, 2 * len(k))
    sound = bank(both, amps, tone.samples, decays=np.concatenate((ring * 0.55, ring * 1.2)), phases=phases)
    time = tone.time
    sound *= rise(time, wire.attack)
    if wire.knock > 0.0:
        sound += knock(tone, wire.knock * (0.4 + 0.8 * tone.velocity), wire.knock_hz)
    if wire.drive > 0.0:
        sound = np.tanh(sound * np.float32(1.0 + wire.drive)) / np.float32(np.sqrt(1.0 + wire.drive))
    return sound


def knock(tone: Tone, level: float, freq: float, seconds: float = 0.06) -> Sound:
    """The short noise of a hammer, pick or finger, (n,)."""
    burst = np.zeros(tone.samples, dtype=np.float32)
    length = min(tone.samples, 6_000)
    time = tone.time[:length]
    burst[:length] = filter_biquad(noise(tone.rng, length) * fall(time, seconds) * rise(time, 0.001), "band", freq, 0.8)
    return burst * np.float32(level)


def mute_string(tone: Tone, wire: Wire, seconds: float = 0.35) -> Sound:
    """A string damped by the palm, (2, n)."""
    return string(tone, wire) * fall(tone.time, seconds)


def amplify_string(tone: Tone, wire: Wire) -> Sound:
    """A string through an amplifier: harmonics and their beats, then a loudspeaker's band, (2, n)."""
    loud = string(tone, wire) * np.float32(5.0)
    shaped = np.tanh(loud + np.float32(0.15)) - np.float32(np.tanh(0.15))
    speaker = filter_biquad(filter_biquad(shaped, "low", 4_200.0, 0.8), "high", 90.0)
    return speaker * np.float32(0.5)


NYLON = Wire(2_000, 3.2, 1.0, 0.16, 0.2, knock=0.1, knock_hz=900, attack=0.003, body=((210, 1.4, 90), (420, 0.8, 150)))
STEEL = Wire(4_200, 4.5, 0.85, 0.1, 0.15, knock=0.16, knock_hz=3_200, attack=0.002, body=((190, 1.0, 90), (390, 0.6, 150)))
CLEAN = Wire(3_400, 5.0, 0.9, 0.08, 0.22, knock=0.06, knock_hz=2_600, body=((700, 0.5, 500),), detune=1.8)
MUTED = Wire(2_400, 1.2, 0.9, 0.2, 0.18, knock=0.2, knock_hz=1_500)
DRIVE = Wire(3_000, 7.0, 0.8, 0.05, 0.2, knock=0.05, knock_hz=2_000, spread=0.2)
UKULELE = Wire(2_600, 1.6, 1.0, 0.2, 0.25, knock=0.14, knock_hz=1_400, body=((400, 1.2, 150), (900, 0.5, 300)))
HARP = Wire(2_600, 4.0, 1.15, 0.14, 0.3, knock=0.05, knock_hz=1_200, attack=0.003, spread=0.5)
KOTO = Wire(4_500, 3.0, 0.75, 0.14, 0.09, knock=0.18, knock_hz=2_600, attack=0.0015, body=((600, 0.8, 300),))
PIZZICATO = Wire(1_800, 0.9, 1.0, 0.2, 0.3, knock=0.12, knock_hz=700, attack=0.004, body=((290, 1.0, 120), (480, 0.7, 160)))
