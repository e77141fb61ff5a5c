"""What takes are told as: the producer or another, and which of the producer's styles.

Both classifiers learn from real songs that no prompt was written from, and are tried on the held-out songs first: what they make
of those is the ceiling of what they can make of takes. All songs go through the instrument's codec for this, as every take did,
so that nothing is told by the codec's own sound.
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
from .readings import CODEC, Heard, Side

LEAST_UNKNOWN: Final = 5
"""Other producers from which on the probe is judged on producers it never heard. Of fewer, one left out leaves too little to tell
the producer from, and the probe is judged on other songs of the producers it knows."""
LEAST_OF_STYLE: Final = 3
"""Fewest training songs of a style that a classifier learns it from."""


class Specific(Record):
    """Whom sounds are told as, by one embedder: the producer, or somebody else. Shares told as the producer."""

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
    """Two styles that were not shown to be told apart."""

    first: str
    second: str
    right: Interval
    """Share put right among the takes of both that were told as either."""


class Distinct(Record):
    """Which styles takes are told as, by one embedder."""

    styles: tuple[str, ...]
    chance: float
    recall: dict[str, Interval]
    """Side to its mean over the styles of the share told right; that of `holdout` is the ceiling."""
    confusion: tuple[tuple[int, ...], ...]
    """How often the twin's takes of each style (row) were told as each (column)."""
    indistinct: tuple[Pair, ...]


def specificity(heard: Heard, ear: str, plan: ProofPlan) -> Specific:
    """Whom sounds are told as. Raises `BadInput` where there are too few songs, of others above all, to learn the difference."""
    if not len(heard.others):
        raise BadInput("there are no other producers", remedy="bring in tracks of other producers, and screen and caption them")
    if not len(heard.train):
        raise BadInput("there are no training songs", remedy="give the training songs too")
    makers = [piece.producer for piece in heard.others.pieces]
    known = heard.train.vectors(ear)[:, CODEC], heard.others.vectors(ear)[:, CODEC]
    unknown = len(set(makers)) >= LEAST_UNKNOWN
    probe = fit_probe(*known, producers=makers if unknown else None, seed=plan.seed)
    first: dict[str, Floats] = {name: side.vectors(ear)[:, 0] for name, side in _sides(heard)}
    shares = {name: probe.share(vectors) for name, vectors in first.items()}
    return Specific(others=len(makers), producers=len(set(makers)), unknown=unknown, alarms=probe.others, **shares)


def distinctness(heard: Heard, ear: str, plan: ProofPlan) -> Distinct | None:
    """Style distinctness; None with fewer than two styles that have enough songs to learn and at least one to be asked for."""
    known = Counter(piece.style for piece in heard.train.pieces)
    asked = {piece.style for piece in heard.real.pieces}
    names = tuple(sorted(name for name, count in known.items() if count >= LEAST_OF_STYLE and name in asked))
    if len(names) < 2:
        return None
    vectors, labels = heard.train.vectors(ear)[:, CODEC], [piece.style for piece in heard.train.pieces]
    taught = [place for place, label in enumerate(labels) if label in names]
    learned = style_classifier.fit(vectors[taught], [names.index(labels[place]) for place in taught], names=names)
    tables = {}
    for side, played in _sides(heard):
        takes, true = _labelled(played, ear, names)
        tables[side] = np.stack([true, learned.guess(takes)], axis=1), _songs(played, names)
    counts = confusion(tables["twin"][0][:, 0], tables["twin"][0][:, 1], len(names))
    return Distinct(
        styles=names,
        chance=1.0 / len(names),
        recall={side: _recall(told, songs, len(names), plan) for side, (told, songs) in tables.items()},
        confusion=tuple(map(tuple, counts.tolist())),
        indistinct=tuple(_indistinct(counts, names)),
    )


def _sides(heard: Heard) -> tuple[tuple[str, Side], ...]:
    return ("holdout", heard.codec), ("base", heard.base), ("twin", heard.twin)


def _labelled(side: Side, ear: str, names: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Vectors of the takes of the named styles, and the numbers of the styles."""
    vectors = side.vectors(ear)
    chosen = [place for place, piece in enumerate(side.pieces) if piece.style in names]
    labels = np.array([names.index(side.pieces[place].style) for place in chosen], np.int64)
    return vectors[chosen].reshape(-1, vectors.shape[-1]), np.repeat(labels, vectors.shape[1])


def _songs(side: Side, names: tuple[str, ...]) -> NDArray[np.int64]:
    """Which prompt each labelled take belongs to."""
    takes = [len(readings) for piece, readings in zip(side.pieces, side.readings, strict=True) if piece.style in names]
    return np.repeat(np.arange(len(takes)), takes)


def _recall(told: NDArray[np.int64], songs: NDArray[np.int64], classes: int, plan: ProofPlan) -> Interval:
    """Macro-recall with an interval over songs."""
    places = [np.flatnonzero(songs == song) for song in range(int(songs.max()) + 1)]

    def recall(drawn: NDArray[np.int64]) -> float:
        kept = told[np.concatenate([places[song] for song in drawn])]
        return macro_recall(confusion(kept[:, 0], kept[:, 1], classes))

    return bootstrap(np.arange(len(places)), recall, rounds=plan.rounds, seed=plan.seed)


def _indistinct(counts: NDArray[np.int64], names: tuple[str, ...]) -> list[Pair]:
    """Pairs whose takes were not told right more often than a coin would, at the interval's lower end."""
    found = []
    for one, other in combinations(range(len(names)), 2):
        both = counts[np.ix_([one, other], [one, other])]
        right = wilson(int(np.trace(both)), int(both.sum()))
        if right.low <= 0.5:
            found.append(Pair(first=names[one], second=names[other], right=right))
    return found
