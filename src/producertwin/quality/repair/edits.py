"""Plain edits: what a person with an editor would do about a defect, as pure functions.

An edit takes sound (2, n) float32 at 48 kHz and the defects of one kind, and gives an `Edited`: the new sound, and the stretches
of samples in which it may differ from the old; `apply` makes sure that it differs nowhere else. Edits that cut pieces off say how
many samples are gone before the rest. None draws random numbers.
"""
# ruff: noqa: ARG001 - one signature for all edits

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from ...audio.flat_tops import find_flat_tops
from ...audio.levels import find_overs, true_peak_db
from ...audio.samples import Samples
from ...timebase import samples_of
from ..detectors.defect import Defect
from ..detectors.events import find_step
from .interpolation import fill

Stretch = tuple[int, int]
_HEAD: Final = samples_of(0.05)
"""Silence that is left before and after the music."""
EDGE: Final = samples_of(0.01)
CEILING: Final = 10 ** (-0.5 / 20)
_REACH: Final = samples_of(0.004)
"""How far before and after a peak the gain is turned down."""
_CLICK_REACH: Final = 6
_LEAST_TOP: Final = 0.02
"""Part of its level that a top is drawn above it, at least: what is only a little round is flat to the ear too."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A sound after an edit."""

    sound: Samples
    stretches: tuple[Stretch, ...]
    """Samples of the old sound in which the new one may differ."""
    start: int = 0
    """Samples of the old sound that are cut off before the new one begins."""

    @property
    def only_cuts(self) -> bool:
        """Whether the new sound is a piece of the old one."""
        return not self.stretches


Edit = Callable[[Samples, Sequence[Defect]], Edited]


def apply(edit: Edit, sound: Samples, defects: Sequence[Defect]) -> Edited:
    """What `edit` makes of `sound`, and the old samples everywhere outside its stretches."""
    made = edit(sound, defects)
    if made.sound.shape != sound.shape:
        return made
    kept = sound.copy()
    for first, last in made.stretches:
        kept[:, first:last] = made.sound[:, first:last]
    return Edited(kept, made.stretches)


def trim_start(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Cut off the silence before the music, but for 50 ms."""
    first = max(samples_of(max(one.end for one in defects)) - _HEAD, 0)
    return Edited(sound[:, first:].copy(), (), first)


def trim_end(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Cut off the silence after the music, but for half a second."""
    last = min(samples_of(min(one.start for one in defects)) + 10 * _HEAD, sound.shape[1])
    return Edited(sound[:, :last].copy(), ())


def fade_start(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Fade in over 10 ms."""
    made = sound.copy()
    length = min(EDGE, made.shape[1])
    made[:, :length] *= _rise(length)
    return Edited(made, ((0, length),))


def fade_end(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Fade out over the last 150 ms."""
    made = sound.copy()
    length = min(15 * EDGE, made.shape[1])
    made[:, -length:] *= _rise(length)[::-1]
    return Edited(made, ((made.shape[1] - length, made.shape[1]),))


def remove_clicks(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Make the samples of every click anew from those beside it; a jump is bent together over 10 ms first."""
    made, stretches = sound.copy(), []
    for one in defects:
        at = samples_of(one.start)
        for channel in channels_of(one):
            if one.kind == "discontinuity":
                _bend_together(made[channel], at)
            first, last = _click_width(made[channel], at)
            made[channel, first:last] = fill(made[channel], first, last)
        stretches.append((max(at - 96, 0), min(at + samples_of(0.012), sound.shape[1])))
    return Edited(made, tuple(stretches))


def fill_gaps(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Make dropouts and bursts of noise anew from what is beside them."""
    made, stretches = sound.copy(), []
    for one in defects:
        wider = 64 if one.kind == "noise_burst" else 2
        first, last = max(samples_of(one.start) - wider, 0), min(samples_of(one.end) + wider, sound.shape[1])
        for channel in channels_of(one):
            made[channel, first:last] = fill(made[channel], first, last)
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def rebuild_tops(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Draw every flat top as the curve that its flanks ask for. Where that goes beyond full scale, `limit_peaks` comes after."""
    made, stretches = sound.copy(), []
    for one in defects:
        first, last = stretch_of(one, sound, 4)
        for channel in channels_of(one):
            part = sound[channel, first:last]
            tops = find_flat_tops(part)
            for place, length in zip(tops.places.tolist(), tops.lengths.tolist(), strict=True):
                a, b = first + place, first + place + length
                if a >= 3 and b + 3 <= sound.shape[1]:
                    made[channel, a:b] = _draw_top(sound[channel], a, b)
                    stretches.append((a, b))
    return Edited(made, tuple(stretches))


def rebuild_and_limit(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """`rebuild_tops`, and `limit_peaks` where that goes beyond full scale: what was clipped at full scale needs both."""
    built = rebuild_tops(sound, defects)
    limited = limit_peaks(built.sound, defects)
    return Edited(limited.sound, (*built.stretches, *limited.stretches))


def rebuild_and_turn_down(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """`rebuild_tops`, and all of it turned down until no peak is too high."""
    return turn_down(rebuild_tops(sound, defects).sound, defects)


def limit_peaks(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn the gain down for some milliseconds around every peak that is too high."""
    need = np.ones(sound.shape[1], np.float32)
    for channel in sound:
        places, peaks = find_overs(channel, 10 ** (-0.1 / 20))
        np.minimum.at(need, places, (CEILING / np.maximum(peaks, 1e-9)).astype(np.float32))
    low = minimum_filter1d(need, 2 * _REACH + 1)
    gain = uniform_filter1d(low, _REACH | 1)
    return Edited((sound * gain).astype(np.float32), _where(gain < 1))


def turn_down(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn all of it down until no peak is too high."""
    gain = 10 ** ((-1.0 - true_peak_db(sound)) / 20)
    return Edited((sound * np.float32(min(gain, 1.0))).astype(np.float32), ((0, sound.shape[1]),))


def stretch_of(defect: Defect, sound: Samples, wider: int = 0) -> Stretch:
    """The samples of a defect, and so many more on each side."""
    return max(samples_of(defect.start) - wider, 0), min(samples_of(defect.end) + wider, sound.shape[1])


def channels_of(defect: Defect) -> tuple[int, ...]:
    """The channels that a defect is in."""
    return {"left": (0,), "right": (1,), None: (0, 1)}[defect.channel]


def _rise(length: int) -> NDArray[np.float32]:
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1)), np.float32)


def plateau(length: int, rises: bool, falls: bool, edge: int = 5 * EDGE) -> NDArray[np.float32]:
    """1 over `length` samples, but for its ends where it rises from 0 and falls to it."""
    found = np.ones(length, np.float32)
    edge = min(edge, length // 2)
    if rises and edge:
        found[:edge] = _rise(edge)
    if falls and edge:
        found[-edge:] = _rise(edge)[::-1]
    return found


def _bend_together(channel: NDArray[np.float32], at: int) -> None:
    """Move what follows a jump at `at` to what was before it, less and less over 10 ms; in place."""
    length = min(EDGE, len(channel) - at)
    if length >= 16:
        channel[at : at + length] -= np.float32(find_step(channel, at)) * _rise(length)[::-1]


def _click_width(channel: NDArray[np.float32], at: int) -> Stretch:
    """The samples around `at` whose curvature stands out, at least six on each side, at most 48."""
    low, high = max(at - 48, 1), min(at + 49, len(channel) - 1)
    bend = np.abs(channel[low - 1 : high - 1] - 2 * channel[low:high] + channel[low + 1 : high + 1])
    quiet = np.median(np.concatenate([bend[:16], bend[-16:]])) if len(bend) > 48 else 0.0
    places = np.flatnonzero(bend > max(6 * float(quiet), 0.1 * float(bend.max(initial=0.0)))) + low
    first = int(places[0]) - 3 if places.size else at - _CLICK_REACH
    last = int(places[-1]) + 4 if places.size else at + _CLICK_REACH
    return max(min(first, at - _CLICK_REACH), 0), min(max(last, at + _CLICK_REACH), len(channel))


def _draw_top(channel: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
    """The cubic between the flanks of a flat top, never below it."""
    places = np.array([first - 3, first - 2, first - 1, last, last + 1, last + 2], np.float64)
    middle, half = (first + last - 1) / 2, max((last - first) / 2 + 2, 1.0)
    weights = np.polyfit((places - middle) / half, channel[places.astype(int)], 3)
    drawn = np.polyval(weights, (np.arange(first, last) - middle) / half)
    level = float(channel[first])
    over = np.maximum(np.sign(level) * drawn - abs(level), 0.0)
    over *= min(1.0, abs(level) / max(float(over.max()), 1e-12))  # twice the level at most
    rounded = abs(level) + np.maximum(over, _LEAST_TOP * abs(level) * _hump(last - first))
    return np.asarray(np.sign(level) * rounded, np.float32)


def _hump(length: int) -> NDArray[np.float64]:
    """0 at both ends and 1 in the middle: what keeps a top from being flat."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length), np.float64)


def _where(mask: NDArray[np.bool_]) -> tuple[Stretch, ...]:
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return tuple(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))
