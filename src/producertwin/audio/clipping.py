"""Clipping, measured on a file's own samples while it is decoded: resampling makes flat tops round.

Three readings of one sound. `flat_share` is the share of samples in flat runs at a channel's own extreme (see
`levels.clipped_share`): it is sure, and blind to what a lossy codec or another rate made of the tops. `pile_up` finds those by
the histogram of amplitudes: clipped samples gather at one level that the codec's noise smears to both sides, so that more lie
there than below it, where music's density falls. A limiter's honest peaks gather too, about 1.4 times; see `docs/dataset.md`.
`passages` says where flat tops gather at any level (see `flat_tops`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..timebase import SAMPLE_RATE
from .audio_source import BLOCK
from .flat_tops import FlatPassage, PassageFinder
from .levels import FLAT_LEVEL, FLAT_STEP, flat_runs
from .samples import Samples

_STRIDE: Final = 4
"""One of so many samples enters the histogram."""
_BINS: Final = 2_048
"""Bins of the histogram from 0 to twice full scale."""
_LEAST_TOP: Final = 100
"""Below this bin the histogram of a quiet sound is too coarse."""
_LEAST_PILE: Final = 20
"""Fewer samples are no pile."""


@dataclass(frozen=True, slots=True)
class ClippingReading:
    """How clipped a sound is."""

    flat_share: float
    """Share of samples in flat tops, 0 to 1."""
    pile_up: float
    """How many times as many amplitudes lie at the level where they gather as in a band below it; music 0.5 to 1.4."""
    passages: tuple[FlatPassage, ...] = ()
    """Where flat tops gather, at any level."""


@dataclass(slots=True)
class _Side:
    """The flat runs at one extreme of one channel: how many samples lie in those at each level."""

    sign: int
    top: float = 0.0
    counts: dict[float, int] = field(default_factory=dict)

    def add(self, signal: NDArray[np.float32]) -> None:
        """Take the flat runs of `signal`."""
        top = float(signal.max()) if self.sign > 0 else -float(signal.min())
        if top < FLAT_LEVEL or top < self._line(self.top):
            return
        if top > self.top:
            self.top = top
            self.counts = {level: count for level, count in self.counts.items() if level >= self._line(top)}
        places, lengths = flat_runs(signal, self.sign, self.top)
        if len(places):
            level = float((self.sign * signal[places]).min())
            self.counts[level] = self.counts.get(level, 0) + int(lengths.sum())

    @staticmethod
    def _line(top: float) -> float:
        return top * (1 - FLAT_STEP)


class ClippingMeter:
    """Hears blocks of shape (frames, channels) at a file's own rate, one after the other."""

    def __init__(self) -> None:
        self._sides: list[tuple[_Side, _Side]] = []
        self._finders: list[PassageFinder] = []
        self._histograms = np.zeros((0, 2 * _BINS), np.int64)
        self._samples = 0

    def add(self, block: NDArray[np.float32]) -> None:
        """Hear a block."""
        if not self._sides:
            self._sides = [(_Side(1), _Side(-1)) for _ in range(block.shape[1])]
            self._histograms = np.zeros((block.shape[1], 2 * _BINS), np.int64)
            self._finders = [PassageFinder(channel) for channel in range(block.shape[1])]
        self._samples += block.size
        for channel, (upper, lower) in enumerate(self._sides):
            signal = np.ascontiguousarray(block[:, channel])
            upper.add(signal)
            lower.add(signal)
            self._finders[channel].add(signal)
            place = np.clip(signal[::_STRIDE] * (_BINS / 2) + _BINS, 0, 2 * _BINS - 1).astype(np.int64)
            self._histograms[channel] += np.bincount(place, minlength=2 * _BINS)

    def reading(self, rate: int = SAMPLE_RATE) -> ClippingReading:
        """What was heard so far of a sound at `rate`."""
        flat = sum(sum(side.counts.values()) for sides in self._sides for side in sides)
        piles = [_pile_up(side) for one in self._histograms for side in (one[_BINS:], one[:_BINS][::-1])]
        passages = sorted((one for finder in self._finders for one in finder.passages(rate)), key=lambda one: one.start)
        return ClippingReading(flat / max(self._samples, 1), max(piles, default=0.0), tuple(passages))


def read_clipping(sound: Samples) -> ClippingReading:
    """The reading of a whole `sound` (channels, n)."""
    meter = ClippingMeter()
    for start in range(0, sound.shape[1], BLOCK):
        meter.add(sound[:, start : start + BLOCK].T)
    return meter.reading()


def _pile_up(counts: NDArray[np.int64]) -> float:
    """The most that the amplitudes within 2 % of a level outnumber those of a band as wide, 6 to 10 % below it."""
    occupied = np.flatnonzero(counts)
    top = int(occupied[-1]) + 1 if occupied.size else 0
    if top < _LEAST_TOP:
        return 0.0
    running = np.concatenate([[0], np.cumsum(counts)])
    level = np.arange(top * 2 // 3, top)
    wide = np.maximum(3, level // 50)
    near = running[np.minimum(level + wide + 1, len(counts))] - running[level - wide]
    below = running[level - 3 * wide] - running[level - 5 * wide]
    ratios = np.where(near >= _LEAST_PILE, near / (below + _LEAST_PILE / 2), 0.0)
    return float(ratios.max(initial=0.0))
