"""Where the energy lies: bands, the edge of a low-passed source, stereo image.

Samples are (channels, n) or (n,) at 48 kHz. The spectrum is Welch's: Hann windows of 8192 samples, half overlapping,
power averaged over windows and channels, 5.9 Hz per bin; of a long sound every second window, every third, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from ..timebase import SAMPLE_RATE
from . import stft
from .samples import as_channels

WINDOW: Final = 8192
_WINDOWS: Final = 512
"""Windows that say enough of a long sound; it is heard through as many, evenly spread, and fewer than twice as many."""
BANDS: Final[tuple[tuple[float, float], ...]] = (
    (20, 60),
    (60, 250),
    (250, 500),
    (500, 2_000),
    (2_000, 6_000),
    (6_000, 12_000),
    (12_000, 20_000),
)
"""Sub, bass, low mids, mids, presence, brilliance, air: edges in Hz."""
_BLOCK: Final = 16_384
"""Samples whose products sum up exactly enough in single precision."""
_EDGE_FROM: Final = 8_000.0
_EDGE_SPAN: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class Edge:
    """The steepest fall of the spectrum above 8 kHz: where, and by how much over 1 kHz."""

    hz: float
    drop_db: float


def power_spectrum(samples: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz and mean power per bin, both of shape (WINDOW/2 + 1,)."""
    sound = as_channels(samples)
    if sound.shape[1] < WINDOW:
        sound = np.pad(sound, ((0, 0), (0, WINDOW - sound.shape[1])))
    power = np.zeros(WINDOW // 2 + 1)
    cut = stft.windows(sound, WINDOW, WINDOW // 2)
    cut = cut[:, :: max(1, cut.shape[1] // _WINDOWS)]
    for first in range(0, cut.shape[1], 64):  # a song at once would be gigabytes
        power += stft.power(stft.spectra(cut[:, first : first + 64], library="scipy")).sum(axis=(0, 1), dtype=np.float64)
    power /= cut.shape[0] * cut.shape[1] * float((stft.hann(WINDOW) ** 2).sum())
    return stft.bin_hz(WINDOW, SAMPLE_RATE), power


def band_energy(samples: NDArray[Any], bands: Sequence[tuple[float, float]] = BANDS) -> NDArray[np.float64]:
    """Share of the energy in each band (low, high) in Hz, shape (bands,); zeros for silence."""
    return shares_of(power_spectrum(samples)[1], bands)


def shares_of(power: NDArray[np.float64], bands: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """`band_energy` of a power spectrum."""
    hz, total = stft.bin_hz(WINDOW, SAMPLE_RATE), float(power.sum())
    shares = np.array([power[(hz >= low) & (hz < high)].sum() for low, high in bands], np.float64)
    return shares / total if total > 0 else np.zeros(len(bands))


def roll_off(samples: NDArray[Any], share: float = 0.99) -> float:
    """Frequency below which `share` of the energy lies, Hz; 0 for silence."""
    return roll_off_of(power_spectrum(samples)[1], share)


def roll_off_of(power: NDArray[np.float64], share: float) -> float:
    """`roll_off` of a power spectrum."""
    hz, running = stft.bin_hz(WINDOW, SAMPLE_RATE), np.cumsum(power)
    return float(hz[np.searchsorted(running, share * running[-1])]) if running[-1] > 0 else 0.0


def bandwidth_edge(samples: NDArray[Any]) -> Edge:
    """The steepest fall above 8 kHz. More than 20 dB below 17 kHz tells of a lossy or low-rate source, or of a low-pass.

    Nothing above 8 kHz to fall from gives a drop of 0 at 24 kHz.
    """
    return edge_of(power_spectrum(samples)[1])


def edge_of(power: NDArray[np.float64]) -> Edge:
    """`bandwidth_edge` of a power spectrum."""
    if power.max() <= 0:
        return Edge(SAMPLE_RATE / 2, 0.0)
    hz = stft.bin_hz(WINDOW, SAMPLE_RATE)
    level = 10 * np.log10(np.maximum(median_filter(power, 31), power.max() * 1e-12))
    span = round(_EDGE_SPAN / hz[1])
    start = int(np.searchsorted(hz, _EDGE_FROM))
    fall = level[start:-span] - level[start + span :]
    deepest = int(np.argmax(fall))
    if fall[deepest] <= 0:
        return Edge(SAMPLE_RATE / 2, 0.0)
    return Edge(float(hz[start + deepest + span // 2]), float(fall[deepest]))


def stereo_correlation(samples: NDArray[Any]) -> float:
    """Correlation of left and right, -1 to 1; 1 for mono and where a channel is silent."""
    sound = as_channels(samples)
    if sound.shape[0] < 2:
        return 1.0
    left, right = sound[0], sound[1]
    both = (left, left), (right, right), (left, right)
    powers = [
        sum(float(one[at : at + _BLOCK] @ other[at : at + _BLOCK]) for at in range(0, len(left), _BLOCK)) for one, other in both
    ]
    scale = float(np.sqrt(powers[0] * powers[1]))
    return float(np.clip(powers[2] / scale, -1.0, 1.0)) if scale > 0 else 1.0
