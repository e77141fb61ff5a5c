"""Raw sound: banks of partials, operators, noise, filters and slow curves.

A tone is a sum of sines whose levels move slowly. Written as blocks of `BLOCK` samples, `sin(w(mB + b) + p)` splits by
the angle sum into a product of an (M, 2K) and a (2K, B) table, so K partials cost one matrix product instead of K calls
of `sin`: about ten times less. `bank` lets every partial die exponentially (strings, bars, bells); `moving_bank` takes the
level of each partial at the block edges and joins them by straight lines (filters and formants that move). Partials
above `TOP` are left out, so nothing aliases.

Conventions: float32, 48 kHz; a `Sound` is (n,) for mono or (2, n) for stereo; frequencies in Hz, times in seconds,
decays as the time to fall by 60 dB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from ..timebase import SAMPLE_RATE

Sound = NDArray[np.float32]
Curve = NDArray[np.float64]
Resonance = tuple[float, float, float]
"""Centre in Hz, gain, half-width in Hz."""

BLOCK: Final = 256
TOP: Final = 15_500.0
_STRETCH: Final = 48
"""Blocks worked on at a time; a partial that stays inaudible for the whole of them is left out."""
_INAUDIBLE: Final = 2e-4
_TAU: Final = 2.0 * np.pi


@dataclass(frozen=True, slots=True)
class Tone:
    """What an instrument is asked for: a note held for `samples`, with noise drawn from `rng` alone."""

    pitch: int
    samples: int
    velocity: float
    rng: np.random.Generator

    @property
    def freq(self) -> float:
        """Equal temperament, A4 = 440 Hz."""
        return float(440.0 * 2.0 ** ((self.pitch - 69) / 12.0))

    @property
    def time(self) -> Sound:
        """Seconds since the start, one per sample."""
        return clock(self.samples)


@lru_cache(maxsize=64)
def clock(samples: int) -> Sound:
    """Seconds since the start, (samples,); read-only because it is shared."""
    ramp = (np.arange(samples) / SAMPLE_RATE).astype(np.float32)
    ramp.flags.writeable = False
    return ramp


def edges(samples: int) -> Curve:
    """Times of the block edges that `moving_bank` wants levels for, (M + 1,)."""
    blocks = -(-samples // BLOCK)
    return np.arange(blocks + 1, dtype=np.float64) * (BLOCK / SAMPLE_RATE)


def harmonics(freq: float, limit: int = 400, top: float = TOP) -> Curve:
    """Harmonic numbers 1..K that stay below `top`; always at least one."""
    return np.arange(1.0, max(1, min(limit, int(top / freq))) + 1.0, dtype=np.float64)


def cents(amount: float | Curve) -> Curve:
    """Frequency ratio of an interval in cents."""
    return np.asarray(2.0 ** (np.asarray(amount, dtype=np.float64) / 1200.0))


def _columns(freqs: Curve, rates: Curve | None) -> Sound:
    inside = np.arange(BLOCK)
    turn = (_TAU / SAMPLE_RATE * np.outer(freqs, inside)).astype(np.float32)
    table = np.stack((np.cos(turn), np.sin(turn)))
    if rates is not None:
        table *= np.exp(-np.outer(rates, inside)).astype(np.float32)
    return table.reshape(2 * len(freqs), BLOCK)


def _rows(freqs: Curve, phases: Curve, first: int, last: int) -> Sound:
    """Sine and cosine of every partial's phase at block edges first..last, (last - first, 2, K)."""
    angle = _TAU * np.mod(np.outer(np.arange(first, last) * (BLOCK / SAMPLE_RATE), freqs), 1.0) + phases
    angle32 = angle.astype(np.float32)
    return np.stack((np.sin(angle32), np.cos(angle32)), axis=1)


def bank(freqs: Curve, amps: Curve, samples: int, *, decays: Curve, phases: Curve | None = None) -> Sound:
    """Sum of dying sines: freqs (K,), amps (C, K), decays (K,), phases (K,) -> (C, samples)."""
    keep = freqs < TOP + 4_000.0
    freqs, amps, decays = freqs[keep], np.atleast_2d(amps)[:, keep], decays[keep]
    start = np.zeros(len(freqs)) if phases is None else phases[keep]
    blocks, channels = -(-samples // BLOCK), len(amps)
    rates = np.log(1000.0) / (np.maximum(decays, 0.005) * SAMPLE_RATE)
    fall = np.exp(-np.outer(np.arange(blocks) * BLOCK, rates)).astype(np.float32)
    table = _columns(freqs, rates).reshape(2, len(freqs), BLOCK)
    out = np.zeros((channels, blocks, BLOCK), dtype=np.float32)
    loudest = np.abs(amps).max(axis=0)
    for first in range(0, blocks, _STRETCH):
        last = min(blocks, first + _STRETCH)
        alive = fall[first] * loudest > _INAUDIBLE * loudest.max(initial=0.0)
        if not alive.any():
            break
        rows = _rows(freqs[alive], start[alive], first, last) * fall[first:last, None, alive]
        shaped = rows[None] * amps[:, None, None, alive].astype(np.float32)
        flat = shaped.reshape(channels * (last - first), -1) @ table[:, alive].reshape(-1, BLOCK)
        out[:, first:last] = flat.reshape(channels, last - first, BLOCK)
    return np.ascontiguousarray(out.reshape(channels, -1)[:, :samples])


def moving_bank(freqs: Curve, levels: Curve, samples: int, *, gains: Curve | None = None, phases: Curve | None = None) -> Sound:
    """Sum of sines with moving levels: freqs (K,), levels (M + 1, K) at `edges`, gains (C, K) -> (C, samples)."""
    blocks = len(levels) - 1
    channels = np.ones((1, len(freqs))) if gains is None else gains
    start = np.zeros(len(freqs)) if phases is None else phases
    table = _columns(freqs, None).reshape(2, len(freqs), BLOCK)
    ramp = np.arange(BLOCK, dtype=np.float32) / BLOCK
    floor = _INAUDIBLE * float(levels.max(initial=0.0))
    out = np.zeros((len(channels), blocks, BLOCK), dtype=np.float32)
    for first in range(0, blocks, _STRETCH):
        last = min(blocks, first + _STRETCH)
        heard = levels[first : last + 1].max(axis=0) > floor
        if not heard.any():
            continue
        rows, columns = _rows(freqs[heard], start[heard], first, last), table[:, heard].reshape(-1, BLOCK)
        here = levels[first : last + 1, heard]
        now, step = here[:-1, None, :].astype(np.float32), np.diff(here, axis=0)[:, None, :].astype(np.float32)
        for channel, gain in enumerate(channels[:, heard].astype(np.float32)):
            toned = rows * gain
            flat = (toned * now).reshape(last - first, -1) @ columns
            out[channel, first:last] = flat + ((toned * step).reshape(last - first, -1) @ columns) * ramp
    return np.ascontiguousarray(out.reshape(len(channels), -1)[:, :samples])


def sine(freq: float, samples: int, phase: float = 0.0) -> Sound:
    """A plain sine of `samples`."""
    return np.asarray(np.sin(turns(freq, samples) + np.float32(phase)), dtype=np.float32)


def turns(freq: float, samples: int) -> Sound:
    """Phase in radians, wrapped before it loses precision."""
    return np.asarray(_TAU * np.mod(np.arange(samples) * (freq / SAMPLE_RATE), 1.0), dtype=np.float32)


def glide(freqs: Sound | Curve) -> Sound:
    """Sine that follows a frequency curve in Hz."""
    turned = np.mod(np.cumsum(freqs, dtype=np.float64) / SAMPLE_RATE, 1.0)
    return np.asarray(np.sin((_TAU * turned).astype(np.float32)), dtype=np.float32)


def noise(rng: np.random.Generator, samples: int) -> Sound:
    """White noise of unit variance."""
    return rng.standard_normal(samples, dtype=np.float32)


def fall(time: Sound, seconds: float) -> Sound:
    """Exponential decay from 1 that loses 60 dB in `seconds`."""
    return np.asarray(np.exp(time * np.float32(-6.9078 / max(seconds, 1e-4))), dtype=np.float32)


def rise(time: Sound, seconds: float) -> Sound:
    """Smooth attack from 0 to 1 in `seconds`."""
    x = np.clip(time * np.float32(1.0 / max(seconds, 1e-4)), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x), dtype=np.float32)


def contour(time: Sound, attack: float, decay: float, sustain: float) -> Sound:
    """Attack, then an exponential decay to `sustain`; the release belongs to the renderer."""
    later = np.maximum(time - np.float32(attack), 0.0)
    return rise(time, attack) * (np.float32(sustain) + np.float32(1.0 - sustain) * fall(later, decay))


def low_pass_gain(freqs: Curve, cutoff: Curve | float, resonance: float = 0.7) -> Curve:
    """Magnitude of a two-pole low-pass; cutoff (E,) or a number, freqs (K,) -> (E, K) or (K,)."""
    ratio = freqs / (cutoff[:, None] if isinstance(cutoff, np.ndarray) else cutoff)
    return np.asarray(1.0 / np.sqrt((1.0 - ratio**2) ** 2 + (ratio / resonance) ** 2))


def formants(freqs: Curve, peaks: Sequence[Resonance], floor: float = 0.02) -> Curve:
    """Gain of a set of resonances at `freqs`, same shape."""
    total = np.full(freqs.shape, floor)
    for centre, gain, width in peaks:
        total += gain / (1.0 + ((freqs - centre) / width) ** 2)
    return total


@lru_cache(maxsize=1024)
def biquad(kind: str, freq: float, q: float = 0.7071) -> NDArray[np.float64]:
    """One second-order section, (1, 6): `low`, `high` or `band` (bilinear transform of the analogue prototype)."""
    w = _TAU * min(freq, 0.45 * SAMPLE_RATE) / SAMPLE_RATE
    alpha, cos = np.sin(w) / (2.0 * q), np.cos(w)
    top = {
        "low": ((1 - cos) / 2, 1 - cos, (1 - cos) / 2),
        "high": ((1 + cos) / 2, -(1 + cos), (1 + cos) / 2),
        "band": (alpha, 0.0, -alpha),
    }[kind]
    section = np.array([[*top, 1 + alpha, -2 * cos, 1 - alpha]])
    section /= 1 + alpha
    return section


def filter_biquad(sound: Sound, kind: str, freq: float, q: float = 0.7071, order: int = 1) -> Sound:
    """`sound` through `order` equal second-order sections."""
    # low corners need double precision, the others do not
    precision = np.float64 if freq < 400.0 else np.float32
    sections: Any = np.repeat(biquad(kind, round(freq, 1), q), order, axis=0).astype(precision)
    return np.asarray(sosfilt(sections, sound, axis=-1), dtype=np.float32)


def drift(sound: Sound, curve: Sound) -> Sound:
    """Play `sound` (n,) or (C, n) at a speed that departs by `curve` cents (n,); reads by straight lines."""
    samples, last = len(curve), sound.shape[-1] - 1
    out = np.empty((*sound.shape[:-1], samples), dtype=np.float32)
    step = np.append(np.diff(sound, axis=-1), np.zeros((*sound.shape[:-1], 1), np.float32), axis=-1)
    ahead = 0.0
    # in pieces that stay in the processor's cache
    for start in range(0, samples, 32_768):
        piece = curve[start : start + 32_768]
        place = np.cumsum(piece * np.float32(np.log(2.0) / 1200.0), dtype=np.float64)
        place += ahead
        ahead = float(place[-1])
        place += np.arange(start, start + len(piece))
        np.clip(place, 0.0, last, out=place)
        left = place.astype(np.intp)
        part = (place - left).astype(np.float32)
        out[..., start : start + len(piece)] = sound.take(left, axis=-1) + step.take(left, axis=-1) * part
    return out


def vibrato(tone: Tone, sound: Sound, depth: float, rate: float = 5.3, delay: float = 0.25) -> Sound:
    """Late vibrato of `depth` cents either side."""
    time = tone.time
    turn = np.float32(_TAU * rate) * time + np.float32(tone.rng.uniform(0.0, _TAU))
    return drift(sound, np.float32(depth) * rise(time - np.float32(delay), 0.4) * np.sin(turn))


def ensemble(voices: Sequence[tuple[float, float]], partials: int) -> tuple[Curve, Curve]:
    """Detuned copies of a series: (cents, pan) per voice -> ratios (V * K,) and gains (2, V * K)."""
    ratio = np.repeat(cents(np.array([v[0] for v in voices])), partials)
    pan = np.repeat(np.array([v[1] for v in voices]), partials)
    scale = 1.0 / np.sqrt(len(voices))
    angle = (pan + 1.0) * np.pi / 4.0
    return ratio, np.stack((np.cos(angle), np.sin(angle))) * scale * np.sqrt(2.0)
