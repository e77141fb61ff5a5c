"""Features of passages that survive coding, transposition and small changes of tempo, and a search for similar passages.

Passage features hold, ten times a second, how far each half semitone from C2 to E7 stands out of its surroundings: the
magnitude of windows of a third of a second at 12 kHz, compressed by a logarithm, less its mean over nine half semitones, what
is below it left out, each frame at one size unless it is quiet. Transposition moves bins; a tempo 3 % off moves the ends of
four seconds by less than a frame; level, equalisation and coding change little.

`PassageIndex` compares: the likeness of a window of a take and a place in a track is the correlation of their features, each
bin's own mean over the window taken off (what merely sounds on all the time says nothing), at its best over a semitone either
way and all places. Correlations come from one Fourier transform per stretch of a track.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ..audio import stft
from ..audio.samples import mono
from ..errors import BadInput
from ..timebase import SAMPLE_RATE
from .statistics import Floats

PassageFeatures = NDArray[np.float32]
FRAME_RATE: Final = 10
"""Frames per second."""
WINDOW: Final = 40
"""Frames of a passage that is compared: four seconds."""
SHIFTS: Final = (-2, -1, 0, 1, 2)
"""Half semitones that a take is moved by."""
_RATE: Final = SAMPLE_RATE // 4
_SAMPLES: Final = 4_096
_LOW, _HIGH = 34, 102
"""MIDI numbers of the range, a margin of a semitone on both sides included; the upper end is left out."""
_MARGIN: Final = max(SHIFTS)
_BINS: Final = 2 * (_HIGH - _LOW) - 2 * _MARGIN
_COMPRESSION: Final = 1000.0
_SURROUNDINGS: Final = 9
_QUIET: Final = 0.3
"""Share of the mean size below which a frame or a place counts as quiet and is not made larger."""
_STRETCH: Final = 640
"""Frames of a track that are transformed together."""
_WINDOWS_AT_ONCE: Final = 16
"""Windows of a take that are compared together."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Where a window of a take fits each track best; all of shape (windows, tracks)."""

    likeness: Floats
    """Correlation, -1 to 1."""
    frame: NDArray[np.int64]
    """Where in the track, in frames."""
    shift: NDArray[np.int64]
    """Half semitones that the take lies above the track."""


def passage_features(samples: NDArray[Any]) -> PassageFeatures:
    """Features of `samples` (channels, n) at 48 kHz, shape (frames, bins); zeros for silence."""
    sound = mono(samples)
    if sound.size:
        sound = soxr.resample(sound, SAMPLE_RATE, _RATE, quality="MQ")
    cut = stft.windows(np.pad(sound, _SAMPLES // 2), _SAMPLES, _RATE // FRAME_RATE)
    strengths = np.abs(stft.spectra(cut)) @ _bank()
    level = np.log1p(_COMPRESSION * strengths / max(float(strengths.max()), 1e-9))
    peaks = np.maximum(level - uniform_filter1d(level, _SURROUNDINGS, axis=1, mode="nearest"), 0.0)
    sizes = np.linalg.norm(peaks, axis=1, keepdims=True)
    return np.asarray(peaks / np.maximum(sizes, max(_QUIET * float(sizes.mean()), 1e-9)), np.float32)


def _bank() -> NDArray[np.float32]:
    """Triangles around every half semitone, at least a bin wide, shape (spectrum bins, half semitones)."""
    centre = 440 * 2 ** ((np.arange(2 * _LOW, 2 * _HIGH) / 2 - 69) / 12)
    hz = stft.bin_hz(_SAMPLES, _RATE)
    width = np.maximum(centre * (2 ** (1 / 24) - 2 ** (-1 / 24)), hz[1])
    bank = np.maximum(0.0, 1.0 - np.abs(hz[:, None] - centre) / width)
    return np.asarray(bank / bank.sum(axis=0), np.float32)


class PassageIndex:
    """The tracks that takes are compared with, ready for comparison."""

    def __init__(self, tracks: Mapping[str, PassageFeatures]) -> None:
        self.names = tuple(tracks)
        parts = [(number, start, part) for number, name in enumerate(tracks) for start, part in _stretches(tracks[name])]
        if not parts:
            raise BadInput("no tracks to compare with", remedy="give the imprints of the training tracks")
        self._owner = np.array([number for number, _, _ in parts])
        self._start = np.array([start for _, start, _ in parts])
        spectra = [np.fft.rfft(part, _STRETCH, axis=0).astype(np.complex64) for _, _, part in parts]
        self._spectra = np.ascontiguousarray(np.stack(spectra).transpose(1, 2, 0))  # (frequencies, bins, stretches)
        self._sizes = np.stack([_sizes(part) for _, _, part in parts], axis=1)  # (places, stretches)
        heard = self._sizes[np.isfinite(self._sizes)]
        self._least = max(_QUIET * float(np.median(heard)), 1e-6)

    def nearest(self, take: PassageFeatures, *, but: str | None = None) -> tuple[Nearest, NDArray[np.int64]]:
        """Where every window of `take`, one a second, fits every track best, and the frames they start at.

        The track named `but` is left out: its likeness is -1. Raises `BadInput` for a take under four seconds.
        """
        starts = np.arange(0, len(take) - WINDOW + 1, FRAME_RATE)
        if not len(starts):
            raise BadInput(
                f"a take of {len(take) / FRAME_RATE:g} s is too short to compare",
                remedy=f"give at least {WINDOW / FRAME_RATE:g} s",
            )
        found = [
            self._compare(take, starts[first : first + _WINDOWS_AT_ONCE]) for first in range(0, len(starts), _WINDOWS_AT_ONCE)
        ]
        likeness, frame, shift = (np.concatenate(parts) for parts in zip(*found, strict=True))
        if but in self.names:
            likeness[:, self.names.index(but)] = -1.0
        return Nearest(likeness, frame, shift), starts

    def _compare(self, take: PassageFeatures, starts: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Likeness, frame and shift of windows at `starts`, each (windows, tracks)."""
        moved = np.stack([take[:, _MARGIN + shift : _MARGIN + shift + _BINS] for shift in SHIFTS])
        windows = np.stack([moved[:, start : start + WINDOW] for start in starts])  # (windows, shifts, frames, bins)
        windows = windows - windows.mean(axis=2, keepdims=True)
        sizes = np.linalg.norm(windows, axis=(2, 3), keepdims=True)
        windows = (windows / np.maximum(sizes, self._least)).reshape(-1, WINDOW, _BINS)
        spectra = np.fft.rfft(windows, _STRETCH, axis=1).astype(np.complex64).conj().transpose(1, 0, 2)
        products = np.matmul(np.ascontiguousarray(spectra), self._spectra)  # (frequencies, windows x shifts, stretches)
        places = _STRETCH - WINDOW + 1  # beyond them the transform wraps around
        fits = np.fft.irfft(products, _STRETCH, axis=0)[:places].astype(np.float32)
        fits /= np.maximum(self._sizes, self._least)[:, None, :]
        return self._best(fits.reshape(places, len(starts), len(SHIFTS), -1))

    def _best(self, fits: NDArray[np.float32]) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        """The best place and shift in every track of `fits` (places, windows, shifts, stretches)."""
        count, stretches = fits.shape[1], fits.shape[3]
        flat = fits.transpose(1, 3, 0, 2).reshape(count, stretches, -1)
        where = flat.argmax(axis=2)
        value = np.take_along_axis(flat, where[..., None], axis=2)[..., 0]
        frame, shift = self._start + where // len(SHIFTS), np.asarray(SHIFTS)[where % len(SHIFTS)]
        likeness = np.full((count, len(self.names)), -1.0)
        at, by = np.zeros((2, count, len(self.names)), np.int64)
        for stretch, track in enumerate(self._owner):
            better = value[:, stretch] > likeness[:, track]
            likeness[better, track] = value[better, stretch]
            at[better, track], by[better, track] = frame[better, stretch], shift[better, stretch]
        return likeness, at, by


def _stretches(track: PassageFeatures) -> list[tuple[int, PassageFeatures]]:
    """Stretches of a track with their first frames; they overlap by a window, so that every place is in one."""
    middle = track[:, _MARGIN : _MARGIN + _BINS]
    starts = range(0, max(len(middle) - WINDOW + 1, 1), _STRETCH - WINDOW)
    return [(start, middle[start : start + _STRETCH]) for start in starts if len(middle) - start >= WINDOW]


def _sizes(part: PassageFeatures) -> Floats:
    """Size of the window at every place of a stretch, each bin's mean taken off, shape (places,); infinite past its end."""
    sums, squares = (np.pad(np.cumsum(values, axis=0, dtype=np.float64), ((1, 0), (0, 0))) for values in (part, part**2))
    inside = squares[WINDOW:] - squares[:-WINDOW] - (sums[WINDOW:] - sums[:-WINDOW]) ** 2 / WINDOW
    found = np.full(_STRETCH - WINDOW + 1, np.inf)
    found[: len(inside)] = np.sqrt(np.maximum(inside.sum(axis=1), 0.0))
    return found
