"""Nearness and specificity where every fold of songs was played by a short twin of its own.

Spaces and probes are fitted per fold, to the songs that its twin learned from and to the base's takes of their captions, so
that nothing is fitted to what it judges. Points of different spaces are not compared: a take is compared with the real songs of
its own fold alone, its own song left out, by the mean squared distance in that fold's space. Real songs are taken through the
codec, as every take was, and compared with each other in the same way. With these means over all songs, base b, twin t, real r,

    gain = (b - t) / (b - r)

is 0 for a twin as far away as the base and 1 for one as near as the producer's songs are to each other. Its interval is from
songs drawn again, each with its base's and its twin's take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from ..errors import BadInput
from ..metrics.probe import Probe, fit_probe
from ..metrics.statistics import Floats, Interval, ends, mean_interval, wilson
from ..recipe import Record
from .classification import Specificity
from .plan import ProofPlan
from .readings import CODEC, Measurements
from .space import fit_contrast_space

_UNDEFINED: Final = 0.05
"""Share of drawn sets in which the base may be no further than real songs are."""


class FoldedNearness(Record):
    """What one embedder says of nearness across folds: mean squared distances from the real songs of the same fold."""

    ear: str
    """The embedder, and how many dimensions were kept of it."""
    songs: int
    folds: int
    base: Interval
    twin: Interval
    real: Interval
    """Real songs from each other: as near as a take can be expected to be."""
    gain: Interval | None
    """Part of the way from the base to the real songs that the short twins have come."""
    why: str = ""
    """Why there is no gain."""


def folded_nearness(plan: ProofPlan, measured: Measurements, embedder: str) -> FoldedNearness:
    """What `embedder` says. Raises `BadInput` where the songs outside a fold are too few to span a space."""
    folds = np.asarray(measured.folds)
    songs = len(folds)
    real, base, twin = (side.vectors(embedder) for side in (measured.codec, measured.base, measured.twin))
    found = np.zeros((songs, 3))
    dimensions = 0
    for fold in np.unique(folds):
        out = folds == fold
        space = fit_contrast_space(real[~out][:, 0], base[~out][:, 0], songs=songs)
        dimensions = space.dimensions
        here = space(real[out][:, 0])
        for place, side in enumerate((base, twin, real)):
            takes = [space(side[out][:, turn]) for turn in range(side.shape[1])]
            found[out, place] = np.mean([_distances(one, here) for one in takes], axis=0)
    means = [mean_interval(found[:, place], seed=plan.seed) for place in range(3)]
    gain, why = _gain(found, plan)
    kept = {"base": means[0], "twin": means[1], "real": means[2], "gain": gain, "why": why}
    return FoldedNearness(ear=f"{embedder} d={dimensions}", songs=songs, folds=len(np.unique(folds)), **kept)


def folded_specificity(measured: Measurements, embedder: str, plan: ProofPlan) -> Specificity:
    """How often sounds are assigned to the producer by probes that learned from other folds.

    Raises `BadInput` where there are too few songs to learn the difference.
    """
    if not len(measured.others):
        raise BadInput("there are no other producers", remedy="bring in tracks of other producers, and screen and caption them")
    folds = np.asarray(measured.folds)
    makers = [track.producer for track in measured.others.tracks]
    theirs = measured.others.vectors(embedder)[:, CODEC]
    sides = {"holdout": measured.codec, "base": measured.base, "twin": measured.twin}
    first: dict[str, Floats] = {name: side.vectors(embedder)[:, 0] for name, side in sides.items()}
    told: dict[str, int] = dict.fromkeys(sides, 0)
    probes: list[Probe] = []
    for fold in np.unique(folds):
        out = folds == fold
        probes.append(fit_probe(first["holdout"][~out], theirs, seed=plan.seed))
        for name, vectors in first.items():
            told[name] += int(probes[-1].classify(vectors[out]).sum())
    shares = {name: wilson(count, len(folds)) for name, count in told.items()}
    alarms = max((probe.others for probe in probes), key=lambda share: share.value)
    return Specificity(others=len(makers), producers=len(set(makers)), unknown=False, alarms=alarms, **shares)


def _distances(takes: Floats, real: Floats) -> Floats:
    """Mean squared distance of every take (n, d) from the real songs (n, d), its own excepted: (n,)."""
    squared = np.asarray(cdist(takes, real, "sqeuclidean"), np.float64)
    others: Floats = (squared.sum(axis=1) - np.diag(squared)) / (len(real) - 1)
    return others


def _gain(found: Floats, plan: ProofPlan) -> tuple[Interval | None, str]:
    """The gain of distances (songs, 3) of base, twin and real songs, or why there is none."""

    def share(rows: NDArray[Any]) -> float:
        base, twin, real = rows.mean(axis=0)
        return float((base - twin) / (base - real)) if base > real else float("nan")

    value, drawn = share(found), _draw(found, share, plan)
    kept = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(kept) < (1 - _UNDEFINED) * len(drawn):
        return None, f"the base is no further from the producer's songs than {len(found)} of these are from each other"
    low, high = ends(kept)
    return Interval(value, min(low, value), max(high, value)), ""


def _draw(found: Floats, share: Callable[[NDArray[Any]], float], plan: ProofPlan) -> Floats:
    """The share of `plan.rounds` draws of songs."""
    rng = np.random.default_rng(plan.seed)
    return np.array([share(found[rng.integers(len(found), size=len(found))]) for _ in range(plan.rounds)], np.float64)
