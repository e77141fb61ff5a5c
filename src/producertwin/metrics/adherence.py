"""Whether a take keeps the tempo and the key its prompt asks for.

Tempo fit: among the prompt's tempo and about eight others of its style, at least 6 % apart, the prompt's fits the take's
onsets best (`audio.meters.Meters.tempo_fit` of the tempo plus that of its double); by chance this happens once in as many tempi.
Tempo found: the tempo meter, not told where to look, reads the asked tempo or its third, half, double or triple within 4 %.
In-scale share: the part of the chroma inside the scale of the prompt's key; over all keys its mean is 7/12 whatever is
played, so that is its chance level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..audio.meters import Meters
from ..errors import BadInput
from ..music import Key
from .statistics import Floats

SPACING: Final = 1.06
"""Least ratio of two candidate tempi."""
RIVALS: Final = 9
CHANCE_IN_SCALE: Final = 7 / 12


def candidate_tempi(low: float, high: float, bpm: float) -> tuple[float, ...]:
    """The prompt's `bpm`, first, and up to nine rivals spread over the style's range `low` to `high` (widened where narrow)."""
    if not 0 < low <= high or not bpm > 0:
        raise BadInput(f"tempi {low:g}-{high:g} with {bpm:g} bpm", remedy="give a style's range and a tempo above 0")
    step = max(SPACING, (high / low) ** (1 / (RIVALS - 1)))
    grid = np.sqrt(low * high) * step ** (np.arange(RIVALS) - (RIVALS - 1) / 2)
    apart = np.abs(np.log(grid / bpm)) >= np.log(SPACING) * 0.999
    return (float(bpm), *(float(tempo) for tempo in grid[apart]))


def tempo_is_best(meters: Meters, candidates: Sequence[float]) -> bool:
    """Whether the first of `candidates` fits the sound best."""
    fit = beat_fit(meters, candidates)
    return bool(fit[0] > 0 and fit[0] >= fit.max())


def beat_fit(meters: Meters, candidates: Sequence[float]) -> Floats:
    """How well each tempo and its double fit together: music halves its beats, so that 2/3 and 4/3 of its tempo fit worse."""
    single = np.asarray(candidates, np.float64)
    fit = meters.tempo_fit([*single, *(2.0 * single)])
    return np.asarray(fit[: single.size] + fit[single.size :], np.float64)


def in_scale(chroma: NDArray[Any], key: Key) -> float:
    """Share of `chroma` (12,) inside the scale of `key`, 0 to 1; chance for silence, which takes no side."""
    shares = np.asarray(chroma, np.float64)
    total = float(shares.sum())
    return float(shares[sorted(key.scale)].sum()) / total if total > 0 else CHANCE_IN_SCALE


def same_scale(found: Key, asked: Key) -> bool:
    """Whether two keys are the same or relatives."""
    return found.scale == asked.scale


def way_from_chance(value: float, ceiling: float, chance: float = CHANCE_IN_SCALE) -> float:
    """How far `value` has come from `chance` (0) to `ceiling` (1)."""
    return (value - chance) / (ceiling - chance) if ceiling > chance else 0.0
