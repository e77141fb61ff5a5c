"""The mel filter bank: overlapping triangles, evenly spaced on the mel scale of O'Shaughnessy (2595 log10(1 + f/700)).

Where the bands are narrower than the bins of the spectrum, their triangles are helped in one of three ways. `nearest`: a triangle
that no bin falls into takes the bin nearest to its centre. `bin`: every foot is at least a bin away from the centre. `beyond`:
every foot lies a bin beyond the neighbouring centre, so that triangles overlap more.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Narrow = Literal["nearest", "bin", "beyond"]


def mel_bank(hz: NDArray[np.float64], bands: int, low: float, high: float, *, narrow: Narrow) -> NDArray[np.float64]:
    """Triangles from `low` to `high` Hz over bins at `hz`, 0 up to the Nyquist frequency, shape (bins, bands).

    Triangles have height 1 with `nearest`; with `bin` and `beyond` the weights of each sum to 1.
    """
    bottom, top = (2595 * np.log10(1 + edge / 700) for edge in (low, high))
    edges = 700 * (10 ** (np.linspace(bottom, top, bands + 2) / 2595) - 1)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    step = 0.0 if narrow == "nearest" else float(hz[1])
    rising, falling = np.maximum(centre - left, step), np.maximum(right - centre, step)
    left_foot, right_foot = (left - step, right + step) if narrow == "beyond" else (centre - rising, centre + falling)
    bank = np.maximum(0.0, np.minimum((hz[:, None] - left_foot) / rising, (right_foot - hz[:, None]) / falling))
    if narrow != "nearest":
        return np.asarray(bank / bank.sum(axis=0), np.float64)
    empty = bank.sum(axis=0) < 1e-6
    nearest = np.abs(hz[:, None] - centre).argmin(axis=0)
    bank[nearest[empty], np.flatnonzero(empty)] = 1.0
    return np.asarray(bank, np.float64)
