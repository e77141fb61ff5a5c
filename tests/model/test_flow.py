"""Schedules, steps and noise against their closed forms."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from producertwin.errors import BadInput
from producertwin.model.sampling import flow
from producertwin.model.sampling.options import SamplingOptions
from producertwin.recipe import read


def test_turbo_schedule_is_the_published_table() -> None:
    table = (1.0, 0.9545, 0.9, 0.8333, 0.75, 0.6429, 0.5, 0.3)
    assert flow.schedule(8, 3.0) == pytest.approx(table, abs=1e-4)
    assert flow.snap_levels(flow.schedule(8, 3.0)) == flow.schedule(8, 3.0)
    assert len(flow.TURBO_LEVELS) == 20


def test_snapping_keeps_order_and_drops_repeats() -> None:
    levels = flow.snap_levels(flow.schedule(50))
    assert list(levels) == sorted(set(levels), reverse=True)
    assert set(levels) <= set(flow.TURBO_LEVELS)


@given(st.integers(1, 200), st.floats(0.2, 6.0))
@settings(deadline=None, max_examples=40)
def test_a_schedule_falls_from_one(steps: int, shift: float) -> None:
    levels = flow.schedule(steps, shift)
    assert len(levels) == steps and levels[0] == 1.0
    assert SamplingOptions(schedule=levels).schedule == levels


@pytest.mark.parametrize("levels", [(), (1.0, 1.0), (0.5, 0.9), (0.0,), (1.2, 0.5), (1.0, float("nan"))])
def test_what_is_no_schedule_is_refused(levels: tuple[float, ...]) -> None:
    with pytest.raises(BadInput):
        read(SamplingOptions, {"schedule": levels}, where="test")


@pytest.mark.parametrize("steps", [0, -3, 1001])
def test_step_counts_are_bounded(steps: int) -> None:
    with pytest.raises(BadInput):
        flow.schedule(steps)


def test_partial_start_begins_at_its_level() -> None:
    assert flow.start_at(flow.schedule(10), 0.55) == pytest.approx((0.55, 0.5, 0.4, 0.3, 0.2, 0.1))
    assert flow.start_at(flow.schedule(10), 1.0) == flow.schedule(10)
    assert flow.start_at((1.0, 0.5), 0.2) == (0.2,)
    for t in (0.0, -0.1, 1.1, float("nan")):
        with pytest.raises(BadInput):
            flow.start_at((1.0,), t)


def test_the_true_velocity_leads_from_noise_to_music_by_either_sampler() -> None:
    """With `v = noise - x0` both samplers land on x0 exactly: the ODE along the line, the SDE by renoising its end."""
    draw = flow.generator(1)
    x0, noise = flow.noise(draw, 20, 4), flow.noise(draw, 20, 4)
    levels = (*flow.schedule(7, 2.0), 0.0)
    x = y = flow.add_noise(x0, noise, 1.0)
    current = noise
    for t, following in pairwise(levels):
        x = flow.ode_step(x, noise - x0, t, following)
        assert torch.allclose(x, flow.add_noise(x0, noise, following), atol=1e-5)
        fresh = flow.noise(draw, 20, 4)
        y = flow.sde_step(y, current - x0, t, following, fresh)
        current = fresh
    assert torch.allclose(x, x0, atol=1e-5) and torch.allclose(y, x0, atol=1e-5)


def test_noise_belongs_to_its_seed_and_leaves_the_global_state_alone() -> None:
    before = torch.random.get_rng_state()
    a, b, c = (flow.noise(flow.generator(seed), 30, 4) for seed in (7, 7, 8))
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(before, torch.random.get_rng_state())
    assert abs(float(flow.noise(flow.generator(0), 2500, 4).std()) - 1.0) < 0.02
    for seed in (-1, 2**63):
        with pytest.raises(BadInput):
            flow.generator(seed)


@pytest.mark.parametrize(
    ("levels", "wanted", "first"),
    [
        (flow.schedule(8, 3.0), 0.8, 0.8333),  # ACE-Step's own example: 20 % of the source leave five of eight steps
        (flow.schedule(8, 3.0), 0.7, 0.75),
        (flow.schedule(4), 0.625, 0.75),  # as near to 0.5: the higher of the two
        (flow.schedule(4), 1.0, 1.0),
        (flow.schedule(4), 0.0, 0.25),
        ((0.9, 0.4), 0.99, 0.9),
    ],
)
def test_a_walk_may_begin_at_the_nearest_level(levels: tuple[float, ...], wanted: float, first: float) -> None:
    found = flow.start_near(levels, wanted)
    assert found[0] == pytest.approx(first, abs=1e-4) and found == levels[-len(found) :]


def test_a_retake_turns_the_noise_along_a_sphere() -> None:
    """`cos(v·pi/2)` of the one and `sin(v·pi/2)` of the other; 0.3 gives 0.89101 and 0.45399."""
    one, other = (flow.noise(flow.generator(seed), 400, 64) for seed in (1, 2))
    assert torch.equal(flow.mix_noise(one, other, 0.0), one)
    assert torch.allclose(flow.mix_noise(one, other, 0.3), 0.89101 * one + 0.45399 * other, atol=1e-4)
    assert torch.allclose(flow.mix_noise(one, other, 1.0), other, atol=1e-6)
    for variance in (0.1, 0.5, 0.9):
        assert float(flow.mix_noise(one, other, variance).std()) == pytest.approx(1.0, abs=0.02)
