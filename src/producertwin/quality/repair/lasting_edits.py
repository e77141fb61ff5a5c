"""Plain edits of what lasts: offsets, hum, the stereo image, mud. Conventions are those of `edits`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.signal import butter, filtfilt, iirnotch, iirpeak, sosfiltfilt

from ...audio.samples import Samples
from ...timebase import SAMPLE_RATE
from ..detectors.defect import Defect
from .edits import CEILING, EDGE, Edit, Edited, channels_of, fade_start, plateau, stretch_of

_MUD_HZ: Final = 320.0


def remove_dc(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Take the mean of each stretch off it, faded in and out over 50 ms."""
    made, stretches = sound.copy(), []
    for one in defects:
        first, last = stretch_of(one, sound)
        for channel in channels_of(one):
            mean = float(sound[channel, first:last].mean(dtype=np.float64))
            made[channel, first:last] -= np.float32(mean) * plateau(last - first, first > 0, last < sound.shape[1])
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def high_pass(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Take off each stretch what lies below 8 Hz, faded in and out over 50 ms: an offset that comes and goes inside it too."""
    made, stretches = sound.copy(), []
    sections = butter(2, 8.0, "highpass", fs=SAMPLE_RATE, output="sos")
    for one in defects:
        first, last = stretch_of(one, sound)
        for channel in channels_of(one):
            part = sound[channel, first:last]
            slow = part - sosfiltfilt(sections, part.astype(np.float64), padlen=min(SAMPLE_RATE, last - first - 1))
            made[channel, first:last] -= (slow * plateau(last - first, first > 0, last < sound.shape[1])).astype(np.float32)
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


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
        first, last = stretch_of(one, sound)
        made[1, first:last] *= 1 - 2 * plateau(last - first, first > 0, last < sound.shape[1], EDGE)
        stretches.append((first, last))
    return Edited(made, tuple(stretches))


def balance_sides(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn the louder side down by what it is louder."""
    made = sound.copy()
    for one in defects:
        made[0 if one.channel == "left" else 1] *= np.float32(10 ** (-one.reading / 20))
    return Edited(made, ((0, sound.shape[1]),))


def balance_and_fade(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """`balance_sides`, and `fade_start`: beside quieter music, a first sample that was let pass before begins it abruptly."""
    faded = fade_start(balance_sides(sound, defects).sound, defects)
    return Edited(faded.sound, ((0, sound.shape[1]),))


def meet_sides(sound: Samples, defects: Sequence[Defect]) -> Edited:
    """Turn the louder side down and the other up by half of the difference, as far as the peak allows."""
    made = sound.copy()
    for one in defects:
        louder = 0 if one.channel == "left" else 1
        room = -20 * np.log10(max(float(np.abs(made[1 - louder]).max()), 1e-9) / CEILING)
        up = float(np.clip(one.reading / 2, 0.0, max(room, 0.0)))
        made[1 - louder] *= np.float32(10 ** (up / 20))
        made[louder] *= np.float32(10 ** ((up - one.reading) / 20))
    return Edited(made, ((0, sound.shape[1]),))


def clear_mud(decibels: float) -> Edit:
    """What turns 200 to 500 Hz down by `decibels` in every muddy stretch."""

    def edit(sound: Samples, defects: Sequence[Defect]) -> Edited:
        b, a = iirpeak(_MUD_HZ, 0.9, SAMPLE_RATE)
        made, stretches = sound.astype(np.float64), []
        for one in defects:
            first, last = stretch_of(one, sound)
            band = filtfilt(b, a, sound[:, first:last].astype(np.float64), axis=1, padlen=min(4_800, last - first - 1))
            turn = (1 - 10 ** (-decibels / 20)) * plateau(last - first, first > 0, last < sound.shape[1])
            made[:, first:last] -= turn * band
            stretches.append((first, last))
        return Edited(made.astype(np.float32), tuple(stretches))

    return edit
