"""Faults of the stereo image: both channels alike, out of phase, lost in mono, one side louder.

Each function takes the profile of a whole sound; a sound of one channel has no image. Correlations are -1 to 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...audio.levels import decibels
from ...audio.loudness import GATE_LUFS, integrated_lufs
from .defect import Defect, merge, report
from .profile import STEPS, Profile

_WINDOW: Final = 20
"""Steps of a window, 2 s."""
_ALIKE: Final = 0.9995
_PHASE: Final = 0.5
_QUIET: Final = 10 ** (-60 / 10)
_BASS_PART: Final = 0.1
"""Part of the power that the bass has at least where its phase matters."""
_BASS_PHASE: Final = -0.1
_NEAR_PROGRAM_DB: Final = -10.0
"""Below the music by this, reverberation dies away, and its channels are strangers to each other."""


def find_dual_mono(profile: Profile) -> list[Defect]:
    """Two channels that are one; information."""
    if profile.channels < 2 or profile.program_db <= -60:
        return []
    alike = _correlation(profile.power[0].sum(), profile.power[1].sum(), profile.cross.sum())
    return [report("dual_mono", 0.0, profile.seconds, alike)] if alike > _ALIKE else []


def find_out_of_phase(profile: Profile) -> list[Defect]:
    """Stretches of 2 s and more in which left and right work against each other."""
    if profile.channels < 2:
        return []
    left, right, both = _windows(profile.power[0]), _windows(profile.power[1]), _windows(profile.cross)
    against = -_correlations(left, right, both)
    heard = left + right > _QUIET
    return _stretches("out_of_phase", np.where(heard, against, -1.0), _PHASE, profile)


def find_bass_phase(profile: Profile) -> list[Defect]:
    """Stretches whose bass is out of phase although the rest may not be."""
    if profile.channels < 2:
        return []
    left, right, both = (_windows(part) for part in profile.bass)
    total = _windows(profile.bass[:2].sum(axis=0)) / np.maximum(_windows(profile.low_mids[1]), 1e-12)
    loud = 10 ** ((profile.program_db + _NEAR_PROGRAM_DB) / 10)
    heard = (_windows(profile.power.mean(axis=0)) > loud) & (total > _BASS_PART)
    against = np.where(heard, -_correlations(left, right, both), -1.0)
    return _stretches("bass_phase", against, -_BASS_PHASE, profile)


def find_mono_loss(profile: Profile) -> list[Defect]:
    """Loudness that is lost where both channels are played as one."""
    if profile.channels < 2 or profile.loudness_lufs <= GATE_LUFS:
        return []
    loss = profile.loudness_lufs - integrated_lufs(2.0 * profile.weighted_mid)
    return [report("mono_loss", 0.0, profile.seconds, loss)] if loss > 3 else []


def find_imbalance(profile: Profile) -> list[Defect]:
    """One channel louder than the other."""
    if profile.channels < 2 or profile.loudness_lufs <= GATE_LUFS:
        return []
    left, right = (integrated_lufs(power) for power in profile.weighted)
    if abs(left - right) <= 3:
        return []
    louder = 0 if left > right else 1
    seen = f"left {left:.1f} LUFS, right {right:.1f}"
    return [report("imbalance", 0.0, profile.seconds, abs(left - right), evidence=seen, channel=louder)]


def width_db(profile: Profile) -> float:
    """Power of the difference of the channels against that of their sum, dB; -120 for one channel."""
    if profile.channels < 2:
        return -120.0
    total, cross = float(profile.power.sum()), float(profile.cross.sum())
    return decibels(float(np.sqrt(max(total - 2 * cross, 0.0) / max(total + 2 * cross, 1e-12))))


def _windows(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of every window of 2 s; a shorter sound is one."""
    width = min(_WINDOW, len(curve))
    running = np.concatenate([[0.0], np.cumsum(curve)])
    means: NDArray[np.float64] = (running[width:] - running[:-width]) / width
    return means


def _correlation(left: float, right: float, both: float) -> float:
    scale = float(np.sqrt(left * right))
    return both / scale if scale > 0 else 0.0


def _correlations(left: NDArray[np.float64], right: NDArray[np.float64], both: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.sqrt(np.maximum(left * right, 0.0))
    found: NDArray[np.float64] = np.where(scale > 1e-9, both / np.maximum(scale, 1e-12), 1.0)
    return found


def _stretches(kind: str, reading: NDArray[np.float64], least: float, profile: Profile) -> list[Defect]:
    """A defect of `kind` for every stretch of windows above `least`."""
    width = min(_WINDOW, profile.power.shape[1]) / STEPS
    found = [
        report(kind, place / STEPS, min(place / STEPS + width, profile.seconds), float(reading[place]))
        for place in np.flatnonzero(reading > least).tolist()
    ]
    return merge(found, 0.1)
