"""LoKr files as LyCORIS and ACE-Step's trainer write them: what they change, and what they leave untrained.

Golden values are the changed weight by LyCORIS's formulas, written out in float64: `W + s · w1 ⊗ w2` with `s = alpha / dim` (1
where both factors are whole), `w2` perhaps a product, and for a decomposed one each row or column brought to the length stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from adapter_kit import velocity
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from producertwin.errors import BadInput
from producertwin.model import adapters
from producertwin.model.instrument import Instrument
from producertwin.model.weights import State

Numbers = NDArray[np.float64]
SQUARE, TALL, FLAT = "layers_0_self_attn_q_proj", "layers_1_mlp_up_proj", "layers_1_mlp_down_proj"
PLACES = {SQUARE: "layers.0.self_attn.to_q", TALL: "layers.1.mlp.up_proj", FLAT: "layers.1.mlp.down_proj"}
SPLIT = {32: (4, 8), 64: (8, 8), 12: (3, 4)}
"""Widths of tiny as LyCORIS splits them: nearest to each other, the smaller first."""


def noise(seed: int, *shape: int) -> torch.Tensor:
    return 0.5 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def factors(
    out: int, into: int, *, kernel: tuple[int, ...] = (), seed: int = 0, whole: bool = False, both: bool = False
) -> State:
    """The tensors of one layer as `LokrModule` has them, with numbers in them."""
    (a, c), (b, d) = SPLIT[out], SPLIT[into]
    own = {"alpha": torch.tensor(5.0)}
    own |= {"lokr_w1_a": noise(seed, a, 2), "lokr_w1_b": noise(seed + 1, 2, b)} if both else {"lokr_w1": noise(seed, a, b)}
    if whole:
        return own | {"lokr_w2": noise(seed + 2, c, d, *kernel)}
    return own | {"lokr_w2_a": noise(seed + 2, c, 2), "lokr_w2_b": noise(seed + 3, 2, d * int(np.prod(kernel, dtype=int)))}


def product(own: State) -> Numbers:
    """`s · w1 ⊗ w2`."""
    plain = {name: tensor.double().numpy() for name, tensor in own.items()}
    first, second = (plain[n] if n in plain else plain[f"{n}_a"] @ plain[f"{n}_b"] for n in ("lokr_w1", "lokr_w2"))
    scale = 1.0 if {"lokr_w1", "lokr_w2"} <= own.keys() else float(plain["alpha"]) / 2
    found: Numbers = scale * np.kron(first, second)
    return found


def changed(weight: torch.Tensor, own: State) -> Numbers:
    """The weight that LyCORIS computes with."""
    whole: Numbers = weight.double().numpy() + product(own)
    if "dora_scale" not in own:
        return whole
    axis = 0 if own["dora_scale"].shape[0] == 1 else 1
    found: Numbers = whole * own["dora_scale"].double().numpy() / np.linalg.norm(whole, axis=axis, keepdims=True)
    return found


def write(path: Path, layers: dict[str, State], **metadata: str) -> Path:
    state = {f"lycoris_{layer}.{part}": tensor.clone() for layer, own in layers.items() for part, tensor in own.items()}
    save_file(state, path / "lokr_weights.safetensors", metadata={"algo": "lokr", "format": "lycoris"} | metadata)
    return path


def rows_of(seed: int, own: State, weight: torch.Tensor) -> State:
    return own | {"dora_scale": weight.norm(dim=1, keepdim=True) * (1 + noise(seed, len(weight), 1).abs())}


def columns_of(seed: int, own: State, weight: torch.Tensor) -> State:
    return own | {"dora_scale": weight.norm(dim=0, keepdim=True) * (1 + noise(seed, 1, weight.shape[1]).abs())}


def plain(_: int, own: State, __: torch.Tensor) -> State:
    return own


@pytest.mark.parametrize("layer", PLACES)
@pytest.mark.parametrize("decomposed", [plain, rows_of, columns_of])
@pytest.mark.parametrize("kind", [{}, {"whole": True}, {"both": True}], ids=["w2 factored", "whole", "both factored"])
def test_a_layer_is_changed_as_lycoris_changes_it(
    tiny: Instrument, tmp_path: Path, layer: str, decomposed: Callable[..., State], kind: dict[str, bool]
) -> None:
    module = tiny.transformer.get_submodule(PLACES[layer])
    own = decomposed(9, factors(*module.weight.shape, **kind), module.weight)  # type: ignore[arg-type]
    x = noise(4, 5, module.in_features)
    before = module(x)
    with adapters.attached(tiny, [adapters.AdapterSetting(write(tmp_path, {layer: own}))]):
        expected = x.double().numpy() @ changed(module.weight, own).T
        assert np.abs(module(x).numpy() - expected).max() < 1e-4
        assert (module(x) - before).abs().max() > 0.05
    with adapters.attached(tiny, [adapters.AdapterSetting(tmp_path, 0.5)]):
        assert torch.allclose(module(x), before + 0.5 * (torch.from_numpy(expected).float() - before), atol=1e-4)
    assert torch.equal(module(x), before)


@pytest.mark.parametrize("layer", PLACES)
def test_a_lora_whose_columns_are_decomposed_is_played_too(tiny: Instrument, tmp_path: Path, layer: str) -> None:
    """On a square layer its lengths were taken for those of the rows."""
    module = tiny.transformer.get_submodule(PLACES[layer])
    out, into = module.weight.shape
    down, up = noise(1, 3, into), noise(2, out, 3)
    own = columns_of(3, {"lora_down.weight": down, "lora_up.weight": up, "alpha": torch.tensor(6.0)}, module.weight)
    whole = module.weight.double().numpy() + 2.0 * (up.double() @ down.double()).numpy()
    expected = whole * own["dora_scale"].double().numpy() / np.linalg.norm(whole, axis=0, keepdims=True)
    x = noise(4, 5, into)
    with adapters.attached(tiny, [adapters.AdapterSetting(write(tmp_path, {layer: own}))]):
        assert np.abs(module(x).numpy() - x.double().numpy() @ expected.T).max() < 1e-4


@pytest.mark.parametrize("stabilised", [True, False])
def test_the_metadata_of_the_trainer_tells_whether_a_lokr_is_rank_stabilised(
    tiny: Instrument, tmp_path: Path, stabilised: bool
) -> None:
    own = factors(32, 32)
    config = json.dumps({"linear_dim": 2, "linear_alpha": 5, "rs_lora": stabilised})
    [delta] = adapters.read(write(tmp_path, {SQUARE: own}, lokr_config=config)).layers.values()
    assert delta.scaling == pytest.approx(5 / (2**0.5 if stabilised else 2))


def conv(**more: Any) -> State:
    """What LyCORIS holds of `proj_in.1`, a convolution of 2 frames from 12 to 32 channels, before it learned anything."""
    own = factors(32, 12, kernel=(2,), seed=20, **more)
    last = "lokr_w2" if more.get("whole") else "lokr_w2_b"
    return own | {last: torch.zeros_like(own[last])}


def tucker() -> State:
    kept = {key: tensor for key, tensor in factors(32, 12).items() if key in ("alpha", "lokr_w1")}
    return kept | {"lokr_t2": noise(1, 2, 2, 2), "lokr_w2_a": noise(2, 2, 8), "lokr_w2_b": torch.zeros(2, 4)}


def own_lengths(tiny: Instrument, side: int) -> torch.Tensor:
    """As `LokrModule` begins: the lengths of the weight itself, per row or per column."""
    weight = tiny.transformer.proj_in_conv.weight
    sums = weight.transpose(0, side).flatten(1).norm(dim=1)
    return sums.reshape(-1, 1, 1) if side == 0 else sums.reshape(1, -1, 1)


UNTRAINED: dict[str, Callable[[Instrument], State]] = {
    "whole": lambda _: conv(whole=True),
    "factored": lambda _: conv(),
    "both factored": lambda _: conv(both=True),
    "tucker": lambda _: tucker(),
    "decomposed by rows": lambda tiny: conv() | {"dora_scale": own_lengths(tiny, 0)},
    "decomposed by columns": lambda tiny: conv(whole=True) | {"dora_scale": own_lengths(tiny, 1)},
    "decomposed, rounded": lambda tiny: conv() | {"dora_scale": own_lengths(tiny, 1).bfloat16()},
}


@pytest.mark.parametrize("name", UNTRAINED)
def test_what_was_not_trained_of_a_convolution_is_left_out(tiny: Instrument, tmp_path: Path, name: str) -> None:
    """ACE-Step's trainer wraps `proj_in.1` too and never trains it: its files were refused for it."""
    own = {layer: factors(*tiny.transformer.get_submodule(place).weight.shape, seed=7) for layer, place in PLACES.items()}
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    with adapters.attached(tiny, [adapters.AdapterSetting(write(tmp_path / "without", own))]):
        expected = velocity(tiny)
    with adapters.attached(tiny, [adapters.AdapterSetting(write(tmp_path / "with", own | {"proj_in_1": UNTRAINED[name](tiny)}))]):
        assert torch.equal(velocity(tiny), expected)
    assert (velocity(tiny) - expected).abs().max() > 1e-3


TRAINED: dict[str, Callable[[Instrument], State]] = {
    "whole": lambda _: factors(32, 12, kernel=(2,), whole=True),
    "factored": lambda _: factors(32, 12, kernel=(2,)),
    "tucker": lambda _: tucker() | {"lokr_w2_b": noise(3, 2, 4)},
    "decomposed": lambda tiny: conv() | {"dora_scale": 1.1 * own_lengths(tiny, 0)},
}


@pytest.mark.parametrize("name", TRAINED)
def test_a_convolution_that_learned_something_is_refused_by_name(tiny: Instrument, tmp_path: Path, name: str) -> None:
    path = write(tmp_path, {SQUARE: factors(32, 32), "proj_in_1": TRAINED[name](tiny)})
    with pytest.raises(BadInput, match=r"changes proj_in_conv, which tiny lacks as a linear layer") as caught:
        adapters.attach(tiny, adapters.read(path))
    assert caught.value.remedy and not any(module._forward_hooks for module in tiny.transformer.modules())


def test_a_layer_that_the_variant_lacks_matters_only_with_an_effect(tiny: Instrument, tmp_path: Path) -> None:
    own, silent = factors(32, 32), factors(32, 32)
    silent["lokr_w2_b"] = torch.zeros_like(silent["lokr_w2_b"])
    for stray in ("layers_9_self_attn_q_proj", "time_embed_linear_3"):
        with adapters.attached(tiny, [adapters.AdapterSetting(write(tmp_path, {SQUARE: own, stray: silent}))]) as worn:
            assert len(worn[0].hooks) == 1
        with pytest.raises(BadInput, match="which tiny lacks"):
            adapters.attach(tiny, adapters.read(write(tmp_path, {SQUARE: own, stray: own})))
    with pytest.raises(BadInput, match="which tiny lacks"):
        adapters.attach(tiny, adapters.read(write(tmp_path, {"layers_9_self_attn_q_proj": silent})))


@pytest.mark.parametrize("decomposed", [rows_of, columns_of])
def test_a_decomposed_lokr_travels_as_comfyui_only(tiny: Instrument, tmp_path: Path, decomposed: Callable[..., State]) -> None:
    weight = tiny.transformer.get_submodule(PLACES[TALL]).weight
    adapter = adapters.read(write(tmp_path, {TALL: decomposed(2, factors(64, 32), weight), "proj_in_1": conv()}))
    with adapters.attached(tiny, [adapters.AdapterSetting(tmp_path)]):
        expected = velocity(tiny)
    again = adapters.convert(adapter, tmp_path / "c.safetensors", "comfyui")
    assert load_file(again)["diffusion_model.decoder.layers.1.mlp.up_proj.dora_scale"].ndim == 2
    with adapters.attached(tiny, [adapters.AdapterSetting(again)]):
        assert torch.allclose(velocity(tiny), expected, atol=1e-5)
    for form in ("peft", "diffusers", "diffsynth"):
        with pytest.raises(BadInput, match=f"a {form} file cannot hold"):
            adapters.convert(adapter, tmp_path / form / "x.safetensors", form)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="not trained here"):
        _ = adapter.spec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dora_scale": torch.ones(31, 1)}, "31 lengths for 32 rows"),
        ({"dora_scale": torch.ones(1, 33)}, "33 lengths for 32 columns"),
        ({"lokr_t2": torch.ones(3, 2, 2)}, "factors do not fit"),
        ({"lokr_t2": torch.ones(2)}, "factors do not fit"),
        ({"lokr_w1": torch.ones(4, 4, 1)}, "lokr_w1 whose factors do not fit"),
        ({"lokr_t1": torch.ones(2, 2)}, "no part of an adapter"),
        ({"lokr_w1_a": torch.ones(4, 2)}, "lacks its lokr_w1"),
    ],
)
def test_a_lokr_that_does_not_fit_together_is_refused(tmp_path: Path, change: State, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        adapters.read(write(tmp_path, {SQUARE: factors(32, 32) | change}))
