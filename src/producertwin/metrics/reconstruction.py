"""How alike two sounds of one length are, frame by frame: the codec's error, and whether a take is a copy.

Mel distance: mean over 10 ms frames, 80 bands (30 Hz to 18 kHz) and both channels of the absolute difference of levels in
dB, levels not below 60 dB under the reference's loudest cell. Spectral convergence: |A - R| / |R| (Frobenius norm) of the
magnitudes A and R of Hann windows of 2048 samples every 10 ms, both channels together (Arik et al. 2019). Phases do not
count.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio.artefacts import over_time
from ..audio.samples import as_stereo
from ..errors import BadInput
from ..timebase import samples_of
from .mel_stats import mel_bank

_FLOOR: Final = 1e-6


def mel_distance(samples: NDArray[Any], reference: NDArray[Any]) -> float:
    """Mean difference of `samples` from `reference`, both (2, n), in dB."""
    made, wanted = _pair(samples, reference)
    bank = mel_bank()
    mels = [np.stack([over_time(channel) @ bank for channel in sound]) for sound in (made, wanted)]
    floor = max(_FLOOR * float(mels[1].max()), 1e-20)
    levels = [10.0 * np.log10(np.maximum(mel, floor)) for mel in mels]
    return float(np.abs(levels[0] - levels[1]).mean())


def spectral_convergence(samples: NDArray[Any], reference: NDArray[Any]) -> float:
    """Relative error of the magnitudes of `samples` against `reference`, both (2, n); 0 is alike, 1 is as bad as silence."""
    made, wanted = _pair(samples, reference)
    got, true = (np.sqrt(np.stack([over_time(channel) for channel in sound])) for sound in (made, wanted))
    return float(np.linalg.norm(got - true) / max(float(np.linalg.norm(true)), 1e-12))


def _pair(samples: NDArray[Any], reference: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both sounds at the shorter one's length. Raises `BadInput` when the lengths differ by more than a tenth of a second."""
    made, wanted = as_stereo(samples), as_stereo(reference)
    length = min(made.shape[1], wanted.shape[1])
    if max(made.shape[1], wanted.shape[1]) - length > samples_of(0.1):
        raise BadInput(f"sounds of {made.shape[1]} and {wanted.shape[1]} samples", remedy="compare sounds of one length")
    return made[:, :length], wanted[:, :length]
