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
from scipy.signal import butter, filtfilt, iirnotch, iirpeak, sosfiltfilt

from ...audio.flat_tops import find_flat_tops
from ...audio.levels import find_overs, true_peak_db
from ...audio.samples import Samples
from ...timebase import SAMPLE_RATE, samples_of
from ..detectors.defect import Defect
from .interpolation import fill

Stretch = tuple[int, int]
_HEAD: Final = samples_of(0.05)
"""Silence that is left before and after the music."""
_EDGE: Final = samples_of(0.01)
_CEILING: Final = 10 ** (-0.5 / 20)
_REACH: Final = samples_of(0.004)
"""How far before and after a peak the gain is turned down."""
_CLICK_REACH: Final = 6
_MUD_HZ: Final = 320.0


@dataclass(frozen=True, slots=True)
class Edited:
    """A sound after an edit."""

    sound: Samples
    stretches: tuple[Stretch, ...]
    """Samples of the old sound in which the new one may differ."""
    start: int = 0
    """Samples of the old sound that are cut off before the new one begins."""


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
    length = min(_EDGE, made.shape[1])
    made[:, :length] *= _rise(length)
    return Edited(made, ((0, length),))


def fade_end(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Fade out over the last 150 ms."""
    made = sound.copy()
    length = min(15 * _EDGE, made.shape[1])
    made[:, -length:] *= _rise(length)[::-1]
    return Edited(made, ((made.shape[1] - length, made.shape[1]),))


def remove_dc(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Take the mean of each stretch off it, faded in and out over 50 ms."""
    made, stretches = sound.copy(), []
    for one in defects:
        first, last = _stretch(one, sound)
        for channel in _channels(one):
            mean = float(sound[channel, first:last].mean(dtype=np.float64))
            made[channel, first:last] -= np.float32(mean) * _plateau(last - first, first > 0, last < sound.shape[1])
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def high_pass(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Take off each stretch what lies below 8 Hz, faded in and out over 50 ms: an offset that comes and goes inside it too."""
    made, stretches = sound.copy(), []
    sections = butter(2, 8.0, "highpass", fs=SAMPLE_RATE, output="sos")
    for one in defects:
        first, last = _stretch(one, sound)
        for channel in _channels(one):
            part = sound[channel, first:last]
            slow = part - sosfiltfilt(sections, part.astype(np.float64), padlen=min(SAMPLE_RATE, last - first - 1))
            made[channel, first:last] -= (slow * _plateau(last - first, first > 0, last < sound.shape[1])).astype(np.float32)
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def remove_clicks(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Make the samples of every click anew from those beside it; a jump is bent together over 10 ms first."""
    made, stretches = sound.copy(), []
    for one in defects:
        at = samples_of(one.start)
        for channel in _channels(one):
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
        for channel in _channels(one):
            made[channel, first:last] = fill(made[channel], first, last)
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def rebuild_tops(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Draw every flat top as the curve that its flanks ask for. Where that goes beyond full scale, `limit_peaks` comes after."""
    made, stretches = sound.copy(), []
    for one in defects:
        first, last = _stretch(one, sound, 4)
        for channel in _channels(one):
            part = sound[channel, first:last]
            tops = find_flat_tops(part)
            for place, length in zip(tops.places.tolist(), tops.lengths.tolist(), strict=True):
                a, b = first + place, first + place + length
                if a >= 3 and b + 3 <= sound.shape[1]:
                    made[channel, a:b] = _draw_top(sound[channel], a, b)
                    stretches.append((a, b))
    return Edited(made, tuple(stretches))


def limit_peaks(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn the gain down for some milliseconds around every peak that is too high."""
    need = np.ones(sound.shape[1], np.float32)
    for channel in sound:
        places, peaks = find_overs(channel, 10 ** (-0.1 / 20))
        np.minimum.at(need, places, (_CEILING / np.maximum(peaks, 1e-9)).astype(np.float32))
    low = minimum_filter1d(need, 2 * _REACH + 1)
    gain = uniform_filter1d(low, _REACH | 1)
    return Edited((sound * gain).astype(np.float32), _where(gain < 1))


def turn_down(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn all of it down until no peak is too high."""
    gain = 10 ** ((-1.0 - true_peak_db(sound)) / 20)
    return Edited((sound * np.float32(min(gain, 1.0))).astype(np.float32), ((0, sound.shape[1]),))


def remove_hum(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Narrow notches at the mains' frequency and its multiples up to 400 Hz."""
    mains = 60.0 if any(one.evidence.startswith("60") for one in defects) else 50.0
    made = sound.astype(np.float64)
    for number in range(1, 9):
        if mains * number > 420:
            break
        b, a = iirnotch(mains * number, 18.0 * number, SAMPLE_RATE)
        made = filtfilt(b, a, made, axis=1, padlen=min(SAMPLE_RATE, sound.shape[1] - 1))
    return Edited(made.astype(np.float32), ((0, sound.shape[1]),))


def turn_over(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn the right channel over in every stretch that is out of phase, with 10 ms at each side to go from one to the other."""
    made, stretches = sound.copy(), []
    for one in defects:
        first, last = _stretch(one, sound)
        made[1, first:last] *= 1 - 2 * _plateau(last - first, first > 0, last < sound.shape[1], _EDGE)
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def balance_sides(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn the louder side down by what it is louder."""
    made = sound.copy()
    for one in defects:
        made[0 if one.channel == "left" else 1] *= np.float32(10 ** (-one.reading / 20))
    return Edited(made, ((0, sound.shape[1]),))


def clear_mud(decibels: float) -> Edit:
    """What turns 200 to 500 Hz down by `decibels` in every muddy stretch."""

    def edit(sound: Samples, defects: Sequence[Defect]) -> Edited:
        b, a = iirpeak(_MUD_HZ, 0.9, SAMPLE_RATE)
        made, stretches = sound.astype(np.float64), []
        for one in defects:
            first, last = _stretch(one, sound)
            band = filtfilt(b, a, sound[:, first:last].astype(np.float64), axis=1, padlen=min(4_800, last - first - 1))
            turn = (1 - 10 ** (-decibels / 20)) * _plateau(last - first, first > 0, last < sound.shape[1])
            made[:, first:last] -= turn * band
            stretches.append((first, last))
        return Edited(made.astype(np.float32), tuple(stretches))

    return edit


def _stretch(defect: Defect, sound: Samples, wider: int = 0) -> Stretch:
    return max(samples_of(defect.start) - wider, 0), min(samples_of(defect.end) + wider, sound.shape[1])


def _channels(defect: Defect) -> tuple[int, ...]:
    return {"left": (0,), "right": (1,), None: (0, 1)}[defect.channel]


def _rise(length: int) -> NDArray[np.float32]:
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1)), np.float32)


def _plateau(length: int, rises: bool, falls: bool, edge: int = 5 * _EDGE) -> NDArray[np.float32]:
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
    left, right = channel[max(at - 12, 0) : max(at - 1, 0)], channel[at + 3 : at + 14]
    length = min(_EDGE, len(channel) - at)
    if len(left) < 4 or len(right) < 4 or length < 16:
        return
    before = np.polyval(np.polyfit(np.arange(-len(left), 0), left, 1), 1.5)
    after = np.polyval(np.polyfit(np.arange(len(right)), right, 1), -2.5)
    channel[at : at + length] -= np.float32(after - before) * _rise(length)[::-1]


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
    most = 2.0 * abs(level)
    rounded = np.clip(np.sign(level) * drawn, abs(level) * (1 + 2e-4 * _hump(last - first)), most)
    return np.asarray(np.sign(level) * rounded, np.float32)


def _hump(length: int) -> NDArray[np.float64]:
    """0 at both ends and 1 in the middle: what keeps a top from being flat."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length) * 10, np.float64)


def _where(mask: NDArray[np.bool_]) -> tuple[Stretch, ...]:
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return tuple(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))
