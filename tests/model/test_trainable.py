"""A fresh adapter changes nothing, a trained one comes off without a trace, and no state is taken over half."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from adapter_kit import shaken, velocity

from producertwin.errors import BadInput
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.differentiable import block
from producertwin.model.adapters.differentiable import velocity as differentiable
from producertwin.model.adapters.trainable import Trainable, release, set_checkpointing, trainable
from producertwin.model.instrument import Instrument
from producertwin.model.variants import tiny as built

KINDS = ("lora", "dora", "lokr")
GROUPS = ("lyric", "timbre")


def spec_of(kind: str, **more: Any) -> LoraSpec:
    return LoraSpec.model_validate({"kind": kind, "rank": 4, "alpha": 6.0} | more)


def objects(instrument: Instrument) -> dict[str, Any]:
    hosts = {"transformer": instrument.transformer, "encoder": instrument.condition_encoder}
    return {f"{host}.{name}": module for host, module in hosts.items() for name, module in module.named_modules()}


def loss_of(instrument: Instrument) -> torch.Tensor:
    draw = torch.Generator().manual_seed(2)
    x, around = torch.randn(2, 24, 4, generator=draw), torch.randn(2, 24, 8, generator=draw)
    packed, t = torch.randn(2, 9, 32, generator=draw), torch.tensor([0.3, 0.8])
    found = differentiable(instrument.transformer, x, t, around, packed, torch.ones(2, 9, dtype=torch.bool))
    return found.square().mean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_adapter_changes_nothing_and_a_trained_one_leaves_no_trace(tiny: Instrument, kind: str) -> None:
    before, modules = velocity(tiny), objects(tiny)
    tensors = {name: weight.clone() for name, weight in tiny.transformer.state_dict().items()}
    adapter = trainable(tiny, spec_of(kind, encoders=GROUPS), seed=1)
    assert torch.equal(velocity(tiny), before)
    shaken(adapter)
    assert (velocity(tiny) - before).abs().max() > 1e-2
    with adapter.off():
        assert torch.equal(velocity(tiny), before)
    assert (velocity(tiny) - before).abs().max() > 1e-2
    adapter.remove()
    assert torch.equal(velocity(tiny), before)
    after = objects(tiny)
    assert after.keys() == modules.keys() and all(after[name] is module for name, module in modules.items())
    left = tiny.transformer.state_dict()
    assert list(left) == list(tensors) and all(torch.equal(left[name], weight) for name, weight in tensors.items())
    assert not hasattr(tiny.transformer, "peft_config")


def test_the_base_comes_back_when_what_runs_without_it_fails(tiny: Instrument) -> None:
    adapter = trainable(tiny, spec_of("lora"), seed=1)
    shaken(adapter)
    with_it = velocity(tiny)
    with pytest.raises(ZeroDivisionError), adapter.off():
        _ = 1 / 0
    assert torch.equal(velocity(tiny), with_it)
    adapter.remove()


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_in_half_precision_too_a_fresh_adapter_changes_nothing_and_learns_in_full(kind: str) -> None:
    coarse = built.build(torch.device("cpu"), torch.bfloat16)
    coarse.condition_encoder.float()
    coarse.text_encoder.float()
    before = velocity(coarse)
    adapter = trainable(coarse, spec_of(kind), seed=1)
    assert {weight.dtype for weight in adapter.parameters.values()} == {torch.float32}
    assert {weight.dtype for name, weight in coarse.transformer.named_parameters() if "base_layer" in name} == {torch.bfloat16}
    assert torch.equal(velocity(coarse), before)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("targets", "encoders", "count"),
    [
        ("attention", (), 2 * 8),
        ("attention+mlp", (), 2 * 11),
        ("all-linear", (), 2 * 11 + 7),
        ("attention", ("lyric",), 2 * 8 + 4),
        ("all-linear", ("lyric", "timbre"), 2 * 11 + 7 + 8 + 8),
    ],
)
def test_the_targets_say_which_layers_learn(tiny: Instrument, targets: str, encoders: tuple[str, ...], count: int) -> None:
    adapter = trainable(tiny, spec_of("lora", targets=targets, encoders=encoders), seed=1)
    adapter.remove()
    layers = {name.rpartition(".lora_")[0] for name in adapter.parameters}
    assert len(layers) == count
    assert "base_model.model.layers.0.self_attn.q_proj" in layers and "base_model.model.layers.1.cross_attn.o_proj" in layers
    assert ("base_model.model.time_embed_r.time_proj" in layers) is (targets == "all-linear")
    assert ("base_model.model.layers.1.mlp.down_proj" in layers) is (targets != "attention")
    assert {name.split(".")[3] for name in layers if ".encoder." in name} == {f"{group}_encoder" for group in encoders}


def test_only_the_adapter_learns_and_all_of_it(tiny: Instrument) -> None:
    for kind in KINDS:
        adapter = shaken(trainable(tiny, spec_of(kind, rslora=kind == "dora"), seed=1))
        learning = [weight for weight in tiny.transformer.parameters() if weight.requires_grad]
        assert {id(weight) for weight in learning} == {id(weight) for weight in adapter.parameters.values()}
        loss_of(tiny).backward()
        assert [name for name, weight in adapter.parameters.items() if weight.grad is None or not weight.grad.any()] == []
        adapter.remove()


def test_equal_seeds_give_equal_weights_and_the_world_draws_on(tiny: Instrument) -> None:
    def drawn(seed: int) -> dict[str, torch.Tensor]:
        adapter = trainable(tiny, spec_of("lora"), seed=seed)
        adapter.remove()
        return adapter.state()

    held = torch.get_rng_state()
    first, again, other = drawn(1), drawn(1), drawn(2)
    assert torch.equal(torch.get_rng_state(), held)
    assert list(first) == list(again) and all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first[next(iter(first))], other[next(iter(first))])


def test_inputs_are_dropped_while_learning_only(tiny: Instrument) -> None:
    adapter = shaken(trainable(tiny, spec_of("lora", dropout=0.5), seed=1))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        noisy = [loss_of(tiny) for _ in range(2)]
        adapter.set_training(False)
        calm = [loss_of(tiny) for _ in range(2)]
    adapter.remove()
    assert noisy[0] != noisy[1] and calm[0] == calm[1]


def test_blocks_that_are_computed_again_give_the_same_gradient(tiny: Instrument) -> None:
    adapter = shaken(trainable(tiny, spec_of("lora"), seed=1))

    def gradient() -> list[torch.Tensor]:
        for weight in adapter.parameters.values():
            weight.grad = None
        loss_of(tiny).backward()
        return [weight.grad.clone() for weight in adapter.parameters.values() if weight.grad is not None]

    plain = gradient()
    entered = []
    hook = tiny.transformer.layers[1].self_attn.register_forward_pre_hook(lambda *_: entered.append(1))
    set_checkpointing(tiny.transformer, True)
    set_checkpointing(tiny.transformer, True)
    again = gradient()
    assert len(entered) == 2
    set_checkpointing(tiny.transformer, False)
    last = gradient()
    assert len(entered) == 3
    hook.remove()
    adapter.remove()
    assert len(plain) == len(adapter.parameters)
    assert all(torch.equal(a, b) and torch.equal(a, c) for a, b, c in zip(plain, again, last, strict=True))
    assert "forward" not in vars(tiny.transformer.layers[0])


def test_compiled_blocks_share_one_function_and_may_be_computed_again(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(torch, "compile", lambda function: given.append(function) or function)
    plain = loss_of(tiny)
    for again in (False, True):
        set_checkpointing(tiny.transformer, again, compiled=True)
        assert torch.allclose(loss_of(tiny), plain)
    assert given == [block] * 2
    release(tiny.transformer)
    assert not any("forward" in vars(layer) for layer in tiny.transformer.layers)


@pytest.fixture
def fresh(tiny: Instrument) -> Any:
    adapter = trainable(tiny, spec_of("lora"), seed=1)
    yield adapter
    adapter.remove()


def test_a_state_is_taken_over_whole(tiny: Instrument, fresh: Trainable) -> None:
    shaken(fresh)
    state, heard = fresh.state(), velocity(tiny)
    shaken(fresh, seed=9)
    assert not torch.equal(velocity(tiny), heard)
    fresh.load(state)
    assert torch.equal(velocity(tiny), heard)


def test_a_state_that_does_not_fit_is_refused_and_nothing_is_taken_over(tiny: Instrument, fresh: Trainable) -> None:
    before, state = fresh.state(), shaken(fresh).state()
    fresh.load(before)
    name = next(iter(state))
    wrong = [
        ({}, "none of its 0 tensors"),
        ({f"x.{key}": tensor for key, tensor in state.items()}, "none of its 58 tensors"),
        (
            {key: tensor for key, tensor in state.items() if key != name},
            "lacks base_model.model.layers.0.self_attn.q_proj.lora_A",
        ),
        (state | {"stray": torch.zeros(1)}, "also holds stray"),
        (state | {name: torch.zeros(8, 32)}, r"has shape \(8, 32\), this adapter wants \(4, 32\)"),
    ]
    for odd, message in wrong:
        with pytest.raises(BadInput, match=message):
            fresh.load(odd)
    assert all(torch.equal(tensor, before[key]) for key, tensor in fresh.state().items())


def test_one_trainable_adapter_at_a_time(tiny: Instrument, fresh: Trainable) -> None:
    with pytest.raises(BadInput, match="already wears"):
        trainable(tiny, spec_of("lora"), seed=2)


def test_a_spec_that_makes_no_sense_is_refused() -> None:
    assert LoraSpec(rank=16, alpha=32, rslora=True).scaling == 8.0 and LoraSpec(rank=16, alpha=32).scaling == 2.0
    for wrong in ({"rank": 0}, {"rank": 513}, {"alpha": 0}, {"dropout": 1.0}, {"kind": "lokr", "rslora": True}, {"kind": "loha"}):
        with pytest.raises(ValueError, match=next(iter(wrong)) if "rslora" not in wrong else "rank-stabilised"):
            LoraSpec.model_validate(wrong)
    with pytest.raises(ValueError, match="twice"):
        LoraSpec(encoders=("lyric", "lyric"))
