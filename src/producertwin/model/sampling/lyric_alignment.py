"""When each token of a lyric is sung, and how plainly, from how the transformer's heads attend to it.

As ACE-Step 1.5 (`core/scoring/dit_alignment.py`, `dit_score.py`). The attention of some heads runs along the lyric as the music
goes on. For the times it is sharpened, and dynamic time warping (Sakoe & Chiba 1978) finds the path of least cost through it,
with the steps and ties of Whisper's. The score asks three things: is every sung token attended to, do they go forward, and how
much of the attention lies on the path.

`maps` are attention weights `(heads, tokens, frames)`, the rows those of the lyric; all arithmetic is float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Path = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Tokens and frames along the way, from the first of both to the last."""
SUPPRESSION = 2.0
"""How many medians of its row, then of its column, an entry has to exceed."""
HEARD = 0.1
"""Energy above which a token counts as sung."""
COUNTED = 0.01
"""Energy from which an entry has a say in where its token lies."""
SLACK = 9.0
"""Frames by which a token may lie before the one it follows."""
BOTH, TOKEN, FRAME = 0, 1, 2
"""Steps of the path: to the next token and frame, the next token, the next frame."""


def _softmax(values: Array, axis: int) -> Array:
    powers = np.exp(values - values.max(axis, keepdims=True))
    found: Array = powers / powers.sum(axis, keepdims=True)
    return found


def sharpen(maps: NDArray[np.floating]) -> Array:
    """How much each frame belongs to each token, `(tokens, frames)`: mean over the heads, in standard deviations."""
    total, squares = np.zeros(maps.shape[1:]), 0.0
    for head in maps:
        weights = head.astype(np.float64)
        shared = _softmax(weights, 1) * _softmax(weights, 0)
        for axis in (1, 0):
            shared = np.maximum(shared - SUPPRESSION * np.median(shared, axis, keepdims=True), 0.0)
        shared **= 2
        total += shared
        squares += float(np.sum(shared**2))
    mean = total.mean() / len(maps)
    deviation = max(squares / maps.size - mean**2, 0.0) ** 0.5
    found: Array = (total / len(maps) - mean) / (deviation + 1e-9)
    return found


def warp(cost: Array) -> Path:
    """The path of least `cost` `(tokens, frames)` from the first entry to the last.

    A step to both is taken only where it is strictly the cheapest, one to the next token too; else the next frame follows. Costs
    are summed along one diagonal after the other, all entries of which are independent.
    """
    tokens, frames = cost.shape
    total = np.full((tokens + 1, frames + 1), np.inf)
    total[0, 0] = 0.0
    steps = np.zeros((tokens + 1, frames + 1), np.int8)
    for diagonal in range(2, tokens + frames + 1):
        i = np.arange(max(1, diagonal - frames), min(tokens, diagonal - 1) + 1)
        j = diagonal - i
        both, token, frame = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
        step = np.where((both < token) & (both < frame), BOTH, np.where((token < both) & (token < frame), TOKEN, FRAME))
        total[i, j] = cost[i - 1, j - 1] + np.choose(step, (both, token, frame))
        steps[i, j] = step
    i, j = tokens, frames
    found = []
    while i:  # nothing but the first entry leads to the edge
        found.append((i - 1, j - 1))
        step = steps[i, j]
        i, j = i - (step != FRAME), j - (step != TOKEN)
    rows, columns = np.array(found[::-1]).T
    return rows, columns


def first_frames(maps: NDArray[np.floating]) -> NDArray[np.intp]:
    """The frame at which each token begins, `(tokens,)`, never falling."""
    tokens, frames = warp(-sharpen(maps))
    return frames[np.searchsorted(tokens, np.arange(maps.shape[1]))]


def lyric_score(maps: NDArray[np.floating], sung: NDArray[np.bool_]) -> float:
    """How plainly the lyric is followed, 0 to 1 with four digits; `sung` `(tokens,)` is false for marks such as [verse]."""
    energy = maps.astype(np.float64).mean(0)
    low, high = energy.min(), energy.max()
    if high - low <= 1e-9:
        return 0.0
    energy = (energy - low) / (high - low)
    covered = float(np.mean(energy[sung].max(1) > HEARD)) if sung.any() else 1.0
    weights = np.where(energy > COUNTED, energy, 0.0)[sung]
    weights = weights[weights.sum(1) > 1e-9]
    places = weights @ np.arange(energy.shape[1]) / weights.sum(1)
    forward = float(np.mean(places[1:] >= places[:-1] - SLACK)) if len(places) > 1 else 1.0
    confidence = float(np.mean(energy[warp(-(energy**2))]))
    return round(min(max(covered**2 * forward**2 * confidence, 0.0), 1.0), 4)
