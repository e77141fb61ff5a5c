"""What the estimate of damage hears of a sound: readings of its profile and a compact set of spectral statistics.

The spectral set is read from at most six windows of 5 s, evenly spread: level, floor and spread of 24 bands, flatness and
standing lines by range of frequency, how the bands follow one another, how samples are spread, and the image. Levels are dB of
the loudness, so that gain does not count. Sounds are (channels, n) float32 at 48 kHz, two channels counted.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from ..audio import stft
from ..audio.samples import Samples
from ..timebase import SAMPLE_RATE, samples_of
from .detectors.profile import Profile

VERSION: Final = 1
"""Of the features: weights that were fitted to others cannot be used."""
LEAST_SECONDS: Final = 3.0
_WINDOWS: Final = 6
_PART: Final = samples_of(5.0)
_SIZE: Final = 2_048
_HOP: Final = 2_048
_BANDS: Final = 24
_EDGES: Final = np.geomspace(45.0, 19_500.0, _BANDS + 1)
_RANGES: Final = (
    (45.0, 250.0),
    (250.0, 1_000.0),
    (1_000.0, 4_000.0),
    (4_000.0, 9_000.0),
    (9_000.0, 15_000.0),
    (15_000.0, 20_000.0),
)
_FLOOR: Final = 1e-9
"""Of the loudest frames' power: 90 dB below them nothing is heard."""
_LINES: Final = 4
"""Lines of a range that are counted."""


def excerpt(sound: Samples) -> Samples:
    """At most six windows of 5 s of `sound`, evenly spread and joined."""
    count = sound.shape[1]
    if count <= _WINDOWS * _PART:
        return sound[:2]
    starts = np.linspace(0, count - _PART, _WINDOWS).astype(int)
    return np.concatenate([sound[:2, start : start + _PART] for start in starts.tolist()], axis=1)


def read_features(profile: Profile) -> NDArray[np.float64]:
    """The features of a sound of at least `LEAST_SECONDS` that is not silent, (features,), all finite."""
    part = excerpt(profile.samples)
    spectra = stft.spectra(stft.windows(part, _SIZE, _HOP), library="scipy")
    both = stft.power(spectra).mean(axis=0)
    total = both.sum(axis=1)
    loud = float(np.quantile(total, 0.9)) + 1e-20
    heard = both[total > 1e-5 * loud] / np.float32(loud) + np.float32(_FLOOR / both.shape[1])
    found = np.concatenate(
        [
            _band_levels(heard),
            _flatness(heard),
            _lines(heard),
            _following(heard),
            _spread_of_samples(part),
            _image(spectra, loud),
            _of_profile(profile),
        ]
    )
    return np.nan_to_num(found)


def _band_levels(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """Middle, floor and spread over time of the level of every band, and of all of them together."""
    places = _bins(_EDGES)
    bands = np.stack([frames[:, a : max(b, a + 1)].sum(axis=1) for a, b in pairwise(places)])
    levels = 10 * np.log10(np.vstack([bands, frames.sum(axis=1)]))
    quiet, middle, high = np.quantile(levels, (0.05, 0.5, 0.95), axis=1)
    return np.concatenate([middle[:-1], quiet, high - middle, levels.std(axis=1)])


def _bins(hz: NDArray[np.float64]) -> list[int]:
    return [int(place) for place in np.searchsorted(stft.bin_hz(_SIZE, SAMPLE_RATE), hz)]


def _flatness(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """Flatness of every range within the frames, dB: its quartile and its middle."""
    found = []
    for low, high in _RANGES:
        first, last = _bins(np.array([low, high]))
        part = frames[:, first:last]
        flat = 10 * np.log10(part).mean(axis=1) - 10 * np.log10(part.mean(axis=1))
        found += np.quantile(flat, (0.25, 0.5)).tolist()
    return np.array(found)


def _lines(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """dB by which the highest lines of every range stand out of the floor beside them, all the time."""
    place = max(len(frames) * 3 // 20, 0)
    levels = 10 * np.log10(np.partition(frames, place, axis=0)[place])
    above = levels - median_filter(levels, size=15, mode="nearest")
    found = []
    for low, high in _RANGES:
        first, last = _bins(np.array([low, high]))
        found.append(float(np.sort(above[first:last])[-_LINES:].mean()))
    return np.array(found)


def _following(frames: NDArray[np.float32]) -> NDArray[np.float64]:
    """How the levels of neighbouring ranges follow one another in time, and each its own last frame."""
    rows = []
    for low, high in _RANGES:
        first, last = _bins(np.array([low, high]))
        rows.append(10 * np.log10(frames[:, first:last].sum(axis=1)))
    levels = np.stack(rows)
    levels = levels - levels.mean(axis=1, keepdims=True)
    size = np.sqrt((levels**2).mean(axis=1)) + 0.1
    beside = [(levels[at] * levels[at + 1]).mean() / (size[at] * size[at + 1]) for at in range(len(rows) - 1)]
    flux = np.abs(np.diff(levels, axis=1)).mean(axis=1) if levels.shape[1] > 1 else np.zeros(len(rows))
    return np.array([*beside, *flux])


def _spread_of_samples(part: Samples) -> NDArray[np.float64]:
    """Crest, how heavy the tails of the samples and of their first two differences are, and how many lie near the highest."""
    wave = part.mean(axis=0, dtype=np.float64)
    found = []
    for _ in range(3):
        squares = wave * wave
        power = float(squares.mean()) + 1e-20
        found += [
            10 * np.log10(float(squares.max()) / power + 1e-3),
            np.log(float(squares @ squares) / len(squares) / power**2 + 1e-3),
        ]
        wave = np.diff(wave)
    high = np.abs(part).max(axis=1, keepdims=True) + 1e-12
    near = [float((np.abs(part) > share * high).mean()) for share in (0.5, 0.8, 0.95)]
    return np.array([*found, *(np.log10(share + 1e-6) for share in near)])


def _image(spectra: NDArray[np.complex64], loud: float) -> NDArray[np.float64]:
    """Sides against middle by range, dB."""
    left, right = spectra[0], spectra[-1]
    middle, side = (stft.power(one).mean(axis=0, dtype=np.float64) for one in (left + right, left - right))
    found = []
    for low, high in _RANGES:
        first, last = _bins(np.array([low, high]))
        least = _FLOOR * loud
        found.append(10 * np.log10((float(side[first:last].sum()) + least) / (float(middle[first:last].sum()) + least)))
    return np.clip(found, -40.0, 20.0)


def _of_profile(profile: Profile) -> NDArray[np.float64]:
    """What the detectors read: floor of the hiss, flatness, fizz, peak to loudness, loudness range."""
    level = profile.program_db
    hiss = 10 * np.log10(np.quantile(profile.hiss, (0.02, 0.1, 0.5)) + 1e-16) - level
    fizz, body = 10 * np.log10(profile.fizz.astype(np.float64) + 1e-16)
    follows = float(np.corrcoef(fizz, body)[0, 1]) if fizz.std() > 0 and body.std() > 0 else 0.0
    peak = 10 * np.log10(float(profile.peak.max()) ** 2 + 1e-16)
    return np.array([*hiss, *np.quantile(profile.flat, (0.1, 0.5, 0.9)), follows, peak - level, profile.loudness_range])
