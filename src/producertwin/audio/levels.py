"""Level meters: peaks, crest, silence, clipping, dropouts.

Conventions: samples (channels, n) or (n,) at 48 kHz, full scale ±1; levels in dB relative to full scale, `FLOOR_DB` for
silence. True peak is the largest magnitude after fourfold oversampling (ITU-R BS.1770-4, annex 2; a windowed sinc over 33
samples instead of the annex's 12), looked for beside those local maxima that come near the highest sample. Clipping is found
by flat runs rather than by level, so that it is still seen after the clipped sound was turned down.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..timebase import SAMPLE_RATE, samples_of
from .samples import Samples, as_channels

FLOOR_DB: Final = -120.0
"""What silence reads, so that every level is a finite number."""
SILENCE_DB: Final = -60.0
BLOCK_SECONDS: Final = 0.4
OVERSAMPLING: Final = 4
FLAT_STEP: Final = 1e-4
"""Samples this near to the channel's extreme, in parts of it, are at the extreme."""
_FLAT_RUN: Final = 3
_STEEP: Final = 10.0
"""The smooth top of a curve leaves a run of three by at most four steps in one sample (and the grid of 16 bits adds
some); a clipped top by more."""
FLAT_LEVEL: Final = 0.05
"""Below this peak a flat top is the coarse grid of a quiet file, not clipping."""
_DROPOUT: Final = 1e-4
_DROPOUT_SECONDS: Final = (0.002, 3.5)
_LOUD_SIDE: Final = 10 ** (-50 / 20)
_SIDE_SECONDS: Final = 0.04
_STRETCH: Final = 2 * SAMPLE_RATE
"""Samples that are looked at together, where looking needs room."""
_BLOCK: Final = 4_800
"""Samples whose sum is exact enough in single precision."""
_REACH: Final = 16
"""Samples on each side that say what is between two."""
_NEAR: Final = 0.6
"""Local maxima below this part of the highest sample are passed over: between samples a sound rises by 3 dB at most but for
what is made to rise more."""
_CANDIDATES_AT_ONCE: Final = 16_384
"""Maxima that are looked at together."""


def decibels(amplitude: float) -> float:
    """20·log10 of `amplitude`, not below `FLOOR_DB`."""
    return max(20.0 * float(np.log10(max(amplitude, 1e-12))), FLOOR_DB)


def sample_peak_db(samples: NDArray[Any]) -> float:
    """Largest magnitude of any sample, dBFS."""
    return decibels(_peak(as_channels(samples)))


def true_peak_db(samples: NDArray[Any]) -> float:
    """Largest magnitude between the samples too, dBTP; never below the sample peak."""
    sound = as_channels(samples)
    peak = _peak(sound)
    if peak > 0 and sound.shape[1] > 1:
        peak = max(peak, *(_dense_peak(channel, peak) for channel in sound))
    return decibels(peak)


def rms_db(samples: NDArray[Any]) -> float:
    """Root mean square over all channels, dBFS (a full-scale sine reads -3.01)."""
    return decibels(float(np.sqrt(_power(as_channels(samples)))))


def crest_db(samples: NDArray[Any]) -> float:
    """Sample peak over RMS in dB; 0 for silence."""
    return sample_peak_db(samples) - rms_db(samples)


def dc_offset(samples: NDArray[Any]) -> float:
    """Largest magnitude of any channel's mean, in full scale."""
    sound = as_channels(samples)
    if not sound.shape[1]:
        return 0.0
    whole = sound.shape[1] // _BLOCK * _BLOCK
    sums = (sound[:, :whole].reshape(len(sound), -1, _BLOCK) @ np.ones(_BLOCK, np.float32)).sum(axis=1, dtype=np.float64)
    return float(np.abs((sums + sound[:, whole:].sum(axis=1, dtype=np.float64)) / sound.shape[1]).max())


def silence_share(samples: NDArray[Any], *, threshold_db: float = SILENCE_DB) -> float:
    """Share of 400 ms blocks whose RMS is below `threshold_db`, 0 to 1; 1 for no samples."""
    quiet = _quiet_blocks(as_channels(samples), threshold_db)
    return float(quiet.mean()) if quiet.size else 1.0


def silent_ends(samples: NDArray[Any], *, threshold_db: float = SILENCE_DB) -> tuple[float, float]:
    """Seconds before the first and after the last sample above `threshold_db`; the whole length twice for silence."""
    sound = as_channels(samples)
    loud = np.flatnonzero((np.abs(sound) > 10 ** (threshold_db / 20)).any(axis=0))
    length = sound.shape[1] / SAMPLE_RATE
    if loud.size == 0:
        return length, length
    return float(loud[0]) / SAMPLE_RATE, length - float(loud[-1] + 1) / SAMPLE_RATE


def clipped_share(samples: NDArray[Any]) -> float:
    """Share of samples in flat runs at the top or bottom of their channel, 0 to 1.

    A run is three or more samples within 1e-4 of the channel's own maximum (or minimum), each polarity judged apart,
    that the sound enters or leaves too steeply for the smooth top of a low note. Above 2e-5 is worth a look, above 1e-3
    is audible.
    """
    sound = as_channels(samples)
    if sound.shape[1] == 0:
        return 0.0
    return sum(_flat(channel, sign) for channel in sound for sign in (1, -1)) / sound.size


def _flat(channel: NDArray[np.float32], sign: int) -> int:
    """Samples of one channel in clipped runs at its top (`sign` 1) or at its bottom (-1)."""
    top = float(channel.max()) if sign > 0 else -float(channel.min())
    return 0 if top < FLAT_LEVEL else int(flat_runs(channel, sign, top)[1].sum())


def flat_runs(channel: NDArray[np.float32], sign: int, top: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Starts and lengths of the clipped runs of one channel at the level `sign * top`, its extreme on that side."""
    line = top * (1 - FLAT_STEP)
    places = np.flatnonzero(channel >= line if sign > 0 else channel <= -line)
    breaks = np.flatnonzero(np.diff(places) > 1)
    starts, ends = places[np.concatenate([[0], breaks + 1])], places[np.concatenate([breaks, [-1]])] + 1
    before = np.where(starts > 0, sign * channel[starts - 1], top)  # the ends of the sound say nothing
    after = np.where(ends < len(channel), sign * channel[np.minimum(ends, len(channel) - 1)], top)
    steep = np.minimum(before, after) < top * (1 - _STEEP * FLAT_STEP)
    lengths = ends - starts
    clipped = (lengths >= _FLAT_RUN) & steep
    return starts[clipped], lengths[clipped]


def dropouts(samples: NDArray[Any]) -> list[tuple[float, float]]:
    """Gaps (start, end) in seconds: 2 ms to 3.5 s below -80 dBFS on all channels with sound above -50 dBFS on both sides."""
    sound = as_channels(samples)
    if sound.shape[1] == 0:
        return []
    power = (sound.astype(np.float64) ** 2).mean(axis=0)
    running = np.concatenate([[0.0], np.cumsum(power)])
    starts, ends = _runs(np.abs(sound).max(axis=0) < _DROPOUT)
    shortest, longest = (samples_of(seconds) for seconds in _DROPOUT_SECONDS)
    side = samples_of(_SIDE_SECONDS)
    gaps = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if not shortest <= end - start <= longest or start < side or end + side > sound.shape[1]:
            continue
        before = (running[start] - running[start - side]) / side
        after = (running[end + side] - running[end]) / side
        if min(before, after) > _LOUD_SIDE**2:
            gaps.append((start / SAMPLE_RATE, end / SAMPLE_RATE))
    return gaps


_STEEP_SIDE: Final = 10 ** (-46 / 20)
"""What the last millisecond before a gap, and the first after it, reach at least: music that stops by itself decays."""


def channel_gaps(channel: NDArray[np.float32]) -> list[tuple[float, float]]:
    """`dropouts` of one channel (n,): its gaps in seconds, which music enters and leaves abruptly."""
    starts, ends = _runs(np.abs(channel) < _DROPOUT)
    shortest, longest = (samples_of(seconds) for seconds in _DROPOUT_SECONDS)
    side, edge = samples_of(_SIDE_SECONDS), samples_of(0.001)
    lengths = ends - starts
    fit = (lengths >= shortest) & (lengths <= longest) & (starts >= side) & (ends + side <= len(channel))
    gaps = []
    for start, end in zip(starts[fit].tolist(), ends[fit].tolist(), strict=True):
        before, after = channel[start - side : start], channel[end : end + side]
        loud = min(float(before @ before), float(after @ after)) / side > _LOUD_SIDE**2
        if loud and min(float(np.abs(before[-edge:]).max()), float(np.abs(after[:edge]).max())) > _STEEP_SIDE:
            gaps.append((start / SAMPLE_RATE, end / SAMPLE_RATE))
    return gaps


def find_overs(channel: NDArray[np.float32], limit: float = 1.0) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Samples beside which one channel (n,) exceeds `limit` between samples or at them, and the magnitudes there."""
    places, peaks = [np.zeros(0, np.intp)], [np.zeros(0, np.float32)]
    for start in range(0, len(channel), _STRETCH):
        first, last = max(start - _REACH - 1, 0), start + _STRETCH + _REACH + 1
        if max(float(channel[first:last].max()), -float(channel[first:last].min())) < _NEAR * limit:
            continue
        stretch = np.pad(channel[first:last], _REACH + 1)
        found, between = _between_peaks(stretch, _NEAR * limit)
        dense = np.maximum(between, np.abs(stretch[found]))
        own = found - _REACH - 1 + first
        over = (dense > limit) & (own >= start) & (own < start + _STRETCH)
        places.append(own[over])
        peaks.append(dense[over])
    return np.concatenate(places), np.concatenate(peaks)


def _between_peaks(stretch: NDArray[np.float32], least: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Local maxima above `least` of a padded stretch, and the largest magnitude beside each."""
    size = np.abs(stretch)
    places = np.flatnonzero(size[_REACH + 1 : -_REACH - 1] > least) + _REACH + 1
    places = places[(size[places] >= size[places - 1]) & (size[places] >= size[places + 1])]
    around = np.lib.stride_tricks.sliding_window_view(stretch, 2 * _REACH + 1)
    parts = (places[at : at + _CANDIDATES_AT_ONCE] - _REACH for at in range(0, len(places), _CANDIDATES_AT_ONCE))
    peaks = [np.abs(around[part] @ _between()).max(axis=1) for part in parts]
    return places, np.concatenate([np.zeros(0, np.float32), *peaks])


def _peak(sound: Samples) -> float:
    return max(float(sound.max()), -float(sound.min())) if sound.size else 0.0


def _dense_peak(channel: NDArray[np.float32], peak: float) -> float:
    """Largest magnitude between the samples of one channel, beside those of its local maxima that are near `peak`."""
    found = 0.0
    for start in range(0, len(channel), _STRETCH):
        first, last = max(start - _REACH - 1, 0), start + _STRETCH + _REACH + 1
        _, peaks = _between_peaks(np.pad(channel[first:last], _REACH + 1), _NEAR * peak)
        found = max(found, float(peaks.max(initial=0.0)))
    return found


@lru_cache(maxsize=1)
def _between() -> NDArray[np.float32]:
    """What the samples around one weigh at the places a quarter to three quarters before and after it, (taps, places)."""
    steps = [turn / OVERSAMPLING for turn in range(1 - OVERSAMPLING, OVERSAMPLING) if turn]
    away = np.arange(-_REACH, _REACH + 1)[:, None] - np.array(steps)
    window = np.i0(6.0 * np.sqrt(np.maximum(1.0 - (away / (_REACH + 1)) ** 2, 0.0))) / np.i0(6.0)  # Kaiser's, beta 6
    weights = np.sinc(away) * window
    return np.asarray(weights / weights.sum(axis=0), np.float32)


def _power(sound: Samples) -> float:
    return float(np.mean(sound.astype(np.float64) ** 2)) if sound.size else 0.0


def _quiet_blocks(sound: Samples, threshold_db: float) -> NDArray[np.bool_]:
    """Which whole 400 ms blocks are quiet; a shorter sound is one block."""
    size = min(samples_of(BLOCK_SECONDS), sound.shape[1])
    if size == 0:
        return np.zeros(0, bool)
    count = sound.shape[1] // size
    blocks = sound[:, : count * size].reshape(sound.shape[0], count, size)
    power = np.einsum("cbs,cbs->b", blocks, blocks) / (sound.shape[0] * size)
    quiet: NDArray[np.bool_] = power < 10 ** (threshold_db / 10)
    return quiet


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Starts and ends (exclusive) of the stretches where `mask` holds."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
