"""Distances between small sets of songs with what they rest on: extrapolated, with intervals, as gains; and how varied a set is.

Fréchet distance at infinity (Chong & Forsyth 2020; Gui et al. 2024 for music): the distance of n songs from n songs falls
nearly as a + b / n; a is the distance without the bias of few songs. Both sets are divided into 1, 2, 3, … parts, in several
seeded orders, and the parts' distances averaged: each song counts once, because drawing with replacement keeps the bias of the
pool, and in both sets alike, because a small reference is biased too. The line is believed from R² `LEAST_R2` on.
Style gain: (FD(base, holdout) - FD(twin, holdout)) / (FD(base, holdout) - floor); 0 is the base, 1 real songs of the producer.
Vendi score (Friedman & Dieng 2023): exponential of the entropy of the eigenvalues of K / n; the number of unlike songs.

Conventions are those of `statistics`: one row per song, intervals of 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform
from scipy.stats import t as student

from ..errors import BadInput
from .statistics import LEVEL, Floats, Interval, ends, frechet_distance, gaussian, kernels, rows

LEAST_SONGS: Final = 16
"""Fewest songs on each side of an extrapolation."""
LEAST_R2: Final = 0.9
"""Worst fit of a line that is believed."""
_LEAST_PARTS, _MOST_PARTS = 3, 6
"""Into how many parts sets are divided at most."""
_GROUPS: Final = 10
"""Groups of songs left out in turn for the interval of an extrapolation."""
_UNDEFINED: Final = 0.025
"""Largest share of drawn sets in which a gain may have no meaning."""


@dataclass(frozen=True, slots=True)
class Extrapolated:
    """A distance at infinitely many songs. It may be below 0 by chance where the true distance is 0."""

    value: float
    slope: float
    """How much 1 / songs adds: the bias of `count` songs is `slope / count`."""
    r2: float
    """Share of the variance over the set sizes that the line explains."""
    count: int
    """Most songs that each set was drawn with."""
    interval: Interval
    """From leaving out tenths of the songs in turn."""


def frechet_infinity(samples: NDArray[Any], reference: NDArray[Any], *, rounds: int = 10, seed: int = 0) -> Extrapolated:
    """Fréchet distance of `samples` (n, d) from `reference` (m, d) as if both had infinitely many songs.

    Raises `BadInput` where songs are too few for their dimensions, or where the distances lie on no line.
    """
    x, y = rows(samples), rows(reference)
    count, dimensions = min(len(x), len(y)), x.shape[1]
    least = max(LEAST_SONGS, _LEAST_PARTS * (dimensions + 2))
    if count < least:
        raise BadInput(
            f"{count} songs do not carry a distance at infinity in {dimensions} dimensions",
            remedy=f"give {least} songs on both sides, or report the plain distance beside its floor",
        )
    value, slope, r2 = _line(x, y, rounds, seed)
    if r2 < LEAST_R2:
        raise BadInput(
            f"the distances of {count} songs lie on no line (R² {r2:.2f})", remedy="give more songs, or report the plain distance"
        )
    rng = np.random.default_rng([seed, 1])
    parts = [np.array_split(rng.permutation(len(songs)), _GROUPS) for songs in (x, y)]
    left = [
        _line(np.delete(x, one, axis=0), np.delete(y, other, axis=0), rounds, seed)[0] for one, other in zip(*parts, strict=True)
    ]
    reach = float(student.ppf((1 + LEVEL) / 2, _GROUPS - 1) * np.sqrt((_GROUPS - 1) * np.var(left)))
    return Extrapolated(value, slope, r2, count, Interval(value, value - reach, value + reach))


def _line(x: Floats, y: Floats, rounds: int, seed: int) -> tuple[float, float, float]:
    """Intercept, slope and R² of mean distances against 1 / songs."""
    count = min(len(x), len(y))
    parts = np.arange(1, max(min(count // (x.shape[1] + 2), _MOST_PARTS), _LEAST_PARTS) + 1)
    rng = np.random.default_rng(seed)
    found = np.zeros((rounds, len(parts)))
    for turn in range(rounds):
        one, other = (songs[rng.permutation(len(songs))[:count]] for songs in (x, y))
        for place, into in enumerate(parts):
            pairs = zip(np.array_split(one, into), np.array_split(other, into), strict=True)
            found[turn, place] = np.mean([frechet_distance(gaussian(a), gaussian(b)) for a, b in pairs])
    means, inverse = found.mean(axis=0), parts / count
    slope, value = np.polyfit(inverse, means, 1)
    spread = float(((means - means.mean()) ** 2).sum())
    missed = float(((means - value - slope * inverse) ** 2).sum())
    return float(value), float(slope), 1.0 - missed / spread if spread > 0 else 1.0


def kad_interval(samples: NDArray[Any], reference: NDArray[Any], *, rounds: int = 400, seed: int = 0) -> Interval:
    """`statistics.kad` of `samples` (n, d) from `reference` (m, d) with its interval.

    Songs of both sets are drawn again; a song that is drawn twice is not compared with itself, so no bias comes in.
    """
    xx, yy, xy = kernels(samples, reference)
    for kernel in (xx, yy):
        np.fill_diagonal(kernel, 0.0)
    rng = np.random.default_rng(seed)
    n, m = xy.shape
    value = _weighted_kad(xx, yy, xy, np.ones(n), np.ones(m))
    drawn = [
        _weighted_kad(xx, yy, xy, rng.multinomial(n, np.full(n, 1 / n)), rng.multinomial(m, np.full(m, 1 / m)))
        for _ in range(rounds)
    ]
    low, high = ends(np.array(drawn))
    return Interval(value, min(low, value), max(high, value))


def _weighted_kad(xx: Floats, yy: Floats, xy: Floats, a: NDArray[Any], b: NDArray[Any]) -> float:
    """100 x squared MMD of songs that count `a` and `b` times; the kernels within a set have an empty diagonal."""
    own = sum(float(w @ kernel @ w) / max(float(w.sum() ** 2 - (w**2).sum()), 1e-12) for w, kernel in ((a, xx), (b, yy)))
    return 100.0 * (own - 2.0 * float(a @ xy @ b) / float(a.sum() * b.sum()))


def style_gain(
    base: NDArray[Any],
    twin: NDArray[Any],
    holdout: NDArray[Any],
    *,
    floor: float,
    songs: NDArray[Any] | None = None,
    rounds: int = 400,
    seed: int = 0,
) -> Interval:
    """How much of the way from the base to real songs the twin goes: 0 none, 1 all; below 0 it is further than the base.

    Row i of `base` and of `twin` (n, d) are takes of one prompt and one seed. `songs` (n,) says from which row of `holdout`
    (m, d) each prompt was written; then all takes of a song and the song itself are drawn together, otherwise takes are drawn
    by row and the holdout apart. `floor` is the distance of real songs from real songs at the same count. Raises `BadInput`
    where the base is not further from the holdout than the floor.
    """
    near, far, real = rows(twin), rows(base), rows(holdout)
    if near.shape != far.shape or (songs is not None and len(songs) != len(near)):
        raise BadInput(f"takes of shapes {far.shape} and {near.shape} are not paired", remedy="render both with the same prompts")
    value = _gain(far, near, real, floor)
    if value is None:
        raise BadInput(
            f"the base is no further from the holdout than real songs are (floor {floor:.3g})",
            remedy="no gain can be measured with this embedding: use another, or more songs",
        )
    rng = np.random.default_rng(seed)
    drawn: list[float] = []
    for _ in range(rounds):
        kept = rng.integers(len(real), size=len(real))
        if songs is None:
            order = rng.integers(len(far), size=len(far))
        else:
            order = np.concatenate([np.flatnonzero(np.asarray(songs) == song) for song in kept])
        found = _gain(far[order], near[order], real[kept], floor) if len(order) > 1 else None
        drawn += [] if found is None else [found]
    if len(drawn) < (1 - _UNDEFINED) * rounds:
        raise BadInput(
            f"the base is nearer than the floor in {rounds - len(drawn)} of {rounds} drawn sets",
            remedy="give more held-out songs",
        )
    low, high = ends(np.array(drawn))
    shift = value - float(np.median(drawn))  # songs drawn twice look further away
    return Interval(value, min(low + shift, value), max(high + shift, value))


def _gain(base: Floats, twin: Floats, holdout: Floats, floor: float) -> float | None:
    """The style gain, or None where the base is within the floor."""
    target = gaussian(holdout)
    far, near = (frechet_distance(gaussian(takes), target) for takes in (base, twin))
    return (far - near) / (far - floor) if far - floor > 1e-9 * max(far, 1.0) else None


def vendi(vectors: NDArray[Any], *, width: float | None = None) -> float:
    """Vendi score of `vectors` (n, d), from 1 (all alike) to n: cosine kernel, or a Gaussian one of `width`.

    It grows with n: compare sets of one size.
    """
    songs = rows(vectors)
    if width is None:
        unit = songs / np.maximum(np.linalg.norm(songs, axis=1, keepdims=True), 1e-12)
        kernel = unit @ unit.T
    else:
        kernel = np.exp(-(squareform(pdist(songs)) ** 2) / (2.0 * width**2))
    shares = np.linalg.eigvalsh(kernel / len(songs))
    kept = shares[shares > 1e-12]
    return float(np.exp(-(kept * np.log(kept)).sum()))


def mean_distance(vectors: NDArray[Any]) -> float:
    """Mean distance of two different rows of `vectors` (n, d)."""
    return float(pdist(rows(vectors)).mean())
