"""The statistics of listening tests against closed forms, exact sums and known tables."""

from __future__ import annotations

from functools import partial
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producertwin.errors import BadInput
from producertwin.listening import statistics


def exact(successes: int, count: int, chance: float) -> float:
    """P(X ≥ successes), summed."""
    return sum(comb(count, k) * chance**k * (1 - chance) ** (count - k) for k in range(successes, count + 1))


@given(st.integers(1, 60), st.data())
def test_tails_are_the_sums_of_the_binomial(count: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, count))
    chance = data.draw(st.sampled_from([0.1, 0.5, 0.55, 0.9]))
    assert statistics.at_least(successes, count, chance) == pytest.approx(exact(successes, count, chance), rel=1e-9)
    below = 1.0 - (exact(successes + 1, count, chance) if successes < count else 0.0)
    assert statistics.at_most(successes, count, chance) == pytest.approx(below, rel=1e-7, abs=1e-12)


def test_the_two_sided_test_of_a_half_counts_both_tails() -> None:
    assert statistics.two_sided(9, 10) == pytest.approx(22 / 1024)
    assert statistics.two_sided(1, 10) == pytest.approx(22 / 1024)
    assert statistics.two_sided(5, 10) == 1.0
    assert statistics.at_least(0, 0) == 1.0


def test_bounds_are_where_a_tail_has_what_is_left_over() -> None:
    assert statistics.upper_bound(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert statistics.lower_bound(10, 10) == pytest.approx(0.05**0.1)
    assert (statistics.upper_bound(10, 10), statistics.lower_bound(0, 10), statistics.upper_bound(0, 0)) == (1.0, 0.0, 1.0)
    upper = statistics.upper_bound(31, 60)
    assert statistics.at_most(31, 60, upper) == pytest.approx(0.05)
    found = statistics.share(31, 40)
    assert (round(found.low, 4), round(found.high, 4)) == (0.6155, 0.8916)


@given(st.integers(1, 80), st.floats(0.05, 0.95))
def test_bounds_cover_the_truth_at_least_as_often_as_they_say(count: int, truth: float) -> None:
    missed = sum(
        comb(count, k) * truth**k * (1 - truth) ** (count - k)
        for k in range(count + 1)
        if statistics.upper_bound(k, count) < truth
    )
    assert missed <= 0.05 + 1e-9


def test_fewer_independent_answers_prove_less() -> None:
    assert statistics.upper_bound(0.5 * 310.5, 310.5) > statistics.upper_bound(0.5 * 618, 618)
    assert statistics.upper_bound(319, 618) < 0.55
    assert statistics.upper_bound(159.5, 309) >= 0.55


def test_no_difference_found_is_no_proof_of_none() -> None:
    assert statistics.two_sided(55, 100) > 0.05
    assert statistics.upper_bound(55, 100) >= 0.55
    assert statistics.upper_bound(0, 0) >= 0.55


@pytest.mark.parametrize(("count", "most", "reached"), [(100, 46, 0.24), (400, 203, 0.64), (618, 319, 0.80), (876, 457, 0.91)])
def test_right_answers_that_still_pass(count: int, most: int, reached: float) -> None:
    assert statistics.most_right(count) == most
    assert statistics.upper_bound(most, count) < statistics.MARGIN
    assert not statistics.upper_bound(most + 1, count) < statistics.MARGIN
    assert statistics.power_to_pass(count, 0.5) == pytest.approx(reached, abs=0.005)


def test_few_answers_can_never_pass() -> None:
    assert statistics.most_right(3) == -1
    assert statistics.power_to_pass(3, 0.5) == 0.0
    assert statistics.power_to_pass(800, 0.52) == pytest.approx(0.51, abs=0.005)


@pytest.mark.parametrize(
    ("count", "truth", "reached"),
    [(30, 0.60, 0.29), (30, 0.66, 0.55), (50, 0.60, 0.34), (50, 0.66, 0.68), (100, 0.60, 0.62), (100, 0.66, 0.94),
     (200, 0.60, 0.86), (200, 0.66, 0.998), (100, 0.55, 0.24), (400, 0.55, 0.64), (800, 0.55, 0.88)],
)  # fmt: skip
def test_power_of_noticing_that_listeners_can_tell(count: int, truth: float, reached: float) -> None:
    assert statistics.power_to_tell(count, truth) == pytest.approx(reached, abs=0.005)


def test_answers_that_passing_needs() -> None:
    passing = partial(statistics.power_to_pass, truth=0.5)
    assert statistics.answers_needed(passing) == 618
    assert statistics.answers_needed(passing, 0.9) == 861
    assert statistics.answers_needed(partial(statistics.power_to_pass, truth=0.56)) is None
    with pytest.raises(BadInput):
        statistics.answers_needed(passing, 1.0)


def test_too_few_answers_prove_nothing_however_good() -> None:
    assert statistics.fewest_right(4) == 5
    assert statistics.power_to_tell(4, 0.99) == 0.0
    assert statistics.fewest_right(5) == 5


def test_the_table_asks_only_what_can_be_reached() -> None:
    rows = {(row.truth, row.power): row for row in statistics.table()}
    assert rows[0.5, 0.8].to_pass == 618
    assert rows[0.5, 0.8].to_tell is None
    assert rows[0.6, 0.8].to_pass is None
    assert rows[0.6, 0.8].to_tell is not None
    assert statistics.power_to_tell(rows[0.6, 0.8].to_tell, 0.6) >= 0.8


def test_a_design_effect_is_that_of_the_correlation() -> None:
    assert statistics.design_effect(20, 0.05) == pytest.approx(1.95)
    assert statistics.design_effect(20, -0.2) == 1.0
    alike = statistics.clustering([True] * 10 + [False] * 10, ["ann"] * 10 + ["bob"] * 10)
    assert (alike.clusters, alike.correlation, alike.effect) == (2, 1.0, 10.0)


def test_answers_that_do_not_hang_together_keep_their_worth() -> None:
    rng = np.random.default_rng(4)
    right = (rng.random(4_000) < 0.6).tolist()
    assert statistics.clustering(right, [place // 20 for place in range(4_000)]).correlation < 0.02
    assert statistics.clustering(right, range(4_000)).effect == 1.0
    assert statistics.clustering(right, ["ann"] * 4_000).effect == 1.0
    assert statistics.clustering([], []).effect == 1.0


def test_a_planted_correlation_is_found() -> None:
    rng = np.random.default_rng(5)
    skills = rng.beta(4.5, 4.5, size=600)  # variance 0.25 / 10: the correlation is 0.1
    right = (rng.random((600, 20)) < skills[:, None]).reshape(-1).tolist()
    found = statistics.clustering(right, np.repeat(np.arange(600), 20).tolist())
    assert found.correlation == pytest.approx(0.1, abs=0.02)
    assert found.effect == pytest.approx(2.9, abs=0.4)
    assert statistics.combine(found, found) == pytest.approx(2 * found.effect - 1)


@pytest.mark.parametrize("wrong", [(5, 4), (-1, 4)])
def test_counts_that_cannot_be_are_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(BadInput):
        statistics.at_least(*wrong)
    with pytest.raises(BadInput):
        statistics.clustering([True], [])


def test_a_twin_at_the_margin_seldom_passes_though_answers_hang_together() -> None:
    rng, listeners, pairs, truth = np.random.default_rng(6), 60, 20, 0.55
    people, items = np.repeat(np.arange(listeners), pairs).tolist(), np.tile(np.arange(pairs), listeners).tolist()
    passed, passed_naively = 0, 0
    for _ in range(300):
        skills = rng.beta(19 * truth, 19 * (1 - truth), size=(listeners, 1))  # a correlation of 0.05 within listeners
        chances = np.clip(skills + rng.normal(0, 0.1, size=(1, pairs)), 0, 1)
        right = (rng.random((listeners, pairs)) < chances).reshape(-1).tolist()
        worth = len(right) / statistics.combine(statistics.clustering(right, people), statistics.clustering(right, items))
        passed += statistics.upper_bound(worth * float(np.mean(right)), worth) < truth
        passed_naively += statistics.upper_bound(sum(right), len(right)) < truth
    assert passed / 300 < 0.08
    assert passed_naively / 300 > 0.12
