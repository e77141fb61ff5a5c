"""The count of the transformer's arithmetic, against a counter that watches every product."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from producertwin.model.adapters.differentiable import velocity
from producertwin.model.instrument import Instrument
from producertwin.model.sampling.flops import machine_flops, step_flops, training_flops


def counted(tiny: Instrument, frames: int, told: int, *, backward: bool = False) -> float:
    """What torch counts in one forward pass, and in the pass back to the input."""
    width = tiny.width
    x = torch.randn(1, frames, width, requires_grad=backward)
    context, packed = torch.randn(1, frames, 2 * width), torch.randn(1, told, tiny.transformer.condition_embedder.in_features)
    with FlopCounterMode(display=False) as counter, torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        made = velocity(tiny.transformer, x, torch.tensor([0.5]), context, packed)
        if backward:
            made.sum().backward()
    return float(counter.get_total_flops())


@pytest.mark.parametrize(("frames", "told"), [(64, 30), (32, 90)])
def test_a_forward_pass_costs_what_is_counted(tiny: Instrument, frames: int, told: int) -> None:
    assert step_flops(tiny.transformer, frames, told, cached=False) == pytest.approx(counted(tiny, frames, told), rel=0.05)


def test_a_window_is_charged_for_the_keys_within_its_reach(tiny: Instrument) -> None:
    floor, whole = step_flops(tiny.transformer, 200, 30, cached=False), counted(tiny, 200, 30)
    assert 0.8 * whole < floor < whole  # the masked product also multiplies what it hides


def test_training_frozen_layers_costs_less_than_three_passes(tiny: Instrument) -> None:
    forward = step_flops(tiny.transformer, 200, 30, cached=False)
    assert training_flops(tiny.transformer, 200, 30, adapter=0) == 2 * forward
    assert training_flops(tiny.transformer, 200, 30, adapter=0, checkpointing=True) == 3 * forward
    assert training_flops(tiny.transformer, 200, 30, adapter=1000) == 2 * forward + 6_000 * 100


def test_a_longer_condition_and_guidance_cost_more(tiny: Instrument) -> None:
    assert step_flops(tiny.transformer, 200, 60) > step_flops(tiny.transformer, 200, 30)
    assert 1.0 < step_flops(tiny.transformer, 200, 30, guided=True) / step_flops(tiny.transformer, 200, 30) < 2.0


def test_the_machine_multiplies() -> None:
    assert machine_flops(torch.device("cpu"), torch.float32) > 1e8
