"""Defects to plant into a fine sound: one function per kind, three severities, and where the defect then is.

A plant takes sound (2, n) float32 at 48 kHz, a severity 0 to 2 and a generator of random numbers, and gives a `Planted`. What a
severity means stands in the tuple at the top of each function. Sounds are long enough for all of them from 12 s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import lasting_plants, sudden_plants
from .planting import Planted, Rng, Song

Plant = Callable[[Song, int, Rng], Planted]
PLANTS: Final[dict[str, Plant]] = {
    name.removeprefix("plant_"): made
    for module in (sudden_plants, lasting_plants)
    for name, made in sorted(vars(module).items())
    if name.startswith("plant_") and name != "plant_all"
}
"""Every plant by the kind of its defect."""
