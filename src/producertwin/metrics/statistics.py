"""Distances between sets of sounds, shares with their intervals, and confusions: pure functions of arrays.

Fréchet distance (Heusel et al. 2017; Kilgour et al. 2019 for sound): |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½), covariances
with n - 1. The last trace is the sum of the square roots of the eigenvalues of C1^½ C2 C1^½, which is symmetric, so nothing
complex appears. Two sets of n songs from one
Gaussian of unit covariance read about d(d + 5)/(2 n): compare at equal n only, beside the floor.
Kernel distance: the unbiased squared maximum mean discrepancy (Gretton et al. 2012), times 100; Gaussian kernel with the
reference's median distance as its width (Chung et al. 2025), or the cubic kernel (Bińkowski et al. 2018). It may be
negative; 0 is its floor.
Wilson interval: Wilson 1927. Bootstrap: Efron 1979; jackknife: Miller 1974; both over songs, never over windows of one song.

Conventions: samples are (n, d), one row per song; labels are whole numbers from 0; intervals have `LEVEL` coverage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist
from scipy.stats import binomtest
from scipy.stats import t as student

from ..errors import BadInput

Floats = NDArray[np.float64]
LEVEL: Final = 0.95
"""Coverage of every interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Mean (d,) and covariance (d, d) of a set."""

    mean: Floats
    covariance: Floats


def gaussian(samples: NDArray[Any]) -> Gaussian:
    """The Gaussian of `samples` (n, d). Raises `BadInput` for fewer than two rows or numbers that are not finite."""
    songs = rows(samples)
    return Gaussian(songs.mean(axis=0), np.atleast_2d(np.cov(songs, rowvar=False)))


def frechet_distance(a: Gaussian, b: Gaussian) -> float:
    """Fréchet (2-Wasserstein, squared) distance of two Gaussians; never below 0."""
    if a.mean.shape != b.mean.shape:
        raise BadInput(f"sets of {a.mean.size} and {b.mean.size} dimensions", remedy="use one embedding for both sets")
    root = _root(a.covariance)
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b.covariance @ root), 0.0)).sum()
    apart = float(((a.mean - b.mean) ** 2).sum())
    return max(apart + float(np.trace(a.covariance) + np.trace(b.covariance) - 2.0 * shared), 0.0)


def kad(samples: NDArray[Any], reference: NDArray[Any], *, kernel: Literal["rbf", "cubic"] = "rbf") -> float:
    """100 x unbiased squared MMD of `samples` (n, d) from `reference` (m, d); the kernel's width is the reference's alone."""
    xx, yy, xy = kernels(samples, reference, kernel)
    own = sum((k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (xx, yy))
    return 100.0 * float(own - 2.0 * xy.mean())


def kernels(
    samples: NDArray[Any], reference: NDArray[Any], kernel: Literal["rbf", "cubic"] = "rbf"
) -> tuple[Floats, Floats, Floats]:
    """Kernel values within `samples` (n, d), within `reference` (m, d) and between them: (n, n), (m, m), (n, m)."""
    x, y = rows(samples), rows(reference)
    pairs = (x, x), (y, y), (x, y)
    if kernel == "cubic":
        one, two, across = ((p @ q.T / x.shape[1] + 1.0) ** 3 for p, q in pairs)
    else:
        width = median_distance(y)
        one, two, across = (np.exp(-(cdist(p, q) ** 2) / (2.0 * width**2)) for p, q in pairs)
    return one, two, across


def median_distance(reference: NDArray[Any]) -> float:
    """Median distance of two rows of `reference` (n, d), never 0: the natural width of a Gaussian kernel."""
    return max(float(np.median(pdist(rows(reference)))), 1e-12)


def split_half_floor(pool: NDArray[Any], count: int, *, rounds: int = 20, seed: int = 0) -> Interval:
    """Fréchet distance between two disjoint draws of `count` songs from `pool` (n, d): mean over rounds and their spread.

    What a perfect imitation would score at `count` songs. Raises `BadInput` when the pool holds fewer than 2 x count songs.
    """
    songs = rows(pool)
    if not 2 <= count <= len(songs) // 2:
        raise BadInput(f"no two disjoint sets of {count} in {len(songs)} songs", remedy="give a pool of twice the count")
    rng = np.random.default_rng(seed)
    found = np.empty(rounds)
    for turn in range(rounds):
        order = rng.permutation(len(songs))
        found[turn] = frechet_distance(gaussian(songs[order[:count]]), gaussian(songs[order[count : 2 * count]]))
    low, high = ends(found)
    return Interval(float(found.mean()), low, high)


def bootstrap(
    songs: NDArray[Any], statistic: Callable[[NDArray[Any]], float], *, rounds: int = 400, seed: int = 0, recentre: bool = False
) -> Interval:
    """`statistic` of `songs` (n, …) with a percentile interval from songs drawn again.

    `recentre` shifts the drawn values so that their median is the estimate: right for a distance, which drawing songs twice
    makes larger.
    """
    rng = np.random.default_rng(seed)
    count = len(songs)
    value = float(statistic(songs))
    drawn = np.array([statistic(songs[rng.integers(count, size=count)]) for _ in range(rounds)], np.float64)
    low, high = ends(drawn)
    shift = value - float(np.median(drawn)) if recentre else 0.0
    return Interval(value, min(low + shift, value), max(high + shift, value))


def jackknife(songs: NDArray[Any], statistic: Callable[[NDArray[Any]], float], *, groups: int = 10, seed: int = 0) -> Interval:
    """`statistic` of `songs` (n, …) with an interval from leaving out each of `groups` random groups of songs in turn.

    For statistics that the bootstrap spoils because it draws songs twice: diversity, extrapolations.
    """
    count = len(songs)
    if count < 4:
        raise BadInput(f"{count} songs carry no interval", remedy="give at least 4 songs")
    parts = np.array_split(np.random.default_rng(seed).permutation(count), min(groups, count))
    left = np.array([statistic(np.delete(songs, part, axis=0)) for part in parts], np.float64)
    value = float(statistic(songs))
    reach = float(student.ppf((1 + LEVEL) / 2, len(parts) - 1) * np.sqrt((len(parts) - 1) * left.var()))
    return Interval(value, value - reach, value + reach)


def mean_interval(values: NDArray[Any], *, seed: int = 0) -> Interval:
    """Mean of `values` (n,), one per song, with its bootstrap interval."""
    return bootstrap(np.asarray(values, np.float64), lambda drawn: float(drawn.mean()), seed=seed)


def wilson(successes: int, count: int) -> Interval:
    """Share of successes with Wilson's interval; 0 with the whole unit interval for no trials."""
    if not 0 <= successes <= count:
        raise BadInput(f"{successes} successes in {count} trials", remedy="count the trials again")
    if count == 0:
        return Interval(0.0, 0.0, 1.0)
    found = binomtest(successes, count).proportion_ci(LEVEL, method="wilson")
    return Interval(successes / count, float(found.low), float(found.high))


def confusion(true: NDArray[Any], guessed: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """How often class row was taken for class column, shape (classes, classes)."""
    from sklearn.metrics import confusion_matrix

    return np.asarray(confusion_matrix(true, guessed, labels=np.arange(classes)), np.int64)


def accuracy(counts: NDArray[np.int64]) -> Interval:
    """Share on the diagonal of a confusion."""
    return wilson(int(np.trace(counts)), int(counts.sum()))


def macro_recall(counts: NDArray[np.int64]) -> float:
    """Mean over the classes that occur of the share of each that was recognised."""
    total = counts.sum(axis=1)
    there = total > 0
    return float((np.diag(counts)[there] / total[there]).mean()) if there.any() else 0.0


def rows(samples: NDArray[Any]) -> Floats:
    """`samples` as finite (n, d) with n of at least 2. Raises `BadInput` otherwise."""
    found = np.asarray(samples, np.float64)
    if found.ndim != 2 or len(found) < 2:
        raise BadInput(f"samples of shape {found.shape}", remedy="give at least two rows, one per song")
    if not np.isfinite(found).all():
        raise BadInput("samples hold numbers that are not finite", remedy="find the song that made them")
    return found


def _root(covariance: Floats) -> Floats:
    """Symmetric square root of a covariance; eigenvalues below 0 are rounding and count as 0."""
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


def ends(values: NDArray[Any]) -> tuple[float, float]:
    """The ends of the interval that holds `LEVEL` of the drawn `values` (n,)."""
    low, high = np.quantile(values, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
