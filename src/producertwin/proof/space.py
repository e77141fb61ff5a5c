"""The space of a proof's distances, fitted to music that is not compared, so that nothing is fitted to what it judges.

It is fitted to two groups: the training songs, through the codec as every take is, and the base's takes of the same captions.
Its first direction is the one that best tells the two apart (Fisher's discriminant, its covariance shrunk towards a multiple of
the identity, Friedman 1989); the others are those in which music differs most within the groups. The songs it is fitted to have
covariance 1 in it; new songs spread wider along the first direction, which was chosen where the old ones lie close.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..metrics.mel_stats import LARGEST, Space
from ..metrics.statistics import Floats, rows
from ..metrics.style_classifier import discriminant

SHRINKAGE: Final = 0.4
"""Weight of the identity in the covariance of the discriminant."""
LEAST_SONGS: Final = 4
"""Fewest songs of either group."""
_THIN: Final = 1e-3
"""Least variance within groups, in parts of the largest, that is believed."""


def fit_contrast_space(producer: NDArray[Any], base: NDArray[Any], *, songs: int, largest: int = LARGEST) -> Space:
    """The space for sets of `songs`, from vectors of the producer (n, d) and of the base (m, d).

    It has a quarter as many dimensions as the smallest set has songs. Raises `BadInput` where songs are too few.
    """
    groups = [rows(group) for group in (producer, base)] if min(len(producer), len(base)) >= LEAST_SONGS else []
    dimensions = min(largest, songs // 4)
    if not groups or dimensions < 2:
        raise BadInput(
            f"{len(producer)} training songs and {len(base)} takes of their words are too few to fit a space for {songs} songs",
            remedy="train on at least 4 songs and hold out at least 8",
        )
    centres = [group.mean(axis=0) for group in groups]
    apart = np.concatenate([group - centre for group, centre in zip(groups, centres, strict=True)])
    spread = np.sqrt((apart**2).sum(axis=0) / (len(apart) - 2))
    scale = np.maximum(spread, 1e-3 * max(float(np.median(spread)), 1e-9))
    apart = apart / scale
    contrast = _contrast([group / scale for group in groups])
    rest = apart - np.outer(apart @ contrast, contrast)
    _, sizes, directions = np.linalg.svd(rest, full_matrices=False)
    kept = min(dimensions - 1, int((sizes > 1e-6 * max(float(sizes[0]), 1e-12)).sum()))
    axes = np.concatenate([contrast[:, None], directions[:kept].T], axis=1)
    inner = apart @ axes
    shares, turn = np.linalg.eigh(inner.T @ inner / (len(inner) - 2))
    whitened: Floats = axes @ (turn / np.sqrt(np.maximum(shares, _THIN * max(float(shares.max()), 1e-12))))
    return Space((centres[0] + centres[1]) / 2, scale, whitened)


def _contrast(groups: Sequence[Floats]) -> Floats:
    """The unit direction (d,) that tells two groups (n, d) of scaled songs apart best; it points to the first."""
    weights, _ = discriminant(np.concatenate(groups), np.repeat([0, 1], [len(group) for group in groups]), SHRINKAGE)
    direction = weights[:, 0] - weights[:, 1]
    length = float(np.linalg.norm(direction))
    if length == 0.0:  # both groups are in one place: any direction will do
        return np.asarray(np.eye(len(direction))[0], np.float64)
    return np.asarray(direction / length, np.float64)
