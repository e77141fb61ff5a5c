"""Samples that are missing, made from those beside them.

Short gaps are filled by the samples that an autoregressive model of the surroundings makes least surprising (Janssen, Veldhuis
and Vries 1986); longer ones by what the model of each side goes on to, the two faded into each other over the gap (Kauppinen and
Roth 2002). Channels are (n,) at 48 kHz.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter, lfiltic

Signal = NDArray[np.float64]
_SHORT: Final = 96
"""Samples of the longest gap that is filled by least squares."""
_SHORT_ORDER: Final = 32
_LONG_ORDER: Final = 512
_CONTEXT: Final = 4_096


def fill(channel: NDArray[np.float32], start: int, end: int) -> Signal:
    """The samples of `channel` from `start` to `end`, made from those beside them."""
    before = channel[max(start - _CONTEXT, 0) : start].astype(np.float64)
    after = channel[end : end + _CONTEXT].astype(np.float64)
    count = end - start
    if min(len(before), len(after)) < 16:
        return np.zeros(count)
    if count <= _SHORT and min(len(before), len(after)) > 4 * _SHORT_ORDER:
        return _fill_short(before, after, count)
    ahead, back = _go_on(before, count), _go_on(after[::-1], count)[::-1]
    turn = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)
    found: Signal = np.sqrt(1 - turn) * ahead + np.sqrt(turn) * back
    agree: Signal = (1 - turn) * ahead + turn * back
    return agree if count <= 4 * _SHORT else 0.5 * (found + agree)


def model(signal: Signal, order: int) -> Signal:
    """Coefficients a[1:] of the autoregressive model of `signal`: x[n] is the sum of a[k] x[n - k], and what surprises."""
    tapered = signal * np.hanning(len(signal) + 2)[1:-1]
    size = 1 << (2 * len(tapered) - 1).bit_length()
    like = np.fft.irfft(np.abs(np.fft.rfft(tapered, size)) ** 2)[: order + 1]
    like[0] = like[0] * (1 + 1e-9) + 1e-12
    found: Signal = solve_toeplitz(like[:-1], like[1:])
    return found


def _fill_short(before: Signal, after: Signal, count: int) -> Signal:
    order = _SHORT_ORDER
    weights = np.concatenate([[1.0], -0.5 * (model(before[-1_024:], order) + model(after[:1_024], order))])
    known = np.concatenate([before[-order:], np.zeros(count), after[:order]])
    rows = count + order
    matrix = np.zeros((rows, len(known)))
    for row in range(rows):
        matrix[row, row : row + order + 1] = weights[::-1]
    inside = slice(order, order + count)
    found: Signal = np.linalg.lstsq(matrix[:, inside], -(matrix @ known), rcond=None)[0]
    return found


def _go_on(signal: Signal, count: int) -> Signal:
    """What the model of `signal` makes of it for `count` samples more; it dies away where it would grow."""
    order = min(_LONG_ORDER, len(signal) // 4)
    weights = np.concatenate([[1.0], -model(signal, order)])
    state = lfiltic([1.0], weights, signal[: -order - 1 : -1])
    found, _ = lfilter([1.0], weights, np.zeros(count), zi=state)
    most = 1.2 * float(np.abs(signal[-2_048:]).max(initial=0.0))
    clipped: Signal = np.clip(found, -most, most)
    return clipped
