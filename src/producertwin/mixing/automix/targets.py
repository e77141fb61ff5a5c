"""What the house band's own mixes are like: loudness of each stem, spectra, and how far stems cover one another.

The table `presets/automix/balances.toml` is measured (`benchmarks/mixing_balance.py targets`), over songs that nothing else is
measured on.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...recipe import Record, load
from ..report import CENTRES

Curve = NDArray[np.float64]
BALANCES: Final = Path(__file__).parents[2] / "presets" / "automix" / "balances.toml"
ANY: Final = "any"
"""The style of music of which nobody says one."""
_BANDS: Final = len(CENTRES)


class RoleBalance(Record):
    """A stem in the band's mixes."""

    level: float
    """Its loudness against all stems together, LU."""
    bands: tuple[float, ...] = Field(min_length=_BANDS, max_length=_BANDS)
    """Its spectrum, dB against its whole energy, not below -40."""
    mud: float
    """Bump between 160 and 500 Hz that is usual for one song against the mean of all, dB."""
    mud_spread: float = Field(gt=0)
    """Standard deviation of that."""
    masked: float
    """Share of it that the others cover."""
    masked_spread: float = Field(gt=0)
    """Standard deviation of that."""


class StyleBalance(Record):
    """The band's mixes of a style."""

    levels: dict[str, float]
    """Loudness of each stem against all together, LU."""
    bands: tuple[float, ...] = Field(min_length=_BANDS, max_length=_BANDS)
    """Spectrum of the mix, dB against its whole energy."""
    spread: tuple[float, ...] = Field(min_length=_BANDS, max_length=_BANDS)
    """Standard deviation of that."""
    duck: float = Field(ge=0, le=12)
    """dB by which the bass makes room for the kick."""


class Balances(Record):
    """The whole table."""

    styles: dict[str, StyleBalance]
    """By style; `any` is all of them."""
    roles: dict[str, RoleBalance]
    """By stem."""


@cache
def read_balances() -> Balances:
    """The table that is shipped."""
    return load(Balances, BALANCES)


def level_of(role: str | None, style: str) -> float:
    """Loudness against the whole that a stem has in `style`, LU; of a stem of no known role, the mean of all roles."""
    balances = read_balances()
    if role is None:
        return float(np.mean([one.level for one in balances.roles.values()]))
    return balances.styles[style].levels.get(role, balances.roles[role].level)
