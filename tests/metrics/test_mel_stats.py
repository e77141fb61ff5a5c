from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from evaluation_kit import piece
from producertwin.audio.samples import Samples
from producertwin.errors import BadInput
from producertwin.metrics import statistics
from producertwin.metrics.mel_stats import NAME, embed, fit_space, mel_bank

KEYS = ("C major", "D minor", "F# minor", "Bb major")


def varied(seed: int) -> Samples:
    """A piece whose tempo, key, brightness, bandwidth and hiss are its own."""
    rng = np.random.default_rng(seed)
    sound = piece(rng.uniform(70, 120), KEYS[seed % 4], seconds=2.0, seed=seed, bright=rng.uniform(0.3, 1.0))
    hiss = rng.standard_normal(sound.shape) * 10 ** (rng.uniform(-70, -35) / 20)
    return low_passed(sound + hiss, rng.uniform(5_000, 18_000))


def low_passed(sound: np.ndarray, hz: float) -> Samples:
    return np.asarray(sosfilt(butter(4, hz, fs=48_000, output="sos"), sound, axis=1), np.float32)


@cache
def pieces(first: int = 0, count: int = 24) -> tuple[Samples, ...]:
    return tuple(varied(seed) for seed in range(first, first + count))


@cache
def vectors() -> np.ndarray:
    return np.array([embed(sound) for sound in pieces()])


@pytest.mark.thorough
def test_the_vector_is_plain_repeatable_and_named() -> None:
    vector = embed(pieces()[0])
    assert vector.shape == (240,)
    assert np.isfinite(vector).all()
    assert (vector == embed(pieces()[0])).all()
    assert NAME == "mel-stats/1"
    # golden figures: a change here is a new version of the embedding
    assert vector[[5, 40, 100, 170, 215]] == pytest.approx(GOLDEN, abs=0.05)


GOLDEN = (-6.12, -48.95, 18.58, -14.44, 8.66)


@pytest.mark.thorough
def test_the_vector_does_not_hear_the_level() -> None:
    sound = pieces()[0]
    assert embed(sound * np.float32(0.1)) == pytest.approx(embed(sound), abs=0.02)


def test_silence_has_a_vector_and_a_snippet_has_none() -> None:
    assert np.isfinite(embed(np.zeros((2, 96_000), np.float32))).all()
    with pytest.raises(BadInput, match="too few"):
        embed(np.zeros((2, 1000), np.float32))
    with pytest.raises(BadInput, match="not studio stereo"):
        embed(np.zeros((1, 96_000), np.float32))
    with pytest.raises(BadInput, match="NaN"):
        embed(np.full((2, 96_000), np.nan, np.float32))


def test_every_mel_band_hears_something() -> None:
    bank = mel_bank()
    assert bank.shape == (1025, 80)
    assert bank.sum(axis=0) == pytest.approx(np.ones(80), rel=1e-5)
    centres = bank.argmax(axis=0)
    assert (np.diff(centres) >= 0).all()


def test_the_space_makes_the_reference_a_unit_ball() -> None:
    space = fit_space(vectors())
    points = space(vectors())
    assert points.shape == (24, 6)
    assert space.name == f"{NAME} d=6"
    assert points.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-8)
    assert np.cov(points, rowvar=False) == pytest.approx(np.eye(6), abs=1e-8)
    assert fit_space(vectors(), songs=16).dimensions == 4


def test_a_space_needs_songs() -> None:
    with pytest.raises(BadInput, match="4 songs"):
        fit_space(np.zeros((4, 240)))


def noisy(sound: Samples, decibels: float) -> Samples:
    hiss = np.random.default_rng(1).standard_normal(sound.shape) * sound.std() * 10 ** (decibels / 20)
    return np.asarray(sound + hiss, np.float32)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("damage", "steps"), [(noisy, (-30.0, -20.0, -10.0)), (low_passed, (3_000.0, 1_500.0, 700.0))], ids=["noise", "low-pass"]
)
def test_distance_grows_with_planted_damage(damage: Callable[[Samples, float], Samples], steps: tuple[float, ...]) -> None:
    space = fit_space(vectors(), songs=12)
    target = statistics.gaussian(space(vectors()))

    def distance(sounds: list[Samples]) -> float:
        return statistics.frechet_distance(statistics.gaussian(space(np.array([embed(sound) for sound in sounds]))), target)

    others = [*pieces(100, 12)]
    found = [distance(others), *(distance([damage(sound, step) for sound in others]) for step in steps)]
    assert found == sorted(found)
    assert found[-1] > 3 * found[0]
