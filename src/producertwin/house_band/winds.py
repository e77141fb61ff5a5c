"""Bowed strings, woodwinds and brass: tones that are blown or bowed for as long as they last.

Brightness follows the breath: each partial's level is a power of the swell, higher powers for higher partials, so that
loud is bright and an attack opens from the fundamental upwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .oscillators import (
    Curve,
    Resonance,
    Sound,
    Tone,
    drift,
    edges,
    ensemble,
    fall,
    filter_biquad,
    formants,
    harmonics,
    moving_bank,
    noise,
    rise,
    vibrato,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WindVoice:
    """One kind of blown or bowed tone."""

    slope: float
    """Level of partial k is k to the power of minus this."""
    attack: float
    swell: float
    """How strongly high partials wait for the breath."""
    even: float = 1.0
    """Level of the even partials."""
    peaks: tuple[Resonance, ...] = ()
    floor: float = 0.25
    edge: float = 5_000.0
    """Hz over which the spectrum falls to 1/e."""
    breath: float = 0.02
    breath_hz: float = 2_500.0
    vibrato: float = 8.0
    rate: float = 5.2
    players: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    """Cents and pan of each player."""
    scoop: float = 0.0
    """Cents below the pitch at the start."""
    partials: int = 50


def _swell(tone: Tone, voice: WindVoice, time: Curve) -> Curve:
    opening = np.clip(time / voice.attack, 0.0, 1.0)
    opening = opening * opening * (3.0 - 2.0 * opening)
    bloom = 1.0 + 0.12 * np.sin(2.0 * np.pi * 0.35 * time + 0.5)
    return np.asarray(opening * (0.45 + 0.55 * tone.velocity) * bloom)


def blow(tone: Tone, voice: WindVoice) -> Sound:
    """Play a blown or bowed tone: (n,) for one player, (2, n) for several."""
    k = harmonics(tone.freq, voice.partials)
    freqs = k * tone.freq
    shape = k**-voice.slope * np.where(k % 2 == 0, voice.even, 1.0) * np.exp(-freqs / voice.edge)
    if voice.peaks:
        shape *= formants(freqs, voice.peaks, voice.floor)
    shape /= np.sqrt(np.sum(shape**2))
    breath = _swell(tone, voice, edges(tone.samples))
    power = 1.0 + voice.swell * np.minimum(k - 1.0, 12.0) / 6.0
    levels = np.exp(np.log(np.maximum(breath, 1e-4))[:, None] * power) * shape
    copies = len(voice.players)
    phases = np.concatenate([k * tone.rng.uniform(0.0, 2.0 * np.pi) for _ in voice.players])
    if copies == 1:
        sound = moving_bank(freqs, levels, tone.samples, phases=phases)[0]
    else:
        ratio, gains = ensemble(voice.players, len(k))
        sound = moving_bank(
            np.tile(freqs, copies) * ratio, np.tile(levels, (1, copies)), tone.samples, gains=gains, phases=phases
        )
    time = tone.time
    if voice.breath > 0.0:
        sound = sound + _air(tone, voice, time)
    if voice.scoop > 0.0:
        sound = drift(sound, np.float32(-voice.scoop) * fall(time, 0.25))
    return vibrato(tone, sound, voice.vibrato, voice.rate) if voice.vibrato > 0.0 else sound


def _air(tone: Tone, voice: WindVoice, time: Sound) -> Sound:
    """Breath or bow noise, strongest at the attack, (n,)."""
    hiss = filter_biquad(noise(tone.rng, tone.samples), "band", voice.breath_hz, 0.7)
    chiff = np.float32(voice.breath) * (np.float32(1.0) + np.float32(1.8) * fall(time, 0.25))
    return hiss * chiff * rise(time, voice.attack * 0.6)


_FOUR = ((-6.0, -0.6), (2.0, -0.25), (-2.0, 0.3), (6.0, 0.6))
_DUO = ((-2.5, -0.25), (2.5, 0.25))
_FIDDLE = ((290.0, 0.5, 90.0), (480.0, 0.6, 140.0), (1_000.0, 0.5, 300.0), (2_500.0, 0.7, 700.0))
_CELLO = ((120.0, 0.5, 60.0), (230.0, 0.7, 90.0), (600.0, 0.5, 220.0), (1_500.0, 0.5, 500.0))

SECTION = WindVoice(0.95, 0.14, 0.5, peaks=_FIDDLE, edge=4_200, breath=0.012, vibrato=5.0, players=_FOUR, partials=40)
VIOLIN = WindVoice(0.9, 0.07, 0.7, peaks=_FIDDLE, edge=5_500, breath=0.02, breath_hz=3_000, vibrato=11.0, rate=5.6)
CELLO = WindVoice(0.9, 0.09, 0.7, peaks=_CELLO, edge=3_600, breath=0.02, breath_hz=1_600, vibrato=9.0, rate=5.0)
FLUTE = WindVoice(1.9, 0.06, 0.8, edge=4_000, breath=0.05, breath_hz=2_200, vibrato=7.0, rate=4.9, partials=12)
CLARINET = WindVoice(1.0, 0.045, 0.9, even=0.18, edge=2_800, breath=0.012, vibrato=2.0, partials=30)
SAX = WindVoice(
    0.75, 0.05, 1.0, peaks=((560, 1.0, 260), (1_350, 0.7, 420), (2_600, 0.4, 600)), edge=3_600, breath=0.035, vibrato=9.0
)
SOPRANO = WindVoice(
    0.85, 0.045, 1.0, peaks=((900, 0.9, 350), (1_800, 0.7, 500), (3_200, 0.4, 700)), edge=4_200, breath=0.025, vibrato=9.0
)
SHAKUHACHI = WindVoice(1.7, 0.08, 0.6, edge=3_600, breath=0.13, breath_hz=1_800, vibrato=11.0, rate=4.6, scoop=45.0, partials=14)
TRUMPET = WindVoice(0.55, 0.04, 1.7, peaks=((1_250, 0.8, 600),), edge=4_200, breath=0.012, vibrato=6.0)
MUTED = WindVoice(
    0.3, 0.035, 1.0, peaks=((1_700, 1.4, 420), (3_200, 0.5, 700)), floor=0.18, edge=5_500, breath=0.015, vibrato=7.0
)
BRASS = WindVoice(0.6, 0.045, 1.7, peaks=((800, 0.6, 500),), edge=3_600, breath=0.008, vibrato=3.0, players=_FOUR, partials=36)
TROMBONE = WindVoice(0.6, 0.06, 1.6, peaks=((520, 0.8, 260),), edge=2_800, breath=0.01, vibrato=5.0)
HORN = WindVoice(0.9, 0.08, 1.3, peaks=((420, 0.8, 220),), edge=1_700, breath=0.008, vibrato=3.0, players=_DUO)
