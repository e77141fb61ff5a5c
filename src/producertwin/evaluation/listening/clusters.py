"""How much answers that hang together are worth.

Answers of one listener are alike, and so are answers to one pair. With an intraclass correlation r and m answers a cluster, a
share varies 1 + (m - 1)·r times as much as that of independent answers (Kish 1965): the design effect. r is estimated by analysis
of variance (Donner 1986) and taken as 0 where it comes out negative; m is the mean size of the cluster that an answer is in. Two
ways of clustering add up what each has above 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import BadInput


@dataclass(frozen=True, slots=True)
class Clustering:
    """Clusters, the correlation inside them, and what it does to the worth of the answers."""

    clusters: int
    correlation: float
    effect: float
    """Design effect, 1 or more."""


def design_effect(size: float, correlation: float) -> float:
    """1 + (size - 1)·correlation, never below 1."""
    return max(1.0, 1.0 + (size - 1.0) * correlation)


def clustering(right: Sequence[bool], labels: Sequence[Hashable]) -> Clustering:
    """How answers (right or wrong) hang together by their labels; one cluster, or clusters of one answer, say nothing: 1."""
    if len(right) != len(labels):
        raise BadInput(f"{len(right)} answers and {len(labels)} labels", remedy="give every answer one label")
    names = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    index = np.array([names[label] for label in labels], np.int64)
    sizes = np.bincount(index, minlength=len(names)).astype(np.float64)
    if len(names) < 2 or sizes.max() < 2:
        return Clustering(len(names), 0.0, 1.0)
    values = np.asarray(right, np.float64)
    means = np.bincount(index, weights=values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum() / (len(sizes) - 1))
    within = float(((values - means[index]) ** 2).sum() / (sizes.sum() - len(sizes)))
    typical = float((sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(sizes) - 1))
    spread = between + (typical - 1.0) * within
    correlation = min(max((between - within) / spread, 0.0), 1.0) if spread > 0 else 0.0
    return Clustering(len(names), correlation, design_effect(float((sizes**2).sum() / sizes.sum()), correlation))


def together(*ways: Clustering) -> float:
    """The design effect of several ways of clustering at once."""
    return 1.0 + sum(way.effect - 1.0 for way in ways)
