"""Cut, fade, scale and convert sound.

Every function takes samples (channels, n) at 48 kHz, float32, and returns a new array; times are seconds, gains dB.
Positions outside the sound are refused, never moved silently.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..timebase import CHANNELS, samples_of, seconds_of
from .channels import fold
from .samples import Samples, as_channels


def trim(samples: NDArray[Any], start: float = 0.0, end: float | None = None) -> Samples:
    """The part from `start` to `end` (None is the end of the sound)."""
    sound = as_channels(samples)
    first = samples_of(start)
    last = sound.shape[1] if end is None else samples_of(end)
    if not 0 <= first < last <= sound.shape[1]:
        until = "the end" if end is None else f"{end:g} s"
        raise BadInput(
            f"{start:g} s to {until} is not a part of {seconds_of(sound.shape[1]):.3f} s of sound",
            remedy="choose a start before the end, both inside the sound",
        )
    return sound[:, first:last].copy()


def fade(samples: NDArray[Any], *, fade_in: float = 0.0, fade_out: float = 0.0) -> Samples:
    """Fade the beginning and the end along half a cosine. Fades longer than the sound take all of it."""
    sound = as_channels(samples).copy()
    for seconds, ending in ((fade_in, False), (fade_out, True)):
        if seconds < 0:
            raise BadInput(f"a fade of {seconds:g} s is not possible", remedy="give 0 or more seconds")
        length = min(samples_of(seconds), sound.shape[1])
        if length and ending:
            sound[:, -length:] *= _rise(length)[::-1]
        elif length:
            sound[:, :length] *= _rise(length)
    return sound


def gain(samples: NDArray[Any], db: float) -> Samples:
    """`samples` turned up by `db`."""
    return as_channels(samples) * np.float32(10 ** (db / 20))


def fit_length(samples: NDArray[Any], length: int, *, fade_out: float = 0.0) -> Samples:
    """Exactly `length` samples: cut (with a fade of `fade_out` seconds at the cut) or followed by silence."""
    sound = as_channels(samples)
    if length <= 0:
        raise BadInput(f"a length of {length} samples is not possible", remedy="give 1 or more")
    if sound.shape[1] > length:
        return fade(sound[:, :length], fade_out=fade_out)
    return np.pad(sound, ((0, 0), (0, length - sound.shape[1])))


def to_stereo(samples: NDArray[Any]) -> Samples:
    """Two channels from one to eight, in the order of WAV files (see `channels`)."""
    sound = as_channels(samples)
    if sound.shape[0] == CHANNELS:
        return sound.copy()
    return np.ascontiguousarray(fold(sound.T).T)


def _rise(length: int) -> NDArray[np.float32]:
    """`length` values rising from just above 0 to just below 1."""
    t = (np.arange(length) + 0.5) / max(length, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * t), np.float32)
