"""The optimizer shared by all training: rates, state by names, the running average."""

from __future__ import annotations

import importlib.util

import pytest
import torch
from torch import nn

from producertwin.errors import Unavailable
from producertwin.training import optimizer


def weights() -> dict[str, nn.Parameter]:
    return {"a.weight": nn.Parameter(torch.ones(2, 3)), "b.a.weight": nn.Parameter(torch.zeros(4))}


def move(named: dict[str, nn.Parameter], adam: torch.optim.Optimizer, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    for weight in named.values():
        weight.grad = torch.randn(weight.shape, generator=draw)
    adam.step()


def test_a_restored_optimizer_goes_on_bit_for_bit() -> None:
    one = weights()
    adam = optimizer.adamw(one, 0.1, 0.01)
    move(one, adam, 1)
    tensors, numbers = optimizer.moments(adam, one)
    assert set(tensors) == {f"optimizer.{key}.{name}" for key in ("step", "exp_avg", "exp_avg_sq") for name in one}
    other = {name: nn.Parameter(weight.detach().clone()) for name, weight in one.items()}
    again = optimizer.adamw(other, 0.1, 0.01)
    optimizer.restore(again, other, {name: tensor.clone() for name, tensor in tensors.items()}, numbers)
    for named, adams in ((one, adam), (other, again)):
        move(named, adams, 2)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_plain_numbers_of_an_optimizers_state_come_back_too() -> None:
    one = weights()
    adam = optimizer.adamw(one, 0.1, 0.0)
    adam.state[one["b.a.weight"]]["step"] = 7
    tensors, numbers = optimizer.moments(adam, one)
    assert (tensors, numbers) == ({}, {"optimizer.step.b.a.weight": 7})
    adam.state.clear()
    optimizer.restore(adam, one, tensors, numbers)
    assert adam.state[one["b.a.weight"]] == {"step": 7}
    assert one["a.weight"] not in adam.state


def test_only_matrices_decay() -> None:
    groups = optimizer.adamw(weights(), 0.1, 0.5).param_groups
    assert [(group["params"][0].ndim, group["weight_decay"]) for group in groups] == [(2, 0.5), (1, 0.0)]


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is not None, reason="bitsandbytes is here")
def test_eight_bits_without_their_package_are_refused_by_its_name() -> None:
    with pytest.raises(Unavailable, match="bitsandbytes") as caught:
        optimizer.adamw(weights(), 0.1, 0.0, eight_bit=True)
    assert "pip install bitsandbytes" in caught.value.remedy


def test_the_cosine_rises_and_falls_to_a_twentieth() -> None:
    shares = [optimizer.cosine(step, 10, 110) for step in range(111)]
    assert shares[0] == pytest.approx(0.1) and shares[9] == shares[10] == pytest.approx(1.0)
    assert shares[10:] == sorted(shares[10:], reverse=True) and shares[-1] == pytest.approx(0.05)


def test_the_average_follows_fast_at_first_and_then_slowly() -> None:
    average = {"a": torch.zeros(1)}
    now = {"a": nn.Parameter(torch.ones(1))}
    optimizer.update_average(average, now, 0.99, 0)
    assert float(average["a"]) == pytest.approx(0.9)
    average["a"].zero_()
    optimizer.update_average(average, now, 0.99, 100_000)
    assert float(average["a"]) == pytest.approx(0.01)
