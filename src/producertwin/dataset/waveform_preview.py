"""A preview of a sound's waveform, small enough to be stored with every track.

Two heights for each of `COLUMNS` stretches of equal length, from 0 to `HALF` for full scale: the largest magnitude, and the root
mean square over both channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ..audio.samples import Samples
from ..recipe import Record

COLUMNS: Final = 120
HALF: Final = 16
"""Height of a waveform above its middle."""


class WaveformPreview(Record):
    """Peaks and powers of a waveform in columns, from 0 to `HALF`."""

    peaks: tuple[int, ...]
    """Largest magnitude in each of `COLUMNS` stretches of the length."""
    powers: tuple[int, ...]
    """Root mean square in the same."""


def waveform_preview(clips: Sequence[Samples], gain_db: float = 0.0) -> WaveformPreview:
    """The preview of `clips`, each (2, n), n ≥ 1, in a row and turned up by `gain_db`; full scale is the highest."""
    factor = 10 ** (gain_db / 20)
    stretches = list(_stretches(clips))
    peaks = [_height(factor * max(float(part.max()), -float(part.min()))) for part in stretches]
    powers = [_height(factor * float(np.sqrt(np.einsum("cn,cn->", part, part) / part.size))) for part in stretches]
    return WaveformPreview(peaks=tuple(peaks), powers=tuple(powers))


def _stretches(clips: Sequence[Samples]) -> Iterator[Samples]:
    """`COLUMNS` stretches of equal length; only where one spans two clips is anything copied."""
    starts = np.cumsum([0, *(clip.shape[1] for clip in clips)])
    for first, last in pairwise(np.linspace(0, starts[-1], COLUMNS + 1).astype(int).tolist()):
        end = max(last, first + 1)
        cut = [clip[:, max(first - start, 0) : max(end - start, 0)] for clip, start in zip(clips, starts, strict=False)]
        parts = [part for part in cut if part.size]
        yield parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _height(level: float) -> int:
    return min(round(HALF * level), HALF)
