"""Policy gradients: walks that draw keep the ODE's marginals, ratios and advantages are what they should be, rewards rise."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from producertwin.model.sampling import flow
from producertwin.preferences.policy.loss import LARGEST, advantages, divergence, policy_loss
from producertwin.preferences.policy.walk import log_density, spread, step_mean, walk

MEAN, DEVIATION = 1.5, 0.4
"""Of the music of the toy: one number, normally distributed, so that its velocity is known."""


def true_velocity(x: Tensor, t: float) -> Tensor:
    """The velocity of the toy: the expectation of noise less music, given x."""
    variance = (1 - t) ** 2 * DEVIATION**2 + t**2
    away = x - (1 - t) * MEAN
    return t / variance * away - (MEAN + (1 - t) * DEVIATION**2 / variance * away)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_walks_that_draw_have_the_marginals_of_the_ode(eta: float) -> None:
    rng = torch.Generator().manual_seed(1)
    noise = torch.randn(20_000, 1, 1, generator=rng)
    music, steps = walk(noise, flow.schedule(200), true_velocity, eta, rng)
    assert float(music.mean()) == pytest.approx(MEAN, abs=0.015)
    assert float(music.std()) == pytest.approx(DEVIATION, abs=0.015)
    for step in steps[::40]:
        at = step.following
        asked = math.hypot((1 - step.s) * DEVIATION, step.s)
        assert float(at.mean()) == pytest.approx((1 - step.s) * MEAN, abs=0.03)
        assert float(at.std()) == pytest.approx(asked, rel=0.03)
    assert len(steps) == (199 if eta else 0)


def test_without_drawing_a_step_is_that_of_the_ode() -> None:
    x, velocity = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    for t, s in ((1.0, 0.9), (0.5, 0.2), (0.1, 0.0)):
        torch.testing.assert_close(step_mean(x, velocity, t, s, 0.0), flow.ode_step(x, velocity, t, s))
    assert spread(0.1, 0.0, 1.0) == 0.0 and spread(1.0, 0.8, 0.5) == pytest.approx(0.4)
    t, s = 0.6, 0.6 - 1e-5  # the SDE of Flow-GRPO with a = sqrt(2) times eta
    assert spread(t, s, 0.5) ** 2 == pytest.approx(0.5 * t / (1 - t) * 1e-5, rel=1e-3)


def test_the_ratio_is_one_where_nothing_was_learned() -> None:
    rng = torch.Generator().manual_seed(2)
    _, steps = walk(torch.randn(5, 4, 3, generator=rng), flow.schedule(4), true_velocity, 0.7, rng)
    for step in steps:
        mean, deviation = step_mean(step.x, true_velocity(step.x, step.t), step.t, step.s, 0.7), spread(step.t, step.s, 0.7)
        assert torch.equal(log_density(step.following, mean, deviation), step.log_density)
        assert float(divergence(mean, mean, deviation).abs().max()) == 0.0
        gain = torch.tensor([1.0, -1.0, 0.5, 0.0, -0.5])
        torch.testing.assert_close(policy_loss(step.log_density, step.log_density, gain, 0.1), -gain)


def test_advantages_sum_to_nothing_in_each_group() -> None:
    found = advantages(torch.tensor([[1.0, 2.0, 6.0], [-5.0, -5.0, -5.0], [100.0, 101.0, 99.0]]))
    torch.testing.assert_close(found.sum(1), torch.zeros(3), atol=1e-6, rtol=0)
    assert found[1].abs().max() == 0 and found[0].std(correction=0) == pytest.approx(1.0)
    assert advantages(torch.tensor([[0.0] * 99 + [1.0]])).max() == LARGEST


def test_a_ratio_beyond_the_clip_gives_no_gradient() -> None:
    density = torch.tensor([0.5, 0.5, -0.5, -0.5], requires_grad=True)
    policy_loss(density, torch.zeros(4), torch.tensor([1.0, -1.0, 1.0, -1.0]), 0.1).sum().backward()
    assert density.grad is not None
    assert (density.grad != 0).tolist() == [False, True, True, False]


def test_the_gradient_raises_a_reward() -> None:
    """Music is moved up, where that is what is rewarded: the one weight is a shift of the velocity."""
    shift = torch.nn.Parameter(torch.zeros(1))
    optimizer, rng = torch.optim.SGD([shift], lr=0.02), torch.Generator().manual_seed(3)
    levels, means = flow.schedule(6), []

    def predict(x: Tensor, t: float) -> Tensor:
        return true_velocity(x, t) - shift

    for _ in range(40):
        music, steps = walk(torch.randn(32, 1, 1, generator=rng), levels, predict, 0.7, rng)
        gain = advantages(music.reshape(2, 16)).reshape(32)
        means.append(float(music.mean()))
        for step in steps:
            mean, deviation = step_mean(step.x, predict(step.x, step.t), step.t, step.s, 0.7), spread(step.t, step.s, 0.7)
            loss = policy_loss(log_density(step.following, mean, deviation), step.log_density, gain, 10.0).mean()
            torch.autograd.backward(loss / len(steps))
        optimizer.step()
        optimizer.zero_grad()
    assert shift.item() > 0.1 and sum(means[-10:]) > sum(means[:10]) + 1.0
