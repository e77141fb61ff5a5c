"""All meters of one sound: the one place where takes, tracks and recordings are read.

`measure` reads nothing by itself: a meter is read when it is first asked for, and kept. What several meters are made of (the
spectrum, the onsets, the pitches) is made once for all of them. Levels are dBFS, loudness LUFS, times seconds, shares 0 to 1; the
modules of this room say how each is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..music import Key
from . import artefacts, levels, loudness, spectrum, tempo
from .key import KeyEstimate, chroma_of, key_of, pitch_strengths
from .onsets import band_flux
from .samples import Samples, freeze, mono
from .stft import Library


@dataclass(frozen=True, eq=False)
class Meters:
    """The meters of `samples` (channels, n) at 48 kHz."""

    samples: Samples
    library: Library = "numpy"
    """By which onsets are transformed; see `audio.stft`."""

    @cached_property
    def peak_db(self) -> float:
        """Highest sample."""
        return levels.sample_peak_db(self.samples)

    @cached_property
    def true_peak_db(self) -> float:
        """Highest magnitude between the samples too, dBTP."""
        return levels.true_peak_db(self.samples)

    @cached_property
    def rms_db(self) -> float:
        """Root mean square over all channels."""
        return levels.rms_db(self.samples)

    @property
    def crest_db(self) -> float:
        """Peak over RMS in dB."""
        return self.peak_db - self.rms_db

    @cached_property
    def dc_offset(self) -> float:
        """Largest magnitude of any channel's mean."""
        return levels.dc_offset(self.samples)

    @cached_property
    def silence_share(self) -> float:
        """Share of the blocks that are silent."""
        return levels.silence_share(self.samples)

    @cached_property
    def clipped_share(self) -> float:
        """Share of the samples in flat tops."""
        return levels.clipped_share(self.samples)

    @cached_property
    def dropouts(self) -> tuple[tuple[float, float], ...]:
        """Gaps: start and end."""
        return tuple(levels.dropouts(self.samples))

    @cached_property
    def loudness_lufs(self) -> float:
        """Integrated loudness."""
        return loudness.loudness(self.samples)

    @cached_property
    def loudness_range(self) -> float:
        """Loudness range in LU."""
        return loudness.loudness_range(self.samples)

    @cached_property
    def stereo_correlation(self) -> float:
        """Correlation of left and right, -1 to 1."""
        return spectrum.stereo_correlation(self.samples)

    @cached_property
    def edge(self) -> spectrum.Edge:
        """The steepest fall of the spectrum above 8 kHz."""
        return spectrum.edge_of(self._power)

    def roll_off(self, share: float = 0.99) -> float:
        """Frequency below which `share` of the energy lies, Hz; 0 for silence."""
        return spectrum.roll_off_of(self._power, share)

    def band_energy(self, bands: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
        """Share of the energy in each band (low, high) in Hz, shape (bands,)."""
        return spectrum.shares_of(self._power, bands)

    def tempo(self, tempo_range: tuple[float, float] | None = None) -> tempo.TempoEstimate:
        """The likeliest tempo; inside `tempo_range` where one is given."""
        return tempo.estimate(self._likeness, tempo_range)

    def tempo_fit(self, candidates: Sequence[float]) -> NDArray[np.float64]:
        """How well each candidate tempo fits, shape (candidates,)."""
        return tempo.fit_of(self._likeness, candidates)

    @cached_property
    def key(self) -> KeyEstimate:
        """The likeliest key."""
        return key_of(self._strengths)

    @cached_property
    def chroma(self) -> NDArray[np.float64]:
        """Share of each pitch class, C first, shape (12,)."""
        return chroma_of(self._strengths)

    def in_scale_share(self, key: Key) -> float:
        """Share of the chroma inside the scale of `key`; 0 for silence."""
        return float(self.chroma[sorted(key.scale)].sum())

    @cached_property
    def clicks(self) -> int:
        """Clicks, counted."""
        return artefacts.clicks(self.samples)

    @cached_property
    def flat_share(self) -> float:
        """Share of audible frames that are noise."""
        return artefacts.flat_share(self._frames)

    @cached_property
    def stuck_seconds(self) -> float:
        """Longest stretch in which one tone stands still."""
        return artefacts.stuck_seconds(self._frames)

    @property
    def spectrum(self) -> NDArray[np.float64]:
        """Mean power per bin of `audio.spectrum`."""
        return self._power

    @cached_property
    def _power(self) -> NDArray[np.float64]:
        return spectrum.power_spectrum(self.samples)[1]

    @cached_property
    def onsets(self) -> NDArray[np.float64]:
        """Onset strength of three bands, a hundred a second; see `audio.onsets`."""
        return band_flux(self.samples, self.library)

    @cached_property
    def _likeness(self) -> NDArray[np.float64]:
        return tempo.autocorrelate(self.onsets)

    @cached_property
    def _strengths(self) -> NDArray[np.float64]:
        return pitch_strengths(self.samples)

    @cached_property
    def _frames(self) -> NDArray[np.float32]:
        return artefacts.over_time(mono(self.samples))


def measure(samples: NDArray[Any], library: Library = "numpy") -> Meters:
    """The meters of `samples` (channels, n) or (n,) at 48 kHz. Raises `BadInput` for what is not sound, NaN included."""
    return Meters(freeze(samples), library)
