"""The space of a proof: it sees what tells the base from the producer, in units of the producer's own variety."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.metrics.statistics import frechet_distance, gaussian
from producertwin.proof.space import fit_contrast_space
from proof_kit import normal


def test_a_small_difference_is_seen_among_large_variety() -> None:
    """In 60 numbers of very unlike size, producer and base differ in a quiet one only."""
    loud = np.geomspace(100.0, 1.0, 60)
    shift = np.zeros(60)
    shift[-1] = 6.0
    producer, base = (normal(40, 60, seed=seed) * loud for seed in (1, 2))
    space = fit_contrast_space(producer, base + shift, songs=8)
    assert space.dimensions == 2
    real, other, near = (space(normal(40, 60, seed=seed) * loud + move) for seed, move in ((3, 0), (4, shift), (5, 0)))
    far, floor = (frechet_distance(gaussian(points), gaussian(real)) for points in (other, near))
    assert far > 5 * floor


def test_songs_of_one_group_have_covariance_one() -> None:
    producer, base = normal(200, 12, seed=1) * np.arange(1, 13), normal(200, 12, seed=2, shift=2.0) * np.arange(1, 13)
    space = fit_contrast_space(producer, base, songs=40)
    both = np.concatenate([space(group) - space(group).mean(axis=0) for group in (producer, base)])
    assert np.allclose(np.cov(both, rowvar=False), np.eye(10), atol=0.02)


def test_scale_and_place_of_the_numbers_do_not_matter() -> None:
    producer, base, new = normal(20, 8, seed=1), normal(20, 8, seed=2, shift=1.0), normal(5, 8, seed=3)
    other = fit_contrast_space(100.0 * producer + 7.0, 100.0 * base + 7.0, songs=16)
    assert np.allclose(np.abs(fit_contrast_space(producer, base, songs=16)(new)), np.abs(other(100.0 * new + 7.0)), atol=1e-8)


def test_groups_in_one_place_still_lay_a_space() -> None:
    one = normal(12, 8, seed=1)
    assert np.isfinite(fit_contrast_space(one, one, songs=8)(one)).all()


def test_few_songs_lay_no_ruler() -> None:
    with pytest.raises(BadInput, match="3 training songs and 12 takes"):
        fit_contrast_space(normal(3), normal(12), songs=8)
    with pytest.raises(BadInput, match="for 7 songs"):
        fit_contrast_space(normal(12), normal(12), songs=7)
