from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producertwin.errors import BadInput
from producertwin.metrics import statistics
from producertwin.metrics.statistics import Gaussian


def draw(count: int, dimensions: int = 6, *, seed: int = 0, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return shift + scale * np.random.default_rng(seed).standard_normal((count, dimensions))


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    return statistics.frechet_distance(statistics.gaussian(a), statistics.gaussian(b))


def test_frechet_of_a_set_with_itself_is_nothing() -> None:
    assert frechet(draw(50), draw(50)) == pytest.approx(0.0, abs=1e-9)


def test_frechet_has_its_closed_form() -> None:
    a = Gaussian(np.array([0.0, 0.0, 1.0]), np.diag([1.0, 4.0, 9.0]))
    b = Gaussian(np.array([3.0, 0.0, 1.0]), np.diag([4.0, 4.0, 1.0]))
    assert statistics.frechet_distance(a, b) == pytest.approx(9.0 + (1 - 2) ** 2 + 0.0 + (3 - 1) ** 2)


def test_frechet_does_not_care_about_rotation() -> None:
    a, b = draw(80), draw(80, seed=1, shift=0.5, scale=2.0)
    turn, _ = np.linalg.qr(draw(6, seed=2))
    assert frechet(a @ turn, b @ turn) == pytest.approx(frechet(a, b), rel=1e-9)
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-9)


def test_frechet_of_a_flat_set_is_a_plain_number() -> None:
    flat = draw(40)
    flat[:, 3:] = 0.0
    assert 0.0 < frechet(flat, draw(40, seed=1)) < 100.0


def test_frechet_of_unit_vectors_stays_below_four() -> None:
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (draw(60, 32), draw(60, 32, seed=3, shift=0.4)))
    assert frechet(a, b) <= 4 * 60 / 59


def test_the_floor_is_what_the_docstring_says_and_falls_with_the_count() -> None:
    pool = draw(1200, 12)
    found = [statistics.split_half_floor(pool, count, seed=1) for count in (100, 400)]
    for count, floor in zip((100, 400), found, strict=True):
        assert floor.value == pytest.approx(12 * 17 / (2 * count), rel=0.2)
        assert floor.low < floor.value < floor.high
    assert statistics.split_half_floor(pool, 100, seed=1) == found[0]


def test_the_floor_needs_twice_the_songs() -> None:
    with pytest.raises(BadInput, match="two disjoint sets of 30"):
        statistics.split_half_floor(draw(50), 30)


@pytest.mark.parametrize("kernel", ["rbf", "cubic"])
def test_kad_is_unbiased_and_sees_a_shift(kernel: str) -> None:
    same = np.array([statistics.kad(draw(40, 4, seed=2 * i), draw(40, 4, seed=2 * i + 1), kernel=kernel) for i in range(150)])
    assert abs(same.mean()) < 3 * same.std() / np.sqrt(len(same))
    assert statistics.kad(draw(40, 4, shift=1.0), draw(40, 4, seed=1), kernel=kernel) > same.max()


def test_kad_takes_its_width_from_the_reference() -> None:
    near, wide = draw(60, 4), draw(60, 4, seed=1, scale=8.0)
    assert statistics.kad(near, wide) != pytest.approx(statistics.kad(wide, near), rel=0.2)
    shuffled = wide[np.random.default_rng(0).permutation(60)]
    assert statistics.kad(near, shuffled) == pytest.approx(statistics.kad(near, wide))


def test_sets_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(BadInput, match="6 and 5 dimensions"):
        statistics.frechet_distance(statistics.gaussian(draw(9)), statistics.gaussian(draw(9, 5)))
    with pytest.raises(BadInput, match="at least two rows"):
        try:
            statistics.gaussian(draw(1))
        except BadInput as error:
            raise BadInput(error.remedy) from None
    spoiled = draw(9)
    spoiled[2, 1] = np.nan
    with pytest.raises(BadInput, match="not finite"):
        statistics.gaussian(spoiled)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (108, 108, 0.9656, 1.0)]
)
def test_wilson_intervals(hits: int, count: int, low: float, high: float) -> None:
    found = statistics.wilson(hits, count)
    assert (found.value, found.low, found.high) == pytest.approx((hits / count, low, high), abs=1e-3)


@given(st.integers(1, 5_000), st.data())
def test_wilson_intervals_are_the_closed_form(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    z = 1.959963984540054
    middle = (hits + z**2 / 2) / (count + z**2)
    reach = z / (count + z**2) * (hits * (count - hits) / count + z**2 / 4) ** 0.5
    found = statistics.wilson(hits, count)
    assert (found.value, found.low, found.high) == pytest.approx((hits / count, middle - reach, middle + reach), abs=1e-12)
    assert found.low <= found.value <= found.high


def test_wilson_at_the_edges() -> None:
    assert statistics.wilson(0, 0) == statistics.Interval(0.0, 0.0, 1.0)
    with pytest.raises(BadInput, match="3 successes in 2"):
        statistics.wilson(3, 2)


def test_the_bootstrap_covers_the_mean_and_repeats_itself() -> None:
    hits = 0
    for seed in range(60):
        found = statistics.mean_interval(draw(40, 1, seed=seed)[:, 0])
        hits += found.low <= 0.0 <= found.high
    assert 52 <= hits <= 60
    assert statistics.mean_interval(np.arange(9.0)) == statistics.mean_interval(np.arange(9.0))


def test_a_recentred_bootstrap_holds_its_estimate() -> None:
    target = statistics.gaussian(draw(400, seed=1))

    def distance(rows: np.ndarray) -> float:
        return statistics.frechet_distance(statistics.gaussian(rows), target)

    songs = draw(40)
    plain = statistics.bootstrap(songs, distance, rounds=100)
    shifted = statistics.bootstrap(songs, distance, rounds=100, recentre=True)
    assert plain.value == shifted.value
    assert shifted.low < shifted.value < shifted.high
    assert plain.high > shifted.high  # songs drawn twice look further away


def test_confusion_and_what_is_read_off_it() -> None:
    counts = statistics.confusion(np.array([0, 0, 0, 1, 3]), np.array([0, 0, 2, 1, 0]), 4)
    assert counts.tolist() == [[2, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert statistics.accuracy(counts).value == pytest.approx(3 / 5)
    assert statistics.macro_recall(counts) == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert statistics.macro_recall(np.zeros((3, 3), np.int64)) == 0.0
