"""The slow half of a signal: its part in the low band of a one-level wavelet transform along time.

Orthogonal wavelets of Daubechies (1988, "Orthonormal bases of compactly supported wavelets"): the filter with `n` vanishing
moments is the minimum-phase factor of the half-band polynomial, `haar` is `n = 1`. Edges are extended by zeros, and pairs begin
at frame 0, as in PyWavelets' mode `zero`. Both bands of a signal add up to the signal, so the high one is what is left.
Signals are `(batch, frames, width)`; every channel is transformed for itself.
"""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from .arrays import Array, join, library_of


@cache
def scaling_filter(name: str) -> tuple[float, ...]:
    """The `2 n` low-pass weights of the wavelet called `name`, `haar` or `db{n}`; their sum is the root of 2."""
    moments = 1 if name == "haar" else int(name.removeprefix("db"))
    half_band = [comb(moments - 1 + k, k) for k in reversed(range(moments))]
    inside: list[complex] = []
    for y in np.roots(half_band):
        pair = np.roots([1.0, 4.0 * y - 2.0, 1.0])  # y = (2 - z - 1/z) / 4
        inside.append(complex(pair[np.abs(pair).argmin()]))
    weights = np.real(np.poly(np.concatenate([np.full(moments, -1.0), np.asarray(inside)])))
    return tuple(weights * (2.0**0.5 / weights.sum()))


def low_band(signal: Array, wavelet: str) -> Array:
    """The part of `signal` that lies in the low band, as long as it."""
    zeros = library_of(signal).zeros_like
    weights, frames = scaling_filter(wavelet), signal.shape[1]
    before = len(weights) - 2
    pairs = (frames + before + 1) // 2
    still = zeros(signal[:, :1])
    padded = join([*[still] * before, signal, *[still] * (2 * pairs - frames)], 1)
    coefficients = sum(weight * padded[:, place : place + 2 * pairs : 2] for place, weight in enumerate(weights))
    whole = zeros(padded)
    for place, weight in enumerate(weights):
        whole[:, place : place + 2 * pairs : 2] += weight * coefficients
    return whole[:, before : before + frames]
