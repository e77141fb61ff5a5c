"""Planted degradations of growing strength: what a distance between sounds must notice.

Each takes sound (2, n) at 48 kHz and a strength from 0 (untouched) to 1, and gives sound of the same shape. Noise: white, from
-60 to 0 dB against the sound. Low-pass: fourth-order Butterworth, from 20 kHz down to 500 Hz. Overdrive: tanh of the sound raised
by up to 36 dB, at its own RMS. Shuffling: half-second pieces, a growing share of them exchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ..audio.samples import Samples
from ..timebase import SAMPLE_RATE


def noise(sound: Samples, strength: float, rng: np.random.Generator) -> Samples:
    """White noise added."""
    if strength == 0:
        return sound
    level = _rms(sound) * 10 ** ((-60 + 60 * strength) / 20)
    return np.asarray(sound + level * rng.standard_normal(sound.shape), np.float32)


def low_pass(sound: Samples, strength: float, rng: np.random.Generator) -> Samples:  # noqa: ARG001 - one signature for all
    """Highs taken away."""
    if strength == 0:
        return sound
    edge = 20_000.0 * (500.0 / 20_000.0) ** strength
    return np.asarray(sosfiltfilt(butter(4, edge, fs=SAMPLE_RATE, output="sos"), sound, axis=1), np.float32)


def overdrive(sound: Samples, strength: float, rng: np.random.Generator) -> Samples:  # noqa: ARG001 - one signature for all
    """Peaks flattened."""
    if strength == 0:
        return sound
    driven = np.tanh(sound * 10 ** (36 * strength / 20))
    return np.asarray(driven * (_rms(sound) / max(_rms(driven), 1e-9)), np.float32)


def shuffle(sound: Samples, strength: float, rng: np.random.Generator) -> Samples:
    """Pieces of half a second exchanged."""
    piece = SAMPLE_RATE // 2
    count = sound.shape[1] // piece
    chosen = np.flatnonzero(rng.random(count) < strength)
    order = np.arange(count)
    order[chosen] = rng.permutation(chosen)
    parts = [sound[:, place * piece : (place + 1) * piece] for place in order]
    return np.concatenate([*parts, sound[:, count * piece :]], axis=1)


DEGRADATIONS: Final[dict[str, Callable[[Samples, float, np.random.Generator], Samples]]] = {
    "noise": noise,
    "low-pass": low_pass,
    "overdrive": overdrive,
    "shuffled": shuffle,
}


def _rms(sound: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
