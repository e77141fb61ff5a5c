from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.metrics import style_classifier


def clouds(each: int, *, seed: int = 0, apart: float = 4.0, dimensions: int = 30) -> tuple[np.ndarray, list[int]]:
    """Songs of twelve styles around fixed centres; unequal scales per dimension."""
    centres = np.random.default_rng(7).standard_normal((12, dimensions)) * apart
    rng = np.random.default_rng(seed)
    labels = [number for number in range(12) for _ in range(each)]
    scales = np.geomspace(0.1, 100, dimensions)
    return (centres[labels] + rng.standard_normal((len(labels), dimensions))) * scales, labels


def test_there_are_twelve_styles() -> None:
    assert len(style_classifier.NAMES) == 12
    assert style_classifier.NAMES[0] == "lofi"


def test_styles_far_apart_are_told_apart_and_styles_on_top_of_each_other_are_not() -> None:
    fitted = style_classifier.fit(*clouds(8))
    others, labels = clouds(8, seed=1)
    assert (fitted.guess(others) == np.array(labels)).mean() == 1.0
    near, labels = clouds(8, apart=0.0)
    unseen, _ = clouds(8, seed=1, apart=0.0)
    assert (style_classifier.fit(near, labels).guess(unseen) == np.array(labels)).mean() < 0.35


def test_songs_left_out_are_counted_once_each() -> None:
    counts = style_classifier.cross_validate(*clouds(6))
    assert counts.sum(axis=1).tolist() == [6] * 12
    assert np.trace(counts) == 72


def test_a_common_style_does_not_swallow_the_others() -> None:
    vectors, labels = clouds(10, apart=1.0)
    kept = [place for place, label in enumerate(labels) if label == 0 or place % 10 < 3]
    fitted = style_classifier.fit(vectors[kept], [labels[place] for place in kept])
    others, truth = clouds(20, seed=2, apart=1.0)
    share = (fitted.guess(others) == 0).mean()
    assert share < 2 / 12
    assert (fitted.guess(others) == np.array(truth)).mean() > 0.8


def test_a_style_without_songs_is_named() -> None:
    vectors, labels = clouds(4)
    with pytest.raises(BadInput, match=style_classifier.NAMES[3]):
        style_classifier.fit(vectors, [label if label != 3 else 2 for label in labels])


def uneven() -> tuple[np.ndarray, list[int]]:
    """Songs of twelve styles, one to eleven of each."""
    vectors, labels = clouds(11, apart=1.0, dimensions=20)
    kept = [place for place, label in enumerate(labels) if place % 11 <= label * 5 % 11]
    return vectors[kept], [labels[place] for place in kept]


def test_scores_are_those_of_the_shared_covariance_with_equal_priors() -> None:
    """Numbers of an implementation by numpy alone; the first and the last style have one song."""
    vectors, labels = uneven()
    others, _ = clouds(1, seed=1, apart=1.0, dimensions=20)
    scores = style_classifier.fit(vectors, labels).scores(others)
    expected = [1.7271506242331682, -3.236927640766766, 6.904605558823333, 11.576412502959155, 3.392367026963166,
                4.977850409164418, 7.446932069273821, -8.2531502315789, 3.8866732767424406, 0.7163618989317602,
                9.612802802129785, 8.154731495417474]  # fmt: skip
    assert np.diag(scores) == pytest.approx(expected, rel=1e-9)
    recognised = np.diag(style_classifier.cross_validate(vectors, labels)).tolist()
    assert recognised == [0, 4, 11, 5, 10, 4, 9, 3, 8, 1, 6, 0]


def test_two_styles_have_a_score_each() -> None:
    vectors, labels = uneven()
    kept = [place for place, label in enumerate(labels) if label in (1, 2)]
    fitted = style_classifier.fit(vectors[kept], [labels[place] - 1 for place in kept], names=("a", "b"))
    scores = fitted.scores(clouds(1, seed=1, apart=1.0, dimensions=20)[0][:4])
    expected = [-4.478529557224941, -17.534033530397856, 9.393812736199186, 4.4261453397343065]
    assert scores[:, 1] - scores[:, 0] == pytest.approx(expected, rel=1e-9)
