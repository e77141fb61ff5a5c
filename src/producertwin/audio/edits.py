"""Cut, fade, join, sum, scale and convert sound.

Every function takes samples (channels, n) at 48 kHz, float32, and returns a new array; times are seconds, gains dB.
Positions outside the sound are refused, never moved silently.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from ..errors import BadInput
from ..timebase import CHANNELS, samples_of, seconds_of
from .channels import fold
from .levels import sample_peak_db, true_peak_db
from .loudness import GATE_LUFS, loudness
from .samples import Samples, as_channels

Shape = Literal["linear", "equal_power", "cosine"]
"""Rise of a fade from 0 to 1: straight; a quarter sine, whose square and its mirror's sum to 1; half a cosine."""
_SHAPES: Final = ("linear", "equal_power", "cosine")
_HIGHEST_RATE: Final = 768_000


def ramp(length: int, shape: Shape = "equal_power") -> NDArray[np.float32]:
    """`length` values rising from just above 0 to just below 1; `ramp[::-1]` falls."""
    if shape not in _SHAPES:
        raise BadInput(f"{shape!r} is not a fade shape", remedy=f"choose one of {', '.join(_SHAPES)}")
    t = (np.arange(length) + 0.5) / max(length, 1)
    rise = {"linear": t, "equal_power": np.sin(0.5 * np.pi * t), "cosine": 0.5 - 0.5 * np.cos(np.pi * t)}[shape]
    return rise.astype(np.float32)


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


def fade(samples: NDArray[Any], *, fade_in: float = 0.0, fade_out: float = 0.0, shape: Shape = "cosine") -> Samples:
    """Fade the beginning and the end. Fades longer than the sound take all of it."""
    sound = as_channels(samples).copy()
    for seconds, ending in ((fade_in, False), (fade_out, True)):
        if seconds < 0:
            raise BadInput(f"a fade of {seconds:g} s is not possible", remedy="give 0 or more seconds")
        length = min(samples_of(seconds), sound.shape[1])
        if length and ending:
            sound[:, -length:] *= ramp(length, shape)[::-1]
        elif length:
            sound[:, :length] *= ramp(length, shape)
    return sound


def crossfade(first: NDArray[Any], second: NDArray[Any], seconds: float, *, shape: Shape = "equal_power") -> Samples:
    """`first` then `second`, overlapping by `seconds`.

    Equal power suits unlike sounds, linear two versions of the same sound.
    """
    before, after = as_channels(first), as_channels(second)
    _same_channels([before, after])
    length = samples_of(seconds)
    if not 0 <= length <= min(before.shape[1], after.shape[1]):
        raise BadInput(f"cannot overlap by {seconds:g} s", remedy="overlap by no more than the shorter sound")
    rise = ramp(length, shape)
    joint = before[:, before.shape[1] - length :] * rise[::-1] + after[:, :length] * rise
    return np.concatenate([before[:, : before.shape[1] - length], joint, after[:, length:]], axis=1)


def splice(
    samples: NDArray[Any], patch: NDArray[Any], start: float, *, overlap: float = 0.01, shape: Shape = "linear"
) -> Samples:
    """Lay `patch` over `samples` from `start`, fading over the first and last `overlap` seconds of the patch; the length stays.

    Outside the patch every sample is kept bit for bit. No fade is made at an edge that is the edge of the sound.
    """
    sound, new = as_channels(samples).copy(), as_channels(patch)
    _same_channels([sound, new])
    first = samples_of(start)
    last = first + new.shape[1]
    if not 0 <= first < last <= sound.shape[1]:
        raise BadInput(
            f"a patch of {seconds_of(new.shape[1]):.3f} s at {start:g} s does not fit into {seconds_of(sound.shape[1]):.3f} s",
            remedy="cut the patch or move it",
        )
    length = min(samples_of(overlap), new.shape[1] // 2)
    into, kept = np.ones(new.shape[1], np.float32), np.zeros(new.shape[1], np.float32)
    if length and first > 0:
        into[:length] = ramp(length, shape)
        kept[:length] = ramp(length, shape)[::-1]
    if length and last < sound.shape[1]:
        into[-length:] = ramp(length, shape)[::-1]
        kept[-length:] = ramp(length, shape)
    sound[:, first:last] = sound[:, first:last] * kept + new * into
    return sound


def sum_stems(stems: Iterable[NDArray[Any]]) -> Samples:
    """The sum of all stems, as long as the longest, added in double precision."""
    sounds = [as_channels(stem) for stem in stems]
    if not sounds:
        raise BadInput("no stems to sum", remedy="give at least one stem")
    _same_channels(sounds)
    total = np.zeros((sounds[0].shape[0], max(sound.shape[1] for sound in sounds)))
    for sound in sounds:
        total[:, : sound.shape[1]] += sound
    return total.astype(np.float32)


def gain(samples: NDArray[Any], db: float) -> Samples:
    """`samples` turned up by `db`."""
    return as_channels(samples) * np.float32(10 ** (db / 20))


def normalise_peak(samples: NDArray[Any], peak_db: float = -1.0, *, true_peak: bool = False) -> Samples:
    """`samples` scaled so that the sample peak (or the true peak) is `peak_db`; silence stays silent."""
    sound = as_channels(samples)
    if not sound.any():
        return sound.copy()
    return gain(sound, peak_db - (true_peak_db(sound) if true_peak else sample_peak_db(sound)))


def normalise_loudness(samples: NDArray[Any], lufs: float = -14.0, *, ceiling_db: float = -1.0) -> Samples:
    """`samples` scaled to `lufs`, less where the true peak would pass `ceiling_db`; silence stays silent."""
    sound = as_channels(samples)
    now = loudness(sound)
    if now <= GATE_LUFS:
        return sound.copy()
    return gain(sound, min(lufs - now, ceiling_db - true_peak_db(sound)))


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


def resample(samples: NDArray[Any], source: int, target: int) -> Samples:
    """`samples` at `source` Hz as samples at `target` Hz, by soxr's VHQ filter; about n·target/source of them."""
    sound = as_channels(samples)
    for rate in (source, target):
        if not 0 < rate <= _HIGHEST_RATE:
            raise BadInput(f"{rate} Hz is not a sample rate", remedy=f"give 1 to {_HIGHEST_RATE} Hz")
    if source == target or sound.shape[1] == 0:
        return sound.copy()
    return np.ascontiguousarray(soxr.resample(np.ascontiguousarray(sound.T), source, target, quality="VHQ").T, np.float32)


def _same_channels(sounds: list[Samples]) -> None:
    counts = {sound.shape[0] for sound in sounds}
    if len(counts) > 1:
        raise BadInput(
            f"sounds of {' and '.join(map(str, sorted(counts)))} channels do not mix", remedy="convert them with to_stereo"
        )
