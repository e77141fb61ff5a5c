"""Adapters add up, act by weight, and are exchanged while the instrument stays loaded."""

from __future__ import annotations

import pytest
import torch
from adapter_kit import learned, velocity

from producertwin.errors import BadInput, NotFound
from producertwin.model import adapters
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters import Adapter, AdapterSetting, layers_of
from producertwin.model.instrument import Instrument


def made(tiny: Instrument, kind: str, seed: int) -> Adapter:
    from pathlib import Path

    spec = LoraSpec.model_validate({"kind": kind, "rank": 3, "alpha": 5.0})
    state, _ = learned(tiny, spec, seed)
    return Adapter(Path(kind), layers_of(state, {"r": 3, "lora_alpha": 5.0}, kind), kind)


@pytest.fixture(scope="module")
def closet(tiny: Instrument) -> dict[str, Adapter]:
    return {kind: made(tiny, kind, seed) for seed, kind in enumerate(("lora", "dora", "lokr"))}


LAYER = "time_embed.linear_2"
"""A layer with a bias, which a change must not touch."""


def answer(tiny: Instrument) -> torch.Tensor:
    x = torch.randn(4, 32, generator=torch.Generator().manual_seed(1))
    found: torch.Tensor = tiny.transformer.get_submodule(LAYER)(x)
    return found


def test_stacked_adapters_add_the_sum_of_their_changes(tiny: Instrument, closet: dict[str, Adapter]) -> None:
    plain, changes = answer(tiny), []
    for adapter in closet.values():
        alone = adapters.attach(tiny, adapter, 0.7)
        changes.append(answer(tiny) - plain)
        alone.detach()
        assert changes[-1].abs().max() > 1e-2
    for order in (list(closet), list(reversed(closet))):
        stacked = [adapters.attach(tiny, closet[kind], 0.7) for kind in order]
        assert torch.allclose(answer(tiny), plain + sum(changes), atol=1e-5)
        for attached in stacked:
            attached.detach()
    assert torch.equal(answer(tiny), plain)


def test_two_halves_are_one_whole(tiny: Instrument, closet: dict[str, Adapter]) -> None:
    for adapter in closet.values():
        whole = adapters.attach(tiny, adapter)
        expected = velocity(tiny)
        whole.detach()
        halves = [adapters.attach(tiny, adapter, 0.5) for _ in range(2)]
        assert torch.allclose(velocity(tiny), expected, atol=1e-5)
        halves[0].detach()
        assert not torch.allclose(velocity(tiny), expected, atol=1e-3)
        halves[1].detach()


def test_a_scale_is_changed_on_the_fly_and_acts_in_proportion(tiny: Instrument, closet: dict[str, Adapter]) -> None:
    plain = answer(tiny)
    for adapter in closet.values():
        attached = adapters.attach(tiny, adapter)
        full = answer(tiny) - plain
        for scale in (-1.0, 0.25, 2.0):
            attached.scale = scale
            assert torch.allclose(answer(tiny) - plain, scale * full, atol=1e-5)
        attached.scale = 0.0
        assert torch.equal(answer(tiny), plain)
        attached.detach()


def test_one_is_exchanged_for_another_and_the_instrument_is_never_loaded_again(
    tiny: Instrument, closet: dict[str, Adapter]
) -> None:
    before, weights = velocity(tiny), tiny.transformer.layers[0].mlp.up_proj.weight
    heard = []
    for kind in ("lora", "lokr", "lora"):
        attached = adapters.attach(tiny, closet[kind])
        heard.append(velocity(tiny))
        attached.detach()
    assert torch.equal(heard[0], heard[2]) and not torch.allclose(heard[0], heard[1], atol=1e-3)
    assert torch.equal(velocity(tiny), before)
    assert tiny.transformer.layers[0].mlp.up_proj.weight is weights
    assert not any(module._forward_hooks for module in tiny.transformer.modules())


def test_what_does_not_fit_leaves_on_what_was_attached(tiny: Instrument, closet: dict[str, Adapter]) -> None:
    attached = adapters.attach(tiny, closet["lora"])
    heard = velocity(tiny)
    layers = dict(closet["lokr"].layers)
    stray = Adapter(closet["lokr"].path, layers | {"layers.7.mlp.up_proj": layers["condition_embedder"]}, "")
    with pytest.raises(BadInput, match=r"layers.7.mlp.up_proj, which tiny lacks"):
        adapters.attach(tiny, stray)
    assert torch.equal(velocity(tiny), heard)
    attached.detach()


def test_all_or_none_are_worn(tiny: Instrument, closet: dict[str, Adapter], tmp_path_factory: pytest.TempPathFactory) -> None:
    before, folder = velocity(tiny), tmp_path_factory.mktemp("lora")
    adapters.convert(closet["lora"], folder, "peft")
    with pytest.raises(NotFound), adapters.attached(tiny, [AdapterSetting(folder), AdapterSetting(folder / "nowhere")]):
        pass
    with pytest.raises(ZeroDivisionError), adapters.attached(tiny, [AdapterSetting(folder), AdapterSetting(folder, 0.5)]):
        _ = 1 / 0
    assert torch.equal(velocity(tiny), before)
