"""A desk while rules set it: its strips, what stems read, and a sentence for every move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..desk import Bus, Master, Strip
from .readings import StemReading, foresee_lufs, foresee_powers


@dataclass(eq=False, slots=True)
class Draft:
    """What rules read and change."""

    readings: tuple[StemReading, ...]
    style: str
    """A style of the table of balances."""
    strips: dict[str, Strip]
    buses: dict[str, Bus]
    master: Master
    wanted: dict[str, float] = field(default_factory=dict)
    """Loudness that each strip is meant to have, LUFS."""
    moves: list[str] = field(default_factory=list)

    @property
    def audible(self) -> tuple[StemReading, ...]:
        """The stems that sound."""
        return tuple(one for one in self.readings if not one.silent and not self.strips[one.name].mute)

    def change(self, name: str, **values: Any) -> None:
        """Set `values` of the strip `name`."""
        self.strips[name] = self.strips[name].model_copy(update=values)

    def tell(self, part: str, text: str) -> None:
        """Note why `part` was changed."""
        self.moves.append(f"{part}: {text}")

    def of_role(self, role: str) -> Iterator[StemReading]:
        """The stems of a role that sound."""
        return (one for one in self.audible if one.role == role)

    def powers(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """What the stems that sound are behind their strips, (stems, windows, bands)."""
        return np.stack([foresee_powers(one, self.strips[one.name]) for one in self.audible])

    def whole_lufs(self) -> float:
        """The loudness of the sum, as if no two stems had to do with one another."""
        each = np.array([foresee_lufs(one, self.strips[one.name]) for one in self.audible])
        return float(10 * np.log10((10 ** (each / 10)).sum()))
