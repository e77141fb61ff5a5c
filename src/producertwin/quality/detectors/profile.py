"""What is read of a whole sound once, in steps of 100 ms, for the detectors that judge stretches or all of it.

A profile is small (an hour takes some 20 MB), and is read stretch by stretch, so that memory does not grow with the sound. Sounds
are (channels, n) float32 at 48 kHz, one or two channels counted; powers are mean squares.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...audio import loudness, spectrum, stft
from ...audio.artefacts import flatness, stuck_tenths
from ...audio.meters import Meters, measure
from ...audio.samples import Samples
from ...timebase import SAMPLE_RATE, samples_of, seconds_of
from .lines import Lines, read_lines

Curve = NDArray[np.float64]
STEP: Final = samples_of(0.1)
STEPS: Final = 10
"""Steps per second."""
_STRETCH: Final = 200 * STEP
"""Samples that are read at a time, 20 s."""
_WINDOW: Final = 2_048
_HOP: Final = STEP // 5
FRAMES: Final = SAMPLE_RATE // _HOP
"""Spectra per second."""
BANDS: Final = spectrum.BANDS
"""Hz of the bands of `bands`."""
LOW_MIDS: Final = (200.0, 500.0)
MIX: Final = (50.0, 10_000.0)
_HISS: Final = (4_000.0, 12_000.0)
_FIZZ: Final = (9_000.0, 16_000.0)
_BODY: Final = (200.0, 3_000.0)
_BASS: Final = 120.0


@dataclass(frozen=True, eq=False)
class Readings:
    """Readings of a stretch or of a whole sound, by step unless they say otherwise; time runs along the last axis."""

    power: Curve
    """Of every channel, (channels, steps)."""
    peak: Curve
    """Largest magnitude of every channel, (channels, steps)."""
    mean: Curve
    """Of every channel, (channels, steps)."""
    cross: Curve
    """Mean product of left and right, (steps,)."""
    bass: Curve
    """Below 120 Hz: power of left, of right, and their product, (3, steps)."""
    weighted: Curve
    """K-weighted, of every channel, over whole steps."""
    weighted_mid: Curve
    """K-weighted, of the mean of the channels."""
    bands: Curve
    """Power in each of `BANDS`, channels averaged, (bands, steps)."""
    low_mids: Curve
    """Power from 200 to 500 Hz, and from 50 to 10,000 Hz, (2, steps)."""
    stuck: NDArray[np.bool_]
    """Whether a step goes on as the one before with one tone."""
    flat: NDArray[np.float32]
    """Spectral flatness by frame, 50 a second."""
    hiss: NDArray[np.float32]
    """Power from 4 to 12 kHz by frame, per full-scale sine."""
    fizz: NDArray[np.float32]
    """Power from 9 to 16 kHz, and from 200 to 3,000 Hz, by frame, (2, frames)."""


@dataclass(frozen=True, eq=False)
class Profile(Readings):
    """The readings of `samples`, and what is derived of them once it is asked for."""

    samples: Samples

    @property
    def seconds(self) -> float:
        """Length."""
        return seconds_of(self.samples.shape[1])

    @property
    def channels(self) -> int:
        """One or two."""
        return len(self.power)

    @cached_property
    def loudness_lufs(self) -> float:
        """Integrated loudness."""
        return loudness.integrated_lufs(self.weighted.sum(axis=0))

    @cached_property
    def loudness_range(self) -> float:
        """Loudness range in LU."""
        return loudness.range_lu(self.weighted.sum(axis=0))

    @cached_property
    def meters(self) -> Meters:
        """All meters of it; those of tempo and key take their time, and memory, where it is long."""
        return measure(self.samples)

    @property
    def true_peak_db(self) -> float:
        """Highest magnitude between samples, dBTP."""
        peak: float = self.meters.true_peak_db
        return peak

    @cached_property
    def level(self) -> Curve:
        """Level of every step in dBFS, channels averaged."""
        level: Curve = 10 * np.log10(np.maximum(self.power.mean(axis=0), 1e-12))
        return level

    @cached_property
    def program_db(self) -> float:
        """Level of the music: the median of the steps above -60 dBFS; -120 for silence."""
        loud = self.level[self.level > -60]
        return float(np.median(loud)) if loud.size else -120.0

    @cached_property
    def lines(self) -> Lines:
        """What lines are looked for in."""
        return read_lines(self.samples)


def read_profile(samples: Samples) -> Profile:
    """The profile of `samples` (channels, n), n ≥ 1, whose numbers are finite."""
    sound = samples[:2]
    found, last = [], np.zeros((0, _WINDOW // 2 + 1), np.float32)
    for start in range(0, sound.shape[1], _STRETCH):
        read, last = _read_stretch(sound[:, start : start + _STRETCH + _WINDOW], min(_STRETCH, sound.shape[1] - start), last)
        found.append(read)
    joined: dict[str, Any] = {
        field.name: np.concatenate([getattr(one, field.name) for one in found], axis=-1) for field in fields(Readings)
    }
    return Profile(samples=sound, **joined)


def _read_stretch(ahead: Samples, length: int, last: NDArray[np.float32]) -> tuple[Readings, NDArray[np.float32]]:
    """Read the first `length` samples of `ahead`, and give the spectrum of its last step."""
    steps = -(-length // STEP)
    padded = np.zeros((len(ahead), steps * STEP + _WINDOW), np.float32)
    padded[:, : min(ahead.shape[1], padded.shape[1])] = ahead[:, : padded.shape[1]]
    own = padded[:, : steps * STEP].copy()
    own[:, length:] = 0
    cut = own.reshape(len(own), steps, STEP)
    counts = np.full(steps, float(STEP))
    counts[-1] = length - (steps - 1) * STEP
    left, right = cut[0], cut[-1]
    spectra = stft.spectra(stft.windows(padded[:, : steps * STEP + _WINDOW - _HOP], _WINDOW, _HOP), library="scipy")
    frames = stft.power(spectra).mean(axis=0) * np.float32(4 / float(stft.hann(_WINDOW).sum()) ** 2)
    tenths = frames.reshape(steps, -1, frames.shape[1]).mean(axis=1)
    whole = length // STEP
    weighted = loudness.step_powers(own[:, : whole * STEP])
    middle = loudness.step_powers(own[:, : whole * STEP].mean(axis=0)) if len(own) == 2 else weighted
    read = Readings(
        power=np.einsum("csn,csn->cs", cut, cut) / counts,
        peak=np.maximum(cut.max(axis=2), -cut.min(axis=2)).astype(np.float64),
        mean=cut.sum(axis=2, dtype=np.float64) / counts,
        cross=np.einsum("sn,sn->s", left, right) / counts,
        bass=_bass(spectra, steps),
        weighted=weighted,
        weighted_mid=middle[0],
        bands=np.stack([_sum_band(tenths, band) for band in BANDS]),
        low_mids=np.stack([_sum_band(tenths, LOW_MIDS), _sum_band(tenths, MIX)]),
        stuck=stuck_tenths(np.concatenate([last, tenths])) if len(last) else np.concatenate([[False], stuck_tenths(tenths)]),
        flat=flatness(frames),
        hiss=_sum_band(frames, _HISS).astype(np.float32),
        fizz=np.stack([_sum_band(frames, _FIZZ), _sum_band(frames, _BODY)]).astype(np.float32),
    )
    return read, tenths[-1:]


def _sum_band(frames: NDArray[np.float32], band: tuple[float, float]) -> Curve:
    """Power of every frame from band[0] to band[1] Hz."""
    hz = stft.bin_hz(_WINDOW, SAMPLE_RATE)
    first, last = np.searchsorted(hz, band)
    return np.asarray(frames[:, first:last].sum(axis=1), np.float64)


def _bass(spectra: NDArray[np.complex64], steps: int) -> Curve:
    last = int(np.searchsorted(stft.bin_hz(_WINDOW, SAMPLE_RATE), _BASS))
    left, right = spectra[0, :, 1:last], spectra[-1, :, 1:last]
    three = (stft.power(left), stft.power(right), (left * right.conj()).real)
    return np.stack([part.sum(axis=1).reshape(steps, -1).sum(axis=1) for part in three]).astype(np.float64)
