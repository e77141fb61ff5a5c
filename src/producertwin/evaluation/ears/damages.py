"""Damages of any strength to a whole song: what the estimate of damage is fitted to, and tried on.

A damage takes sound (2, n) float32 at 48 kHz, a strength from 0 (untouched) to 1 and a generator of random numbers, and gives
sound of the same shape. Most are plants at their heaviest, of which `strength` is blended in. How bad the result is is measured
against the song as it was: `measure_damage`. `GROUPS` says which damages are alike: what is tried on one of them must not have
been fitted to another.
"""
# ruff: noqa: ARG001 - one signature for all damages

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...audio import stft
from ...audio.samples import Samples
from ...metrics import degradations
from ...metrics.reconstruction import mel_distance
from .planting import Rng, Song, rms
from .plants import PLANTS

Damage = Callable[[Samples, float, Rng], Samples]
_WINDOW: Final = 2_048


def blend_plant(kind: str, severity: int, sound: Samples, strength: float, rng: Rng) -> Samples:
    """`strength` of a plant that lies in all of the sound."""
    planted = PLANTS[kind](Song(sound, None, None), severity, rng).sound
    length = min(sound.shape[1], planted.shape[1])
    planted = planted[:, :length] * np.float32(rms(sound) / max(rms(planted), 1e-9)) if kind in _LEVELLED else planted[:, :length]
    return np.asarray((1 - strength) * sound[:, :length] + strength * planted, np.float32)


_LEVELLED: Final = ("over_limiting", "coded_clipping", "noise")
"""Plants that come out at another level."""


def colour(sound: Samples, strength: float, rng: Rng) -> Samples:
    """A spectrum bent by up to 24 dB: a slow random curve over eight octaves."""
    hz = np.fft.rfftfreq(sound.shape[1], 1 / 48_000)
    points = rng.uniform(-1, 1, 8)
    curve = np.interp(np.log2(np.maximum(hz, 60.0) / 60.0), np.arange(8), points - points.mean())
    gain = 10 ** (24 * strength * curve / 20)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, axis=1) * gain, sound.shape[1], axis=1), np.float32)


def crush(sound: Samples, strength: float, rng: Rng) -> Samples:
    """Fewer bits: from 12 to 3."""
    step = np.abs(sound).max() * 2 ** (1 - (12 - 9 * strength))
    return np.asarray(np.round(sound / step) * step, np.float32)


def alias(sound: Samples, strength: float, rng: Rng) -> Samples:
    """Every sample held for up to ten, without a filter."""
    held = np.arange(sound.shape[1]) // 10 * 10
    return np.asarray((1 - strength) * sound + strength * sound[:, held], np.float32)


def comb(sound: Samples, strength: float, rng: Rng) -> Samples:
    """The sound once more after 1 to 8 ms, so many times, as from a metal pipe."""
    delay, made = int(rng.integers(48, 384)), sound.astype(np.float64)
    for number in range(1, 6):
        late = np.zeros_like(sound)
        late[:, number * delay :] = sound[:, : -number * delay]
        made += (0.9 * strength) ** number * late
    return np.asarray(made * (rms(sound) / rms(made)), np.float32)


def smear(sound: Samples, strength: float, rng: Rng) -> Samples:
    """Phases that are partly random: transients wash out and tones grow rough."""
    padded = np.pad(sound, ((0, 0), (_WINDOW, _WINDOW)))
    spectra = stft.spectra(stft.windows(padded, _WINDOW, _WINDOW // 4))
    turned = spectra * np.exp(1j * np.pi * strength * rng.uniform(-1, 1, spectra.shape))
    pieces = np.fft.irfft(turned, _WINDOW, axis=-1) * stft.hann(_WINDOW)
    made = np.zeros(padded.shape)
    for number in range(pieces.shape[1]):
        made[:, number * _WINDOW // 4 : number * _WINDOW // 4 + _WINDOW] += pieces[:, number] / 1.5
    return np.asarray(made[:, _WINDOW : _WINDOW + sound.shape[1]], np.float32)


DAMAGES: Final[dict[str, Damage]] = {
    **{
        kind: partial(blend_plant, kind, 2)
        for kind in ("hum", "hiss", "shimmer", "fizz", "low_pass", "over_limiting", "coded_clipping")
    },
    "noise": partial(blend_plant, "noise", 0),
    "overdrive": degradations.overdrive,
    "colour": colour,
    "balance": partial(blend_plant, "balance", 2),
    "crush": crush,
    "alias": alias,
    "comb": comb,
    "smear": smear,
}
"""Every damage by its name."""
GROUPS: Final = (
    ("hiss", "noise"),
    ("over_limiting", "coded_clipping", "overdrive"),
    ("colour", "balance"),
    ("hum",),
    ("shimmer",),
    ("fizz",),
    ("low_pass",),
    ("crush",),
    ("alias",),
    ("comb",),
    ("smear",),
)
"""Damages that are alike."""


def measure_damage(damaged: NDArray[Any], sound: Samples) -> float:
    """How far `damaged` is from `sound`, both (2, n), at one level: the mel distance in dB."""
    length = min(damaged.shape[1], sound.shape[1])
    level = rms(sound[:, :length]) / max(rms(damaged[:, :length]), 1e-9)
    return mel_distance(np.asarray(damaged[:, :length] * level, np.float32), sound[:, :length])
