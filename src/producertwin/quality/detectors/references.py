"""What music usually weighs: shares of bands over songs that are known to be fine, by style.

`references.json` holds the house band's, measured by `benchmarks/references.py`; `learn` makes one of any songs, so that a
producer's own tracks can be the measure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...recipe import Record
from .profile import Profile

GENERAL: Final = "general"
"""The reference of all styles together."""
_LEAST_SPREAD: Final = 1.5
"""dB; a few songs that are alike make no law."""
_WINDOW: Final = 30
"""Steps of a window of mud."""


class Reference(Record):
    """Means and spreads of one set of songs, dB of the whole."""

    name: str
    songs: int
    band_mean: tuple[float, ...]
    band_spread: tuple[float, ...]
    mud_mean: float
    """Of 200 to 500 Hz against the rest of 50 to 10,000 Hz, over windows of 3 s."""
    mud_spread: float


def shares_db(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each band in dB, not below -60."""
    total = max(float(powers.sum()), 1e-15)
    shares: NDArray[np.float64] = 10 * np.log10(np.maximum(powers / total, 1e-6))
    return shares


def learn(name: str, profiles: Sequence[Profile]) -> Reference:
    """The reference of songs."""
    shares = np.stack([shares_db(one.bands.sum(axis=1)) for one in profiles])
    mud = np.concatenate([_mud(one) for one in profiles])
    spread = shares.std(axis=0) if len(profiles) > 1 else np.full(shares.shape[1], 4.0)
    return Reference(
        name=name,
        songs=len(profiles),
        band_mean=tuple(shares.mean(axis=0).round(2).tolist()),
        band_spread=tuple(np.maximum(spread, _LEAST_SPREAD).round(2).tolist()),
        mud_mean=round(float(mud.mean()), 2) if mud.size else -8.0,
        mud_spread=round(max(float(mud.std()), _LEAST_SPREAD), 2) if mud.size else 4.0,
    )


def _mud(profile: Profile) -> NDArray[np.float64]:
    """`mud_db` of every whole window of 3 s that is heard."""
    count = profile.low_mids.shape[1] // _WINDOW
    low, whole = profile.low_mids[:, : count * _WINDOW].reshape(2, count, _WINDOW).mean(axis=2)
    heard = whole > 10 ** (-50 / 10)
    return mud_db(low[heard], whole[heard])


def mud_db(low_mids: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power from 200 to 500 Hz against the rest of 50 to 10,000 Hz, dB."""
    found: NDArray[np.float64] = 10 * np.log10(np.maximum(low_mids, 1e-12) / np.maximum(whole - low_mids, 1e-12))
    return found


@cache
def _read_shipped() -> dict[str, Reference]:
    text = files(__package__).joinpath("references.json").read_text("utf-8")
    return {name: Reference(name=name, **entry) for name, entry in json.loads(text).items()}


def find_reference(style: str | None) -> Reference:
    """The shipped reference of a coarse style; the general one where there is none of its own."""
    shipped = _read_shipped()
    return shipped.get(style or GENERAL, shipped[GENERAL])
