from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.evaluation import style


def clouds(each: int, *, seed: int = 0, apart: float = 4.0, dimensions: int = 30) -> tuple[np.ndarray, list[int]]:
    """Songs of twelve styles around fixed centres; unequal scales per dimension."""
    centres = np.random.default_rng(7).standard_normal((12, dimensions)) * apart
    rng = np.random.default_rng(seed)
    labels = [number for number in range(12) for _ in range(each)]
    scales = np.geomspace(0.1, 100, dimensions)
    return (centres[labels] + rng.standard_normal((len(labels), dimensions))) * scales, labels


def test_there_are_twelve_styles() -> None:
    assert len(style.NAMES) == 12
    assert style.NAMES[0] == "lofi"


def test_styles_far_apart_are_told_apart_and_styles_on_top_of_each_other_are_not() -> None:
    fitted = style.fit(*clouds(8))
    others, labels = clouds(8, seed=1)
    assert (fitted.guess(others) == np.array(labels)).mean() == 1.0
    near, labels = clouds(8, apart=0.0)
    unseen, _ = clouds(8, seed=1, apart=0.0)
    assert (style.fit(near, labels).guess(unseen) == np.array(labels)).mean() < 0.35


def test_songs_left_out_are_counted_once_each() -> None:
    counts = style.left_out(*clouds(6))
    assert counts.sum(axis=1).tolist() == [6] * 12
    assert np.trace(counts) == 72


def test_a_common_style_does_not_swallow_the_others() -> None:
    vectors, labels = clouds(10, apart=1.0)
    kept = [place for place, label in enumerate(labels) if label == 0 or place % 10 < 3]
    fitted = style.fit(vectors[kept], [labels[place] for place in kept])
    others, truth = clouds(20, seed=2, apart=1.0)
    share = (fitted.guess(others) == 0).mean()
    assert share < 2 / 12
    assert (fitted.guess(others) == np.array(truth)).mean() > 0.8


def test_a_style_without_songs_is_named() -> None:
    vectors, labels = clouds(4)
    with pytest.raises(BadInput, match=style.NAMES[3]):
        style.fit(vectors, [label if label != 3 else 2 for label in labels])
