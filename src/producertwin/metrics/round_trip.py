"""What a variant's codec makes of a sound: the sound encoded, decoded again, and compared with itself.

Whatever an edit does, its source passes the codec first, so the copy shows how much of the source an edit can carry over. Three
excerpts of 5.12 s are compared (beginning, middle and end; a sound shorter than that is compared whole):

- error: spectral convergence (`reconstruction`), 0 for a copy whose magnitudes are right, 1 for one that is as bad as silence. It
  tells the sounds that a codec learned from foreign ones, which the others do not (`benchmarks/foreign.py`);
- harmony: correlation of the chroma over time (`similarity`);
- mel distance (`reconstruction`), and the octave band in which levels are furthest off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio import stft
from ..audio.artefacts import WINDOW, over_time
from ..audio.samples import Samples, as_stereo
from ..model.sampling import engine
from ..model.sampling.networks import AnyInstrument
from ..timebase import SAMPLE_RATE, samples_of
from .reconstruction import mel_distance, spectral_convergence
from .similarity import harmony

EXCERPT: Final = samples_of(5.12)
"""Samples of one excerpt: a whole number of latent frames."""
EXCERPTS: Final = 3
_OCTAVES: Final = 31.25 * 2.0 ** np.arange(1, 10)
"""Centres of the bands, Hz: 62.5 to 16 000."""
_FLOOR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """How far a codec's copy of a sound is from the sound."""

    error: float
    """Spectral convergence, 0 to about 1."""
    harmony: float
    """Correlation of the chroma over time, -1 to 1."""
    mel_db: float
    """Mel distance."""
    worst_hz: float
    """Centre of the octave band that is furthest off."""
    worst_db: float
    """Mean difference of its level from the source's over time."""


def measure(instrument: AnyInstrument, sound: NDArray[Any]) -> RoundTrip:
    """The round trip of `sound` (2, n) at 48 kHz through the codec of `instrument`."""
    heard = excerpts(as_stereo(sound))
    copies = [engine.decode(instrument, engine.encode(instrument, part))[:, : part.shape[1]] for part in heard]
    return compare(np.concatenate(copies, axis=1), np.concatenate(heard, axis=1))


def compare(copy: Samples, original: Samples) -> RoundTrip:
    """How far `copy` is from `original`, both (2, n) at 48 kHz."""
    off = _octave_differences(copy, original)
    worst = int(off.argmax())
    return RoundTrip(
        error=spectral_convergence(copy, original),
        harmony=harmony(copy, original),
        mel_db=mel_distance(copy, original),
        worst_hz=float(_OCTAVES[worst]),
        worst_db=float(off[worst]),
    )


def excerpts(sound: Samples) -> list[Samples]:
    """Beginning, middle and end of `sound` (2, n); all of it where it is no longer than they are."""
    if sound.shape[1] <= EXCERPTS * EXCERPT:
        return [sound]
    starts = np.linspace(0, sound.shape[1] - EXCERPT, EXCERPTS).astype(int)
    return [sound[:, start : start + EXCERPT] for start in starts]


def _octave_differences(copy: Samples, original: Samples) -> NDArray[np.float64]:
    """Mean difference in dB over time and channels in each octave band, levels not below 60 dB under the loudest."""
    hz = stft.bin_hz(WINDOW, SAMPLE_RATE)
    inside = (np.abs(np.log2(np.maximum(hz, 1.0))[:, None] - np.log2(_OCTAVES)) <= 0.5).astype(np.float32)
    powers = [np.stack([over_time(channel) @ inside for channel in sound]) for sound in (copy, original)]
    floor = max(_FLOOR * float(powers[1].max()), 1e-20)
    made, wanted = (10 * np.log10(np.maximum(power, floor)) for power in powers)
    return np.asarray(np.abs(made - wanted).mean(axis=(0, 1)), np.float64)
