"""Whether takes do what their prompts say, and are whole: agreement with the caption, tempo, key, defects.

Real held-out songs are measured alike and stand beside as the ceiling. Agreement is retrieval: among all prompts' sounds, is the
one nearest to a caption its own? The gap is the mean cosine of caption and own sound less that of caption and others'. A base and
a twin are compared prompt by prompt: the difference has its interval from songs drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ..audio.tempo import octave_tolerant
from ..metrics.adherence import CHANCE_IN_SCALE, same_scale
from ..metrics.embedders import pairs
from ..metrics.statistics import Floats, Interval, bootstrap, mean_interval, wilson
from ..music import Key
from ..quality.detectors import NAMES
from ..recipe import Record
from .corpus import Piece
from .plan import ProofPlan
from .readings import Heard, Reading, Side

Measure = Callable[[Reading, Piece], float | None]
"""Something between 0 and 1 of one sound; None where nothing was asked for."""


class Agreement(Record):
    """How well sounds and captions find each other, by one embedder; the first take of every prompt."""

    first: Interval
    """R@1: share of captions whose own sound is nearest."""
    median_rank: Interval
    """Middle place of the own sound; 1 is best, half the songs is chance."""
    gap: Interval
    """Mean cosine of a caption and its own sound, less that with the others'."""


class Kept(Record):
    """One thing that prompts ask for, as real songs, base and twin keep it."""

    songs: int
    """Prompts that ask for it."""
    real: Interval
    base: Interval
    twin: Interval
    difference: Interval
    """Twin less base, over the same prompts and seeds."""
    chance: float | None
    """What it is by chance, where that is known."""


class Faults(Record):
    """How often a side's takes have a defect."""

    takes: int
    share: Interval
    by_kind: dict[str, int]
    clicks: Interval
    """Clicks per take, which are music where vinyl crackles: compare with the real songs'."""


def agreement(heard: Heard, ear: str, plan: ProofPlan) -> dict[str, Agreement]:
    """How captions and sounds find each other on every side; empty where `ear` does not read or there are too few songs."""
    words = heard.said.get(ear)
    if words is None or len(words) < 2:
        return {}
    sides = {"real": heard.real, "base": heard.base, "twin": heard.twin}
    return {name: agreed(words, side.vectors(ear)[:, 0], plan) for name, side in sides.items()}


def agreed(words: Floats, sounds: Floats, plan: ProofPlan) -> Agreement:
    """Agreement of captions and sounds, both (n, d), row by row."""
    found = pairs(sounds, words)
    return Agreement(
        first=wilson(int((found.ranks == 0).sum()), len(found.ranks)),
        median_rank=bootstrap(found.ranks + 1.0, lambda drawn: float(np.median(drawn)), rounds=plan.rounds, seed=plan.seed),
        gap=mean_interval(found.gaps, seed=plan.seed),
    )


def tempo_found(reading: Reading, piece: Piece) -> float | None:
    """Whether the tempo meter reads the asked tempo, its third, half, double or triple."""
    return None if piece.bpm is None else float(octave_tolerant(reading.bpm, piece.bpm))


def tempo_best(reading: Reading, _: Piece) -> float | None:
    """Whether the asked tempo fits better than its rivals."""
    return None if reading.tempo_best is None else float(reading.tempo_best)


def in_scale(reading: Reading, _: Piece) -> float | None:
    """Share of the chroma inside the asked key."""
    return reading.in_scale


def scale_found(reading: Reading, piece: Piece) -> float | None:
    """Whether the key found has the asked key's scale."""
    return None if piece.key is None else float(same_scale(Key.parse(reading.key), Key.parse(piece.key)))


MEASURES: Final[dict[str, tuple[Measure, float | None]]] = {
    "tempo found": (tempo_found, None),
    "tempo fits best": (tempo_best, None),
    "chroma in the key": (in_scale, CHANCE_IN_SCALE),
    "scale found": (scale_found, None),
}
"""What is asked of tempo and key, and what each is by chance."""


def obedience(heard: Heard, plan: ProofPlan) -> dict[str, Kept]:
    """Tempo and key, as far as prompts ask for them."""
    found = {}
    for name, (measure, chance) in MEASURES.items():
        real, base, twin = (_by_song(side, measure) for side in (heard.real, heard.base, heard.twin))
        there = ~np.isnan(real) & ~np.isnan(base) & ~np.isnan(twin)
        if there.any():
            means = [mean_interval(values[there], seed=plan.seed) for values in (real, base, twin, twin - base)]
            found[name] = Kept(
                songs=int(there.sum()), real=means[0], base=means[1], twin=means[2], difference=means[3], chance=chance
            )
    return found


def faults(side: Side, plan: ProofPlan) -> Faults:
    """The defects of a side."""
    takes = [reading for readings in side.readings for reading in readings]
    return Faults(
        takes=len(takes),
        share=wilson(sum(reading.defects.any for reading in takes), len(takes)),
        by_kind={name: sum(getattr(reading.defects, name) for reading in takes) for name in NAMES},
        clicks=mean_interval(_by_song(side, lambda reading, _: float(reading.clicks)), seed=plan.seed),
    )


def _by_song(side: Side, measure: Measure) -> Floats:
    """Mean over each prompt's takes, shape (songs,); not a number where nothing is asked for."""
    rows = [[measure(reading, piece) for reading in takes] for piece, takes in zip(side.pieces, side.readings, strict=True)]
    return np.array([np.nan if not row or None in row else np.mean(row) for row in rows], np.float64)  # type: ignore[arg-type]
