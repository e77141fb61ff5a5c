"""Who judges takes in a `select` stage: a scorer gives each take a number, and the largest go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..library import Take

BY_CHORDS: Final = "chords"
"""The scorer that hears the chords that the band played: takes without them have no score."""
Scorer = Callable[[Take], float]
"""The score of a take; more is better."""


def keep_best(takes: Sequence[Take], score: Scorer, keep: int) -> tuple[tuple[Take, ...], tuple[float, ...]]:
    """The `keep` best of `takes`, best first, and the score of every take in the given order. Equal ones stay in their order."""
    scores = tuple(score(take) for take in takes)
    order = sorted(range(len(takes)), key=lambda place: -scores[place])
    return tuple(takes[place] for place in order[:keep]), scores


def score_meters(take: Take) -> float:
    """0 to 1 from the take's own readings: the mean of what speaks for it.

    Without faults (1 less ten times the clipped share, the silent share, a tenth a dropout), and where tempo or key were asked
    for, the share of the onsets that fits the tempo and of the chroma inside the key.
    """
    read = take.meters
    faults = 10.0 * (read.get("clipped_share") or 0.0) + (read.get("silence_share") or 0.0) + 0.1 * (read.get("dropouts") or 0.0)
    parts = [max(0.0, 1.0 - faults)]
    parts += [min(1.0, max(0.0, value)) for name in ("tempo_fit", "in_scale_share") if (value := read.get(name)) is not None]
    return sum(parts) / len(parts)
