"""Planted faults of a mix of growing strength: what the quality head learns to hear.

Noise, low-pass and overdrive are those of `metrics.degradations`. Three more are faults of mixing: stems out of balance (each
by up to 20 dB), mud (a bell of up to 15 dB between 180 and 400 Hz), a mix that stands on one side (down by up to 20 dB on the
other). Strength goes from 0 (untouched) to 1; the quality of what comes out is 1 less the strength.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from scipy.signal import sosfilt

from ...audio.samples import Samples
from ...metrics import degradations
from ...mixing.report import sum_stems
from ...timebase import SAMPLE_RATE

Rng = np.random.Generator


def unbalance(stems: Mapping[str, Samples], strength: float, rng: Rng) -> Samples:
    """The sum of `stems`, each louder or quieter by 20 dB times `strength`, half up and half down."""
    names = list(stems)
    signs = np.where(rng.permutation(len(names)) % 2 == 0, 1.0, -1.0)
    gains = 10 ** (strength * rng.uniform(0.7, 1.0, len(names)) * 20 * signs / 20)
    total = sum_stems([np.asarray(stems[name] * gain, np.float32) for name, gain in zip(names, gains, strict=True)])
    return _as_loud(total, sum_stems([*stems.values()]))


def muddy(sound: Samples, strength: float, rng: Rng) -> Samples:
    """`sound` with a bell of 15 dB times `strength`."""
    section = bell(float(rng.uniform(180, 400)), 15 * strength, 0.9)
    return _as_loud(np.asarray(sosfilt(section, sound, axis=1), np.float32), sound)


def lean_over(sound: Samples, strength: float, rng: Rng) -> Samples:
    """`sound` with one side turned down by 20 dB times `strength`."""
    sides = np.ones((2, 1), np.float32)
    sides[int(rng.integers(2))] = 10 ** (-strength)
    return sound * sides


FAULTS: Final[dict[str, Callable[[Samples, float, Rng], Samples]]] = {
    "noise": degradations.noise,
    "low-pass": degradations.low_pass,
    "overdrive": degradations.overdrive,
    "mud": muddy,
    "one side": lean_over,
}
"""Faults of a finished mix."""
BALANCE: Final = "balance"
"""The fault that needs the stems."""
KINDS: Final = (*FAULTS, BALANCE)


def spoil_mix(mix: Samples, stems: Mapping[str, Samples], kind: str, strength: float, rng: Rng) -> Samples:
    """`mix`, whose stems are `stems`, with the fault `kind`."""
    return unbalance(stems, strength, rng) if kind == BALANCE else FAULTS[kind](mix, strength, rng)


def bell(hz: float, gain: float, q: float) -> np.ndarray:
    """A bell (Bristow-Johnson, Cookbook formulae for audio EQ) as a second-order section at 48 kHz."""
    w, a = 2 * np.pi * hz / SAMPLE_RATE, 10 ** (gain / 40)
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    top, bottom = [1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]
    return np.asarray(np.array([[*top, *bottom]]) / bottom[0])


def _as_loud(sound: Samples, as_this: Samples) -> Samples:
    """`sound` with the energy of `as_this`."""
    mine, other = (float(np.mean(np.square(one, dtype=np.float64))) for one in (sound, as_this))
    return np.asarray(sound * np.sqrt(other / max(mine, 1e-12)), np.float32)
