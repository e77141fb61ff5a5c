"""Faults of tempo, key and tuning: a tempo that drifts, another tempo or key than asked, a tuning that wanders.

Of a long sound at most ten half minutes are heard, evenly spread. Tempo in windows of 8 s is looked for near that of the whole,
so that half and double tempo are one; tuning is the mean distance of the strongest partials from the tempered scale, per 10 s, as
librosa's `estimate_tuning`. Each function takes sound (channels, n) at 48 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ...audio import stft
from ...audio.meters import Meters, measure
from ...audio.onsets import FRAME_RATE
from ...audio.samples import Samples, mono
from ...audio.tempo import autocorrelate, comb_scores, tempo_agreement
from ...music import Key
from ...timebase import SAMPLE_RATE, samples_of
from .defect import Defect, report

_LONGEST: Final = 300.0
"""Seconds of a sound that are heard in full."""
_PART: Final = 30.0
_WINDOW: Final = 8.0
_NEAR: Final = 0.12
"""Part by which a window's tempo may differ from the whole's."""
_SURE: Final = 0.15
"""Score of a window's tempo that counts."""
_TUNING_SECONDS: Final = 10.0
_TUNING_RATE: Final = 12_000
_TUNING_WINDOW: Final = 8_192
_TUNING_HZ: Final = (200.0, 2_500.0)
_PEAKS: Final = 8
"""Partials of a window that are heard."""
_AGREE: Final = 0.55
"""How much the partials of 10 s must agree on a tuning, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The tempo of one window: its middle in seconds, beats per minute, and how sure."""

    seconds: float
    bpm: float
    score: float


def excerpt(samples: Samples) -> Samples:
    """`samples`, or ten half minutes of it, evenly spread and joined."""
    count, part = samples.shape[1], samples_of(_PART)
    if count <= samples_of(_LONGEST):
        return samples
    starts = np.linspace(0, count - part, round(_LONGEST / _PART)).astype(int)
    return np.concatenate([samples[:, start : start + part] for start in starts.tolist()], axis=1)


def read_pulses(onsets: NDArray[np.float64], bpm: float) -> list[Pulse]:
    """The tempo near `bpm` in windows of 8 s, every 4 s, from onset curves (bands, frames)."""
    size, hop = round(_WINDOW * FRAME_RATE), round(_WINDOW / 2 * FRAME_RATE)
    found = []
    grid = bpm * np.exp(np.linspace(-_NEAR, _NEAR, 97))
    for start in range(0, onsets.shape[1] - size + 1, hop):
        scores = comb_scores(autocorrelate(onsets[:, start : start + size]), grid)
        best = int(scores.argmax())
        if 0 < best < len(grid) - 1:
            found.append(Pulse((start + size / 2) / FRAME_RATE, float(grid[best]), float(scores[best])))
    return found


def find_tempo_drift(samples: Samples, meters: Meters) -> list[Defect]:
    """A tempo that moves one way over the sound by 2 % and more."""
    whole = meters.tempo()
    seconds = samples.shape[1] / SAMPLE_RATE
    if whole.bpm <= 0 or seconds < 3 * _WINDOW / 2 or seconds > _LONGEST:
        return []
    pulses = [one for one in read_pulses(meters.onsets, whole.bpm) if one.score > _SURE]
    if len(pulses) < 3 or pulses[-1].seconds - pulses[0].seconds < 0.4 * seconds - _WINDOW:
        return []
    times, logs = np.array([one.seconds for one in pulses]), np.log([one.bpm for one in pulses])
    slope, start = np.polyfit(times, logs, 1)
    left = logs - (slope * times + start)
    drift = 100 * abs(slope) * seconds
    if drift <= 2 or drift < 100 * 2.5 * float(left.std()):
        return []
    seen = f"{np.exp(slope * times[0] + start):.1f} to {np.exp(slope * times[-1] + start):.1f} bpm"
    return [report("tempo_drift", 0.0, seconds, float(drift), evidence=seen)]


def find_tempo_off(samples: Samples, meters: Meters, asked: float | None) -> list[Defect]:
    """Another tempo than the one that was asked for, its third, half, double and triple apart."""
    if not asked:
        return []
    agreement = tempo_agreement(meters.tempo().bpm, asked)
    if agreement.factor is not None or agreement.found <= 0:
        return []
    off = min(100 * abs(agreement.found / (asked * factor) - 1) for factor in (1 / 3, 1 / 2, 1, 2, 3))
    seen = f"reads {agreement.found:.0f} bpm, {asked:g} was asked for"
    return [report("tempo_off", 0.0, samples.shape[1] / SAMPLE_RATE, off, evidence=seen)]


def find_key_off(samples: Samples, meters: Meters, asked: str | None) -> list[Defect]:
    """Notes outside the scale that was asked for, more than a third of all."""
    if not asked or not meters.chroma.any():
        return []
    key = Key.parse(asked)
    outside = 1 - meters.in_scale_share(key)
    if outside <= 0.3 or meters.key.key.scale == key.scale:
        return []
    seen = f"reads {meters.key.key}, {asked} was asked for"
    return [report("key_off", 0.0, samples.shape[1] / SAMPLE_RATE, outside, evidence=seen)]


def find_tuning_drift(samples: Samples) -> list[Defect]:
    """A tuning that differs by more than 20 cents between stretches of 10 s."""
    size = samples_of(_TUNING_SECONDS)
    count = max(1, samples.shape[1] // size)
    if samples.shape[1] < 2 * size:
        count, size = 3, samples.shape[1] // 3
    if size < samples_of(3.0):
        return []
    tunings = [read_tuning(samples[:, at * size : (at + 1) * size]) for at in range(count)]
    sure = [cents for cents, agree in tunings if agree > _AGREE]
    if len(sure) < 2:
        return []
    turns = np.exp(2j * np.pi * np.array(sure) / 100)
    middle = np.angle(turns.mean()) * 100 / (2 * np.pi)
    away = np.angle(turns * np.exp(-2j * np.pi * middle / 100)) * 100 / (2 * np.pi)
    spread = float(away.max() - away.min())
    if spread <= 20:
        return []
    return [
        report("tuning_drift", 0.0, samples.shape[1] / SAMPLE_RATE, spread, evidence=f"{min(sure):.0f} to {max(sure):.0f} cents")
    ]


def read_tuning(samples: Samples) -> tuple[float, float]:
    """Cents by which the partials lie above A = 440 Hz, -50 to 50, and how much they agree, 0 to 1."""
    sound: NDArray[np.float32] = soxr.resample(mono(samples), SAMPLE_RATE, _TUNING_RATE, quality="MQ")
    if len(sound) < _TUNING_WINDOW:
        return 0.0, 0.0
    power = stft.power(stft.spectra(stft.windows(sound, _TUNING_WINDOW, _TUNING_WINDOW // 2)))
    hz = stft.bin_hz(_TUNING_WINDOW, _TUNING_RATE)
    first, last = np.searchsorted(hz, _TUNING_HZ)
    total, weight = 0j, 0.0
    for frame in np.log(power + 1e-12):
        part = frame[first:last]
        tops = np.flatnonzero((part[1:-1] > part[:-2]) & (part[1:-1] >= part[2:])) + 1
        tops = tops[np.argsort(-part[tops])[:_PEAKS]]
        tops = tops[part[tops] > part.max(initial=-30.0) - 7] + first
        bend = np.minimum(frame[tops - 1] - 2 * frame[tops] + frame[tops + 1], -1e-9)
        place = tops + 0.5 * (frame[tops - 1] - frame[tops + 1]) / bend
        semitones = 12 * np.log2(place * _TUNING_RATE / _TUNING_WINDOW / 440.0)
        total += np.exp(2j * np.pi * semitones).sum()
        weight += len(tops)
    return (float(np.angle(total) * 50 / np.pi), float(abs(total) / weight)) if weight else (0.0, 0.0)


def measure_excerpt(samples: Samples) -> Meters:
    """The meters of `excerpt`."""
    return measure(excerpt(samples))
