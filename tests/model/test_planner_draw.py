"""From logits to a token: guidance, repetition, top-k, top-p and the draw, by numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from producertwin.model.planner.draw import draw, guide, keep_likeliest, penalise
from producertwin.model.planner.options import TokenSampling


def test_guidance_goes_from_the_untold_past_the_told() -> None:
    told, untold = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([0.0, 3.0, -1.0])
    assert guide(told, untold, 2.0).tolist() == [2.0, 1.0, -1.0]
    assert guide(told, untold, 2.5).tolist() == [2.5, 0.5, -1.0]
    assert torch.equal(guide(told, untold, 1.0), told)


def test_repetition_makes_what_was_seen_less_likely_whatever_its_sign() -> None:
    logits = torch.tensor([2.0, -2.0, 1.0, 0.0])
    assert penalise(logits, [0, 1, 1], 2.0).tolist() == [1.0, -4.0, 1.0, 0.0]
    assert penalise(logits, [0, 1], 1.0) is logits
    assert penalise(logits, [], 2.0) is logits


@pytest.mark.parametrize(
    ("top_k", "top_p", "kept"),
    [
        (0, None, 4),
        (0, 1.0, 4),
        (1, None, 1),
        (3, None, 3),
        (9, None, 4),
        (0, 0.4, 1),
        (0, 0.6, 2),
        (0, 0.9, 3),
        (0, 0.96, 4),
        (2, 0.99, 2),
    ],
)
def test_the_likeliest_stay(top_k: int, top_p: float | None, kept: int) -> None:
    """Probabilities .5, .3, .15, .05: after two 0.8, after three 0.95. A token stays while those before it have at most top_p."""
    shares = torch.tensor([0.15, 0.5, 0.05, 0.3])
    left = keep_likeliest(shares.log(), top_k, top_p)
    assert torch.isfinite(left).sum() == kept
    assert set(torch.isfinite(left).nonzero().flatten().tolist()) == set([1, 3, 0, 2][:kept])


def test_top_p_counts_what_top_k_left() -> None:
    """Of .5, .3, .15, .05 the two likeliest become .625 and .375, so 0.6 keeps one."""
    left = keep_likeliest(torch.tensor([0.15, 0.5, 0.05, 0.3]).log(), 2, 0.6)
    assert torch.isfinite(left).nonzero().flatten().tolist() == [1]


def test_without_temperature_the_likeliest_comes_and_nothing_is_drawn() -> None:
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    assert draw(torch.tensor([0.0, 3.0, 1.0]), TokenSampling(lm_temperature=0.0), [], generator) == 1
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_as_often_as_their_probability_at_a_temperature(temperature: float) -> None:
    logits, count = torch.tensor([1.0, 0.0, -1.0, float("-inf")]), 4000
    how, generator = TokenSampling(lm_temperature=temperature), torch.Generator().manual_seed(3)
    drawn = [draw(logits, how, [], generator) for _ in range(count)]
    weights = [math.exp(x / temperature) for x in (1.0, 0.0, -1.0)]
    for token, weight in enumerate(weights):
        share = weight / sum(weights)
        assert abs(drawn.count(token) / count - share) < 4 * math.sqrt(share * (1 - share) / count)
    assert 3 not in drawn


def test_the_global_random_state_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    draw(torch.zeros(5), TokenSampling(), [], torch.Generator().manual_seed(1))
    assert torch.equal(torch.random.get_rng_state(), before)
