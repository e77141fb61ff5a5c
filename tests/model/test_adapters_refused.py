"""What is no sound adapter is refused with a reason, before anything of it is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from producertwin.errors import BadInput, NotFound
from producertwin.model import adapters
from producertwin.model.instrument import Instrument

RANK = 4
LAYER = "layers.0.self_attn.to_q"
A, B = torch.zeros(RANK, 32), torch.zeros(32, RANK)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.safetensors"


def file(path: Path, state: dict[str, torch.Tensor], layer: str = LAYER, **metadata: str) -> Path:
    save_file({f"{layer}.{part}": tensor.clone() for part, tensor in state.items()}, path, metadata=metadata)
    return path


def pair(a: torch.Tensor = A, b: torch.Tensor = B) -> dict[str, torch.Tensor]:
    return {"lora_A.weight": a, "lora_B.weight": b}


def test_another_width_is_refused_naming_both(tiny: Instrument, path: Path) -> None:
    wide = adapters.read(file(path, pair(torch.zeros(RANK, 64))))
    with pytest.raises(BadInput, match=r"width 64 to 32, tiny has 32 to 32"):
        adapters.attach(tiny, wide)
    lokr = adapters.read(file(path, {"lokr_w1": torch.ones(4, 4), "lokr_w2": torch.ones(16, 8)}))
    with pytest.raises(BadInput, match=r"width 32 to 64, tiny has 32 to 32"):
        adapters.attach(tiny, lokr)
    assert not any(module._forward_hooks for module in tiny.transformer.modules())


@pytest.mark.parametrize(
    "layer", ["layers.9.mlp.up_proj", "encoder.lyric_encoder.layers.7.mlp.up_proj", "something_else", "proj_in_conv"]
)
def test_an_adapter_that_meets_no_layer_is_refused(tiny: Instrument, path: Path, layer: str) -> None:
    with pytest.raises(BadInput, match=rf"changes {layer}, which tiny lacks"):
        adapters.attach(tiny, adapters.read(file(path, pair(), layer)))


LOKR = {"lokr_w1": torch.ones(4, 4), "lokr_w2_a": torch.ones(8, 2), "lokr_w2_b": torch.ones(2, 8)}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"lora_A.weight": A}, "lacks its lora_B"),
        (pair(torch.zeros(0, 32), torch.zeros(32, 0)), "rank 0"),
        (pair(A, torch.zeros(32, 5)), r"\(4, 32\) and \(32, 5\), which do not fit"),
        (pair(A, torch.zeros(32, RANK, 1)), "do not fit together"),
        (pair(A, torch.full((32, RANK), float("nan"))), "not finite"),
        (pair(A, torch.full((32, RANK), float("inf"))), "not finite"),
        (pair(A.long(), B), "not numbers with a fraction"),
        (pair() | {"alpha": torch.tensor(0.0)}, "has alpha 0"),
        (pair() | {"alpha": torch.tensor(-3.0)}, "has alpha -3"),
        (pair() | {"dora_scale": torch.ones(31, 1)}, "31 lengths for 32 rows"),
        (pair() | {"lora_B.bias": torch.ones(32)}, "no part of an adapter"),
        ({"hada_w1_a": A}, "LoHa"),
        ({"lokr_t2": A, "lokr_w1": A}, "lacks its lokr_w2"),
        ({"lokr_w1": A}, "lacks its lokr_w2"),
        (LOKR | {"lokr_w2": A}, "lacks its lokr_w2"),
        (LOKR | {"lokr_w2_b": torch.ones(3, 8)}, "lokr_w2 whose factors do not fit"),
        (LOKR | {"lora_A.weight": A}, "mixes a LoKr with"),
        ({"diff": A}, "no part of an adapter"),
    ],
)
def test_damaged_or_foreign_tensors_are_refused(path: Path, state: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        adapters.read(file(path, state))


def test_an_adapter_of_two_kinds_is_refused(path: Path) -> None:
    mixed = {f"{LAYER}.{part}": tensor for part, tensor in pair().items()}
    save_file(mixed | {f"layers.1.self_attn.to_q.{part}": tensor for part, tensor in LOKR.items()}, path)
    with pytest.raises(BadInput, match="mixes lokr and lora"):
        adapters.read(path)


def test_files_that_are_no_safetensors_are_refused(tmp_path: Path, path: Path) -> None:
    whole = file(path, pair()).read_bytes()
    for damaged in (b"", b"damaged", whole[:40], whole[:-7], b"\xff" * 64):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match=r"x\.safetensors is damaged"):
            adapters.read(path)
    torch.save({"lora_A": A}, tmp_path / "adapter.pt")
    with pytest.raises(BadInput, match="a pickle can run code"):
        adapters.read(tmp_path / "adapter.pt")
    (tmp_path / "adapter.pt").rename(path)
    with pytest.raises(BadInput, match="damaged"):
        adapters.read(path)
    save_file({}, path)
    with pytest.raises(BadInput, match="holds no adapter"):
        adapters.read(path)


def test_folders_that_lack_something_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "nowhere.safetensors"):
        with pytest.raises(NotFound, match="no adapter"):
            adapters.read(place)
    (tmp_path / "adapter_model.bin").write_bytes(b"pickle")
    with pytest.raises(BadInput, match="a pickle can run code"):
        adapters.read(tmp_path)
    file(tmp_path / "adapter_model.safetensors", pair())
    with pytest.raises(NotFound, match=r"lacks its adapter_config\.json"):
        adapters.read(tmp_path)
    config = tmp_path / "adapter_config.json"
    for text in ("{", "[]", "\0"):
        config.write_text(text)
        with pytest.raises(BadInput, match=r"adapter_config\.json is (damaged|not JSON)"):
            adapters.read(tmp_path)
    for odd in ({"lora_alpha": "much"}, {"alpha_pattern": {"(": 1}}, {"alpha_pattern": [1]}, {"lora_alpha": -1}):
        config.write_text(json.dumps(odd))
        with pytest.raises(BadInput, match=r"unusable|alpha -1|not tell alpha"):
            adapters.read(tmp_path)


def test_metadata_that_cannot_be_read_is_refused(path: Path) -> None:
    for name in ("producertwin", "lora_adapter_metadata"):
        for text in ("{", "[1]"):
            with pytest.raises(BadInput, match=f"its {name} is (damaged|not JSON)"):
                adapters.read(file(path, pair(), **{name: text}))
    with pytest.raises(BadInput, match="producertwin: steps"):
        adapters.read(file(path, pair(), producertwin='{"steps": "many"}'))


def test_whole_factors_without_a_config_have_the_scale_one_whatever_alpha_says(path: Path) -> None:
    whole = {"lokr_w1": torch.ones(4, 4), "lokr_w2": torch.ones(8, 8)}
    [delta] = adapters.read(file(path, whole | {"alpha": torch.tensor(64.0)})).layers.values()
    assert delta.scaling == 1.0
    [delta] = adapters.read(file(path, LOKR | {"alpha": torch.tensor(64.0)})).layers.values()
    assert delta.scaling == 32.0 and delta.rank == 2
