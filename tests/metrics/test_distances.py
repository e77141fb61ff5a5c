from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.metrics import distances, statistics


def draw(count: int, dimensions: int = 4, *, seed: int = 0, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return shift + scale * np.random.default_rng(seed).standard_normal((count, dimensions))


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    return statistics.frechet_distance(statistics.gaussian(a), statistics.gaussian(b))


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_identical_sets_are_nowhere_apart() -> None:
    songs = draw(40)
    assert frechet(songs, songs) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.1, 2.0])
def test_unit_vectors_stay_below_their_bound(shift: float) -> None:
    """Two opposite points are as far apart as unit vectors can be."""
    a, b = unit(draw(30, 64) + shift), unit(draw(30, 64, seed=1) - shift)
    assert frechet(a, b) <= 4 * 30 / 29
    poles = np.repeat(np.eye(2)[:1], 30, axis=0)
    assert frechet(poles, -poles) == pytest.approx(4.0)


@pytest.mark.thorough
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.5, 1.0), (0.5, 2.0)])
def test_infinity_finds_the_distance_of_known_gaussians_within_its_interval(shift: float, scale: float) -> None:
    """Over 200 pairs of sets the interval of the worst of these cases held the truth in 93 of 100."""
    true = 4 * shift**2 + 4 * (scale - 1) ** 2
    found, plain = [], []
    for seed in range(20):
        samples, reference = draw(80, seed=2 * seed + 1000, shift=shift, scale=scale), draw(80, seed=2 * seed + 1001)
        found.append(distances.frechet_infinity(samples, reference, rounds=3))
        plain.append(frechet(samples, reference))
    assert abs(np.mean([one.value for one in found]) - true) < abs(np.mean(plain) - true)
    assert sum(one.interval.low <= true <= one.interval.high for one in found) >= 17  # of 95 % of 20, what chance leaves
    assert all(one.count == 80 and one.slope > 0 for one in found)


@pytest.mark.thorough
def test_infinity_is_repeatable_bit_for_bit_and_seeded() -> None:
    one, same, other = (distances.frechet_infinity(draw(40), draw(50, seed=1), seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one.value != other.value
    assert one.value == pytest.approx(other.value, abs=0.1)


def test_infinity_is_refused_for_few_songs_and_for_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"15 songs do not carry .* in 4 dimensions"):
        distances.frechet_infinity(draw(40), draw(15))
    with pytest.raises(BadInput, match=r"40 songs do not carry .* in 30 dimensions") as caught:
        distances.frechet_infinity(draw(40, 30), draw(40, 30, seed=1))
    assert "give 96 songs" in caught.value.remedy
    monkeypatch.setattr(distances, "LEAST_R2", 1.0)
    with pytest.raises(BadInput, match=r"on no line \(R² [01]\.\d\d\)"):
        distances.frechet_infinity(draw(40), draw(40, seed=1), rounds=2)


def test_kad_is_unbiased_over_two_hundred_draws() -> None:
    same = np.array([statistics.kad(draw(30, seed=2 * turn), draw(30, seed=2 * turn + 1)) for turn in range(200)])
    assert abs(same.mean()) < 2 * same.std(ddof=1) / np.sqrt(len(same))


def test_kad_takes_its_width_from_the_reference_alone() -> None:
    narrow, wide = draw(40), draw(40, seed=1, scale=6.0)
    assert statistics.kad(narrow, wide) != pytest.approx(statistics.kad(wide, narrow), rel=0.1)
    width = statistics.median_distance(wide)
    kernel = statistics.kernels(narrow, wide)[2]
    assert kernel[3, 5] == pytest.approx(np.exp(-((narrow[3] - wide[5]) ** 2).sum() / (2 * width**2)))


def test_kad_has_an_interval_that_holds_nothing_for_equals_and_not_for_others() -> None:
    held = [distances.kad_interval(draw(30, seed=2 * turn), draw(30, seed=2 * turn + 1), rounds=100) for turn in range(30)]
    assert sum(found.low <= 0 <= found.high for found in held) >= 26
    apart = distances.kad_interval(draw(30, shift=1.0), draw(30, seed=1))
    assert apart.low > 0
    assert apart.value == pytest.approx(statistics.kad(draw(30, shift=1.0), draw(30, seed=1)))
    assert apart == distances.kad_interval(draw(30, shift=1.0), draw(30, seed=1))


HOLDOUT = draw(40, seed=7)
FLOOR = statistics.split_half_floor(draw(400, seed=8), 40).value


@pytest.mark.parametrize("songs", [None, np.arange(40)], ids=["apart", "together"])
def test_style_gain_is_nothing_for_the_base_and_all_for_real_songs(songs: np.ndarray | None) -> None:
    base = HOLDOUT + 2.0
    none = distances.style_gain(base, base.copy(), HOLDOUT, floor=FLOOR, songs=songs, rounds=100)
    assert (none.value, none.low, none.high) == (0.0, 0.0, 0.0)
    whole = distances.style_gain(base, draw(40, seed=9), HOLDOUT, floor=FLOOR, songs=songs, rounds=100)
    assert whole.value == pytest.approx(1.0, abs=0.05)
    assert whole.low < whole.value < whole.high


def test_style_gain_of_another_seed_of_the_base_holds_nothing_and_halfway_does_not() -> None:
    base, again = draw(40, seed=1, shift=1.5), draw(40, seed=2, shift=1.5)
    same = distances.style_gain(base, again, HOLDOUT, floor=FLOOR, rounds=200)
    assert same.low < 0 < same.high
    half = distances.style_gain(base, base - 0.75, HOLDOUT, floor=FLOOR, rounds=200)
    assert half.low > 0.3
    worse = distances.style_gain(base, base + 1.0, HOLDOUT, floor=FLOOR, rounds=200)
    assert worse.high < 0


def test_several_takes_of_a_song_do_not_count_as_several_songs() -> None:
    """Every take four times over: by song the interval stays, by row it would halve."""
    base, twin = draw(40, seed=1, shift=1.5), draw(40, seed=2, shift=1.0)
    once = distances.style_gain(base, twin, HOLDOUT, floor=FLOOR, songs=np.arange(40), rounds=300)
    four = np.repeat(np.arange(40), 4)
    often = distances.style_gain(base[four], twin[four], HOLDOUT, floor=FLOOR, songs=four, rounds=300)
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.2)


def test_a_gain_that_means_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="no further from the holdout than real songs"):
        distances.style_gain(HOLDOUT, draw(40), HOLDOUT, floor=FLOOR)
    near = draw(40, seed=3, shift=0.05)
    with pytest.raises(BadInput, match="nearer than the floor in"):
        distances.style_gain(near, draw(40), HOLDOUT, floor=0.999 * frechet(near, HOLDOUT))
    with pytest.raises(BadInput, match="not paired"):
        distances.style_gain(draw(40, shift=2.0), draw(39), HOLDOUT, floor=FLOOR)


def test_vendi_counts_unlike_songs() -> None:
    assert distances.vendi(np.ones((9, 4))) == pytest.approx(1.0)
    assert distances.vendi(np.eye(6)) == pytest.approx(6.0)
    assert distances.vendi(np.repeat(np.eye(3), 5, axis=0)) == pytest.approx(3.0)
    far = 100.0 * np.arange(8.0)[:, None]
    assert distances.vendi(far, width=1.0) == pytest.approx(8.0)
    assert distances.vendi(far, width=1e6) == pytest.approx(1.0, abs=1e-3)


def test_mean_distance_is_over_pairs() -> None:
    assert distances.mean_distance(np.array([[0.0], [1.0], [3.0]])) == pytest.approx(2.0)


@pytest.mark.parametrize("statistic", [distances.mean_distance, distances.vendi])
def test_the_jackknife_does_not_shrink_a_diversity(statistic: Callable[[np.ndarray], float]) -> None:
    songs = unit(draw(60, 8))
    found = statistics.jackknife(songs, statistic)
    assert found.low < found.value < found.high
    assert found.value == statistic(songs)
    assert statistics.bootstrap(songs, statistic, rounds=60).value == found.value
    assert statistics.bootstrap(songs, statistic, rounds=60).low < found.low  # songs drawn twice look alike


def test_the_jackknife_covers_a_mean_and_needs_songs() -> None:
    covered = 0
    for seed in range(60):
        found = statistics.jackknife(draw(40, 1, seed=seed), lambda songs: float(songs.mean()))
        covered += found.low <= 0.0 <= found.high
    assert 52 <= covered <= 60
    with pytest.raises(BadInput, match="3 songs carry no interval"):
        statistics.jackknife(draw(3), distances.mean_distance)
