"""Fold one to eight channels to stereo.

Channels are in the order of WAV files (front left, front right, centre, low effects, back pair, side pair). Centre and
surrounds enter at -3 dB as in ITU-R BS.775, the low-effects channel is left out, and the matrix is scaled so that
full-scale input cannot exceed full scale.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_HALF: Final = 0.5**0.5
_LEFT, _RIGHT, _CENTRE, _BASS = (1.0, 0.0), (0.0, 1.0), (_HALF, _HALF), (0.0, 0.0)
_BACK_LEFT, _BACK_RIGHT, _BACK = (_HALF, 0.0), (0.0, _HALF), (0.5, 0.5)
_LAYOUTS: Final = {
    1: ((1.0, 1.0),),
    2: (_LEFT, _RIGHT),
    3: (_LEFT, _RIGHT, _CENTRE),
    4: (_LEFT, _RIGHT, _BACK_LEFT, _BACK_RIGHT),
    5: (_LEFT, _RIGHT, _CENTRE, _BACK_LEFT, _BACK_RIGHT),
    6: (_LEFT, _RIGHT, _CENTRE, _BASS, _BACK_LEFT, _BACK_RIGHT),
    7: (_LEFT, _RIGHT, _CENTRE, _BASS, _BACK, _BACK_LEFT, _BACK_RIGHT),
    8: (_LEFT, _RIGHT, _CENTRE, _BASS, _BACK_LEFT, _BACK_RIGHT, _BACK_LEFT, _BACK_RIGHT),
}
MAX_CHANNELS: Final = max(_LAYOUTS)


def fold(block: NDArray[Any]) -> NDArray[np.float32]:
    """`block` (frames, channels), 1 to 8 channels, as stereo (frames, 2) float32."""
    matrix = np.array(_LAYOUTS[block.shape[1]], np.float32)
    matrix /= matrix.sum(axis=0).max()
    if block.shape[1] == 2:
        return np.asarray(block, np.float32)
    folded: NDArray[np.float32] = np.asarray(block, np.float32) @ matrix
    return folded
