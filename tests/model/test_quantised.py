"""Quantised weights under an adapter: how near they are, that gradients pass, and that nothing of them stays."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.quantised import BLOCK, LEVELS, QuantisedLinear, quantise, quantised_bytes
from producertwin.model.adapters.trainable import trainable
from producertwin.model.instrument import Instrument

KINDS = ("int8", "nf4")
SNR = {"int8": 40.0, "nf4": 19.0}
"""Least signal to error in dB for numbers of a normal distribution."""


def linear(inputs: int = 96, outputs: int = 48, *, bias: bool = True, dtype: torch.dtype = torch.float32) -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(inputs, outputs, bias=bias).to(dtype).requires_grad_(False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("inputs", "outputs"), [(96, 48), (7, 5), (64, 1), (1, 3)])
def test_weights_come_back_near_in_any_shape(kind: str, inputs: int, outputs: int) -> None:
    plain = linear(inputs, outputs)
    plain.weight.data.normal_(generator=torch.Generator().manual_seed(2))
    made = QuantisedLinear(plain, kind)  # type: ignore[arg-type]
    assert made.weight.shape == plain.weight.shape and made.weight.dtype == plain.weight.dtype
    error = (made.weight - plain.weight).square().sum()
    least = SNR[kind] if inputs * outputs > 100 else SNR[kind] - 10
    assert 10 * torch.log10(plain.weight.square().sum() / error.clamp_min(1e-12)) > least
    held = made.packed.nbytes + made.scales.nbytes  # type: ignore[operator]
    assert held == quantised_bytes((inputs, outputs), kind)  # type: ignore[arg-type]


def test_nf4_gives_its_own_levels_back_exactly_and_zeros_as_zeros() -> None:
    plain = linear(BLOCK, 2, bias=False)
    plain.weight.data = 3.0 * torch.tensor(LEVELS).repeat(2, 4)
    assert torch.equal(QuantisedLinear(plain, "nf4").weight, plain.weight)
    plain.weight.data.zero_()
    assert not any(QuantisedLinear(plain, kind).weight.any() for kind in KINDS)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_of_the_input_are_those_of_the_weights_that_come_back(kind: str, dtype: torch.dtype) -> None:
    made = QuantisedLinear(linear(dtype=dtype), kind)  # type: ignore[arg-type]
    plain = linear(dtype=dtype)
    plain.weight.data = made.weight
    x = torch.randn(2, 9, 96, generator=torch.Generator().manual_seed(3)).to(dtype)
    found = []
    for layer in (made, plain):
        given = x.clone().requires_grad_()
        out = layer(given)
        out.square().sum().backward()
        found.append((out.detach(), given.grad))
    assert found[0][0].dtype == dtype
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_the_blocks_are_quantised_and_afterwards_every_layer_is_the_object_it_was(tiny: Instrument, kind: str) -> None:
    net = tiny.transformer
    before = dict(net.named_modules())
    values = {name: weight.clone() for name, weight in net.state_dict().items()}
    with quantise(net, kind):  # type: ignore[arg-type]
        held = {name for name, module in net.named_modules() if isinstance(module, QuantisedLinear)}
        assert held == {name for name, module in before.items() if isinstance(module, nn.Linear) and name.startswith("layers.")}
        adapter = trainable(tiny, LoraSpec(rank=2, targets="all-linear"), seed=1)
        assert all(weight.requires_grad and weight.dtype == torch.float32 for weight in adapter.parameters.values())
        adapter.remove()
    after = dict(net.named_modules())
    assert before.keys() == after.keys() and all(before[name] is after[name] for name in before)
    assert all(torch.equal(values[name], weight) for name, weight in net.state_dict().items())


def test_stored_weights_are_left_alone(tiny: Instrument) -> None:
    before = list(tiny.transformer.modules())
    with quantise(tiny.transformer, "stored"):
        assert all(one is other for one, other in zip(before, tiny.transformer.modules(), strict=True))
