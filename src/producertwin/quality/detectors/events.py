"""Events and gaps: clicks, jumps, bursts of noise, dropouts, samples that are no numbers.

Clicks and bursts are read from the curvature of each channel (its second difference), gathered in blocks of 64 samples, 1.3 ms.
A click's curvature stands out of both sides, 2.7 to 5.3 ms before and after: a drum that begins has it after, too. A click is
over in less than a millisecond; the tap of a stick or a plucked string rings on, so that many samples around its highest come
near it. A jump is a click behind which the waveform goes on at another height. A burst is even curvature that rises and falls
within one block each way; a snare falls slowly. Sources: Vaseghi and Rayner 1990, Mühlbauer 2010, Essentia's audio problems; all
tuned on the trials of `docs/quality.md`. Sounds are (channels, n) float32 at 48 kHz, found places seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio.levels import channel_gaps
from ...audio.samples import Samples
from ...timebase import SAMPLE_RATE
from .defect import Defect, report

_BLOCK: Final = 64
_APART: Final = 2
"""Blocks between a click and its sides."""
_SIDE: Final = 2
"""Blocks of a side."""
_RATIO: Final = 12.0
_LEAST: Final = 0.01
_ONSET: Final = 2.0
"""Music that is so many times as loud (as amplitude) 3 to 23 ms after an event as before it begins there with an attack."""
_LONGEST_CLICK: Final = 3
"""Blocks that a click may fill."""
_RING_REACH: Final = 200
"""Samples before and after a click in which its ringing is counted, 4 ms."""
_RING: Final = ((0.1, 32), (0.2, 12))
"""So many samples with more curvature than this part of the highest are no click where both are exceeded: something rings."""
_ONE_PLACE_SECONDS: Final = 0.005
_JUMP: Final = (0.6, 1.6)
"""A jump's step over its curvature: a click has less, and the edge of a sawtooth, drawn over several samples, more."""
_BURST_RISE: Final = 20.0
"""Times as much power of curvature as before and after, 13 dB."""
_BURST_BLOCKS: Final = (4, 300)
_BURST_EVEN: Final = 0.2
_BURST_LEAST: Final = 1e-5


def find_not_finite(sound: Samples) -> list[Defect]:
    """Stretches of NaN and infinite samples, of any channel."""
    bad = np.flatnonzero(~np.isfinite(sound).all(axis=0))
    if not bad.size:
        return []
    breaks = np.flatnonzero(np.diff(bad) > SAMPLE_RATE // 10) + 1
    return [
        report("not_finite", int(part[0]) / SAMPLE_RATE, (int(part[-1]) + 1) / SAMPLE_RATE, part.size)
        for part in np.split(bad, breaks)
    ]


@dataclass(frozen=True, eq=False)
class Bends:
    """The curvature of one channel."""

    samples: NDArray[np.float32]
    """Second difference by sample."""
    highest: NDArray[np.float32]
    """Its largest magnitude by block."""
    power: NDArray[np.float32]
    """Its mean square by block."""


@dataclass(frozen=True, eq=False)
class Part:
    """A stretch of sound (channels, n) in which events are looked for."""

    sound: Samples

    @cached_property
    def bends(self) -> tuple[Bends, ...]:
        """The curvature of every channel, which two detectors read."""
        return tuple(_bend(channel) for channel in self.sound)


def find_clicks(part: Part) -> list[Defect]:
    """Clicks and jumps: kinds `click` and `discontinuity`. One that is in both channels is told once."""
    found: list[Defect] = []
    for number, channel in enumerate(part.sound):
        found += _clicks(channel, part.bends[number], number)
    return _join_channels(found, len(part.sound))


def find_noise_bursts(part: Part) -> list[Defect]:
    """Bursts of noise, 4 to 400 ms long."""
    found: list[Defect] = []
    for number, bends in enumerate(part.bends):
        found += _bursts(bends.power, number)
    return _join_channels(found, len(part.sound))


def find_dropouts(part: Part) -> list[Defect]:
    """Gaps of 2 ms to 3.5 s in a channel that is loud on both sides."""
    found = [
        report("dropout", start, end, end - start, channel=number)
        for number, channel in enumerate(part.sound)
        for start, end in channel_gaps(channel)
    ]
    return _join_channels(found, len(part.sound))


def _bend(channel: NDArray[np.float32]) -> Bends:
    bend = np.zeros(-(-len(channel) // _BLOCK) * _BLOCK, np.float32)
    if len(channel) > 2:
        np.subtract(channel[2:], channel[1:-1], out=bend[1 : len(channel) - 1])
        bend[1 : len(channel) - 1] -= channel[1:-1]
        bend[1 : len(channel) - 1] += channel[:-2]
    cut = bend.reshape(-1, _BLOCK)
    return Bends(bend, np.maximum(cut.max(axis=1), -cut.min(axis=1)), np.einsum("bn,bn->b", cut, cut) / _BLOCK)


def _sides(power: NDArray[np.float32], first: int, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean of `count` blocks that begin `first` blocks before, and after, each block."""
    reach = first + count
    framed = np.pad(power, reach, mode="edge")
    running = np.concatenate([[0.0], np.cumsum(framed, dtype=np.float64)])
    means = ((running[count:] - running[:-count]) / count).astype(np.float32)
    at = np.arange(len(power)) + reach
    return np.maximum(means[at - first - count + 1], 0), np.maximum(means[at + first], 0)


def _clicks(channel: NDArray[np.float32], bends: Bends, number: int) -> Iterator[Defect]:
    bend, highest, power = bends.samples, bends.highest, bends.power
    before, after = _sides(power, _APART, _SIDE)
    around = np.sqrt(np.maximum(before, after)) + 1e-6
    places = np.flatnonzero((highest > _RATIO * around) & (highest > _LEAST))
    last = -1.0
    for block in places.tolist():
        if not _is_short(power, block):
            continue
        at = block * _BLOCK + int(np.abs(bend[block * _BLOCK : (block + 1) * _BLOCK]).argmax())
        seconds, ratio = at / SAMPLE_RATE, float(highest[block] / around[block])
        if seconds - last < _ONE_PLACE_SECONDS or _begins(channel, at) or _rings(bend, at):
            continue
        step = abs(find_step(channel, at))
        if step > _JUMP[1] * float(highest[block]):
            continue
        last = seconds
        if step > _JUMP[0] * float(highest[block]):
            yield report("discontinuity", seconds, seconds, step, channel=number)
        else:
            yield report("click", seconds, seconds, ratio, channel=number)


def _is_short(power: NDArray[np.float32], block: int) -> bool:
    """Whether most curvature around `block` lies in a few blocks."""
    low, high = max(block - 8, 0), block + 9
    around = power[low:high]
    near = power[max(block - 1, 0) : block - 1 + _LONGEST_CLICK]
    return float(near.sum()) > 0.5 * float(around.sum())


def _rings(bend: NDArray[np.float32], at: int) -> bool:
    """Whether the curvature around its peak at `at` lasts longer than that of a click: a struck or plucked sound's own."""
    around = np.abs(bend[max(at - _RING_REACH, 0) : at + _RING_REACH + 1])
    highest = around.max()
    return all(int((around > part * highest).sum()) > most for part, most in _RING)


def _begins(channel: NDArray[np.float32], at: int) -> bool:
    """Whether the music is much louder after `at` than before it: a drum's own attack."""
    before, after = channel[max(at - 1_024, 0) : max(at - 64, 0)], channel[at + 144 : at + 1_104]
    if not before.size or not after.size:
        return False
    return float(after @ after) / after.size > (_ONSET**2) * float(before @ before) / before.size + 1e-6


def find_step(channel: NDArray[np.float32], at: int) -> float:
    """How far the waveform is moved at `at`, from the line before it to that after it; 0 where there is no room for both."""
    left, right = channel[max(at - 12, 0) : max(at - 1, 0)], channel[at + 3 : at + 14]
    if len(left) < 4 or len(right) < 4:
        return 0.0
    return float(_line(len(right), -2.5) @ right) - float(_line(len(left), len(left) + 1.5) @ left)


@lru_cache(maxsize=32)
def _line(count: int, at: float) -> NDArray[np.float64]:
    """What `count` samples count for in the value, at `at`, of the straight line that fits them best, (count,)."""
    apart = np.arange(count) - (count - 1) / 2
    weights: NDArray[np.float64] = 1 / count + (at - (count - 1) / 2) * apart / (apart @ apart)
    return weights


def _bursts(power: NDArray[np.float32], number: int) -> Iterator[Defect]:
    before, after = _sides(power, 1, 4)
    rises = np.flatnonzero((power > _BURST_RISE * before) & (power > _BURST_LEAST))
    falls = np.flatnonzero((power > _BURST_RISE * after) & (power > _BURST_LEAST))
    shortest, longest = _BURST_BLOCKS
    done = -1
    for rise in rises.tolist():
        ends = falls[(falls >= rise + shortest - 1) & (falls < rise + longest)]
        if rise <= done or not ends.size:
            continue
        fall = int(ends[0])
        inside = power[rise + 1 : fall]
        if inside.size and inside.min() > _BURST_EVEN * float(np.median(power[rise : fall + 1])):
            done = fall
            over = 10 * np.log10(float(np.median(inside)) / max(float(before[rise]), float(after[fall]), 1e-12))
            start, end = rise * _BLOCK / SAMPLE_RATE, (fall + 1) * _BLOCK / SAMPLE_RATE
            if over > 10 * np.log10(_BURST_RISE):
                yield report("noise_burst", start, end, float(over), evidence=f"{1000 * (end - start):.0f} ms", channel=number)


def _join_channels(found: list[Defect], channels: int) -> list[Defect]:
    """`found` by time; what both channels have at one place is told once, without a side."""
    if channels == 1:
        return [replace(one, channel=None) for one in found]
    return join_sides(found)


def join_sides(found: list[Defect]) -> list[Defect]:
    """`found` by time, where what left and right have within 5 ms is one defect of both: the worse, of its kind."""
    kept: list[Defect] = []
    for one in sorted(found, key=lambda defect: (defect.start, defect.channel or "")):
        twin = next((at for at in range(len(kept) - 1, max(len(kept) - 5, -1), -1) if _is_twin(kept[at], one)), None)
        if twin is None:
            kept.append(one)
        else:
            other = kept[twin]
            worse = one if one.reading > other.reading else other
            kept[twin] = replace(worse, start=min(one.start, other.start), end=max(one.end, other.end), channel=None)
    return kept


def _is_twin(other: Defect, one: Defect) -> bool:
    near = abs(other.start - one.start) < _ONE_PLACE_SECONDS
    return near and None not in (one.channel, other.channel) and other.channel != one.channel
