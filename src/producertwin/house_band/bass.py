"""Basses: plucked strings, long sines and filtered synthesisers. All are centred; only upper partials have width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .oscillators import Sound, Tone, cents, contour, edges, fall, glide, harmonics, low_pass_gain, moving_bank, rise, sine, turns
from .plucked import Wire, knock, string

UPRIGHT = Wire(
    900, 2.2, 0.95, 0.12, 0.22, knock=0.16, knock_hz=700, attack=0.006, body=((110, 1.2, 60), (260, 0.6, 120)), spread=0.1
)
ELECTRIC = Wire(1_500, 4.0, 0.9, 0.1, 0.2, knock=0.05, knock_hz=1_200, attack=0.003, spread=0.05)
SLAP = Wire(4_200, 3.2, 0.7, 0.07, 0.1, knock=0.3, knock_hz=2_800, attack=0.001, spread=0.08, drive=0.4)


def plucked_bass(tone: Tone, wire: Wire) -> Sound:
    """A bass string, mono: one channel of `string` with its fundamental kept, (n,)."""
    body = string(tone, wire)
    round_ = sine(tone.freq, tone.samples) * fall(tone.time, wire.ring * 1.4) * rise(tone.time, 0.012)
    return np.asarray((body[0] + body[1]) * np.float32(0.5) + np.float32(0.35) * round_, dtype=np.float32)


def sub_808(tone: Tone) -> Sound:
    """A long sine that drops into its pitch, driven so that small loudspeakers hear it, (n,)."""
    time = tone.time
    bend = tone.freq * (1.0 + 1.6 * np.exp(-time.astype(np.float64) / 0.014))
    body = glide(bend) * (np.float32(0.25) + np.float32(0.75) * fall(time, 3.2)) * rise(time, 0.002)
    hot = np.tanh(body * np.float32(1.6 + 1.4 * tone.velocity))
    return np.asarray(hot * fall(time, 9.0) + knock(tone, 0.12, 2_000.0, 0.012), dtype=np.float32)


def sine_bass(tone: Tone) -> Sound:
    """A round sub with a little octave, (n,)."""
    phase = turns(tone.freq, tone.samples)
    body = np.sin(phase) + np.float32(0.22) * np.sin(2.0 * phase) + np.float32(0.07) * np.sin(3.0 * phase)
    return np.asarray(body * contour(tone.time, 0.008, 1.5, 0.7), dtype=np.float32)


def fm_bass(tone: Tone) -> Sound:
    """Two operators with a snapping index, (n,)."""
    time = tone.time
    phase = turns(tone.freq, tone.samples)
    index = (0.5 + 2.6 * tone.velocity) * (0.2 + 0.8 * fall(time, 0.5))
    body = np.sin(phase + index.astype(np.float32) * np.sin(2.0 * phase)) + np.float32(0.5) * np.sin(phase)
    return np.asarray(body * contour(time, 0.003, 2.0, 0.55), dtype=np.float32)


def chip_bass(tone: Tone) -> Sound:
    """A stepped triangle, as small consoles play it, (n,)."""
    place = turns(tone.freq, tone.samples) / np.float32(2.0 * np.pi)
    triangle = 1.0 - np.abs(4.0 * place - 2.0)
    # the raw triangle starts at its trough: shifting it by a quarter starts it at zero, without a click
    stepped = np.round(np.roll(triangle, -1) * 7.5) / 7.5
    return np.asarray((stepped * contour(tone.time, 0.004, 1.5, 0.85)), dtype=np.float32)


def _filtered_waves(
    tone: Tone, cutoffs: NDArray[np.float64], resonance: float, voices: tuple[float, ...], odd: bool = False
) -> Sound:
    k = harmonics(tone.freq, 160, 9_000.0)
    weight = np.where(k % 2 == 1, 1.0, 0.0 if odd else 1.0) / k
    levels = np.asarray(weight * low_pass_gain(k * tone.freq, cutoffs, resonance))
    copies = len(voices)
    freqs = np.concatenate([k * tone.freq * cents(v) for v in voices])
    # the first voice leads, so that the others never cancel the fundamental
    gains = np.repeat([1.0] + [0.45] * (copies - 1), len(k))[None, :]
    phases = np.concatenate([k * (tone.rng.uniform(0.0, 6.28) if index else 0.0) for index in range(copies)])
    low: Sound = moving_bank(freqs, np.tile(levels, (1, copies)), tone.samples, gains=gains, phases=phases)[0]
    return low


def saw_bass(tone: Tone) -> Sound:
    """A saw through a low-pass that closes after the stroke, (n,)."""
    time = edges(tone.samples)
    cutoffs = tone.freq * 2.0 + (350.0 + 2_000.0 * tone.velocity) * np.exp(-time / 0.18)
    low = _filtered_waves(tone, cutoffs, 1.0, (0.0, -4.0))
    return np.asarray(low * contour(tone.time, 0.004, 2.0, 0.75), dtype=np.float32)


def acid_bass(tone: Tone) -> Sound:
    """A resonant saw that squelches, (n,)."""
    time = edges(tone.samples)
    cutoffs = 180.0 + tone.freq + (500.0 + 2_800.0 * tone.velocity) * np.exp(-time / 0.13)
    wet = _filtered_waves(tone, cutoffs, 5.5, (0.0,))
    return np.asarray(np.tanh(wet * np.float32(1.2)) * contour(tone.time, 0.003, 1.2, 0.5), dtype=np.float32)


def reese(tone: Tone) -> Sound:
    """Two saws out of tune that growl against each other, (n,)."""
    time = edges(tone.samples)
    cutoffs = 420.0 + 500.0 * tone.velocity + 260.0 * np.sin(2.0 * np.pi * 0.7 * time)
    growl = _filtered_waves(tone, cutoffs, 1.1, (0.0, -8.0, 8.0))
    under = np.float32(0.6) * sine(tone.freq, tone.samples)
    return np.asarray(np.tanh(growl * np.float32(1.4)) * rise(tone.time, 0.01) + under * rise(tone.time, 0.01), dtype=np.float32)
