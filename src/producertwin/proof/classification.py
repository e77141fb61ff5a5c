"""Classification of takes: as the producer's or somebody else's, and by the producer's styles.

Both classifiers learn from real songs that no prompt was written from, and are tried on the held-out songs first: what they make
of those is the ceiling of what they can make of takes. All songs go through the instrument's codec for this, as every take did,
so that the codec's own sound cannot be what a classifier uses.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..metrics import style_classifier
from ..metrics.probe import fit_probe
from ..metrics.statistics import Floats, Interval, bootstrap, confusion, macro_recall, wilson
from ..recipe import Record
from .plan import ProofPlan
from .readings import CODEC, Measurements, Side

LEAST_UNKNOWN: Final = 5
"""Other producers from which on the probe is judged on producers it never heard. Of fewer, one left out leaves too little to tell
the producer from, and the probe is judged on other songs of the producers it knows."""
LEAST_OF_STYLE: Final = 3
"""Fewest training songs of a style that a classifier learns it from."""


class Specificity(Record):
    """How often a probe on one embedder assigns sounds to the producer: all figures are shares assigned to the producer."""

    others: int
    """Songs of other producers that the probe learned from."""
    producers: int
    """Who made them."""
    unknown: bool
    """Whether the probe did not know the producers of the songs that count as alarms either."""
    alarms: Interval
    """Others' songs that the probe did not learn from."""
    holdout: Interval
    """The held-out songs: the ceiling."""
    base: Interval
    """The base's first take of every prompt."""
    twin: Interval
    """The twin's."""


class Pair(Record):
    """Two styles that the classifier was not shown to distinguish."""

    first: str
    second: str
    right: Interval
    """Share classified correctly, among the takes of both styles that were assigned to either."""


class Distinctness(Record):
    """How a classifier on one embedder assigns takes to the producer's styles."""

    styles: tuple[str, ...]
    chance: float
    recall: dict[str, Interval]
    """Macro-recall over the styles, by side; that of `holdout` is the ceiling."""
    confusion: tuple[tuple[int, ...], ...]
    """Confusion counts of the twin's takes: asked style (row), assigned style (column)."""
    indistinct: tuple[Pair, ...]


def specificity(measured: Measurements, embedder: str, plan: ProofPlan) -> Specificity:
    """Measure how often sounds are assigned to the producer.

    Raises `BadInput` where there are too few songs to learn the difference.
    """
    if not len(measured.others):
        raise BadInput("there are no other producers", remedy="bring in tracks of other producers, and screen and caption them")
    if not len(measured.train):
        raise BadInput("there are no training songs", remedy="give the training songs too")
    makers = [track.producer for track in measured.others.tracks]
    known = measured.train.vectors(embedder)[:, CODEC], measured.others.vectors(embedder)[:, CODEC]
    unknown = len(set(makers)) >= LEAST_UNKNOWN
    probe = fit_probe(*known, producers=makers if unknown else None, seed=plan.seed)
    first: dict[str, Floats] = {name: side.vectors(embedder)[:, 0] for name, side in _sides(measured)}
    shares = {name: probe.share(vectors) for name, vectors in first.items()}
    return Specificity(others=len(makers), producers=len(set(makers)), unknown=unknown, alarms=probe.others, **shares)


def distinctness(measured: Measurements, embedder: str, plan: ProofPlan) -> Distinctness | None:
    """Style distinctness; None with fewer than two styles that have enough songs to learn and at least one to be asked for."""
    known = Counter(track.style for track in measured.train.tracks)
    asked = {track.style for track in measured.real.tracks}
    names = tuple(sorted(name for name, count in known.items() if count >= LEAST_OF_STYLE and name in asked))
    if len(names) < 2:
        return None
    vectors, labels = measured.train.vectors(embedder)[:, CODEC], [track.style for track in measured.train.tracks]
    taught = [place for place, label in enumerate(labels) if label in names]
    learned = style_classifier.fit(vectors[taught], [names.index(labels[place]) for place in taught], names=names)
    tables = {}
    for side, played in _sides(measured):
        takes, true = _labelled_vectors(played, embedder, names)
        tables[side] = np.stack([true, learned.guess(takes)], axis=1), _songs(played, names)
    counts = confusion(tables["twin"][0][:, 0], tables["twin"][0][:, 1], len(names))
    return Distinctness(
        styles=names,
        chance=1.0 / len(names),
        recall={side: _recall(told, songs, len(names), plan) for side, (told, songs) in tables.items()},
        confusion=tuple(map(tuple, counts.tolist())),
        indistinct=tuple(_indistinct_styles(counts, names)),
    )


def _sides(measured: Measurements) -> tuple[tuple[str, Side], ...]:
    return ("holdout", measured.codec), ("base", measured.base), ("twin", measured.twin)


def _labelled_vectors(side: Side, embedder: str, names: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vectors of the takes of the named styles, and the numbers of the styles."""
    vectors = side.vectors(embedder)
    chosen = [place for place, track in enumerate(side.tracks) if track.style in names]
    labels = np.array([names.index(side.tracks[place].style) for place in chosen], np.int64)
    return vectors[chosen].reshape(-1, vectors.shape[-1]), np.repeat(labels, vectors.shape[1])


def _songs(side: Side, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Which prompt each labelled take belongs to."""
    takes = [len(readings) for track, readings in zip(side.tracks, side.readings, strict=True) if track.style in names]
    return np.repeat(np.arange(len(takes)), takes)


def _recall(told: NDArray[np.int64], songs: NDArray[np.int64], classes: int, plan: ProofPlan) -> Interval:
    """Macro-recall with an interval over songs."""
    places = [np.flatnonzero(songs == song) for song in range(int(songs.max()) + 1)]

    def recall(drawn: NDArray[np.int64]) -> float:
        kept = told[np.concatenate([places[song] for song in drawn])]
        return macro_recall(confusion(kept[:, 0], kept[:, 1], classes))

    return bootstrap(np.arange(len(places)), recall, rounds=plan.rounds, seed=plan.seed)


def _indistinct_styles(counts: NDArray[np.int64], names: tuple[str, ...]) -> list[Pair]:
    """Pairs of styles whose takes are not classified better than chance at the interval's lower end."""
    found = []
    for one, other in combinations(range(len(names)), 2):
        both = counts[np.ix_([one, other], [one, other])]
        right = wilson(int(np.trace(both)), int(both.sum()))
        if right.low <= 0.5:
            found.append(Pair(first=names[one], second=names[other], right=right))
    return found
