from __future__ import annotations

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.metrics.probe import fit_probe


def songs(count: int, *, seed: int, shift: float = 0.0, dimensions: int = 40) -> np.ndarray:
    """Songs on scales that differ by 10⁴, moved by `shift` deviations along every fourth direction."""
    rows = np.random.default_rng(seed).standard_normal((count, dimensions))
    rows[:, ::4] += shift
    return rows * np.geomspace(0.01, 100, dimensions)


def test_a_producer_apart_is_told_and_the_shares_hold_on_songs_never_seen() -> None:
    probe = fit_probe(songs(16, seed=0, shift=1.5), songs(60, seed=1))
    assert probe.own.value > 0.8
    assert probe.others.value < 0.15
    assert probe.share(songs(100, seed=2, shift=1.5)).value > 0.8
    assert probe.share(songs(100, seed=3)).value < 0.2


def test_a_producer_like_the_others_is_not_told() -> None:
    probe = fit_probe(songs(20, seed=0), songs(60, seed=1))
    assert probe.own.value - probe.others.value < 0.45  # what the best line finds in noise
    told, taken = probe.share(songs(300, seed=2)), probe.share(songs(300, seed=3))
    assert abs(told.value - taken.value) < 0.12


def test_the_same_songs_give_the_same_probe() -> None:
    one, other = (fit_probe(songs(12, seed=0, shift=1.0), songs(40, seed=1), seed=3) for _ in range(2))
    assert (one.weights == other.weights).all()
    assert (one.bias, one.strength, one.own) == (other.bias, other.strength, other.own)


def test_scores_do_not_care_about_units_and_say_what_is_told() -> None:
    own, others, heard = songs(12, seed=0, shift=1.0), songs(40, seed=1), songs(20, seed=5, shift=0.5)
    units = np.geomspace(1e-3, 1e3, 40)
    plain, scaled = fit_probe(own, others), fit_probe(own * units + 7, others * units + 7)
    assert scaled.scores(heard * units + 7) == pytest.approx(plain.scores(heard), abs=1e-3)
    assert (plain.classify(heard) == (plain.scores(heard) > 0)).all()
    assert plain.share(heard).value == plain.classify(heard).mean()


def test_many_others_do_not_drown_few_songs_of_the_producer() -> None:
    probe = fit_probe(songs(10, seed=0, shift=1.2), songs(400, seed=1))
    assert probe.share(songs(200, seed=2, shift=1.2)).value > 0.6


def test_a_producer_is_left_out_whole() -> None:
    """Each of the others has a mark as far off as the own one; a mark that was heard is told, one that was not is guessed."""
    rng = np.random.default_rng(0)
    names = [name for name in "abcd" for _ in range(15)]
    marks = dict(zip("abcd", 4.0 * np.eye(5, 12)[1:], strict=True))
    others = np.array([marks[name] for name in names]) + rng.standard_normal((60, 12))
    own = rng.standard_normal((20, 12)) + 4.0 * np.eye(5, 12)[0] * 0.4
    known, unknown = fit_probe(own, others), fit_probe(own, others, producers=names)
    assert known.own.value - known.others.value > unknown.own.value - unknown.others.value + 0.1


def test_too_few_songs_and_one_single_other_producer_are_refused() -> None:
    with pytest.raises(BadInput, match="teach no probe") as caught:
        fit_probe(songs(7, seed=0), songs(40, seed=1))
    assert "at least 8 songs" in caught.value.remedy
    with pytest.raises(BadInput, match="teach no probe"):
        fit_probe(songs(9, seed=0), songs(40, seed=1, dimensions=30))
    with pytest.raises(BadInput, match="one producer"):
        fit_probe(songs(9, seed=0), songs(20, seed=1), producers=["Mara Vale"] * 20)
    with pytest.raises(BadInput, match="3 producers of 20 songs"):
        fit_probe(songs(9, seed=0), songs(20, seed=1), producers=["a", "b", "c"])


def test_scores_are_those_of_the_ridge() -> None:
    """Numbers of an implementation by numpy and L-BFGS, which stops at slopes of 1e-7."""
    probe = fit_probe(songs(16, seed=0, shift=0.6), songs(60, seed=1), seed=2)
    assert (probe.strength, probe.own.value, probe.others.value) == (0.1, 15 / 16, 26 / 60)
    expected = [-0.4855337336278158, -0.43186921675673284, -2.4679360697300465, 1.6896698841895845, 1.6582124632340505]
    assert probe.scores(songs(5, seed=3, shift=0.3)) == pytest.approx(expected, abs=1e-3)
