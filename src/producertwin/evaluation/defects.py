"""What must not be in a take: silence, clipping, numbers that are not, DC, dropouts, noise, a stuck tone; and how often it
clicks.

Meters are those of `audio`; thresholds are starting values, to be tuned on planted defects. Crackle belongs to lofi, so
clicks are counted and compared with real songs, and are no defect by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..audio.levels import clipped_share, dc_offset, dropouts, silence_share
from ..timebase import SAMPLE_RATE
from .embedding import FRAME_RATE, spectra

CLIPPED_SHARE: Final = 1e-3
SILENT_SHARE: Final = 0.5
DC: Final = 0.01
STUCK_SECONDS: Final = 3.0
_ONE_PARTIAL: Final = 0.6
"""Part of the power that the strongest partial holds in a stuck frame."""
_STILL: Final = 0.02
"""Change of the spectrum's shape per tenth of a second, of at most 2, below which nothing happens."""
_FLAT: Final = 0.5
_FLAT_FRAMES: Final = 0.8
_CLICK_RATIO: Final = 10.0
_CLICK_LEAST: Final = 0.01
_CLICK_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Defects:
    """Which defects a take has."""

    not_finite: bool = False
    silent: bool = False
    clipped: bool = False
    dc: bool = False
    dropout: bool = False
    noise: bool = False
    stuck: bool = False

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(getattr(self, field.name) for field in fields(self))


NAMES: Final = tuple(field.name for field in fields(Defects))


def find(samples: NDArray[Any]) -> Defects:
    """The defects of `samples` (2, n) at 48 kHz. A sound that is not finite is not looked at further."""
    if not np.isfinite(samples).all():
        return Defects(not_finite=True)
    if silence_share(samples) > SILENT_SHARE:
        return Defects(silent=True)
    power = spectra(np.asarray(samples.mean(axis=0), np.float32))[:, 2:]
    return Defects(
        clipped=clipped_share(samples) > CLIPPED_SHARE,
        dc=dc_offset(samples) > DC,
        dropout=bool(dropouts(samples)),
        noise=flat_share(power) > _FLAT_FRAMES,
        stuck=stuck_seconds(power) >= STUCK_SECONDS,
    )


def clicks(samples: NDArray[Any]) -> int:
    """Single events whose second difference is over 10 x its local RMS (5 ms) and 0.01 of full scale."""
    sound = np.nan_to_num(np.asarray(samples, np.float64)).mean(axis=0)
    if sound.size < 3:
        return 0
    bend = np.abs(np.diff(sound, 2))
    around = np.sqrt(np.maximum(uniform_filter1d(bend**2, 257, mode="nearest") - bend**2 / 257, 0.0))
    places = np.flatnonzero((bend > _CLICK_RATIO * around) & (bend > _CLICK_LEAST))
    apart = np.diff(places, prepend=-SAMPLE_RATE) > _CLICK_SECONDS * SAMPLE_RATE
    return int(apart.sum())


def flat_share(power: NDArray[Any]) -> float:
    """Share of audible frames whose spectrum (frames, bins) is flat as noise is; 0 where nothing sounds."""
    level = power.mean(axis=1)
    heard = level > 1e-6 * max(float(level.max(initial=0.0)), 1e-12)
    if not heard.any():
        return 0.0
    flatness = np.exp(np.log(power[heard] + 1e-20).mean(axis=1)) / (level[heard] + 1e-20)
    return float((flatness > _FLAT).mean())


def stuck_seconds(power: NDArray[Any]) -> float:
    """Longest stretch in which one partial holds most of the power (frames, bins) and the spectrum stands still."""
    tenth = FRAME_RATE // 10
    frames = power[: len(power) // tenth * tenth].reshape(-1, tenth, power.shape[1]).mean(axis=1)
    if len(frames) < 2:
        return 0.0
    shape = frames / np.maximum(frames.sum(axis=1, keepdims=True), 1e-12)
    around = uniform_filter1d(shape, 5, axis=1, mode="constant") * 5
    still = np.abs(np.diff(shape, axis=0)).sum(axis=1) < _STILL
    bad = still & (around[1:].max(axis=1) > _ONE_PARTIAL)
    longest = run = 0
    for stuck in bad.tolist():
        run = run + 1 if stuck else 0
        longest = max(longest, run)
    return longest / 10.0
