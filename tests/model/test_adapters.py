"""Adapters sound as peft makes them, in every kind and spelling, and leave no trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_kit import CARD, learned, take, velocity
from safetensors.torch import load_file, save_file

from producertwin.model import adapters
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters.files import METADATA
from producertwin.model.instrument import Instrument
from producertwin.model.key_maps import canonical, to_original
from producertwin.model.weights import State

RANK, ALPHA = 4, 16
SPECS = {
    "lora": LoraSpec(rank=4, alpha=6, targets="attention"),
    "rslora": LoraSpec(rank=4, alpha=6, rslora=True, targets="attention+mlp"),
    "dora": LoraSpec(kind="dora", rank=4, alpha=6, targets="attention"),
    "dora, every layer": LoraSpec(kind="dora", rank=4, alpha=6, rslora=True),
    "lokr": LoraSpec(kind="lokr", rank=2, alpha=3, targets="attention+mlp"),
    "lokr, every layer": LoraSpec(kind="lokr", rank=2, alpha=3),
    "lokr of whole factors": LoraSpec(kind="lokr", rank=64, alpha=32),
    "lora, encoders": LoraSpec(rank=4, alpha=6, encoders=("lyric", "timbre")),
    "dora, lyrics": LoraSpec(kind="dora", rank=4, alpha=6, targets="attention", encoders=("lyric",)),
    "lokr, timbre": LoraSpec(kind="lokr", rank=2, alpha=3, encoders=("timbre",)),
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_it_is_what_peft_computes_and_leaves_no_trace(tiny: Instrument, tmp_path: Path, spec: LoraSpec) -> None:
    before = velocity(tiny)
    state, expected = learned(tiny, spec)
    assert (before - expected).abs().max() > 1e-2
    adapter = adapters.read(adapters.write(state, spec, CARD, tmp_path / "mara"))
    attached = adapters.attach(tiny, adapter)
    assert torch.allclose(velocity(tiny), expected, atol=1e-5)
    attached.detach()
    assert torch.equal(velocity(tiny), before)
    assert not any(module._forward_hooks for module in (*tiny.transformer.modules(), *tiny.condition_encoder.modules()))
    assert adapter.spec == spec and adapter.card == CARD
    again = adapter.state()
    assert again.keys() == state.keys() and all(torch.equal(again[name], state[name]) for name in state)


def test_the_groups_of_the_condition_encoder_are_heard_on_their_own(tiny: Instrument, tmp_path: Path) -> None:
    spec = SPECS["lora, encoders"]
    state, _ = learned(tiny, spec)
    before = velocity(tiny)
    for group in ("lyric", "timbre"):
        only = {name: tensor for name, tensor in state.items() if f".{group}_encoder." in name}
        assert len(only) == 16
        with adapters.attached(tiny, [adapters.AdapterSetting(adapters.write(only, spec, CARD, tmp_path / group))]):
            assert (velocity(tiny) - before).abs().max() > 1e-3
    assert torch.equal(velocity(tiny), before)


@pytest.fixture(scope="module")
def folder(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = LoraSpec(rank=RANK, alpha=ALPHA, targets="attention")
    return adapters.write(learned(tiny, spec)[0], spec, CARD, tmp_path_factory.mktemp("adapter"))


def spelled(state: State, spelling: str) -> State:
    found = {}
    for key, tensor in state.items():
        layer, _, part = key.removeprefix("base_model.model.").partition(".lora_")
        match spelling:
            case "peft, diffusers' names":
                found[f"base_model.model.{canonical(layer)}.lora_{part}"] = tensor
            case "diffusers":
                found[f"transformer.{canonical(layer)}.lora_{part}"] = tensor
            case "diffsynth":
                found[f"{layer}.lora_{part}".replace(".weight", ".default.weight")] = tensor
            case "comfyui":
                side = {"A.weight": "down", "B.weight": "up"}[part]
                found[f"diffusion_model.decoder.{layer}.lora_{side}.weight"] = tensor
                found[f"diffusion_model.decoder.{layer}.alpha"] = torch.tensor(float(ALPHA))
            case "lycoris":
                side = {"A.weight": "down", "B.weight": "up"}[part]
                found[f"lycoris_{layer.replace('.', '_')}.lora_{side}.weight"] = tensor
                found[f"lycoris_{layer.replace('.', '_')}.alpha"] = torch.tensor(float(ALPHA))
    return found


@pytest.mark.parametrize("spelling", ["peft, diffusers' names", "diffusers", "diffsynth", "comfyui", "lycoris"])
def test_every_spelling_is_the_same_adapter(folder: Path, tmp_path: Path, spelling: str) -> None:
    state, config = load_file(folder / "adapter_model.safetensors"), json.loads((folder / "adapter_config.json").read_text())
    file = tmp_path / "one.safetensors"
    about = {METADATA: json.dumps({f"transformer.{key}": value for key, value in config.items()})}
    save_file(spelled(state, spelling), file, metadata=about)
    ours, theirs = adapters.read(file), adapters.read(folder)
    assert ours.layers.keys() == theirs.layers.keys() and len(ours.layers) == 16
    for layer, delta in ours.layers.items():
        other: Any = theirs.layers[layer]
        assert all(torch.equal(tensor, other.tensors[name]) for name, tensor in delta.tensors.items())
        assert delta.scaling == pytest.approx(other.scaling) == ALPHA / RANK


@pytest.mark.parametrize(
    ("key", "layer"),
    [
        ("base_model.model.layers.3.cross_attn.o_proj", "layers.3.cross_attn.to_out.0"),
        ("diffusion_model.decoder.layers.3.mlp.up_proj", "layers.3.mlp.up_proj"),
        ("lycoris_layers_12_self_attn_q_proj", "layers.12.self_attn.to_q"),
        ("lycoris_layers_12_cross_attn_to_out_0", "layers.12.cross_attn.to_out.0"),
        ("lora_unet_decoder_layers_1_mlp_gate_proj", "layers.1.mlp.gate_proj"),
        ("lycoris_time_embed_r_linear_2", "time_embed_r.linear_2"),
        ("lycoris_condition_embedder", "condition_embedder"),
        ("lycoris_encoder_lyric_encoder_layers_0_self_attn_v_proj", "encoder.lyric_encoder.layers.0.self_attn.to_v"),
        ("diffusion_model.encoder.timbre_encoder.layers.0.mlp.down_proj", "encoder.timbre_encoder.layers.0.mlp.down_proj"),
        ("condition_encoder.lyric_encoder.embed_tokens", "encoder.lyric_encoder.embed_tokens"),
    ],
)
def test_a_layer_has_one_name_here(key: str, layer: str) -> None:
    assert canonical(key) == layer and canonical(to_original(layer)) == layer


def test_without_any_alpha_the_scaling_is_one(folder: Path, tmp_path: Path) -> None:
    save_file(load_file(folder / "adapter_model.safetensors"), tmp_path / "bare.safetensors")
    read = adapters.read(tmp_path / "bare.safetensors")
    assert {delta.scaling for delta in read.layers.values()} == {1.0} and read.card is None


def test_a_tensor_of_alpha_is_never_taken_for_a_rank_stabilised_one(folder: Path, tmp_path: Path) -> None:
    state = spelled(load_file(folder / "adapter_model.safetensors"), "comfyui")
    about = {METADATA: json.dumps({"transformer.r": RANK, "transformer.lora_alpha": 99, "transformer.use_rslora": True})}
    save_file(state, tmp_path / "c.safetensors", metadata=about)
    assert {delta.scaling for delta in adapters.read(tmp_path / "c.safetensors").layers.values()} == {ALPHA / RANK}


def test_patterns_of_alpha_count_in_either_spelling(folder: Path, tmp_path: Path) -> None:
    save_file(load_file(folder / "adapter_model.safetensors"), tmp_path / "adapter_model.safetensors")
    config = {"lora_alpha": 4, "r": RANK, "alpha_pattern": {"cross_attn.q_proj": 8, "to_v": 2}}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    read = adapters.read(tmp_path)
    assert read.layers["layers.0.self_attn.to_q"].scaling == 1.0 and read.layers["layers.1.cross_attn.to_q"].scaling == 2.0
    assert read.layers["layers.1.self_attn.to_v"].scaling == 0.5
    kept = adapters.read(adapters.convert(read, tmp_path / "again", "peft"))
    assert {layer: delta.scaling for layer, delta in kept.layers.items()} == {
        layer: delta.scaling for layer, delta in read.layers.items()
    }


def test_the_size_of_the_change_is_that_of_the_matrix_it_stands_for(folder: Path) -> None:
    read = adapters.read(folder)
    whole = sum((delta.scaling * (delta.up @ delta.down)).square().sum() for delta in read.layers.values())  # type: ignore[union-attr]
    assert sum(norm**2 for norm in read.norms.values()) == pytest.approx(float(whole), rel=1e-5)
    assert set(read.norms) == {"self attention", "cross attention"}


def test_equal_adapters_are_equal_bytes_and_a_trigger_of_others_is_read(folder: Path, tmp_path: Path) -> None:
    read = adapters.read(folder)
    same = adapters.read(adapters.convert(read, tmp_path / "same", "peft"))
    assert same.revision == read.revision
    save_file(load_file(folder / "adapter_model.safetensors"), tmp_path / "x.safetensors", metadata={"hot_step_trigger": "mv"})
    card = adapters.card_of(tmp_path / "x.safetensors")
    assert card is not None and card.trigger == "mv" and adapters.card_of(folder) == CARD


def test_a_take_with_an_adapter_is_another_take_and_the_old_one_comes_back(tiny: Instrument, folder: Path) -> None:
    before = take(tiny)
    with adapters.attached(tiny, [adapters.AdapterSetting(folder)]):
        assert abs(take(tiny) - before).max() > 1e-2
    assert (take(tiny) == before).all()
