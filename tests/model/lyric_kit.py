"""Path and score of a lyric by the published formulas, worked out entry by entry."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def cheapest_path(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Dynamic time warping entry by entry, with Whisper's steps: both where strictly cheapest, then the token, else the frame."""
    tokens, frames = cost.shape
    total, steps = np.full((tokens + 1, frames + 1), np.inf), np.zeros((tokens + 1, frames + 1), int)
    total[0, 0] = 0.0
    for i in range(1, tokens + 1):
        for j in range(1, frames + 1):
            both, token, frame = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
            step = 0 if both < token and both < frame else 1 if token < both and token < frame else 2
            total[i, j], steps[i, j] = cost[i - 1, j - 1] + (both, token, frame)[step], step
    i, j, found = tokens, frames, []
    while i > 0 and j > 0:
        found.append((i - 1, j - 1))
        i, j = i - (steps[i, j] != 2), j - (steps[i, j] != 1)
    return found[::-1]


def score_of(energy: NDArray[np.float64], sung: NDArray[np.bool_]) -> float:
    """The score by the formula, row by row."""
    energy = (energy - energy.min()) / (energy.max() - energy.min())
    rows = energy[sung]
    covered = np.mean([row.max() > 0.1 for row in rows]) if len(rows) else 1.0
    weighed = [np.where(row > 0.01, row, 0) for row in rows]
    places = [float((row * np.arange(len(row))).sum() / row.sum()) for row in weighed if row.sum() > 1e-9]
    pairs = list(pairwise(places))
    forward = np.mean([after >= before - 9 for before, after in pairs]) if pairs else 1.0
    path = cheapest_path(-(energy**2))
    return round(float(covered**2 * forward**2 * np.mean([energy[i, j] for i, j in path])), 4)
