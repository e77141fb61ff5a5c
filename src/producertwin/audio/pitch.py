"""Pitch of one voice over time.

YIN (de Cheveigné and Kawahara 2002) says how unlike a sound is to itself a lag later (the cumulative mean normalised difference,
0 for a perfect period). Every local minimum of it is a candidate, as likely as a threshold drawn from a beta distribution picks
it first (pYIN, Mauch and Dixon 2014). The path through all candidates is the likeliest one that glides little from frame to frame
and begins and ends to sound rarely (Viterbi on bins of 20 cents). Pitches are MIDI numbers, fractions included (69 = 440 Hz).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.stats import beta

from ..timebase import SAMPLE_RATE
from .samples import mono

RATE: Final = 16_000
"""Samples a second of the sound that is looked at."""
HOP: Final = 160
"""Samples from frame to frame: 10 ms."""
_SUM: Final = 512
"""Samples that are compared with those a lag later: 32 ms."""
_LAGS: Final = (15, 256)
"""Lags of 1 067 and 62.5 Hz."""
_BIN: Final = 0.2
"""Semitones of a bin of pitch."""
_LOWEST: Final = 35.0
_BINS: Final = 249
_GLIDE: Final = 4
"""Bins by which the pitch may move in a frame."""
_SWITCH: Final = 6.0
"""What beginning or ending to sound pays, in nats."""
_QUIET_DB: Final = -42.0
"""Level below that of the loud frames at which nobody is heard."""
_SURE: Final = beta(2, 18)
"""Thresholds of the periodicity, 0.1 in the mean."""


@dataclass(frozen=True, slots=True)
class PitchTrack:
    """Frames of 10 ms: pitch (NaN where no note sounds), level in dB, and how likely each is voiced, 0 to 1."""

    pitch: NDArray[np.float64]
    level: NDArray[np.float64]
    voiced: NDArray[np.float64]

    @property
    def loud(self) -> NDArray[np.bool_]:
        """Frames in which something is heard."""
        heard: NDArray[np.bool_] = self.level > _loudness(self.level) + _QUIET_DB
        return heard


def track_pitch(samples: NDArray[Any]) -> PitchTrack:
    """The pitch of the one voice in `samples` (channels, n) at 48 kHz."""
    sound = np.asarray(soxr.resample(mono(samples), SAMPLE_RATE, RATE), dtype=np.float64)
    size = _SUM + _LAGS[1]
    sound = np.pad(sound, (size // 2, size))
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[::HOP]
    level = 10.0 * np.log10(np.maximum((frames[:, :_SUM] ** 2).mean(axis=1), 1e-12))
    likely = np.zeros((len(frames), _BINS))
    exact = np.full((len(frames), _BINS), np.nan)
    for first in range(0, len(frames), 2_000):
        _weigh(_differences(frames[first : first + 2_000]), likely[first : first + 2_000], exact[first : first + 2_000])
    likely[level <= _loudness(level) + _QUIET_DB] = 0.0
    path = _best_path(likely)
    sounding = path >= 0
    pitch = np.full(len(frames), np.nan)
    places = np.flatnonzero(sounding)
    pitch[places] = exact[places, path[places]]
    gaps = places[np.isnan(pitch[places])]
    pitch[gaps] = _LOWEST + _BIN * path[gaps]
    return PitchTrack(pitch, level, likely.sum(axis=1))


def _loudness(level: NDArray[np.float64]) -> float:
    """The level of loud frames, which single clicks do not raise."""
    return float(np.percentile(level, 95)) if len(level) else -120.0


def _differences(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cumulative mean normalised difference of frames at every lag from 0, shape (frames, lags)."""
    last = _LAGS[1]
    power = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    energy = power[:, _SUM : _SUM + last] - power[:, :last]
    spectrum = np.fft.rfft(frames, 1024)
    head = np.fft.rfft(frames[:, :_SUM], 1024)
    correlation = np.fft.irfft(spectrum * head.conj(), 1024)[:, :last]
    difference = np.maximum(energy[:, :1] + energy - 2.0 * correlation, 0.0)
    sums = np.cumsum(difference[:, 1:], axis=1)
    found = np.ones_like(difference)
    found[:, 1:] = difference[:, 1:] * np.arange(1, last) / np.maximum(sums, 1e-12)
    return found


def _weigh(differences: NDArray[np.float64], likely: NDArray[np.float64], exact: NDArray[np.float64]) -> None:
    """Put the probability and the exact pitch of each candidate into its bin."""
    middle = differences[:, 1:-1]
    minima = (middle < differences[:, :-2]) & (middle <= differences[:, 2:])
    minima[:, : _LAGS[0] - 1] = False
    frame, lag = np.nonzero(minima)
    lag += 1
    here, before, after = differences[frame, lag], differences[frame, lag - 1], differences[frame, lag + 1]
    curve = np.maximum(before - 2.0 * here + after, 1e-12)
    place = lag + 0.5 * (before - after) / curve
    deepest = here - 0.125 * (before - after) ** 2 / curve
    sure = _SURE.cdf(np.clip(deepest, 0.0, 1.0))
    lowest = np.ones(len(differences))
    for number in range(len(frame)):
        row = frame[number]
        chance = lowest[row] - sure[number]
        if chance <= 0.0:
            continue
        lowest[row] = sure[number]
        pitch = 69.0 + 12.0 * np.log2(RATE / place[number] / 440.0)
        column = round((pitch - _LOWEST) / _BIN)
        if 0 <= column < _BINS:
            likely[row, column] += chance
            exact[row, column] = pitch


def _best_path(likely: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of every frame, -1 where no note sounds."""
    frames = len(likely)
    silent = np.log(np.maximum(1.0 - likely.sum(axis=1), 1e-3))
    spread = likely.copy()
    spread[:, 1:] = np.maximum(spread[:, 1:], 0.5 * likely[:, :-1])
    spread[:, :-1] = np.maximum(spread[:, :-1], 0.5 * likely[:, 1:])
    score = np.log(np.maximum(spread, 1e-4))
    steps = np.arange(-_GLIDE, _GLIDE + 1)
    pays = -0.35 * np.abs(steps)
    best, rest = score[0].copy(), float(silent[0])
    back = np.zeros((frames, _BINS), dtype=np.int64)
    back_rest = np.full(frames, -1, dtype=np.int64)
    for frame in range(1, frames):
        padded = np.pad(best, _GLIDE, constant_values=-np.inf)
        moves = np.lib.stride_tricks.sliding_window_view(padded, len(steps)) + pays
        pick = moves.argmax(axis=1)
        moved = moves[np.arange(_BINS), pick]
        begin = rest - _SWITCH
        from_rest = begin > moved
        back[frame] = np.where(from_rest, -1, np.arange(_BINS) + pick - _GLIDE)
        loudest = int(best.argmax())
        end = best[loudest] - _SWITCH
        back_rest[frame] = loudest if end > rest else -1
        rest = max(rest, end) + float(silent[frame])
        best = np.where(from_rest, begin, moved) + score[frame]
    state = int(best.argmax()) if best.max() > rest else -1
    path = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        path[frame] = state
        state = int(back[frame, state]) if state >= 0 else int(back_rest[frame])
    return path
