from __future__ import annotations

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.errors import BadInput
from producertwin.metrics.similarity import harmony, rhythm, si_sdr


def noise(seed: int, samples: int = 48_000) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((2, samples)).astype(np.float32)


@pytest.mark.parametrize("level", [-20.0, 0.0, 10.0])
def test_si_sdr_reads_the_planted_ratio_at_any_gain(level: float) -> None:
    target = noise(1)
    estimate = 0.3 * (target + 10 ** (-level / 20) * noise(2))
    assert si_sdr(estimate, target) == pytest.approx(level, abs=0.1)


def test_si_sdr_of_silence_and_of_other_shapes() -> None:
    assert si_sdr(np.zeros((2, 100)), noise(1, 100)) == float("-inf")
    assert si_sdr(noise(1, 100), np.zeros((2, 100))) == float("-inf")
    with pytest.raises(BadInput, match="2, 90"):
        si_sdr(noise(1, 100), noise(1, 90))


@pytest.mark.thorough
def test_a_song_shares_harmony_with_itself_in_another_sound_and_not_with_another_key() -> None:
    song, dull = (piece(96, "C major", seconds=8.0, seed=1, bright=bright) for bright in (0.8, 0.2))
    other = piece(96, "F# major", seconds=8.0, seed=5, bright=0.8)
    assert harmony(song, song) == pytest.approx(1.0)
    assert harmony(song, dull) > 0.7 > 0.3 > harmony(song, other)


@pytest.mark.thorough
def test_a_song_shares_rhythm_with_its_own_tempo_alone() -> None:
    song, same, faster = (piece(bpm, seconds=8.0, seed=seed) for bpm, seed in ((96, 1), (96, 2), (113, 1)))
    assert rhythm(song, song) == pytest.approx(1.0)
    assert rhythm(song, same) > 0.5 > rhythm(song, faster) + 0.2


def test_silence_shares_nothing() -> None:
    silence = np.zeros((2, 96_000), np.float32)
    assert harmony(silence, silence) == 0.0
    assert rhythm(silence, silence) == 0.0
