"""Clamp and smoothing of velocities. Golden values: the formulas of ACE-Step by hand, on pairs of numbers."""

from __future__ import annotations

import pytest
import torch

from producertwin.model.sampling.guidance import ProjectedGuidance
from producertwin.model.sampling.velocity import Steering, clamp, mix


def pair(first: float, second: float) -> torch.Tensor:
    return torch.tensor([[[first, second]]], dtype=torch.float32)


@pytest.mark.parametrize(
    ("velocity", "x", "most", "found"),
    [
        ((3.0, 4.0), (0.0, 2.0), 2.0, (2.4, 3.2)),  # 5 long where 4 are allowed
        ((3.0, 4.0), (0.0, 3.0), 2.0, (3.0, 4.0)),
        ((3.0, 4.0), (0.0, 2.0), 0.0, (3.0, 4.0)),
        ((0.0, 0.0), (1.0, 1.0), 2.0, (0.0, 0.0)),
    ],
)
def test_a_velocity_is_no_longer_than_a_multiple_of_where_it_begins(
    velocity: tuple[float, float], x: tuple[float, float], most: float, found: tuple[float, float]
) -> None:
    assert torch.allclose(clamp(pair(*velocity), pair(*x), most), pair(*found))


def test_every_take_of_a_batch_is_clamped_for_itself() -> None:
    both = clamp(torch.cat([pair(3, 4), pair(3, 4)]), torch.cat([pair(0, 2), pair(0, 9)]), 2.0)
    assert torch.allclose(both, torch.cat([pair(2.4, 3.2), pair(3, 4)]))


def test_smoothing_mixes_the_step_before_from_the_second_step_on() -> None:
    steering = Steering(ProjectedGuidance(1.0), ema=0.25)
    first = steering.steer((pair(4, 0),), pair(1, 1), 1.0)
    second = steering.steer((pair(0, 8),), pair(1, 1), 0.5)
    third = steering.steer((pair(0, 0),), pair(1, 1), 0.2)
    assert torch.equal(first, pair(4, 0)) and torch.allclose(second, pair(1, 6)) and torch.allclose(third, pair(0.25, 1.5))
    assert torch.equal(mix(pair(1, 2), pair(5, 5), 0.0), pair(1, 2))


def test_a_step_of_heun_is_remembered_by_its_mean() -> None:
    """First 4, then (1 - 0.25) · 0 + 0.25 · 4 = 1 where it arrives: the mean is 2.5, and the next step is smoothed with it."""
    steering = Steering(ProjectedGuidance(1.0), ema=0.25)
    first = steering.steer((pair(4, 0),), pair(1, 1), 1.0)
    assert torch.allclose(steering.steer_again((pair(0, 0),), pair(1, 1), 0.5, first), pair(2.5, 0))
    assert torch.allclose(steering.steer((pair(0, 0),), pair(1, 1), 0.5), pair(0.625, 0))


def test_where_a_step_arrives_its_own_place_limits_it() -> None:
    steering = Steering(ProjectedGuidance(1.0), clamp=2.0)
    first = steering.steer((pair(3, 4),), pair(0, 9), 1.0)
    assert torch.allclose(steering.steer_again((pair(3, 4),), pair(0, 2), 0.5, first), pair(2.7, 3.6))
