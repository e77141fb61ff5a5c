"""Acoustic fingerprints: is this the same recording, in another format, at another level, cut elsewhere?

After Haitsma & Kalker 2002: the sound at 5.5 kHz, windows of 0.37 s every 23 ms, power in 33 bands of equal ratio from 300 to
2000 Hz; bit b of a frame says whether the difference between bands b and b + 1 grew since the frame before. Gain, coding and
equalisation change few bits; another take of the same piece shares half, as chance does. A change of speed moves bands and
frames and is out of reach.

A fingerprint is uint32 `(frames,)`, 43 to the second: 10 KB for a minute's music.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ..timebase import SAMPLE_RATE
from . import stft
from .samples import STRETCH, Samples, as_channels, mono

Fingerprint = NDArray[np.uint32]

_RATE: Final = 5_512.5
_WINDOW: Final = 2_048
_HOP: Final = 128
FRAME_RATE: Final = _RATE / _HOP
"""Frames per second, about 43."""
_BANDS: Final = 33
_LOW, _HIGH = 300.0, 2_000.0
LEAST_SECONDS: Final = 5.0
"""Shortest overlap that says anything."""
LARGEST_ERROR: Final = 0.32
"""Largest share of differing bits of one recording; unrelated music differs in half, with a deviation of about .02 over 5 s."""
_QUIET: Final = 1e-7
"""Mean power below which a frame is silence: its bits are noise and count for nothing."""
_FRAMES_AT_ONCE: Final = 256
"""Windows that are transformed together; those of a song at once would be hundreds of megabytes."""
_GUESSES: Final = 8
"""Alignments that are tried."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where two recordings lie on each other."""

    offset: float
    """Seconds into the first at which the second begins; negative when it begins earlier."""
    overlap: float
    """Seconds that both have."""
    error: float
    """Share of bits that differ, 0 to 1."""


def fingerprint(samples: NDArray[Any]) -> Fingerprint:
    """The fingerprint of `samples` (channels, n) at 48 kHz; silent frames are 0. Under 0.4 s there are no frames."""
    sound = _slow(as_channels(samples))
    if sound.size < _WINDOW + _HOP:
        return np.zeros(0, np.uint32)
    energies, loud = _energies(sound)
    tilt = np.diff(energies, axis=1)
    bits = np.diff(tilt, axis=0) < 0  # energies fall with frequency, so a growing difference is a falling tilt
    words = (bits.astype(np.uint32) << np.arange(_BANDS - 1, dtype=np.uint32)).sum(axis=1, dtype=np.uint32)
    return np.where(loud[1:] & loud[:-1], words, 0).astype(np.uint32)


def match(first: Fingerprint, second: Fingerprint, *, least_seconds: float = LEAST_SECONDS) -> Match | None:
    """The best alignment of two fingerprints, or None when they are not of one recording."""
    found = [_compare(first, second, offset, least_seconds) for offset in _alignments(first, second)]
    good = [one for one in found if one is not None and one.error <= LARGEST_ERROR]
    return min(good, key=lambda one: one.error) if good else None


class Index:
    """Many fingerprints, searched together: equal words first, then the alignments they propose."""

    def __init__(self) -> None:
        self._prints: dict[str, Fingerprint] = {}
        self._sorted: tuple[NDArray[np.uint32], NDArray[np.int64]] | None = None
        self._names: list[str] = []

    def add(self, name: str, print_: Fingerprint) -> None:
        """Put `print_` under `name`, in place of an older one."""
        self._prints[name] = print_
        self._sorted = None

    def find(self, print_: Fingerprint, *, but: str | None = None) -> dict[str, Match]:
        """The recordings that `print_` matches, by name, the best first; `but` is left out."""
        words, owners = self._table()
        said = np.unique(print_[print_ != 0])
        low, high = np.searchsorted(words, said), np.searchsorted(words, said, "right")
        often = high - low
        first = np.repeat(low - (np.cumsum(often) - often), often)  # so that adding 0, 1, 2, … runs through every stretch in turn
        names, counts = np.unique(owners[first + np.arange(len(first))], return_counts=True)
        likely = [self._names[number] for number in names[np.argsort(-counts, kind="stable")]]
        found = {name: match(self._prints[name], print_) for name in likely if name != but}
        kept = {name: one for name, one in found.items() if one is not None}
        return dict(sorted(kept.items(), key=lambda item: item[1].error))

    def _table(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        if self._sorted is None:
            self._names = list(self._prints)
            words = [np.unique(self._prints[name]) for name in self._names]
            owners = [np.full(len(said), number) for number, said in enumerate(words)]
            every = np.concatenate(words or [np.zeros(0, np.uint32)])
            whose = np.concatenate(owners or [np.zeros(0, np.int64)])
            order = np.argsort(every, kind="stable")
            self._sorted = every[order], whose[order]
        return self._sorted


def _slow(sound: Samples) -> Samples:
    """The middle of `sound` at `_RATE`, a stretch at a time: all of it at once would be half its size again."""
    stream = soxr.ResampleStream(SAMPLE_RATE, _RATE, 1, "float32", quality="HQ")
    ends = range(STRETCH, sound.shape[1] + STRETCH, STRETCH)
    parts = [stream.resample_chunk(mono(sound[:, end - STRETCH : end]), last=end >= sound.shape[1]) for end in ends]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _energies(sound: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Log power in the bands of every frame, `(frames, 33)`, and which frames are not silent."""
    cut = stft.windows(sound, _WINDOW, _HOP)
    edges = np.round(np.geomspace(_LOW, _HIGH, _BANDS + 1) * _WINDOW / _RATE).astype(int)
    energies = np.empty((len(cut), _BANDS))
    for start in range(0, len(cut), _FRAMES_AT_ONCE):
        power = stft.power(stft.spectra(cut[start : start + _FRAMES_AT_ONCE], library="scipy"))
        energies[start : start + _FRAMES_AT_ONCE] = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    loud = energies.sum(axis=1) > _QUIET * _WINDOW**2
    return np.log(energies + 1e-9), loud


def _alignments(first: Fingerprint, second: Fingerprint) -> list[int]:
    """Frames of `first` at which `second` may begin: those that most equal words agree on."""
    places: list[NDArray[np.int64]] = []
    order = np.argsort(first, kind="stable")
    low = np.searchsorted(first[order], second)
    high = np.searchsorted(first[order], second, "right")
    for repeat in range(4):  # a word that occurs often says little
        there = (low + repeat < high) & (second != 0)
        places.append(order[low[there] + repeat] - np.flatnonzero(there))
    offsets, counts = np.unique(np.concatenate(places), return_counts=True)
    return [int(offset) for offset in offsets[np.argsort(-counts, kind="stable")][:_GUESSES]]


def _compare(first: Fingerprint, second: Fingerprint, offset: int, least_seconds: float) -> Match | None:
    """Share of differing bits where both sound, with `second` beginning at frame `offset` of `first`."""
    start, end = max(offset, 0), min(offset + len(second), len(first))
    one, other = first[start:end], second[start - offset : end - offset]
    both = (one != 0) & (other != 0)
    if both.sum() < least_seconds * FRAME_RATE:
        return None
    error = float(np.bitwise_count(one[both] ^ other[both]).mean()) / (_BANDS - 1)
    return Match(offset / FRAME_RATE, (end - start) / FRAME_RATE, error)
