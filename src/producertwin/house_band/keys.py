"""Keyboards: pianos, electric pianos, organ, clavinet, harpsichord and the small bars of music box and celesta."""

from __future__ import annotations

import numpy as np

from .oscillators import (
    Sound,
    Tone,
    bank,
    cents,
    drift,
    edges,
    fall,
    filter_biquad,
    harmonics,
    moving_bank,
    noise,
    rise,
    sine,
    turns,
)
from .plucked import Wire, knock, string

GRAND = Wire(3_600, 7.0, 1.05, 0.1, 0.125, 0.00035, knock=0.1, knock_hz=500, attack=0.0025, detune=0.9, spread=0.4)
FELT = Wire(900, 4.5, 1.1, 0.16, 0.14, 0.0003, knock=0.22, knock_hz=260, attack=0.008, detune=1.1, spread=0.4)
CLAV = Wire(4_800, 2.6, 0.55, 0.05, 0.06, 0.0001, knock=0.1, knock_hz=2_200, attack=0.001, spread=0.1, drive=0.6)
HARPSI = Wire(6_500, 3.2, 0.5, 0.06, 0.11, 0.0001, knock=0.14, knock_hz=3_800, attack=0.001, spread=0.4)


def fm_epiano(tone: Tone) -> Sound:
    """Tine piano by two operator pairs: a 1:1 pair for the bar and a quick 1:14 pair for the tine, (2, n)."""
    time, freq, hard = tone.time, tone.freq, tone.velocity
    ring = np.float32(5.5 * (262.0 / freq) ** 0.35)
    index = (0.25 + 1.5 * hard**1.5) * (0.35 + 0.65 * fall(time, 2.2)) * min(1.0, (600.0 / freq) ** 0.5)
    tine = np.float32(0.10 + 0.22 * hard) * fall(time, 0.45) * sine(min(freq * 14.0, 9_000.0), tone.samples)
    sides = []
    for shift in (-2.0, 2.0):
        here = freq * float(cents(shift))
        phase = turns(here, tone.samples)
        bar = np.sin(phase + index.astype(np.float32) * np.sin(phase))
        sides.append(bar * fall(time, float(ring)) + tine * np.float32(0.35))
    out = np.stack(sides) * rise(time, 0.002)
    sway = np.float32(0.16) * np.sin(np.float32(2.0 * np.pi * 4.2) * time)
    out[0] *= 1.0 + sway
    out[1] *= 1.0 - sway
    return out + knock(tone, 0.05, 1_500.0)


def wurli(tone: Tone) -> Sound:
    """Reed piano: a few partials pushed into a soft, lopsided curve, (2, n)."""
    k = harmonics(tone.freq, 9)
    amps = k**-1.6 * np.exp(-k * tone.freq / (1_500 + 2_600 * tone.velocity))
    ring = 4.0 * (262.0 / tone.freq) ** 0.4 / (1.0 + 0.25 * (k - 1.0))
    freqs = np.concatenate((tone.freq * k, tone.freq * k * cents(2.5)))
    gains = np.stack((np.concatenate((amps, 0.4 * amps)), np.concatenate((0.4 * amps, amps))))
    clean = bank(freqs, gains, tone.samples, decays=np.concatenate((ring, ring))) * rise(tone.time, 0.002)
    push = np.float32(0.9 + 2.2 * tone.velocity)
    bent = np.tanh(clean * push + np.float32(0.25)) - np.float32(np.tanh(0.25))
    shake = 1.0 - np.float32(0.12) * (1.0 + np.sin(np.float32(2.0 * np.pi * 5.6) * tone.time))
    return np.asarray(filter_biquad(bent, "high", 40.0) * shake + knock(tone, 0.06, 1_100.0), dtype=np.float32)


def organ(tone: Tone) -> Sound:
    """Drawbars 8', 4', 2 2/3', 2' and a whisper of 1 1/3', turned by a slow rotor, (2, n)."""
    bars = {1.0: 1.0, 2.0: 0.55, 3.0: 0.4, 4.0: 0.28, 6.0: 0.12, 8.0: 0.08}
    k = np.array([ratio for ratio in bars if ratio * tone.freq < 14_000.0])
    amps = np.array([bars[ratio] for ratio in k])
    plain = moving_bank(tone.freq * k, np.tile(amps, (len(edges(tone.samples)), 1)), tone.samples)[0]
    time = tone.time
    plain = plain * rise(time, 0.006) + knock(tone, 0.12, 2_400.0, 0.02)
    turn = np.sin(np.float32(2.0 * np.pi * 5.8) * time)
    left, right = drift(plain, np.float32(4.0) * turn), drift(plain, np.float32(-4.0) * turn)
    return np.stack((left * (1.0 + np.float32(0.12) * turn), right * (1.0 - np.float32(0.12) * turn))).astype(np.float32)


def _bars(tone: Tone, ratios: tuple[float, ...], levels: tuple[float, ...], rings: tuple[float, ...]) -> Sound:
    freqs = tone.freq * np.array(ratios)
    freqs = np.concatenate((freqs, freqs * cents(1.5)))
    weight = np.array(levels) * np.concatenate(([1.0], np.full(len(levels) - 1, 0.5 + 0.7 * tone.velocity)))
    gains = np.stack((np.concatenate((weight, 0.35 * weight)), np.concatenate((0.35 * weight, weight))))
    decays = np.array(rings) * (523.0 / tone.freq) ** 0.3
    return bank(freqs, gains, tone.samples, decays=np.concatenate((decays, decays)))


def music_box(tone: Tone) -> Sound:
    """A plucked comb, (2, n)."""
    tines = _bars(tone, (1.0, 2.0, 3.0, 6.27, 9.4), (1.0, 0.16, 0.1, 0.22, 0.06), (2.6, 1.2, 0.9, 0.4, 0.15))
    return tines * rise(tone.time, 0.001) + knock(tone, 0.05, 4_500.0, 0.015)


def celesta(tone: Tone) -> Sound:
    """Felt on steel plates, (2, n)."""
    plates = _bars(tone, (1.0, 2.0, 3.0, 4.1, 6.8), (1.0, 0.12, 0.05, 0.2, 0.05), (2.0, 1.0, 0.7, 0.5, 0.2))
    return plates * rise(tone.time, 0.003) + knock(tone, 0.05, 1_500.0, 0.03)


def harpsi(tone: Tone) -> Sound:
    """Two choirs of plucked strings, the second an octave up, (2, n)."""
    high = Tone(tone.pitch + 12, tone.samples, tone.velocity, tone.rng)
    return string(tone, HARPSI) + np.float32(0.35) * string(high, HARPSI)


def felt_piano(tone: Tone) -> Sound:
    """A piano played through a strip of felt, with the noise of its action, (2, n)."""
    action = filter_biquad(noise(tone.rng, tone.samples), "low", 700.0) * fall(tone.time, 0.5) * np.float32(0.012)
    return string(tone, FELT) + action * rise(tone.time, 0.01)
