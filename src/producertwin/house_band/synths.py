"""Synthesisers: pads, leads, plucks, bells, chips and stabs, all band-limited by construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .oscillators import (
    Curve,
    Sound,
    Tone,
    bank,
    cents,
    contour,
    edges,
    ensemble,
    fall,
    filter_biquad,
    harmonics,
    low_pass_gain,
    moving_bank,
    noise,
    rise,
    sine,
    turns,
    vibrato,
)  # fmt: skip

_WIDE = ((-6.0, -0.6), (-3.0, 0.4), (0.0, 0.0), (3.0, -0.4), (6.0, 0.6))
_TRIO = ((0.0, 0.0), (-5.0, -0.7), (5.0, 0.7))


@dataclass(frozen=True, slots=True)
class SubtractiveVoice:
    """A subtractive voice: detuned waves, a low-pass with its own envelope, an amplitude envelope."""

    voices: tuple[tuple[float, float], ...]
    """Cents and pan of each oscillator."""
    cutoff: float
    """Hz where the filter rests."""
    sweep: float
    """Hz that the envelope adds at full velocity."""
    sweep_time: float
    """Seconds over which the sweep falls to 1/e; negative for one that opens."""
    attack: float
    decay: float
    sustain: float
    resonance: float = 0.8
    odd: bool = False
    """Odd partials only: a square instead of a saw."""
    sway: float = 0.0
    """Share by which the cutoff breathes."""
    vibrato: float = 0.0
    partials: int = 90


def _wave(k: Curve, odd: bool) -> Curve:
    return np.where(k % 2 == 1, 1.0, 0.0) / k * 1.2 if odd else 1.0 / k


def subtractive(tone: Tone, voice: SubtractiveVoice) -> Sound:
    """Play a subtractive voice, (2, n)."""
    k = harmonics(tone.freq, voice.partials)
    time = edges(tone.samples)
    fallen = np.exp(-time / abs(voice.sweep_time))
    shape = 1.0 - fallen if voice.sweep_time < 0 else fallen
    rest = voice.cutoff * (1.0 + voice.sway * np.sin(2.0 * np.pi * 0.23 * time + 1.0))
    cutoffs = rest + 0.6 * tone.freq + voice.sweep * (0.25 + 0.75 * tone.velocity) * shape
    levels = _wave(k, voice.odd) * low_pass_gain(k * tone.freq, cutoffs, voice.resonance)
    ratio, gains = ensemble(voice.voices, len(k))
    copies = len(voice.voices)
    phases = np.concatenate([k * tone.rng.uniform(0.0, 2.0 * np.pi) for _ in range(copies)]) if copies > 1 else None
    sound = moving_bank(
        np.tile(k * tone.freq, copies) * ratio, np.tile(levels, (1, copies)), tone.samples, gains=gains, phases=phases
    )
    sound *= contour(tone.time, voice.attack, voice.decay, voice.sustain)
    return vibrato(tone, sound, voice.vibrato) if voice.vibrato > 0 else sound


PAD_WARM = SubtractiveVoice(_WIDE, 700, 500, -1.2, 0.45, 6.0, 0.9, sway=0.25, partials=40)
PAD_STRINGS = SubtractiveVoice(_WIDE, 2_300, 900, -0.8, 0.3, 6.0, 0.95, sway=0.12, partials=50)
SAW_LEAD = SubtractiveVoice(_TRIO, 2_200, 3_200, 0.25, 0.012, 2.5, 0.75, resonance=1.1, vibrato=7.0)
SQUARE_LEAD = SubtractiveVoice(_TRIO, 2_000, 2_000, 0.3, 0.012, 3.0, 0.8, odd=True, vibrato=7.0)
SUPERSAW = SubtractiveVoice((*_WIDE, (-8.0, 0.9), (8.0, -0.9)), 5_500, 3_000, 0.5, 0.015, 3.0, 0.85, partials=60)
PLUCK = SubtractiveVoice(_TRIO, 350, 4_200, 0.09, 0.002, 0.9, 0.0, resonance=1.3)
ARP_SAW = SubtractiveVoice(((-4.0, -0.6), (0.0, 0.0), (4.0, 0.6)), 900, 3_600, 0.12, 0.003, 0.8, 0.2, resonance=1.4)
STAB = SubtractiveVoice(((-7.0, -0.8), (0.0, 0.0), (7.0, 0.8)), 900, 3_800, 0.12, 0.003, 0.9, 0.08, resonance=1.2, partials=60)


def pad_air(tone: Tone) -> Sound:
    """Sines in octaves with a breath around the pitch, (2, n)."""
    freqs = np.concatenate([tone.freq * ratio * cents(np.array([-4.0, 4.0])) for ratio in (1.0, 2.0, 3.0, 4.0)])
    time = edges(tone.samples)
    slow = np.stack([0.6 + 0.4 * np.sin(2.0 * np.pi * rate * time + start) for rate, start in
                     zip((0.05, 0.11, 0.19, 0.27) * 2, tone.rng.uniform(0.0, 6.28, 8), strict=True)], axis=1)  # fmt: skip
    levels = slow * np.repeat((1.0, 0.4, 0.16, 0.14), 2)
    levels[:, :2] = 1.0
    gains = np.stack((np.tile((1.0, 0.35), 4), np.tile((0.35, 1.0), 4)))
    sound = moving_bank(
        freqs, levels, tone.samples, gains=gains, phases=np.tile((0.0, 1.6), 4) + np.repeat(tone.rng.uniform(0.0, 6.28, 4), 2)
    )
    for channel in range(2):
        sound[channel] += np.float32(0.9) * filter_biquad(
            noise(tone.rng, tone.samples), "band", min(tone.freq * 4.0, 6_000.0), 3.0
        )
    return sound * contour(tone.time, 0.7, 8.0, 0.95)


def sine_lead(tone: Tone) -> Sound:
    """A whistle with a late vibrato, (2, n)."""
    phase = turns(tone.freq, tone.samples)
    body = np.sin(phase) + np.float32(0.12) * np.sin(2.0 * phase) + np.float32(0.05 * tone.velocity) * np.sin(3.0 * phase)
    sound = vibrato(tone, body * contour(tone.time, 0.02, 3.0, 0.8), 8.0)
    return np.stack((sound, sound))


def fm_bell(tone: Tone) -> Sound:
    """Two operators at 1:3.5 over a pure fundamental, (2, n)."""
    time = tone.time
    index = np.float32(0.6 + 1.6 * tone.velocity) * fall(time, 1.1)
    sides = []
    for shift in (-2.0, 2.0):
        phase = turns(tone.freq * float(cents(shift)), tone.samples)
        over = np.sin(phase * 1.0 + index * sine(tone.freq * 3.5, tone.samples)) * fall(time, 2.4)
        sides.append(np.float32(0.5) * over + np.float32(0.6) * np.sin(phase) * fall(time, 3.2))
    return np.stack(sides) * rise(time, 0.0015)


def chip_square(tone: Tone) -> Sound:
    """A quarter-width pulse, as small consoles play it, (2, n)."""
    k = harmonics(tone.freq, 120)
    width = 0.25
    levels = np.tile(np.sin(np.pi * k * width) / k, (len(edges(tone.samples)), 1))
    pulse = moving_bank(k * tone.freq, levels, tone.samples, phases=np.full(len(k), np.pi / 2))[0]
    sound = vibrato(tone, pulse * contour(tone.time, 0.003, 1.4, 0.55), 6.0, 6.0)
    return np.stack((sound, sound))


def chip_triangle(tone: Tone) -> Sound:
    """A triangle of odd partials, (2, n)."""
    k = harmonics(tone.freq, 31)
    k = k[k % 2 == 1]
    levels = (-1.0) ** ((k - 1) // 2) / k**2
    ones = np.full(len(k), 30.0)
    sound = bank(k * tone.freq, levels, tone.samples, decays=ones)[0] * contour(tone.time, 0.003, 2.0, 0.8)
    return np.stack((sound, sound))
