"""Adapters as people and programs really hand them over: wrapped, half of a folder, in odd numbers, or hostile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from producertwin.errors import BadInput, NotFound
from producertwin.model import adapters
from producertwin.model.adapters import patterns
from producertwin.model.adapters.delta import Lora
from producertwin.model.instrument import Instrument

RANK, ALPHA = 4, 8
LAYER = "layers.0.self_attn.to_q"
A, B = torch.full((RANK, 32), 0.5), torch.full((32, RANK), 0.25)


def state(
    layer: str = f"base_model.model.{LAYER}", dtype: torch.dtype = torch.float32, **more: torch.Tensor
) -> dict[str, torch.Tensor]:
    found = {f"{layer}.lora_A.weight": A.to(dtype), f"{layer}.lora_B.weight": B.to(dtype)}
    return found | {f"{layer}.{name}": tensor for name, tensor in more.items()}


def folder(path: Path, tensors: dict[str, torch.Tensor] | None = None, **config: Any) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    save_file(tensors or state(), path / "adapter_model.safetensors")
    (path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA} | config))
    return path


def only(path: Path) -> Lora:
    [delta] = adapters.read(path).layers.values()
    assert isinstance(delta, Lora)
    return delta


def single(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, path)
    return path


# --- strength


def test_the_weights_of_a_folder_play_at_the_strength_of_the_folder(tmp_path: Path) -> None:
    whole = folder(tmp_path / "a", alpha_pattern={"to_q": 12}, use_rslora=True)
    assert only(whole).scaling == only(whole / "adapter_model.safetensors").scaling == 6.0
    for form, name in (("comfyui", "c.safetensors"), ("diffsynth", "d.safetensors"), ("peft", "p")):
        done = adapters.convert(adapters.read(whole / "adapter_model.safetensors"), tmp_path / name, form)  # type: ignore[arg-type]
        [delta] = adapters.read(done).layers.values()
        assert delta.norm == pytest.approx(only(whole).norm, rel=1e-6)


def test_weights_that_were_taken_out_of_their_folder_are_refused_or_read_with_their_config(tmp_path: Path) -> None:
    whole = folder(tmp_path / "a")
    (whole / "adapter_model.safetensors").rename(whole / "my twin.safetensors")
    assert only(whole / "my twin.safetensors").scaling == 2.0
    alone = single(tmp_path / "adapter_model.safetensors", state())
    with pytest.raises(NotFound, match=r"lacks its adapter_config\.json"):
        adapters.read(alone)
    single(alone, state(alpha=torch.tensor(16)))
    assert only(alone).scaling == 4.0
    with pytest.raises(BadInput, match=r"rank 4, its config says 8"):
        adapters.read(folder(tmp_path / "other", r=8))
    assert only(folder(tmp_path / "other", r=8, rank_pattern={"self_attn.to_q": 4})).scaling == 2.0


@pytest.mark.parametrize("kind", [torch.int64, torch.int32, torch.uint8, torch.float16, torch.bfloat16, torch.float64])
def test_alpha_may_be_a_tensor_of_any_number(tmp_path: Path, kind: torch.dtype) -> None:
    for alpha in (torch.tensor(12, dtype=kind), torch.tensor([12], dtype=kind), torch.tensor([[12]], dtype=kind)):
        assert only(single(tmp_path / "x.safetensors", state("diffusion_model." + LAYER, alpha=alpha))).scaling == 3.0


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2, torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_every_float_play_the_same(tiny: Instrument, tmp_path: Path, kind: torch.dtype) -> None:
    path = folder(tmp_path / "a", state(dtype=kind))
    delta = only(path)
    assert torch.equal(delta.down.float(), A) and torch.equal(delta.up.float(), B) and delta.norm > 0
    adapters.attach(tiny, adapters.read(path)).detach()
    again = adapters.convert(adapters.read(path), tmp_path / "c.safetensors", "comfyui")
    assert only(again).norm == pytest.approx(delta.norm)


# --- names


@pytest.mark.parametrize(
    "spelled",
    [
        "module.{}",
        "_orig_mod.{}",
        "base_model.model._orig_mod.{}",
        "_orig_mod.module.base_model.model.{}",
        "module._fsdp_wrapped_module.{}",
        "pipe.dit.{}",
        "model.diffusion_model.{}",
        "transformer.module.{}",
        "net._checkpoint_wrapped_module.{}",
    ],
)
def test_what_wrapped_the_model_is_taken_off_its_names(tmp_path: Path, spelled: str) -> None:
    for layer in (LAYER, "layers._orig_mod.0.self_attn._orig_mod.q_proj".replace("layers._orig_mod", "layers")):
        path = single(tmp_path / "x.safetensors", state(spelled.format(layer), alpha=torch.tensor(8.0)))
        assert set(adapters.read(path).layers) == {LAYER}


def test_a_layer_that_is_said_twice_is_refused(tmp_path: Path) -> None:
    twice = state("module." + LAYER) | state(LAYER.replace("to_q", "q_proj"))
    with pytest.raises(BadInput, match="twice"):
        adapters.read(single(tmp_path / "x.safetensors", twice))
    with pytest.raises(BadInput, match="no part of an adapter"):
        adapters.read(single(tmp_path / "x.safetensors", state("x" * 1_000)))


# --- files


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"),
        (b"\n<!DOCTYPE html><html>Access denied</html>", "web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "web page"),
        (b'{"error":"Repository not found"}', "a server's refusal"),
        (b"Entry not found", "a server's refusal"),
        (b"", "empty"),
        (bytes(4_096), "zeros"),
        (b"PK\x03\x04" + bytes(40), "zip archive"),
    ],
)
def test_what_a_failed_download_left_is_said_to_be_it(tmp_path: Path, content: bytes, told: str) -> None:
    for name in ("x.safetensors", "a/adapter_model.safetensors"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with pytest.raises(BadInput, match=rf"{path.name} is damaged: it is .*{told}"):
            adapters.read(path)
    whole = folder(tmp_path / "b")
    (whole / "adapter_config.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"adapter_config\.json"):
        adapters.read(whole)


def test_what_windows_writes_is_no_fault(tmp_path: Path) -> None:
    whole = folder(tmp_path / "a")
    config = whole / "adapter_config.json"
    config.write_text(config.read_text(), encoding="utf-8-sig")
    assert only(whole).scaling == 2.0
    config.rename(whole / "ADAPTER_CONFIG.JSON")
    (whole / "adapter_model.safetensors").rename(whole / "Adapter_Model.SAFETENSORS")
    assert only(whole).scaling == only(whole / "Adapter_Model.SAFETENSORS").scaling == 2.0


# --- numbers


@pytest.mark.parametrize(
    "alpha", [torch.tensor(float("inf")), torch.tensor(float("nan")), torch.tensor(1e30), torch.tensor(-1), torch.tensor(0)]
)
def test_an_alpha_that_is_no_strength_is_refused(tmp_path: Path, alpha: torch.Tensor) -> None:
    with pytest.raises(BadInput, match=r"to_q"):
        adapters.read(single(tmp_path / "x.safetensors", state("diffusion_model." + LAYER, alpha=alpha)))


@pytest.mark.parametrize("alpha", [torch.ones(2), torch.ones(0), torch.ones(32, 1), torch.tensor(True), torch.tensor(1j)])
def test_an_alpha_that_is_not_one_number_is_refused(tmp_path: Path, alpha: torch.Tensor) -> None:
    with pytest.raises(BadInput, match=r"alpha"):
        adapters.read(single(tmp_path / "x.safetensors", state("diffusion_model." + LAYER, alpha=alpha)))


@pytest.mark.parametrize(
    "said",
    [
        '"lora_alpha": 1e999',
        '"lora_alpha": Infinity',
        '"lora_alpha": 1e300',
        '"lora_alpha": ' + "9" * 60,
        '"lora_alpha": ' + "9" * 5_000,
        '"lora_alpha": [16]',
        '"lora_alpha": "16"',
        '"lora_alpha": true',
        '"lora_alpha": 0',
        '"r": NaN',
        '"r": 0',
        '"r": -4',
        '"r": 4.5',
        '"r": ' + "9" * 40,
        '"use_rslora": "false"',
        '"alpha_pattern": {"to_q": "x"}',
        '"rank_pattern": {"to_q": NaN}',
        '"rank_pattern": [4]',
        '"nested": ' + "[" * 50_000 + "]" * 50_000,
    ],
)
def test_a_config_with_odd_numbers_is_refused_by_name(tmp_path: Path, said: str) -> None:
    whole = folder(tmp_path / "a")
    (whole / "adapter_config.json").write_text('{"peft_type": "LORA", "alpha": 8, ' + said + "}")
    with pytest.raises(BadInput, match=r"adapter_(model|config)"):
        adapters.read(whole)


@pytest.mark.parametrize("rank", ["NaN", "0", "-1", "2.5", '"4"', "1e300", "[4]"])
def test_a_lokr_of_whole_factors_with_an_odd_rank_is_refused(tmp_path: Path, rank: str) -> None:
    parts = {f"base_model.model.{LAYER}.{name}": torch.ones(size, size) for name, size in (("lokr_w1", 4), ("lokr_w2", 8))}
    whole = folder(tmp_path / "a", parts)
    (whole / "adapter_config.json").write_text(f'{{"peft_type": "LOKR", "alpha": 4, "r": {rank}}}')
    with pytest.raises(BadInput):
        adapters.read(whole)


@pytest.mark.parametrize(("down", "up"), [(1e25, 1.0), (1.0, 3e38), (1e13, 1e13)])
def test_weights_whose_effect_overflows_are_refused_by_name(tmp_path: Path, down: float, up: float) -> None:
    tensors = {f"{LAYER}.lora_A.weight": A * down, f"{LAYER}.lora_B.weight": B * up}
    with pytest.raises(BadInput, match=r"adds to layers\.0\.self_attn\.to_q is not finite"):
        adapters.read(single(tmp_path / "x.safetensors", tensors))


def test_what_the_precision_of_the_instrument_cannot_hold_is_refused_when_it_is_put_on(tiny: Instrument, tmp_path: Path) -> None:
    layer = tiny.transformer.get_submodule(LAYER)
    whole = layer.weight.data
    read = adapters.read(folder(tmp_path / "a", lora_alpha=4e6))
    adapters.attach(tiny, read).detach()
    try:
        layer.weight.data = whole.half()
        with pytest.raises(BadInput, match=r"to_q is not finite in torch\.float16"):
            adapters.attach(tiny, read)
    finally:
        layer.weight.data = whole
    assert not layer._forward_hooks


# --- patterns


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ("to_q", {"layers.0.self_attn.to_q", "layers.12.cross_attn.to_q"}),
        ("self_attn.to_q", {"layers.0.self_attn.to_q"}),
        ("layers.0.self_attn.to_q", {"layers.0.self_attn.to_q"}),
        ("^layers.0.self_attn.to_q$", {"layers.0.self_attn.to_q"}),
        ("^self_attn.to_q", set()),
        (r".*\.(self|cross)_attn\.to_(q|k)", {"layers.0.self_attn.to_q", "layers.12.cross_attn.to_q", "layers.3.self_attn.to_k"}),
        (r"layers\.\d+\.self_attn\.to_q", {"layers.0.self_attn.to_q"}),
        (r"layers\.(?:12|3)\..*", {"layers.12.cross_attn.to_q", "layers.3.self_attn.to_k", "layers.12.mlp.up_proj"}),
        (r"layers.[0-3]\..*", {"layers.0.self_attn.to_q", "layers.3.self_attn.to_k"}),
        ("layers.*.up_proj", {"layers.12.mlp.up_proj"}),
        ("*", {"layers.0.self_attn.to_q", "layers.12.cross_attn.to_q", "layers.3.self_attn.to_k", "layers.12.mlp.up_proj"}),
        (r"\w+_attn.[^.]+", {"layers.0.self_attn.to_q", "layers.12.cross_attn.to_q", "layers.3.self_attn.to_k"}),
        ("o_q", set()),
        ("to_", set()),
        (r"\d+.mlp.up_proj", {"layers.12.mlp.up_proj"}),
    ],
)
def test_patterns_match_what_peft_matches(pattern: str, hits: set[str]) -> None:
    import re

    names = ("layers.0.self_attn.to_q", "layers.12.cross_attn.to_q", "layers.3.self_attn.to_k", "layers.12.mlp.up_proj")
    parsed = patterns.parse(pattern, "x")
    assert {name for name in names if parsed.matches(name)} == hits
    if not pattern.startswith("*"):
        assert {name for name in names if re.match(rf"(.*\.)?({pattern})$", name)} == hits


@pytest.mark.parametrize(
    "pattern",
    [
        "(.*.*.*)*X",
        "(a+)+$",
        "(a|a)*b",
        ".*" * 20 + "a" + ".*a" * 20,
        "((((a))))",
        "(?=a)",
        "a{1000000}",
        "a" * 501,
        "\\1",
        "",
        "^$",
        "to_q|to_k",
        "to_*",
        "(to_q|to_k)+",
        "[a-z]",
        "(" + "|".join("ab" for _ in range(65)) + ")",
    ],
)
def test_every_other_pattern_is_refused_at_once(tmp_path: Path, pattern: str) -> None:
    for field in ("alpha_pattern", "rank_pattern"):
        with pytest.raises(BadInput, match=rf"{field}: .*pattern"):
            adapters.read(folder(tmp_path / "a", **{field: {pattern: 4}}))


def test_patterns_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="at most 32"):
        adapters.read(folder(tmp_path / "a", alpha_pattern={f"*a{number}.*": 4 for number in range(33)}))
    with pytest.raises(BadInput, match="at most 10000"):
        adapters.read(folder(tmp_path / "a", alpha_pattern={f"a{number}": 4 for number in range(10_001)}))
