"""Flat tops at any level: where a passage was clipped, even if the rest of the sound is louder.

A flat top is a run of three samples and more that are equal within 1e-4, lie above both neighbours, and are entered or left too
steeply for the smooth top of a low note (a parabola drops by at most four steps where it stays within one). One alone proves
nothing: clipping makes several at one level within half a second, or a long one. The flat tops of one channel that lie close
together are one passage. Works on blocks at a file's own rate, since resampling makes flat tops round. Needs numpy alone, because
the decoding child imports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .levels import FLAT_LEVEL, FLAT_STEP

_RUN: Final = 3
_LONG_RUN: Final = 8
"""So many equal samples need no others beside them."""
_STEEP: Final = 10.0
_GRID: Final = 1.3e-4
"""Four steps of 16 bits."""
_TOGETHER: Final = 3
_NEAR_SECONDS: Final = 0.5
_SAME_LEVEL: Final = 2e-3
_GAP_SECONDS: Final = 0.25
MOST_PASSAGES: Final = 2_000
"""Of one sound; what comes after is counted in the shares alone."""


@dataclass(frozen=True, slots=True)
class FlatPassage:
    """A stretch of one channel with flat tops."""

    start: float
    end: float
    """Seconds."""
    channel: int
    tops: int
    samples: int
    longest: int
    """Samples of the longest run."""
    level: float
    """Where the tops lie, of full scale."""


@dataclass(frozen=True, slots=True)
class FlatTops:
    """Flat tops of one channel of one block: first sample, number of samples, signed level."""

    places: NDArray[np.intp]
    lengths: NDArray[np.intp]
    levels: NDArray[np.float32]


def find_flat_tops(channel: NDArray[np.float32]) -> FlatTops:
    """The flat tops of `channel` (n,), whether alone or together; those at its very ends are not looked at."""
    size = np.abs(channel)
    near = np.flatnonzero((np.abs(np.diff(channel)) <= FLAT_STEP * size[:-1]) & (size[:-1] > FLAT_LEVEL))
    if not near.size:
        return FlatTops(near, near, np.zeros(0, np.float32))
    breaks = np.flatnonzero(np.diff(near) > 1)
    starts, lasts = near[np.concatenate([[0], breaks + 1])], near[np.concatenate([breaks, [-1]])] + 1
    whole = (lasts - starts + 1 >= _RUN) & (starts > 0) & (lasts + 1 < len(channel))
    starts, lasts = starts[whole], lasts[whole]
    level = size[starts]
    sign = np.sign(channel[starts])
    before, after = level - sign * channel[starts - 1], level - sign * channel[lasts + 1]
    tops = (before > 0) & (after > 0) & (np.maximum(before, after) > np.maximum(_STEEP * FLAT_STEP * level, _GRID))
    starts, lasts = starts[tops], lasts[tops]
    return FlatTops(starts, lasts - starts + 1, channel[starts])


class PassageFinder:
    """Gathers the flat tops of one channel, block after block, into passages."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._seen = 0
        self._tail = np.zeros(0, np.float32)
        self._places: list[NDArray[np.intp]] = []
        self._lengths: list[NDArray[np.intp]] = []
        self._levels: list[NDArray[np.float32]] = []

    def add(self, signal: NDArray[np.float32]) -> None:
        """Take the next samples; a run may lie across two blocks."""
        joined = np.concatenate([self._tail, signal])
        found = find_flat_tops(joined)
        first = self._seen - len(self._tail)
        fresh = found.places + found.lengths >= len(self._tail) if len(self._tail) else np.ones(len(found.places), bool)
        if fresh.any():
            self._places.append(found.places[fresh] + first)
            self._lengths.append(found.lengths[fresh])
            self._levels.append(found.levels[fresh])
        self._seen += len(signal)
        self._tail = joined[-64:].copy()

    def passages(self, rate: int) -> list[FlatPassage]:
        """The passages so far, of a sound at `rate`."""
        if not self._places:
            return []
        places, lengths = np.concatenate(self._places), np.concatenate(self._lengths)
        levels = np.concatenate(self._levels)
        kept = (lengths >= _LONG_RUN) | (_neighbours(places, levels, round(_NEAR_SECONDS * rate)) >= _TOGETHER)
        places, lengths, levels = places[kept], lengths[kept], levels[kept]
        if not places.size:
            return []
        breaks = np.flatnonzero(np.diff(places) > _GAP_SECONDS * rate) + 1
        bounds = zip([0, *breaks.tolist()], [*breaks.tolist(), len(places)], strict=True)
        return [self._passage(places[a:b], lengths[a:b], levels[a:b], rate) for a, b in bounds][:MOST_PASSAGES]

    def _passage(
        self, places: NDArray[np.intp], lengths: NDArray[np.intp], levels: NDArray[np.float32], rate: int
    ) -> FlatPassage:
        return FlatPassage(
            float(places[0]) / rate,
            float(places[-1] + lengths[-1]) / rate,
            self._channel,
            len(places),
            int(lengths.sum()),
            int(lengths.max()),
            float(np.median(np.abs(levels))),
        )


def _neighbours(places: NDArray[np.intp], levels: NDArray[np.float32], reach: int) -> NDArray[np.intp]:
    """How many flat tops lie within `reach` samples of each at its level, itself included."""
    logs = np.log(np.abs(levels).astype(np.float64)) / _SAME_LEVEL
    most = np.ones(len(places), np.intp)
    for shift in (0.0, 0.5):  # so that an edge between two bins of levels divides no pair
        bins = np.floor(logs + shift).astype(np.int64) * np.where(levels < 0, -1, 1)
        order = np.lexsort((places, bins))
        line = bins[order] * (np.int64(1) << 36) + places[order]
        count = np.searchsorted(line, line + reach, "right") - np.searchsorted(line, line - reach, "left")
        most[order] = np.maximum(most[order], count)
    return most
