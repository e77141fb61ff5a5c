"""Mud: a bump between 160 and 500 Hz that the instrument of a stem does not usually have."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..effects import Bell
from ..report import CENTRES
from .curves import draw_bell

Curve = NDArray[np.float64]
PLACES: Final = (180.0, 225.0, 280.0, 355.0, 450.0)
"""Frequencies in Hz at which a bump is looked for."""
_AROUND: Final = (CENTRES >= 70) & (CENTRES <= 2_000)
_FLOOR: Final = -40.0
"""dB against the whole below which a band says nothing of an instrument."""
_Q: Final = 1.0
_STIFF: Final = 1.0
"""Weight of a small bump against a near fit."""


def find_mud(bands: Curve, usual: Curve) -> tuple[float, float]:
    """Where in Hz, and by how many dB, the spectrum `bands` has its largest bump against the `usual` one, both dB (bands,).

    What both differ by as a whole is loudness and no bump.
    """
    excess = (np.maximum(bands, _FLOOR) - np.maximum(usual, _FLOOR))[_AROUND]
    weights = np.where(bands > _FLOOR + 5, 1.0, 0.1)[_AROUND]
    found = []
    for hz in PLACES:
        bump = draw_bell(Bell(hz=hz, gain=6, q=_Q))[_AROUND] / 6
        columns = np.stack([bump, np.ones_like(bump)], axis=1) * weights[:, None]
        square = columns.T @ columns + np.diag([_STIFF, 1e-9])
        found.append((float(np.linalg.solve(square, columns.T @ (excess * weights))[0]), hz))
    size, hz = max(found)
    return hz, size


def share_of_mud(own: NDArray[np.float64], whole: NDArray[np.float64], hz: float) -> float:
    """The part of the energy around `hz` in `whole` that is `own`, both (windows, bands)."""
    around = np.abs(np.log2(CENTRES / hz)) <= 0.5
    return float(own[:, around].sum() / max(float(whole[:, around].sum()), 1e-20))
