"""What plants share: the song that is planted into, what comes out, and where to plant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from ...audio.samples import Samples
from ...timebase import SAMPLE_RATE, samples_of

Rng = np.random.Generator
Places = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """A sound with a defect: the seconds in which it lies, and what else the detector is to be told."""

    sound: Samples
    places: Places
    asked: tuple[tuple[str, Any], ...] = ()
    """Fields of `quality.detectors.catalogue.Asked`."""


@dataclass(frozen=True, slots=True)
class Song:
    """A fine sound and what is known of it."""

    sound: Samples
    bpm: float | None
    key_steps: tuple[str, str, str] | None
    """Keys three, five and six steps of fifths away from its own."""


def plant_all(sound: NDArray[Any]) -> Planted:
    """A sound (2, n) that is defective all over."""
    return Planted(np.ascontiguousarray(sound, np.float32), ((0.0, sound.shape[1] / SAMPLE_RATE),))


def find_place(sound: Samples, seconds: float, rng: Rng) -> int:
    """A sample from which `seconds` lie inside the music, and are heard."""
    length = samples_of(seconds)
    program = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    for _ in range(64):
        start = int(rng.integers(samples_of(0.5), sound.shape[1] - length - samples_of(0.5)))
        part = sound[:, max(start - 2_000, 0) : start + length + 2_000]
        if rms(part) > 0.5 * program:
            break
    return start


def rms(part: NDArray[Any]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(part, dtype=np.float64))))


def span(start: int, length: int) -> Places:
    """The place of `length` samples from `start`."""
    return ((start / SAMPLE_RATE, (start + length) / SAMPLE_RATE),)


def filter_band(channel: Any, low: float, high: float) -> NDArray[np.float64]:
    """What of `channel` (n,) lies between two frequencies in Hz."""
    found: NDArray[np.float64] = sosfiltfilt(butter(4, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), channel)
    return found


def boost(song: Song, band: tuple[float, float], db: float, seconds: float, rng: Rng) -> Planted:
    """A band turned up for some seconds, then all of it down to a peak of 0.9."""
    start, length = find_place(song.sound, seconds, rng), samples_of(seconds)
    part = np.stack([filter_band(channel, band[0], band[1]) for channel in song.sound])
    window = np.zeros(song.sound.shape[1])
    window[start : start + length] = 1
    window = np.convolve(window, np.hanning(4_801) / np.hanning(4_801).sum(), "same")
    louder = song.sound + (10 ** (db / 20) - 1) * window * part
    peak = max(float(np.abs(louder).max()), 0.9) / 0.9
    return Planted((louder / peak).astype(np.float32), span(start, length))


def warp(sound: Samples, speed: NDArray[np.float64]) -> NDArray[np.float64]:
    """`sound` played at a speed that follows the curve `speed` over its length."""
    steps = np.interp(np.linspace(0, 1, sound.shape[1]), np.linspace(0, 1, len(speed)), speed)
    at = np.cumsum(steps)
    at = at[at < sound.shape[1] - 1]
    return np.stack([np.interp(at, np.arange(sound.shape[1]), channel) for channel in sound])
