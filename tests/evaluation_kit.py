"""What the tests of evaluation share: a small machine-played piece whose tempo and key are known."""

from __future__ import annotations

import numpy as np

from producertwin.audio.samples import Samples
from producertwin.music import Key
from producertwin.timebase import SAMPLE_RATE

STEPS = (0, 2, 4, 5, 7, 9, 11)


def piece(bpm: float, key: str = "C major", *, seconds: float = 6.0, seed: int = 0, bright: float = 1.0) -> Samples:
    """Drums on beats and half beats, a pad and a melody on the scale of `key`; stereo, peak below 0.9."""
    rng = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE)
    sound = np.zeros((2, count))
    tonic = 48 + Key.parse(key).tonic
    scale = sorted(Key.parse(key).scale)
    beat = 60.0 / bpm
    for number in range(int(seconds / beat * 2)):
        at = round(number * beat / 2 * SAMPLE_RATE)
        low = number % 2 == 0
        hit = _drum(rng, 60.0 if low else 0.0, 0.25 if low else 0.06) * (1.0 if low else 0.3)
        _add(sound, at, np.stack([hit, hit]))
        pitch = tonic + 12 + (scale[int(rng.integers(7))] - Key.parse(key).tonic) % 12
        _add(sound, at, _tone(pitch, beat / 2, bright) * np.array([[0.3], [0.2]]))
        if number % 8 == 0:
            for step in (0, 7, 12):
                _add(sound, at, _tone(tonic + step, beat * 4, bright) * np.array([[0.15], [0.2]]))
    return (sound / np.abs(sound).max() * 0.8).astype(np.float32)


def _drum(rng: np.random.Generator, hz: float, seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    body = np.sin(2 * np.pi * hz * t) if hz else np.zeros_like(t)
    return (body + 0.4 * rng.standard_normal(len(t)) * np.exp(-60 * t)) * np.exp(-12 * t)


def _tone(pitch: float, seconds: float, bright: float) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 440 * 2 ** ((pitch - 69) / 12)
    waves = sum(np.sin(2 * np.pi * hz * n * t) * bright ** (n - 1) / n**1.5 for n in range(1, 8))
    return np.asarray(waves * np.minimum(t / 0.01, 1) * np.exp(-2 * t))[None]


def _add(sound: np.ndarray, at: int, what: np.ndarray) -> None:
    length = min(what.shape[1], sound.shape[1] - at)
    if length > 0:
        sound[:, at : at + length] += what[:, :length]


def broken_piece(seconds: float = 6.0) -> Samples:
    """A piece with a click at 1.458 s and a hole at 4.167 s."""
    sound = piece(90, seconds=seconds, bright=0.7)
    sound[:, 70_000] += 0.5
    sound[:, 200_000:200_960] = 0
    return sound
