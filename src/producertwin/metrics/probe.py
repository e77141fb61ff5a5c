"""A linear probe: is this sound this producer's, or somebody else's?

Ridge logistic regression on standardised vectors, both sides of equal weight whatever their number. How strong the ridge is and
where the line between the sides lies are chosen on songs left out of the fit: the ridge by their mean loss, the line by
their balanced share told right, so that nothing is calibrated on what was learned. The same songs give the same probe.

Vectors are (n, d), one row per song; scores are log odds of being the producer's, the line taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from .statistics import Floats, Interval, rows, wilson

STRENGTHS: Final = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Ridges that are tried, per direction of unit variance."""
LEAST_SONGS: Final = 8
"""Fewest songs on either side."""
_FOLDS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Scores are `(x - mean) / scale @ weights + bias`; above 0 is the producer's."""

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float
    strength: float
    """The ridge that was chosen."""
    own: Interval
    """Share of the producer's left-out songs told as theirs."""
    others: Interval
    """Share of the others' left-out songs told as the producer's."""

    def scores(self, vectors: NDArray[Any]) -> Floats:
        """How much each vector speaks for the producer, shape (n,)."""
        found: Floats = (np.atleast_2d(vectors) - self.mean) / self.scale @ self.weights + self.bias
        return found

    def classify(self, vectors: NDArray[Any]) -> NDArray[np.bool_]:
        """Which vectors are told as the producer's, shape (n,)."""
        return np.asarray(self.scores(vectors) > 0)

    def share(self, vectors: NDArray[Any]) -> Interval:
        """Share of `vectors` told as the producer's."""
        assigned = self.classify(vectors)
        return wilson(int(assigned.sum()), len(assigned))


def fit_probe(own: NDArray[Any], others: NDArray[Any], *, producers: Sequence[str] | None = None, seed: int = 0) -> Probe:
    """A probe from the producer's songs `own` (n, d) and other producers' `others` (m, d).

    `producers` (m,) names who made each of the others: a producer's songs are then left out together, so that the probe is
    judged on producers whom it never heard. Raises `BadInput` for under `LEAST_SONGS` songs on either side.
    """
    mine, theirs = rows(own), rows(others)
    if min(len(mine), len(theirs)) < LEAST_SONGS or mine.shape[1] != theirs.shape[1]:
        raise BadInput(
            f"songs of shapes {mine.shape} and {theirs.shape} teach no probe",
            remedy=f"give at least {LEAST_SONGS} songs of the producer and of others, from one embedding",
        )
    if producers is not None and len(producers) != len(theirs):
        raise BadInput(f"{len(producers)} producers of {len(theirs)} songs", remedy="name the producer of every song")
    x, y = np.concatenate([mine, theirs]), np.arange(len(mine) + len(theirs)) < len(mine)
    turn = np.concatenate([_fold_of_songs(range(len(mine)), seed), _fold_of_songs(producers or range(len(theirs)), seed)])
    left_out = {strength: _held_out_scores(x, y, turn, strength) for strength in STRENGTHS}
    strength = min(STRENGTHS, key=lambda tried: _loss(left_out[tried], y))
    line = _threshold(left_out[strength], y)
    assigned = left_out[strength] > line
    mean, scale, weights, bias = _fit(x, y, strength)
    found = [wilson(int(assigned[side].sum()), int(side.sum())) for side in (y, ~y)]
    return Probe(mean, scale, weights, bias - line, strength, *found)


def _fold_of_songs(groups: Sequence[Any], seed: int) -> NDArray[np.int64]:
    """The fold of every song: groups dealt out in a seeded order."""
    names = list(dict.fromkeys(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    folds = {names[place]: turn % _FOLDS for turn, place in enumerate(order)}
    return np.array([folds[group] for group in groups])


def _held_out_scores(x: Floats, y: NDArray[np.bool_], turn: NDArray[np.int64], strength: float) -> Floats:
    """Log odds of every song by a fit that did not see it, shape (n,)."""
    scores = np.zeros(len(x))
    for fold in np.unique(turn):
        out = turn == fold
        if y[~out].all() or not y[~out].any():
            raise BadInput("one producer makes all of the others' songs", remedy="leave `producers` out, or add other producers")
        mean, scale, weights, bias = _fit(x[~out], y[~out], strength)
        scores[out] = (x[out] - mean) / scale @ weights + bias
    return scores


def _fit(x: Floats, y: NDArray[np.bool_], strength: float) -> tuple[Floats, Floats, Floats, float]:
    """Mean, scale, weights and bias of a ridge logistic regression of `y` (n,) on `x` (n, d)."""
    from sklearn.linear_model import LogisticRegression

    weight = _balance(y)
    mean = weight @ x
    scale = np.maximum(np.sqrt(weight @ (x - mean) ** 2), 1e-9)
    fitted = LogisticRegression(C=1.0 / strength, solver="newton-cholesky", tol=1e-9, max_iter=500)
    fitted.fit((x - mean) / scale, y, sample_weight=weight)
    return mean, scale, fitted.coef_[0], float(fitted.intercept_[0])


def _balance(y: NDArray[np.bool_]) -> Floats:
    """Weights (n,) that give both sides a half, and sum to 1."""
    weights: Floats = np.where(y, 0.5 / y.sum(), 0.5 / (~y).sum())
    return weights


def _loss(scores: Floats, y: NDArray[np.bool_]) -> float:
    return float(_balance(y) @ np.logaddexp(0.0, np.where(y, -scores, scores)))


def _threshold(scores: Floats, y: NDArray[np.bool_]) -> float:
    """The score that tells most songs right, both sides counting alike; the middle of its gap, the one nearest 0 of equals."""
    ordered = np.unique(scores)
    lines = np.concatenate([[ordered[0] - 1.0], (ordered[:-1] + ordered[1:]) / 2, [ordered[-1] + 1.0]])
    right = [float(_balance(y) @ ((scores > line) == y)) for line in lines]
    return float(min(lines[np.isclose(right, max(right))], key=abs))
