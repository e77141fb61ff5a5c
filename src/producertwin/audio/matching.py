"""Bring a new part to the sound that it stands in: its spectrum, and its level at both ends.

The spectrum is the mean power in 31 bands a third of an octave apart (20 Hz to 20 kHz, each an octave wide), so that it says what
a sound is made of and not which notes it plays. One filter of linear phase moves the part's towards that of both neighbours
together, by at most `MOST_TILT_DB` in any band. Then a gain brings the level of its first and last `ENDS` (a third of a shorter
part) to that of the neighbour there, by at most `MOST_GAIN_DB`; between them it goes straight, in decibels, from the one to the
other. A neighbour that is silent asks for nothing.

Sounds are float32 (channels, samples) at 48 kHz; levels dBFS RMS.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from ..timebase import SAMPLE_RATE
from . import levels, spectrum, stft
from .samples import Samples, as_channels

MOST_TILT_DB: Final = 9.0
"""Most that the filter changes a band, beside the part's level."""
MOST_GAIN_DB: Final = 36.0
"""Most that the gain changes the level."""
ENDS: Final = SAMPLE_RATE
"""Samples at an end of the part, and of the neighbour there, whose levels are brought together: one second."""
SILENT_DB: Final = -60.0
"""A neighbour below this level is silent."""
_TAPS: Final = 4_096
_CENTRES: Final = 1_000.0 * 2.0 ** (np.arange(-17, 14) / 3.0)
_FLOOR_DB: Final = -50.0
"""Bands this far below the loudest say nothing of a spectrum's shape."""


def match(part: NDArray[Any], before: NDArray[Any], after: NDArray[Any]) -> Samples:
    """A copy of `part` with the spectrum and level of its neighbours `before` and `after`, either of which may have no samples.

    A part shorter than a window of `spectrum` has no spectrum to speak of, and only its level is matched.
    """
    sound = as_channels(part).copy()
    sides = [side if _is_heard(side) else None for side in (as_channels(before), as_channels(after))]
    known = [side for side in sides if side is not None]
    if not known or not _is_heard(sound):
        return sound
    if sound.shape[1] >= spectrum.WINDOW:
        sound = _match_spectrum(sound, np.concatenate(known, axis=1))
    return _match_levels(sound, *sides)


def _is_heard(sound: Samples) -> bool:
    return sound.shape[1] > 0 and levels.rms_db(sound) > SILENT_DB


def _match_spectrum(part: Samples, neighbours: Samples) -> Samples:
    """`part` through the filter that brings its spectrum to that of `neighbours`."""
    wanted, own = _bands(neighbours), _bands(part)
    top = np.maximum(wanted.max(), own.max())
    lift = np.maximum(wanted, top + _FLOOR_DB) - np.maximum(own, top + _FLOOR_DB)
    hz = np.maximum(stft.bin_hz(_TAPS, SAMPLE_RATE), 1.0)
    drawn = np.interp(np.log2(hz), np.log2(_CENTRES), np.clip(lift, -MOST_TILT_DB, MOST_TILT_DB))
    taps = np.roll(np.fft.irfft(10 ** (drawn / 20)), _TAPS // 2) * stft.periodic_hann(_TAPS)
    filtered = oaconvolve(np.pad(part, ((0, 0), (_TAPS, _TAPS)), mode="reflect"), taps[None], axes=1)
    start = _TAPS + _TAPS // 2
    return np.asarray(filtered[:, start : start + part.shape[1]], np.float32)


def _bands(sound: Samples) -> NDArray[np.float64]:
    """Power of `sound`, brought to one level, in each band, dB."""
    hz, power = stft.bin_hz(spectrum.WINDOW, SAMPLE_RATE), spectrum.power_spectrum(sound)[1]
    inside = np.abs(np.log2(np.maximum(hz, 1.0))[:, None] - np.log2(_CENTRES)) <= 0.5
    found = power @ inside / inside.sum(axis=0)
    return np.asarray(10 * np.log10(np.maximum(found / max(float(power.sum()), 1e-20), 1e-12)), np.float64)


def _match_levels(part: Samples, before: Samples | None, after: Samples | None) -> Samples:
    """`part` with a gain that brings the level of each of its ends to the neighbour's there."""
    length = part.shape[1]
    held = min(ENDS, -(-length // 3))
    start = None if before is None else _missing_db(part[:, :held], before[:, -ENDS:])
    end = None if after is None else _missing_db(part[:, -held:], after[:, :ENDS])
    known = [gain for gain in (start, end) if gain is not None]
    gain = np.interp(np.arange(length), [held, length - held], [known[0], known[-1]])
    return np.asarray(part * 10 ** (gain / 20), np.float32)


def _missing_db(own: Samples, neighbour: Samples) -> float:
    """By how much `own` is quieter than `neighbour`, within the bound."""
    return float(np.clip(levels.rms_db(neighbour) - levels.rms_db(own), -MOST_GAIN_DB, MOST_GAIN_DB))
