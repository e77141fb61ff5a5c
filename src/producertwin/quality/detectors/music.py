"""Faults of tempo, key and tuning: a tempo that drifts, another tempo or key than asked, a tuning that wanders.

Of a long sound at most ten half minutes are heard, evenly spread. A drift of tempo is found by taking drifts out of the onset
curves and asking how clearly what is left beats; tuning is the mean distance of the strongest partials from the tempered scale,
per 5 s, as librosa's `estimate_tuning`. Each function takes sound (channels, n) at 48 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ...audio import stft
from ...audio.meters import Meters
from ...audio.samples import Samples, mono
from ...audio.tempo import autocorrelate, comb_scores, tempo_agreement
from ...music import Key
from ...timebase import SAMPLE_RATE, samples_of
from .defect import Defect, report

_LONGEST: Final = 300.0
"""Seconds of a sound that are heard in full."""
_PART: Final = 30.0
_SHORTEST: Final = 12.0
_DRIFTS: Final = tuple(np.linspace(-0.2, 0.2, 21).round(2).tolist())
"""Parts by which the tempo may grow from beginning to end."""
_FINE: Final = 0.01
_TEMPI: Final = 60.0 * 4.0 ** np.linspace(0, 1, 280)
_BEATS_CLEARLY: Final = 0.18
"""Score of a comb of beats; noise and speech have 0.05, the house band 0.2 to 0.75."""
_CLEARER: Final = 1.15
_TUNING_SECONDS: Final = 5.0
_TUNING_RATE: Final = 12_000
_TUNING_WINDOW: Final = 8_192
_TUNING_HZ: Final = (200.0, 2_500.0)
_PEAKS: Final = 8
"""Partials of a window that are heard."""
_AGREE: Final = 0.4
"""How much the partials of 5 s must agree on a tuning, 0 to 1."""


def excerpt(samples: Samples) -> Samples:
    """`samples`, or ten half minutes of it, evenly spread and joined."""
    count, part = samples.shape[1], samples_of(_PART)
    if count <= samples_of(_LONGEST):
        return samples
    starts = np.linspace(0, count - part, round(_LONGEST / _PART)).astype(int)
    return np.concatenate([samples[:, start : start + part] for start in starts.tolist()], axis=1)


def find_tempo_drift(samples: Samples, meters: Meters) -> list[Defect]:
    """A tempo that moves one way over the sound by 2.5 % and more: it beats far more clearly once the drift is taken out."""
    whole = meters.tempo()
    seconds = samples.shape[1] / SAMPLE_RATE
    if whole.bpm <= 0 or not _SHORTEST <= seconds <= _LONGEST:
        return []
    scores = {drift: _pulse(meters.onsets, drift) for drift in _DRIFTS}
    best = max(scores, key=lambda drift: scores[drift])
    scores |= {drift: _pulse(meters.onsets, drift) for drift in (best - _FINE, best + _FINE)}
    best = max(scores, key=lambda drift: scores[drift])
    least = max(_BEATS_CLEARLY, _CLEARER * scores[0.0], _CLEARER * float(np.median(list(scores.values()))))
    if abs(best) < 0.025 or scores[best] < least:
        return []
    seen = f"{'faster' if best > 0 else 'slower'} at the end than at the beginning"
    return [report("tempo_drift", 0.0, seconds, 100 * abs(best), evidence=seen)]


def _pulse(onsets: NDArray[np.float64], drift: float) -> float:
    """How clearly onset curves (bands, frames) beat, at any tempo, once they are played so that `drift` is taken out of them."""
    frames = np.arange(onsets.shape[1])
    part = frames / len(frames)
    at = np.interp(part, part + drift * (part**2 - part) / 2, frames)
    even = np.stack([np.interp(at, frames, band) for band in onsets])
    return float(comb_scores(autocorrelate(even), _TEMPI).max())


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
    """A tuning that differs by more than 20 cents between stretches of 5 s."""
    count = max(3, samples.shape[1] // samples_of(_TUNING_SECONDS))
    size = samples.shape[1] // count
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
    power = stft.power(stft.spectra(stft.windows(sound, _TUNING_WINDOW, _TUNING_WINDOW // 2), library="scipy"))
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
