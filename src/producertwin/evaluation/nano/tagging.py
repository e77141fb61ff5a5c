"""How often tags are right: stems heard where they play and not where they do not, lofi presets told from each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ...house_band.styles import COARSE
from ...metrics.statistics import Interval, wilson

Chances = Mapping[str, float]
"""Tag to its chance."""


def stems(heard: Iterable[tuple[Chances, Collection[str]]]) -> tuple[Interval, Interval]:
    """Share of the stems that play (second of each pair) which are heard, and share of the others which are not."""
    answers = [(chance > 0.5, stem in playing) for chances, playing in heard for stem, chance in chances.items()]
    present, absent = [found for found, plays in answers if plays], [not found for found, plays in answers if not plays]
    return wilson(sum(present), len(present)), wilson(sum(absent), len(absent))


def presets(heard: Iterable[tuple[Chances, str]]) -> float | None:
    """Mean over the lofi presets of the share told right among them; None where no song (its style second) is lofi."""
    right: dict[str, list[bool]] = {}
    for chances, style in heard:
        if COARSE[style] == "lofi":
            lofi = {name: chance for name, chance in chances.items() if COARSE[name] == "lofi"}
            right.setdefault(style, []).append(likeliest(lofi) == style)
    return float(np.mean([np.mean(hits) for hits in right.values()])) if right else None


def likeliest(chances: Chances) -> str:
    """The tag with the largest chance."""
    return max(chances, key=lambda name: chances[name])
