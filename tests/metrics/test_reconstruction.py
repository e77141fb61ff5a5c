from __future__ import annotations

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.errors import BadInput
from producertwin.metrics.reconstruction import mel_distance, spectral_convergence

SOUND = piece(90, seconds=3.0)


def test_a_sound_is_at_no_distance_from_itself() -> None:
    assert mel_distance(SOUND, SOUND) == 0.0
    assert spectral_convergence(SOUND, SOUND) == 0.0


def test_a_gain_is_read_as_its_decibels() -> None:
    steady = np.random.default_rng(0).uniform(-0.1, 0.1, (2, 96_000)).astype(np.float32)
    assert mel_distance(steady * np.float32(2.0), steady) == pytest.approx(6.02, abs=0.05)
    assert spectral_convergence(steady * np.float32(2.0), steady) == pytest.approx(1.0, abs=1e-5)
    assert spectral_convergence(steady * np.float32(0.0), steady) == pytest.approx(1.0, abs=1e-5)


def test_polarity_does_not_count_and_the_channel_does() -> None:
    assert mel_distance(-SOUND, SOUND) == pytest.approx(0.0, abs=1e-6)
    assert mel_distance(SOUND[::-1], SOUND) > 0.1


def test_another_piece_is_further_than_a_noisy_copy() -> None:
    hiss = np.random.default_rng(0).standard_normal(SOUND.shape) * 0.01
    noisy = mel_distance((SOUND + hiss).astype(np.float32), SOUND)
    other = mel_distance(piece(90, seconds=3.0, seed=5, bright=0.7), SOUND)
    assert 0.1 < noisy < other


def test_lengths_must_agree() -> None:
    assert mel_distance(SOUND[:, :-960], SOUND) == pytest.approx(0.0, abs=0.3)
    with pytest.raises(BadInput, match="samples"):
        mel_distance(SOUND[:, :48_000], SOUND)
