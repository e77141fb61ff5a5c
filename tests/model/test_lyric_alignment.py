"""Times and score of a lyric from attention, against the published formulas worked out here entry by entry."""

from __future__ import annotations

import numpy as np
import pytest
from lyric_kit import cheapest_path, score_of
from numpy.typing import NDArray

from producertwin.model.sampling.lyric_alignment import first_frames, lyric_score, sharpen, warp

HEAD = np.array(
    [
        (0.7, 0.2, 0.05, 0.05, 0, 0.1),
        (0.1, 0.6, 0.5, 0.1, 0.1, 0),
        (0.1, 0.1, 0.3, 0.2, 0.8, 0.1),
        (0.1, 0.1, 0.15, 0.65, 0.1, 0.8),
    ]
)
"""The example of the feature notes: tokens `[v]`, `la`, `lo`, `li` over six frames."""
TWO = np.stack([HEAD, HEAD]).astype(np.float32)
SUNG = np.array([False, True, True, True])


def sharpened(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix by the formula, all heads at once."""
    over_frames = np.exp(maps) / np.exp(maps).sum(2, keepdims=True)
    over_tokens = np.exp(maps) / np.exp(maps).sum(1, keepdims=True)
    shared = over_frames * over_tokens
    shared = np.maximum(shared - 2 * np.median(shared, 2, keepdims=True), 0)
    shared = np.maximum(shared - 2 * np.median(shared, 1, keepdims=True), 0) ** 2
    found: NDArray[np.float64] = ((shared - shared.mean()) / (shared.std() + 1e-9)).mean(0)
    return found


def test_the_published_example() -> None:
    matrix = sharpen(TWO)
    np.testing.assert_allclose(matrix[0, :2], [2.1397, -0.4396], atol=5e-5)
    assert matrix[3, 5] == pytest.approx(2.7845, abs=5e-5)
    assert list(zip(*warp(-matrix), strict=True)) == [(0, 0), (1, 1), (1, 2), (2, 3), (2, 4), (3, 5)]
    assert first_frames(TWO).tolist() == [0, 1, 3, 5]
    assert lyric_score(TWO, SUNG) == 0.5833


@pytest.mark.parametrize(("heads", "tokens", "frames"), [(1, 5, 9), (2, 9, 5), (7, 12, 40), (3, 1, 6), (2, 6, 1), (1, 1, 1)])
def test_matrix_and_path_are_those_of_the_formula(heads: int, tokens: int, frames: int) -> None:
    maps = np.random.default_rng(tokens).dirichlet(np.full(tokens + 3, 0.3), (heads, frames)).transpose(0, 2, 1)[:, :tokens]
    np.testing.assert_allclose(sharpen(maps), sharpened(maps), atol=1e-9)
    path = cheapest_path(-sharpen(maps))
    assert list(zip(*warp(-sharpen(maps)), strict=True)) == path
    begins = [min(frame for token, frame in path if token == wanted) for wanted in range(tokens)]
    assert first_frames(maps).tolist() == begins == sorted(begins)


def test_a_tie_stays_with_the_token() -> None:
    assert list(zip(*warp(np.zeros((2, 4))), strict=True)) == cheapest_path(np.zeros((2, 4)))
    assert first_frames(np.full((1, 3, 5), 0.1)).tolist()[0] == 0


def test_a_single_head_is_enough() -> None:
    assert first_frames(TWO[:1]).tolist() == first_frames(TWO).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_the_score_is_that_of_the_formula(seed: int) -> None:
    dice = np.random.default_rng(seed)
    maps = dice.gamma(0.2, 1.0, (3, 8, 60))
    maps[:, 2] *= 0.001  # a token that nobody hears
    sung = dice.random(8) > 0.3
    assert lyric_score(maps, sung) == score_of(maps.mean(0), sung)


def test_a_lyric_that_is_followed_scores_higher_than_one_that_runs_backwards() -> None:
    along = np.zeros((2, 6, 90))
    for token in range(6):
        along[:, token, 15 * token : 15 * token + 15] = 0.9
    sung = np.ones(6, bool)
    assert lyric_score(along, sung) == round(90 / 95, 4)  # ties: each of five turns takes two steps, one of them through nothing
    assert lyric_score(along[:, ::-1], sung) < 0.1
    assert lyric_score(np.roll(along, 3, axis=1), sung) < 0.7


@pytest.mark.parametrize("sung", [np.zeros(4, bool), np.array([False, True, False, False])])
def test_marks_alone_or_one_token_neither_miss_nor_go_back(sung: NDArray[np.bool_]) -> None:
    assert lyric_score(TWO, sung) == score_of(HEAD, sung) == 0.5833


def test_attention_that_says_nothing_scores_nothing() -> None:
    assert lyric_score(np.full((2, 3, 8), 0.25), np.ones(3, bool)) == 0.0
