"""Adapters travel: every form says the same, to us and to the programs it is written for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from adapter_kit import CARD, learned, take, velocity
from model_kit import pipeline_of
from safetensors import safe_open
from safetensors.torch import load_file

from producertwin.errors import BadInput, Resources
from producertwin.model import adapters
from producertwin.model.adapter_spec import AdapterCard, Form, LoraSpec
from producertwin.model.instrument import Instrument
from producertwin.model.variants import tiny as built

SPECS = {
    "lora": LoraSpec(rank=4, alpha=10),
    "rslora": LoraSpec(rank=4, alpha=10, rslora=True, targets="attention"),
    "dora": LoraSpec(kind="dora", rank=4, alpha=10, rslora=True),
    "lokr": LoraSpec(kind="lokr", rank=2, alpha=5),
}
SINGLE: tuple[Form, ...] = ("comfyui", "diffusers", "diffsynth")


def place(folder: Path, form: Form) -> Path:
    return folder / "peft" if form == "peft" else folder / f"{form}.safetensors"


def metadata(file: Path) -> dict[str, str]:
    with safe_open(file, framework="np") as opened:
        return dict(opened.metadata())


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["lora", "rslora"])
def test_from_form_to_form_and_back_it_plays_the_same_take(tiny: Instrument, tmp_path: Path, name: str) -> None:
    spec = SPECS[name]
    state, expected = learned(tiny, spec)
    first = adapters.write(state, spec, CARD, tmp_path / "first")
    with adapters.attached(tiny, [adapters.AdapterSetting(first)]):
        played = take(tiny)
    at = first
    for number, form in enumerate(("comfyui", "diffusers", "diffsynth", "peft", "diffusers", "comfyui", "peft")):
        folder = tmp_path / f"{number}"
        at = adapters.convert(adapters.read(at), place(folder, form), form)  # type: ignore[arg-type]
        with adapters.attached(tiny, [adapters.AdapterSetting(at)]):
            assert abs(take(tiny) - played).max() < 1e-4
            assert torch.allclose(velocity(tiny), expected, atol=1e-4)
        assert adapters.card_of(at) == CARD
    assert abs(take(tiny) - played).max() > 1e-2


@pytest.mark.parametrize(("name", "forms"), [("dora", ("comfyui", "diffusers", "peft")), ("lokr", ("comfyui", "peft"))])
def test_the_other_kinds_travel_where_they_can(tiny: Instrument, tmp_path: Path, name: str, forms: tuple[Form, ...]) -> None:
    state, expected = learned(tiny, SPECS[name])
    at = adapters.write(state, SPECS[name], CARD, tmp_path / "first")
    for form in forms:
        at = adapters.convert(adapters.read(at), place(tmp_path, form), form)
        with adapters.attached(tiny, [adapters.AdapterSetting(at)]):
            assert torch.allclose(velocity(tiny), expected, atol=1e-4)


@pytest.mark.parametrize("form", ["peft", *SINGLE])
def test_trigger_and_card_are_in_every_form(tiny: Instrument, tmp_path: Path, form: Form) -> None:
    spec = LoraSpec(rank=2, alpha=1, targets="attention")
    path = adapters.write(learned(tiny, spec)[0], spec, CARD, place(tmp_path, form), form)
    said = metadata(path / "adapter_model.safetensors" if form == "peft" else path)
    assert said["modelspec.trigger_phrase"] == "maravale"
    assert AdapterCard.model_validate_json(said["producertwin"]) == CARD
    other = CARD.model_copy(update={"trigger": "mv2"})
    again = adapters.convert(adapters.read(path), place(tmp_path / "again", form), form, other)
    assert adapters.card_of(again) == other


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["lora", "rslora", "dora"])
def test_diffusers_itself_plays_the_file_written_for_it(tmp_path: Path, name: str) -> None:
    instrument = built.build(torch.device("cpu"), torch.float32)
    spec = SPECS[name]
    state, expected = learned(instrument, spec)
    file = adapters.write(state, spec, CARD, tmp_path / "pytorch_lora_weights.safetensors", "diffusers")
    before = velocity(instrument)
    pipe = pipeline_of(instrument)
    pipe.load_lora_weights(tmp_path, weight_name=file.name, adapter_name="twin")
    assert (before - expected).abs().max() > 1e-2
    assert torch.allclose(velocity(instrument), expected, atol=1e-5)


class Original(torch.nn.Module):
    """One attention layer under the names of the original layout, made of a layer of diffusers' one."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        own = torch.nn.Module()
        for old, new in (("q_proj", "to_q"), ("k_proj", "to_k"), ("v_proj", "to_v")):
            setattr(own, old, getattr(layer, new))
        own.o_proj = layer.to_out[0]
        block = torch.nn.Module()
        block.self_attn = own
        self.layers = torch.nn.ModuleList([block])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        own: Any = self.layers[0].self_attn
        found: torch.Tensor = own.o_proj(own.q_proj(x)) + torch.cat([own.k_proj(x), own.v_proj(x)], -1)
        return found


@pytest.mark.thorough
@pytest.mark.parametrize("name", SPECS)
def test_peft_itself_plays_the_folder_in_the_original_layout(tmp_path: Path, name: str) -> None:
    from peft import PeftModel

    instrument = built.build(torch.device("cpu"), torch.float32)
    spec = SPECS[name].model_copy(update={"targets": "attention"})
    folder = adapters.write(learned(instrument, spec)[0], spec, CARD, tmp_path / "peft")
    attention = instrument.transformer.layers[0].self_attn
    x = torch.randn(3, 32, generator=torch.Generator().manual_seed(0))
    before = Original(attention)(x)
    attached = adapters.attach(instrument, adapters.read(folder))
    ours = Original(attention)(x)
    attached.detach()
    with torch.no_grad():
        theirs = PeftModel.from_pretrained(Original(attention), folder)(x)
    assert (ours - before).abs().max() > 1e-2
    assert torch.allclose(ours, theirs, atol=1e-5)


def by_comfyui(state: dict[str, torch.Tensor], layer: str, weight: torch.Tensor) -> torch.Tensor:
    """The changed weight as ComfyUI's rule has it: alpha over the rank its tensors show, else 1."""
    own = {key.removeprefix(f"{layer}."): tensor for key, tensor in state.items() if key.startswith(f"{layer}.")}
    alpha = own.get("alpha")
    if "lora_up.weight" in own:
        rank = own["lora_down.weight"].shape[0]
        change = own["lora_up.weight"] @ own["lora_down.weight"]
    else:
        inner = [own[name] for name in ("lokr_w1_b", "lokr_w2_b") if name in own]
        rank = inner[-1].shape[0] if inner else None
        factors = [own[f] if f in own else own[f"{f}_a"] @ own[f"{f}_b"] for f in ("lokr_w1", "lokr_w2")]
        change = torch.kron(*factors)
    changed = weight + change * (float(alpha) / rank if alpha is not None and rank else 1.0)
    if "dora_scale" in own:
        changed = own["dora_scale"] * changed / changed.norm(dim=1, keepdim=True)
    return changed


@pytest.mark.parametrize("spec", [*SPECS.values(), LoraSpec(kind="lokr", rank=64, alpha=16)], ids=[*SPECS, "lokr, whole"])
def test_by_comfyuis_own_rule_the_file_means_the_same(tiny: Instrument, tmp_path: Path, spec: LoraSpec) -> None:
    state, expected = learned(tiny, spec)
    file = adapters.write(state, spec, CARD, tmp_path / "c.safetensors", "comfyui")
    module = (
        tiny.transformer.layers[1].mlp.down_proj if spec.targets == "all-linear" else tiny.transformer.layers[1].self_attn.to_q
    )
    name = "mlp.down_proj" if spec.targets == "all-linear" else "self_attn.q_proj"
    changed = by_comfyui(load_file(file), f"diffusion_model.decoder.layers.1.{name}", module.weight)
    x = torch.randn(5, module.in_features, generator=torch.Generator().manual_seed(4))
    with adapters.attached(tiny, [adapters.AdapterSetting(file)]):
        assert torch.allclose(module(x), x @ changed.T, atol=1e-4)
        assert torch.allclose(velocity(tiny), expected, atol=1e-4)
    assert (module(x) - x @ changed.T).abs().max() > 1e-2


def test_diffsynth_reads_no_alpha_so_none_is_needed(tiny: Instrument, tmp_path: Path) -> None:
    spec = SPECS["rslora"]
    state, _ = learned(tiny, spec)
    file = adapters.write(state, spec, CARD, tmp_path / "d.safetensors", "diffsynth")
    stored = load_file(file)
    assert not any("alpha" in key for key in stored)
    up = stored["layers.0.self_attn.q_proj.lora_B.default.weight"]
    assert torch.allclose(up, 5.0 * state["base_model.model.layers.0.self_attn.q_proj.lora_B.weight"])


def test_the_config_says_what_peft_expects(tiny: Instrument, tmp_path: Path) -> None:
    for name, more in (
        ("rslora", {"peft_type": "LORA", "r": 4, "lora_alpha": 10, "use_rslora": True, "use_dora": False}),
        ("dora", {"peft_type": "LORA", "use_rslora": True, "use_dora": True}),
        ("lokr", {"peft_type": "LOKR", "r": 2, "alpha": 5, "decompose_factor": -1, "decompose_both": False}),
    ):
        folder = adapters.write(learned(tiny, SPECS[name])[0], SPECS[name], CARD, tmp_path / name)
        config = json.loads((folder / "adapter_config.json").read_text())
        assert more.items() <= config.items() and config["rank_pattern"] == config["alpha_pattern"] == {}
        attention = ["k_proj", "o_proj", "q_proj", "v_proj"]
        assert config["target_modules"] == attention if name == "rslora" else set(attention) < set(config["target_modules"])


@pytest.mark.parametrize(
    ("name", "form", "message"),
    [
        ("lokr", "diffusers", "a diffusers file cannot hold a lokr"),
        ("lokr", "diffsynth", "a diffsynth file cannot hold a lokr"),
        ("dora", "diffsynth", "a diffsynth file cannot hold a dora"),
    ],
)
def test_what_a_form_cannot_say_is_refused(tiny: Instrument, tmp_path: Path, name: str, form: Form, message: str) -> None:
    state, _ = learned(tiny, SPECS[name])
    with pytest.raises(BadInput, match=message):
        adapters.write(state, SPECS[name], CARD, tmp_path / "x.safetensors", form)
    assert not (tmp_path / "x.safetensors").exists()


def test_the_condition_encoder_travels_as_peft_and_comfyui_only(tiny: Instrument, tmp_path: Path) -> None:
    spec = LoraSpec(rank=2, alpha=3, targets="attention", encoders=("lyric",))
    state, expected = learned(tiny, spec)
    for form in ("diffusers", "diffsynth"):
        with pytest.raises(BadInput, match="condition encoder"):
            adapters.write(state, spec, CARD, tmp_path / "x.safetensors", form)  # type: ignore[arg-type]
    file = adapters.write(state, spec, CARD, tmp_path / "c.safetensors", "comfyui")
    assert any(key.startswith("diffusion_model.encoder.lyric_encoder.layers.0.self_attn.q_proj") for key in load_file(file))
    with adapters.attached(tiny, [adapters.AdapterSetting(file)]):
        assert torch.allclose(velocity(tiny), expected, atol=1e-5)


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(
    tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = LoraSpec(rank=2, alpha=3, targets="attention")
    state, _ = learned(tiny, spec)
    with pytest.raises(BadInput, match="cannot be a comfyui file"):
        adapters.write(state, spec, CARD, tmp_path / "x.bin", "comfyui")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is a file"):
        adapters.write(state, spec, CARD, tmp_path / "file")
    with pytest.raises(BadInput, match="not a form"):
        adapters.write(state, spec, CARD, tmp_path / "x", "kohya")  # type: ignore[arg-type]

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    old = adapters.write(state, spec, CARD, tmp_path / "old.safetensors", "comfyui").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Resources, match="No space left"):
        adapters.write(state, spec, CARD, tmp_path / "old.safetensors", "comfyui")
    assert (tmp_path / "old.safetensors").read_bytes() == old
    assert {path.name for path in tmp_path.iterdir()} == {"file", "old.safetensors"}
