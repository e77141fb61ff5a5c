"""The one shape of sound in this room: float32 arrays of shape (channels, samples), full scale at ±1.

Meters and edits take (samples,) too and read it as one channel; files are always the studio's 48 kHz stereo.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..timebase import CHANNELS

STRETCH: Final = 1 << 18
"""Samples that are looked at together, where a whole song at once would take its size again."""
Samples: TypeAlias = NDArray[np.float32]
"""Float32 array of shape (channels, samples)."""
_FROZEN: Final[WeakValueDictionary[int, Samples]] = WeakValueDictionary()
"""What `freeze` gave out and is still held, by its identity."""


def as_channels(samples: NDArray[Any]) -> Samples:
    """`samples` as float32 (channels, samples); one dimension becomes one channel.

    Raises `BadInput` for an array that is not sound: wrong shape, more samples than 8 along the channel axis, not
    numeric, NaN or Inf.
    """
    if isinstance(samples, np.ndarray) and _FROZEN.get(id(samples)) is samples:
        return samples
    if not isinstance(samples, np.ndarray) or samples.dtype.kind not in "fiu":
        raise BadInput(f"{type(samples).__name__} is not sound", remedy="pass a float32 array of shape (channels, samples)")
    if samples.ndim == 1:
        samples = samples[None]
    if samples.ndim != 2 or not 1 <= samples.shape[0] <= 8:
        shape = "x".join(map(str, samples.shape))
        raise BadInput(f"an array of shape {shape} is not sound", remedy="pass shape (channels, samples), at most 8 channels")
    sound = np.asarray(samples, np.float32)
    if not finite(sound):
        raise BadInput("the sound contains NaN or infinite samples", remedy="find the step that made them; none is ever silenced")
    return sound


def freeze(samples: NDArray[Any]) -> Samples:
    """`samples` as `as_channels` gives them, read-only: what is asked of them later does not look at every sample again.

    Whoever still holds `samples` must not write to them meanwhile. Raises as `as_channels` does.
    """
    sound = as_channels(samples).view()
    sound.flags.writeable = False
    _FROZEN[id(sound)] = sound
    return sound


def finite(sound: Samples) -> bool:
    """Whether every sample of `sound` (channels, samples) is a number."""
    return all(bool(np.isfinite(sound[:, start : start + STRETCH]).all()) for start in range(0, sound.shape[1], STRETCH))


def as_stereo(samples: NDArray[Any]) -> Samples:
    """`samples` checked to be studio stereo, shape (2, n) with n ≥ 1. Raises `BadInput` otherwise."""
    sound = as_channels(samples)
    if samples.ndim != 2 or sound.shape[0] != CHANNELS or sound.shape[1] == 0:
        shape = "x".join(map(str, samples.shape))
        raise BadInput(f"sound of shape {shape} is not studio stereo", remedy="pass shape (2, samples); edits.to_stereo helps")
    return sound


def mono(samples: NDArray[Any]) -> Samples:
    """Mean of the channels, shape (samples,)."""
    sound = as_channels(samples)
    if sound.shape[0] == 2:  # five times as fast as what follows, for what most sounds are
        middle: Samples = sound[0] + sound[1]
        middle *= np.float32(0.5)
        return middle
    mean: Samples = sound[0] if sound.shape[0] == 1 else sound.mean(axis=0, dtype=np.float32)
    return mean
