"""Voices without words: a glottal buzz shaped by vowels, alone, in a choir, chopped, or murmuring in syllables."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..timebase import samples_of
from .oscillators import (
    Curve,
    Resonance,
    Sound,
    Tone,
    contour,
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

VOWELS: Final[dict[str, tuple[Resonance, ...]]] = {
    "ah": ((740, 1.0, 90), (1_180, 0.6, 110), (2_600, 0.22, 160), (3_400, 0.12, 220)),
    "oo": ((330, 1.0, 70), (760, 0.32, 90), (2_400, 0.06, 150), (3_300, 0.03, 220)),
    "oh": ((500, 1.0, 80), (880, 0.5, 90), (2_500, 0.1, 150), (3_300, 0.05, 220)),
    "eh": ((560, 1.0, 80), (1_750, 0.45, 120), (2_500, 0.25, 160), (3_500, 0.1, 220)),
    "ee": ((300, 1.0, 60), (2_200, 0.35, 130), (2_950, 0.25, 170), (3_600, 0.1, 220)),
    "mm": ((250, 1.0, 70), (1_050, 0.06, 150), (2_200, 0.03, 200)),
}
_CHOIR = ((-6.5, -0.65), (-2.5, -0.35), (0.5, 0.1), (3.0, 0.45), (6.5, 0.65))


def _buzz(k: Curve) -> Curve:
    return np.asarray(k**-1.15)


def _vowel(freqs: Curve, name: str) -> Curve:
    # a floor keeps the fundamental audible when it lies below every formant
    return np.asarray(formants(freqs, VOWELS[name], 0.03) + 0.25 * (freqs < freqs.min() * 1.5))


def sing(tone: Tone, vowel: str, *, depth: float = 11.0, breath: float = 0.02, attack: float = 0.08) -> Sound:
    """One singer on one vowel, (n,)."""
    k = harmonics(tone.freq, 70, 9_000.0)
    shape = _buzz(k) * _vowel(k * tone.freq, vowel) * np.exp(-k * tone.freq / (2_500 + 4_500 * tone.velocity))
    shape /= np.sqrt(np.sum(shape**2))
    levels = np.tile(shape, (len(edges(tone.samples)), 1))
    sound = moving_bank(k * tone.freq, levels, tone.samples, phases=k * 0.7)[0]
    air = filter_biquad(noise(tone.rng, tone.samples), "band", 2_400.0, 0.6) * np.float32(breath)
    sound = (sound + air) * contour(tone.time, attack, 4.0, 0.85)
    scooped = drift(sound, np.float32(-22.0) * fall(tone.time, 0.3))
    return vibrato(tone, scooped, depth, 5.5, 0.3)


def choir(tone: Tone, vowel: str) -> Sound:
    """Five singers across the stage, (2, n)."""
    k = harmonics(tone.freq, 50, 7_000.0)
    shape = _buzz(k) * _vowel(k * tone.freq, vowel)
    shape /= np.sqrt(np.sum(shape**2))
    time = edges(tone.samples)
    ratio, gains = ensemble(_CHOIR, len(k))
    flutter = np.stack([1.0 + 0.22 * np.sin(2.0 * np.pi * rate * time + rate) for rate in tone.rng.uniform(3.0, 5.5, 5)], axis=1)
    levels = np.tile(shape, 5) * np.repeat(flutter, len(k), axis=1)
    phases = np.concatenate([k * start for start in tone.rng.uniform(0.0, 6.28, 5)])
    sound = moving_bank(np.tile(k * tone.freq, 5) * ratio, levels, tone.samples, gains=gains, phases=phases)
    air = filter_biquad(noise(tone.rng, tone.samples), "band", 2_600.0, 0.5) * np.float32(0.02)
    return vibrato(tone, (sound + air) * contour(tone.time, 0.25, 5.0, 0.92), 5.0, 5.1, 0.3)


def _morph(tone: Tone, names: list[str], places: Curve) -> Sound:
    """One singer whose vowel moves through `names`; places (E,) counts along that list, (n,)."""
    k = harmonics(tone.freq, 60, 8_000.0)
    shapes = np.stack([_buzz(k) * _vowel(k * tone.freq, name) for name in names])
    shapes /= np.sqrt(np.sum(shapes**2, axis=1, keepdims=True))
    left = np.clip(places.astype(int), 0, len(names) - 2)
    share = np.clip(places - left, 0.0, 1.0)[:, None]
    levels = shapes[left] * (1.0 - share) + shapes[left + 1] * share
    voice: Sound = moving_bank(k * tone.freq, levels, tone.samples, phases=k * 0.7)[0]
    return voice


def chop(tone: Tone) -> Sound:
    """A cut-out syllable, opening from `oo` to `ah` and gone, (2, n)."""
    time = edges(tone.samples)
    sound = _morph(tone, ["oo", "ah", "eh"], np.clip(time / 0.11, 0.0, 2.0))
    sound = sound * contour(tone.time, 0.012, 0.9, 0.15)
    wide = drift(sound, np.float32(5.0) * np.sin(np.float32(9.0) * tone.time))
    return np.stack((sound, 0.5 * (sound + wide))).astype(np.float32)


def speech(tone: Tone) -> Sound:
    """A murmur in syllables on one pitch, without words, (2, n)."""
    time = edges(tone.samples)
    beat = 0.17
    count = int(time[-1] / beat) + 3
    names = [str(name) for name in tone.rng.choice(["ah", "oh", "eh", "ee", "oo"], count)]
    sound = _morph(tone, names, time / beat)
    inside = np.mod(tone.time / np.float32(beat), 1.0)
    accents = np.repeat(tone.rng.uniform(0.55, 1.0, count), samples_of(beat))[: tone.samples].astype(np.float32)
    gate = np.clip(inside * 9.0, 0.25, 1.0) * np.clip((1.0 - inside) * 7.0, 0.25, 1.0)
    air = filter_biquad(noise(tone.rng, tone.samples), "high", 4_000.0) * np.float32(0.05) * np.clip(1.0 - inside * 5.0, 0.0, 1.0)
    smooth = filter_biquad(accents * gate, "low", 60.0)
    sound = sound * smooth + air * np.float32(0.6)
    return np.stack((sound, sound)) * rise(tone.time, 0.01)
