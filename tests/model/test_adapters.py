"""Adapters sound as peft makes them, in every spelling, and leave no trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from model_kit import noise_of
from safetensors.torch import load_file, save_file

from producertwin.errors import BadInput, NotFound
from producertwin.model import adapters
from producertwin.model import tiny as built
from producertwin.model.instrument import Instrument
from producertwin.model.names import RENAMES

RANK, ALPHA = 4, 16


def velocity(instrument: Instrument) -> torch.Tensor:
    at = torch.tensor([0.6])
    told = torch.randn(1, 20, 32, generator=torch.Generator().manual_seed(1))
    around = torch.zeros(1, 30, 2 * instrument.width)
    with torch.inference_mode():
        found: torch.Tensor = instrument.transformer(noise_of(1, 30, 4), at, at, told, around, return_dict=False)[0]
    return found


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "stabilised"])
def trained(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor]:
    """A PEFT folder with random weights, and what peft's own model answers with it."""
    from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model

    other = built.build(torch.device("cpu"), torch.float32)
    targets = r".*\.(to_q|to_v|to_out\.0|gate_proj)$"
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, use_rslora=request.param, target_modules=targets)
    inject_adapter_in_model(config, other.transformer)
    source = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in other.transformer.named_parameters():
            if "lora_" in name:
                weight.copy_(0.3 * torch.randn(weight.shape, generator=source))
    folder = tmp_path_factory.mktemp("adapter")
    state = {f"base_model.model.{key}": value for key, value in get_peft_model_state_dict(other.transformer).items()}
    save_file(state, folder / "adapter_model.safetensors")
    stored = {"r": RANK, "lora_alpha": ALPHA, "use_rslora": request.param, "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(stored))
    return folder, velocity(other)


def test_it_is_what_peft_computes_and_leaves_no_trace(tiny: Instrument, trained: tuple[Path, torch.Tensor]) -> None:
    folder, expected = trained
    before = velocity(tiny)
    attached = adapters.attach(tiny, adapters.read(folder))
    assert torch.allclose(velocity(tiny), expected, atol=1e-5)
    assert (before - expected).abs().max() > 1e-2
    attached.detach()
    assert torch.equal(velocity(tiny), before)


def test_scale_and_stacking(tiny: Instrument, trained: tuple[Path, torch.Tensor]) -> None:
    adapter = adapters.read(trained[0])
    nothing, before = adapters.attach(tiny, adapter, 0.0), velocity(tiny)
    nothing.detach()
    assert torch.allclose(velocity(tiny), before, atol=1e-6)
    halves = [adapters.attach(tiny, adapter, 0.5) for _ in range(2)]
    assert torch.allclose(velocity(tiny), trained[1], atol=1e-5)
    for half in halves:
        half.detach()
    assert torch.equal(velocity(tiny), before)


def spelled(state: dict[str, torch.Tensor], spelling: str) -> dict[str, torch.Tensor]:
    found = {}
    for key, tensor in state.items():
        plain = key.removeprefix("base_model.model.")
        back = plain
        for old, new in RENAMES:
            back = back.replace(new, old)
        match spelling:
            case "peft original names":
                found[f"base_model.model.{back}"] = tensor
            case "diffusers":
                found[f"transformer.{plain}"] = tensor
            case "diffsynth":
                found[back.replace("lora_A.", "lora_A.default.").replace("lora_B.", "lora_B.default.")] = tensor
            case "comfyui":
                found[f"diffusion_model.decoder.{back}".replace("lora_A", "lora_down").replace("lora_B", "lora_up")] = tensor
                found[f"diffusion_model.decoder.{back}".split(".lora_")[0] + ".alpha"] = torch.tensor(float(ALPHA))
    return found


@pytest.mark.parametrize("spelling", ["peft original names", "diffusers", "diffsynth", "comfyui"])
def test_every_spelling_is_the_same_adapter(trained: tuple[Path, torch.Tensor], tmp_path: Path, spelling: str) -> None:
    folder, _ = trained
    state, config = load_file(folder / "adapter_model.safetensors"), json.loads((folder / "adapter_config.json").read_text())
    file = tmp_path / "one.safetensors"
    about = {adapters.METADATA: json.dumps({f"transformer.{key}": value for key, value in config.items()})}
    save_file(spelled(state, spelling), file, metadata=about)
    ours, theirs = adapters.read(file), adapters.read(folder)
    assert ours.layers.keys() == theirs.layers.keys() and len(ours.layers) == 14
    for layer, (down, up, scaling) in ours.layers.items():
        assert torch.equal(down, theirs.layers[layer][0]) and torch.equal(up, theirs.layers[layer][1])
        assert scaling == pytest.approx(theirs.layers[layer][2])


def test_without_any_alpha_the_scaling_is_one(trained: tuple[Path, torch.Tensor], tmp_path: Path) -> None:
    save_file(load_file(trained[0] / "adapter_model.safetensors"), tmp_path / "bare.safetensors")
    assert {scaling for *_, scaling in adapters.read(tmp_path / "bare.safetensors").layers.values()} == {1.0}


def test_alpha_patterns_count(trained: tuple[Path, torch.Tensor], tmp_path: Path) -> None:
    save_file(load_file(trained[0] / "adapter_model.safetensors"), tmp_path / "adapter_model.safetensors")
    config = {"lora_alpha": 4, "r": RANK, "alpha_pattern": {"gate_proj": 8}}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    found = {layer.split(".")[-1]: scaling for layer, (*_, scaling) in adapters.read(tmp_path).layers.items()}
    assert found["to_q"] == 1.0 and found["gate_proj"] == 2.0


def test_what_does_not_fit_is_refused(tiny: Instrument, tmp_path: Path) -> None:
    def file(**state: torch.Tensor) -> Path:
        path = tmp_path / "x.safetensors"
        save_file({key.replace("__", "."): value for key, value in state.items()}, path)
        return path

    a, b = torch.zeros(RANK, 64), torch.zeros(32, RANK)
    wide = adapters.read(file(layers__0__self_attn__to_q__lora_A__weight=a, layers__0__self_attn__to_q__lora_B__weight=b))
    with pytest.raises(BadInput, match=r"width 64 to 32, tiny has 32 to 32"):
        adapters.attach(tiny, wide)
    stray = adapters.read(file(layers__9__mlp__up_proj__lora_A__weight=a, layers__9__mlp__up_proj__lora_B__weight=b))
    with pytest.raises(BadInput, match=r"layers.9.mlp.up_proj, which tiny lacks"):
        adapters.attach(tiny, stray)
    with pytest.raises(BadInput, match="LoKr"):
        adapters.read(file(lycoris_x__lokr_w1=a))
    with pytest.raises(BadInput, match="lacks its lora_B"):
        adapters.read(file(layers__0__self_attn__to_q__lora_A__weight=a))
    with pytest.raises(BadInput, match="no part of a LoRA"):
        adapters.read(file(something=a))
    with pytest.raises(NotFound):
        adapters.read(tmp_path / "nowhere")
    (tmp_path / "y.safetensors").write_bytes(b"damaged")
    with pytest.raises(BadInput, match="damaged"):
        adapters.read(tmp_path / "y.safetensors")
