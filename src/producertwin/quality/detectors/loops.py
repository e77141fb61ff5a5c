"""Faults of loops: a seam that is heard where a loop begins again, and music that is stuck in one.

Sounds are (channels, n) at 48 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from ...audio.samples import Samples, mono
from ...timebase import SAMPLE_RATE, samples_of
from .defect import Defect, report

_SEAM: Final = samples_of(0.25)
_ORDER: Final = 12
"""Samples from which the next is foretold."""
_SURPRISE: Final = 0.7
"""Anywhere in fine music it is 0.6 at most."""
_FAINTEST: Final = 1e-4
_DECIMATION: Final = 16
_RATE: Final = SAMPLE_RATE // _DECIMATION
_SHORTEST: Final = 0.08
_LONGEST: Final = 4.0
"""Seconds of what is repeated."""
_TIMES: Final = 8
_SAME: Final = 0.999
_ALIKE: Final = 0.9
"""Correlation with itself from which a lag is looked at closely."""
_WINDOW: Final = 70.0


def find_loop_seam(sound: Samples) -> list[Defect]:
    """A click or jump where the end meets the beginning; only for what is meant to loop.

    The place is known, so that less is asked than of a click anywhere: the waveform need only be harder to foretell there, from
    the samples before (linear prediction), than anywhere within a quarter of a second. It is asked of the first sample alone: a
    first beat begins there, and is hard to foretell only after it.
    """
    if sound.shape[1] < 2 * _SEAM:
        return []
    around = np.concatenate([sound[:, -_SEAM:], sound[:, :_SEAM]], axis=1)
    readings = [_surprise(channel) for channel in around.astype(np.float64)]
    worst = int(np.argmax(readings))
    if readings[worst] <= _SURPRISE:
        return []
    end = sound.shape[1] / SAMPLE_RATE
    return [report("loop_seam", end - 0.001, end, readings[worst], evidence="the waveform jumps where it begins again")]


def _surprise(channel: NDArray[np.float64]) -> float:
    """How far the sample in the middle of `channel` is from what linear prediction makes of those before it, over the most
    elsewhere.
    """
    cut = np.lib.stride_tricks.sliding_window_view(channel, _ORDER + 1)
    past, now = cut[:, :-1], cut[:, -1]
    products = past.T @ past
    products += (1e-6 * np.trace(products) / _ORDER + 1e-12) * np.eye(_ORDER)
    error = np.abs(now - past @ np.linalg.solve(products, past.T @ now))
    first = len(channel) // 2 - _ORDER
    here = float(error[first])
    error[first - 1 : first + _ORDER + 1] = 0
    return here / (float(error.max()) + _FAINTEST) if here > _FAINTEST else 0.0


def find_repetition(sound: Samples) -> list[Defect]:
    """Stretches in which the same 0.08 to 4 s are played eight times and more, sample for sample."""
    whole = mono(sound)
    count = len(whole) // _DECIMATION
    low = whole[: count * _DECIMATION].reshape(count, _DECIMATION).mean(axis=1, dtype=np.float64)
    found: list[Defect] = []
    size = round(_WINDOW * _RATE)
    for start in range(0, max(count - size // 2, 1), size // 2):
        found += _repetitions(low[start : start + size], start / _RATE)
    return _join(found)


def _repetitions(sound: NDArray[np.float64], offset: float) -> list[Defect]:
    """The longest stretch of `sound`, which begins at `offset` seconds, that repeats itself."""
    if len(sound) < _TIMES * _SHORTEST * _RATE or float(np.abs(sound).max(initial=0.0)) < 1e-3:
        return []
    best: Defect | None = None
    for lag in _lags(sound):
        late, early = sound[lag:], sound[:-lag]
        part = max(round(0.02 * _RATE), 1)
        blocks = len(late) // part
        error = ((late - early)[: blocks * part].reshape(blocks, part) ** 2).mean(axis=1)
        power = (late[: blocks * part].reshape(blocks, part) ** 2).mean(axis=1)
        same = error < (1 - _SAME) * (power + 0.02 * power.mean() + 1e-10)
        first, length = _longest_run(same)
        times = length * part / lag + 1
        if times >= _TIMES and power[first : first + length].mean() > 1e-6 and not _is_tone(sound[first * part :], lag):
            start = offset + first * part / _RATE
            end = offset + (first + length) * part / _RATE + lag / _RATE
            seen = f"the same {lag / _RATE:.2f} s {times:.0f} times"
            if best is None or times > best.reading:
                best = report("repetition", start, end, times, evidence=seen)
    return [best] if best else []


def _lags(sound: NDArray[np.float64]) -> list[int]:
    """Lags at which parts of `sound` may repeat, most likely first: peaks of the autocorrelation of stretches of 1.5 and 8 s."""
    found: dict[int, float] = {}
    for seconds, least, most in ((1.5, _SHORTEST, 0.7), (2 * _LONGEST, 0.7, _LONGEST)):
        size, lowest, highest = (round(value * _RATE) for value in (seconds, least, most))
        for start in range(0, max(len(sound) - size // 2, 1), size // 2):
            part = sound[start : start + size]
            top = min(highest, len(part) // 2)
            if top <= lowest + 2:
                continue
            like = _correlate(part, top + 2)
            tops = np.flatnonzero((like[1:-1] > like[:-2]) & (like[1:-1] >= like[2:]) & (like[1:-1] > _ALIKE)) + 1
            for lag in tops[tops >= lowest][:3].tolist():
                found[lag] = max(found.get(lag, 0.0), float(like[lag]))
    return sorted(found, key=lambda lag: -found[lag])[:8]


def _correlate(part: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Correlation of the sound with itself by lag, over where both are."""
    size = next_fast_len(len(part) + lags, real=True)
    spectrum = rfft(part, size)
    products = irfft(spectrum.real**2 + spectrum.imag**2, size)[:lags]
    running = np.concatenate([[0.0], np.cumsum(part**2)])
    lag = np.arange(lags)
    early, late = running[len(part) - lag], running[-1] - running[lag]
    like: NDArray[np.float64] = products / np.sqrt(np.maximum(early * late, 1e-12))
    return like


def _is_tone(sound: NDArray[np.float64], lag: int) -> bool:
    """Whether what repeats is alike at a fraction of the lag as well."""
    part = sound[: 4 * lag]
    like = _correlate(part, lag + 1)
    return float(like[lag // 8 : lag * 7 // 8].max(initial=0.0)) > 0.97


def _longest_run(mask: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(starts):
        return 0, 0
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest] - starts[longest])


def _join(found: list[Defect]) -> list[Defect]:
    """Windows overlap: what they both found is one."""
    kept: list[Defect] = []
    for one in sorted(found, key=lambda defect: defect.start):
        if kept and one.start < kept[-1].end:
            if one.reading > kept[-1].reading:
                kept[-1] = one
        else:
            kept.append(one)
    return kept
