"""Which of the coarse styles a take sounds like: scikit-learn's linear discriminant on `mel_stats` vectors.

Classes share one covariance, shrunk towards a multiple of the identity (Friedman 1989), and equal priors, so that a rare
style counts as much as lofi. It is fitted to real songs that are neither trained on nor evaluated, and says how often it is
right on other real songs; it reads mostly timbre and groove, so a high score does not mean that a take is good music.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..house_band.styles import COARSE
from .statistics import Floats, confusion

NAMES: Final = tuple(dict.fromkeys(COARSE.values()))
"""The twelve coarse styles, lofi first."""
SHRINKAGE: Final = 0.4
"""Weight of the identity in the shared covariance."""


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """Scores are `(x - mean) / scale @ weights + bias`."""

    names: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats

    def scores(self, vectors: NDArray[Any]) -> Floats:
        """Log posterior of each class but for a constant, shape (n, classes)."""
        found: Floats = (np.atleast_2d(vectors) - self.mean) / self.scale @ self.weights + self.bias
        return found

    def guess(self, vectors: NDArray[Any]) -> NDArray[np.int64]:
        """The likeliest class of each vector, shape (n,)."""
        return np.asarray(self.scores(vectors).argmax(axis=1), np.int64)


def fit(
    vectors: NDArray[Any], labels: Sequence[int], *, names: tuple[str, ...] = NAMES, shrinkage: float = SHRINKAGE
) -> Classifier:
    """A classifier from `vectors` (n, d) and their class numbers. Raises `BadInput` when a class has no song."""
    rows, classes = np.asarray(vectors, np.float64), np.asarray(labels, int)
    missing = [name for number, name in enumerate(names) if number not in classes]
    if missing:
        raise BadInput(f"no song of {', '.join(missing)} to learn from", remedy="use more reference songs")
    mean = rows.mean(axis=0)
    scale = np.maximum(rows.std(axis=0), 1e-6)
    weights, bias = discriminant((rows - mean) / scale, classes, shrinkage)
    return Classifier(names, mean, scale, weights, bias)


def discriminant(rows: Floats, classes: NDArray[Any], shrinkage: float) -> tuple[Floats, Floats]:
    """Weights (d, classes) and bias (classes,) that tell the `classes` (n,) of standardised `rows` (n, d) apart.

    Priors are equal: the classes' own ones, which weigh their covariances by their songs, are taken off the bias afterwards.
    scikit-learn divides the shared covariance by n, here it is divided by n - classes.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Only one sample available", UserWarning)  # a class may have one song
        fitted.fit(rows, classes)
    weights, bias, priors = fitted.coef_.T, fitted.intercept_, np.log(fitted.priors_)
    if len(priors) == 2:  # scikit-learn keeps only what the second has above the first
        weights, bias = np.pad(weights, ((0, 0), (1, 0))), np.array([priors[0], bias[0] + priors[0]])
    scale = max(len(rows) - len(priors), 1) / len(rows)
    return scale * weights, scale * (bias - priors)


def cross_validate(
    vectors: NDArray[Any], labels: Sequence[int], *, names: tuple[str, ...] = NAMES, folds: int = 5
) -> NDArray[np.int64]:
    """Confusion on songs left out of the fit in turn, every class spread over the folds, shape (classes, classes).

    The only song of a class is never left out, and so not counted.
    """
    rows, classes = np.asarray(vectors, np.float64), np.asarray(labels, int)
    turn = np.full(len(classes), -1)
    for number in np.unique(classes):
        members = np.flatnonzero(classes == number)
        if len(members) > 1:
            turn[members] = np.arange(len(members)) % folds
    counts = np.zeros((len(names), len(names)), np.int64)
    for fold in range(folds):
        out = turn == fold
        if out.any():
            found = fit(rows[~out], classes[~out].tolist(), names=names)
            counts += confusion(classes[out], found.guess(rows[out]), len(names))
    return counts
