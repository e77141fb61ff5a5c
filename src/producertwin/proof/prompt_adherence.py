"""Whether takes do what their prompts say, and are whole: agreement with the caption, tempo, key, defects.

Real held-out songs are measured alike and stand beside as the ceiling. Agreement is retrieval: among all prompts' sounds, is the
one nearest to a caption its own? The gap is the mean cosine of caption and own sound less that of caption and others'. A base and
a twin are compared prompt by prompt: the difference has its interval from songs drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ..audio.tempo import tempo_agreement
from ..metrics.adherence import CHANCE_IN_SCALE, same_scale
from ..metrics.embedders import caption_retrieval
from ..metrics.statistics import Floats, Interval, bootstrap, mean_interval, wilson
from ..music import Key
from ..quality.detectors.flags import NAMES
from ..recipe import Record
from .corpus import EvalTrack
from .plan import ProofPlan
from .readings import Measurements, Reading, Side

Measure = Callable[[Reading, EvalTrack], float | None]
"""Something between 0 and 1 of one sound; None where nothing was asked for."""


class Agreement(Record):
    """How well sounds and captions find each other, by one embedder; the first take of every prompt."""

    first: Interval
    """R@1: share of captions whose own sound is nearest."""
    median_rank: Interval
    """Middle place of the own sound; 1 is best, half the songs is chance."""
    gap: Interval
    """Mean cosine of a caption and its own sound, less that with the others'."""


class Adherence(Record):
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


def agreement(measured: Measurements, embedder: str, plan: ProofPlan) -> dict[str, Agreement]:
    """How captions and sounds find each other on every side; empty where `embedder` does not read or there are too few songs."""
    words = measured.captions.get(embedder)
    if words is None or len(words) < 2:
        return {}
    sides = {"real": measured.real, "base": measured.base, "twin": measured.twin}
    return {name: measure_agreement(words, side.vectors(embedder)[:, 0], plan) for name, side in sides.items()}


def measure_agreement(words: Floats, sounds: Floats, plan: ProofPlan) -> Agreement:
    """Agreement of captions and sounds, both (n, d), row by row."""
    found = caption_retrieval(sounds, words)
    return Agreement(
        first=wilson(int((found.ranks == 0).sum()), len(found.ranks)),
        median_rank=bootstrap(found.ranks + 1.0, lambda drawn: float(np.median(drawn)), rounds=plan.rounds, seed=plan.seed),
        gap=mean_interval(found.gaps, seed=plan.seed),
    )


def tempo_matches(reading: Reading, track: EvalTrack) -> float | None:
    """Whether the tempo meter reads the asked tempo, its third, half, double or triple."""
    return None if track.bpm is None else float(tempo_agreement(reading.bpm, track.bpm).share > 0)


def tempo_is_octave_off(reading: Reading, track: EvalTrack) -> float | None:
    """Whether it reads the asked tempo's third, half, double or triple."""
    return None if track.bpm is None else float(tempo_agreement(reading.bpm, track.bpm).share == 0.5)


def tempo_best(reading: Reading, _: EvalTrack) -> float | None:
    """Whether the asked tempo fits better than its rivals."""
    return None if reading.tempo_best is None else float(reading.tempo_best)


def in_scale(reading: Reading, _: EvalTrack) -> float | None:
    """Share of the chroma inside the asked key."""
    return reading.in_scale


def scale_matches(reading: Reading, track: EvalTrack) -> float | None:
    """Whether the key found has the asked key's scale."""
    return None if track.key is None else float(same_scale(Key.parse(reading.key), Key.parse(track.key)))


MEASURES: Final[dict[str, tuple[Measure, float | None]]] = {
    "tempo found": (tempo_matches, None),
    "of it an octave off": (tempo_is_octave_off, None),
    "tempo fits best": (tempo_best, None),
    "chroma in the key": (in_scale, CHANCE_IN_SCALE),
    "scale found": (scale_matches, None),
}
"""What is asked of tempo and key, and what each is by chance."""


def prompt_adherence(measured: Measurements, plan: ProofPlan) -> dict[str, Adherence]:
    """Tempo and key, as far as prompts ask for them."""
    found = {}
    for name, (measure, chance) in MEASURES.items():
        real, base, twin = (_by_song(side, measure) for side in (measured.real, measured.base, measured.twin))
        there = ~np.isnan(real) & ~np.isnan(base) & ~np.isnan(twin)
        if there.any():
            means = [mean_interval(values[there], seed=plan.seed) for values in (real, base, twin, twin - base)]
            found[name] = Adherence(
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
    rows = [[measure(reading, track) for reading in takes] for track, takes in zip(side.tracks, side.readings, strict=True)]
    return np.array([np.nan if not row or None in row else np.mean(row) for row in rows], np.float64)  # type: ignore[arg-type]
