"""What happens to sound after it is played: rooms, echo, tape, the limiter.

Reverberation is convolution with a made response: early reflections and noise that dies faster the higher it is, drawn
from a fixed seed so that a room is always the same room.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import lfilter, oaconvolve, sosfilt

from ..timebase import SAMPLE_RATE
from .oscillators import Curve, Sound, biquad, clock, drift, fall, filter_biquad, noise, rise

ROOMS: Final[dict[str, tuple[float, float, float, float]]] = {
    "room": (0.7, 0.5, 0.008, 6_500.0),
    "hall": (2.0, 1.0, 0.022, 5_500.0),
    "plate": (1.5, 1.2, 0.003, 9_000.0),
    "spring": (1.3, 0.5, 0.03, 4_200.0),
}
"""Name -> (seconds of the middle, seconds of the top, pre-delay, low-pass in Hz)."""
_STEP: Final = SAMPLE_RATE // 100
"""Samples between the points of the wobble's curve."""


@lru_cache(maxsize=8)
def room(name: str) -> Sound:
    """Impulse response of a room, (2, n), of unit energy per channel. `dry` answers with the smallest room."""
    middle, top, delay, lid = ROOMS.get(name, ROOMS["room"])
    rng = np.random.default_rng(len(name) * 7_919 + ord(name[0]))
    length = int((middle * 0.8 + delay) * SAMPLE_RATE)
    time = clock(length)
    raw = noise(rng, 2 * length).reshape(2, -1)
    low = filter_biquad(raw, "low", 500.0)
    high = filter_biquad(raw, "high", 3_500.0)
    tail = (
        low * fall(time, middle * 1.1) * np.float32(0.8) + (raw - low - high) * fall(time, middle) + high * fall(time, top * 0.6)
    )
    tail *= rise(time, 0.012 if name != "plate" else 0.003)
    if name == "spring":
        tail *= 1.0 + np.float32(0.9) * np.sign(np.sin(np.float32(2.0 * np.pi / 0.041) * time))
    for _ in range(10):
        at = int(rng.uniform(0.002, 0.045 if middle < 1.0 else 0.08) * SAMPLE_RATE)
        tail[int(rng.integers(0, 2)), at] += np.float32(rng.choice([-1.0, 1.0]) * rng.uniform(3.0, 9.0))
    shift = int(delay * SAMPLE_RATE)
    out = np.zeros_like(tail)
    out[:, shift:] = tail[:, : length - shift]
    out = filter_biquad(filter_biquad(out, "low", lid, 0.6), "high", 180.0)
    out[:, -2_400:] *= np.linspace(1.0, 0.0, 2_400, dtype=np.float32)
    return np.asarray(out / np.sqrt(np.mean(np.sum(out**2, axis=1))), dtype=np.float32)


def reverb(send: Sound, name: str) -> Sound:
    """Mono send (n,) through a room, (2, n)."""
    wet = oaconvolve(send[None, :], room(name), axes=-1)
    return np.asarray(wet[:, : len(send)], dtype=np.float32)


def close_room(hit: Sound, amount: float, seconds: float = 0.35) -> Sound:
    """A drum hit (n,) or (2, n) with the first part of a room behind it, (2, n + tail)."""
    tail = int(seconds * SAMPLE_RATE)
    response = room("room")[:, :tail] * np.linspace(1.0, 0.0, tail, dtype=np.float32)
    stereo = np.atleast_2d(hit)
    wet = oaconvolve(stereo.mean(axis=0, keepdims=True), response, axes=-1)
    out = np.asarray(wet, dtype=np.float32) * np.float32(amount)
    out[:, : stereo.shape[1]] += stereo
    return out


def echo(lane: Sound, amount: float, delay: int, repeats: int = 4, feedback: float = 0.45) -> Sound:
    """Add repeats of (2, n) that change sides and darken, `delay` samples apart; in place, and returned."""
    sections = np.vstack((biquad("low", 3_200.0, 0.6), biquad("high", 220.0))).astype(np.float32)
    dark = np.asarray(sosfilt(sections, lane.mean(axis=0)), dtype=np.float32)
    for repeat in range(1, repeats + 1):
        at = repeat * delay
        if at >= lane.shape[1]:
            break
        source = dark[: lane.shape[1] - at] * np.float32(amount * feedback ** (repeat - 1))
        lane[repeat % 2, at:] += source
        lane[1 - repeat % 2, at:] += source * np.float32(0.45)
    return lane


def low_pass(sound: Sound, freq: float, order: int = 1) -> Sound:
    """Low-pass of 12 dB per octave and section, in float32 throughout."""
    sections = np.repeat(biquad("low", round(freq, 1), 0.65), order, axis=0).astype(np.float32)
    return np.asarray(sosfilt(sections, sound, axis=-1), dtype=np.float32)


def wobble(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    """Wow (0.4 to 0.9 Hz) and flutter (5 to 8 Hz) of at most 12 cents in all at amount 1, (2, n)."""
    samples = sound.shape[1]
    points = np.arange(0, samples + _STEP, _STEP)
    time = points / SAMPLE_RATE
    curve = np.zeros(len(points))
    for rate, depth in ((rng.uniform(0.4, 0.6), 6.0), (rng.uniform(0.7, 0.95), 3.0), (rng.uniform(5.0, 8.0), 2.0)):
        curve += depth * np.sin(2.0 * np.pi * (rate * time + rng.uniform()))
    steps = (curve[:-1, None] + np.diff(curve)[:, None] * (np.arange(_STEP) / _STEP)) * amount
    return drift(sound, steps.reshape(-1)[:samples].astype(np.float32))


def saturate(sound: Sound, amount: float) -> Sound:
    """Tape: a soft knee that leaves quiet sound alone, (2, n)."""
    drive = np.float32(1.0 + 1.6 * amount)
    out = sound * drive
    np.tanh(out, out=out)
    out *= np.float32((1.0 + 0.12 * amount) / drive)
    return out


def _blocks(sound: Sound, block: int) -> tuple[Sound, Sound]:
    """The whole blocks of (2, n) as a view (2, blocks, block), and the rest (2, r) with r < block."""
    whole = sound.shape[1] // block * block
    return sound[:, :whole].reshape(2, -1, block), sound[:, whole:]


def _apply_gains(sound: Sound, gains: Curve, block: int) -> Sound:
    """Gain per block edge, joined by straight lines."""
    edge = np.append(gains, gains[-1]).astype(np.float32)
    out = np.empty_like(sound)
    ramp = np.arange(block, dtype=np.float32) / block
    for first in range(0, len(gains), 128):
        last = min(first + 128, len(gains))
        steps = edge[first:last, None] + np.diff(edge[first : last + 1])[:, None] * ramp
        start, flat = first * block, steps.reshape(-1)
        piece = sound[:, start : start + len(flat)]
        np.multiply(piece, flat[: piece.shape[1]], out=out[:, start : start + len(flat)])
    return out


def compress(sound: Sound, threshold: float = -16.0, ratio: float = 2.0) -> Sound:
    """Bus compressor on the RMS of both channels; attack about 15 ms, release about 160 ms, (2, n)."""
    block = 256
    blocks, rest = _blocks(sound, block)
    power = np.einsum("cbs,cbs->b", blocks, blocks).astype(np.float64) / (2 * block)
    if rest.size:
        power = np.append(power, float(np.mean(rest**2)))
    quick = lfilter([0.3], [1.0, -0.7], power)
    held = lfilter([0.033], [1.0, -0.967], np.maximum(quick, power * 0.5))
    level = 10.0 * np.log10(np.maximum(np.maximum(quick, held), 1e-9))
    over = np.maximum(level - threshold, 0.0)
    return _apply_gains(sound, 10.0 ** (-over * (1.0 - 1.0 / ratio) / 20.0), block)


def limit(sound: Sound, ceiling: float = 0.89) -> Sound:
    """Look-ahead limiter: no sample of the result exceeds `ceiling`, (2, n)."""
    block = 64
    blocks, rest = _blocks(sound, block)
    peaks = np.maximum(blocks.max(axis=(0, 2)), -blocks.min(axis=(0, 2))).astype(np.float64)
    if rest.size:
        peaks = np.append(peaks, float(np.abs(rest).max()))
    if float(peaks.max(initial=0.0)) <= ceiling:
        return sound
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    # the minimum reaches over the smoothing window, so the smoothed gain is never above the wanted one
    held = minimum_filter1d(wanted, 25, mode="nearest")
    smooth = uniform_filter1d(uniform_filter1d(held, 11, mode="nearest"), 11, mode="nearest")
    return np.clip(_apply_gains(sound, np.minimum(smooth, 1.0), block), -ceiling, ceiling)
