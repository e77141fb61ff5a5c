"""Matrices in eight bits on disk: how near they come back, what is packed, and what damaged scales are told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from model_kit import save_original
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerFast

from producertwin.errors import BadInput
from producertwin.model.instrument import Instrument
from producertwin.model.int8 import BLOCK, SCALE, SMALLEST, from_int8, pack, to_int8, unpack
from producertwin.model.nano import build
from producertwin.model.nano.embedder import load_embedder
from producertwin.model.variants.catalogue import card_of, resolve
from producertwin.model.variants.convert import convert
from producertwin.model.variants.downloads import check
from producertwin.model.variants.footprint import footprint, footprint_of, read_shapes
from producertwin.model.variants.load import load
from producertwin.model.variants.stored_parts import read_diffusers, write_diffusers
from producertwin.model.weights import State, pack_file, read_state, read_tensors
from producertwin.progress import finish
from producertwin.settings import Settings


def numbers(*shape: int, seed: int = 1, kind: torch.dtype = torch.float16) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(kind)


@pytest.fixture
def state() -> State:
    """Two matrices that are packed, and one of everything that is not."""
    rows = SMALLEST // BLOCK
    return {
        "first.weight": numbers(rows, BLOCK),
        "second.weight": numbers(rows // 2, 2 * BLOCK, kind=torch.float32),
        "odd.weight": numbers(rows, BLOCK + 1),
        "small.weight": numbers(rows - 1, BLOCK),
        "norm.weight": numbers(BLOCK),
        "conv.weight": numbers(rows, BLOCK, 2),
        "norm.scale": numbers(BLOCK),
        "steps": torch.arange(3),
    }


@pytest.mark.parametrize("block", [32, 64, 192])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16])
def test_a_number_comes_back_within_half_a_step_of_its_block(block: int, kind: torch.dtype) -> None:
    weight = numbers(48, 192, kind=torch.float32) * torch.logspace(-6, 2, 48)[:, None]
    packed, scales = to_int8(weight, block, kind)
    assert packed.shape == weight.shape and packed.dtype == torch.int8 and scales.shape == (48, 192 // block)
    error = (from_int8(packed, scales, torch.float32) - weight).abs().unflatten(1, (-1, block)).amax(2)
    step = weight.abs().unflatten(1, (-1, block)).amax(2) / 127
    rounding = 127 * (scales.float() - step).abs()  # the largest number of a block is cut off where its scale was rounded down
    assert bool((error <= torch.maximum(scales.float() / 2, rounding) * 1.001).all())


def test_a_block_of_zeros_comes_back_as_zeros_and_its_neighbour_as_it_is() -> None:
    weight = torch.zeros(2, 2 * BLOCK)
    weight[1, BLOCK:] = 127.0
    assert torch.equal(from_int8(*to_int8(weight, BLOCK), torch.float32), weight)


def test_only_large_matrices_are_packed_and_the_rest_stays_the_same(state: State) -> None:
    packed = pack(state)
    coarse = {"first.weight", "second.weight"}
    assert packed.keys() == state.keys() | {name + SCALE for name in coarse}
    assert {name for name, tensor in packed.items() if tensor.dtype == torch.int8} == coarse
    back = unpack(packed)
    assert back.keys() == state.keys()
    for name, tensor in state.items():
        assert back[name].shape == tensor.shape and (name in coarse or back[name] is tensor)
    for name in coarse:
        assert back[name].dtype == torch.float16
        assert float((back[name].float() - state[name].float()).norm() / state[name].float().norm()) < 0.01


@pytest.mark.parametrize("number", [1e9, float("inf"), float("nan")])
def test_what_half_precision_cannot_scale_stays_as_it_is(number: float) -> None:
    weight = numbers(SMALLEST // BLOCK, BLOCK, kind=torch.float32)
    weight[3, 5] = number
    packed = pack({"weight": weight})
    assert list(packed) == ["weight"] and packed["weight"] is weight


def test_packing_a_file_twice_is_packing_it_once(state: State, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file(state, path)
    shapes, dense = dict(read_shapes([path])), path.stat().st_size
    pack_file(path)
    once = path.read_bytes()
    pack_file(path)
    assert path.read_bytes() == once and len(once) < 0.8 * dense
    assert dict(read_shapes([path])) == shapes == {name: tuple(tensor.shape) for name, tensor in read_state([path]).items()}
    assert list(tmp_path.iterdir()) == [path]


def test_scales_may_lie_in_another_shard(state: State, tmp_path: Path) -> None:
    packed = pack(state)
    files = [tmp_path / "1.safetensors", tmp_path / "2.safetensors"]
    save_file({name: tensor for name, tensor in packed.items() if name.endswith("weight")}, files[0])
    save_file({name: tensor for name, tensor in packed.items() if not name.endswith("weight")}, files[1])
    assert all(torch.equal(tensor, unpack(packed)[name]) for name, tensor in read_state(files).items())
    assert dict(read_shapes(files)) == {name: tuple(tensor.shape) for name, tensor in state.items()}


WRONG = {
    "missing": None,
    "other rows": torch.ones(3, 1, dtype=torch.float16),
    "blocks that do not fill a row": torch.ones(SMALLEST // BLOCK, 3, dtype=torch.float16),
    "no blocks": torch.ones(SMALLEST // BLOCK, 0, dtype=torch.float16),
    "one axis": torch.ones(SMALLEST // BLOCK, dtype=torch.float16),
    "whole numbers": torch.ones(SMALLEST // BLOCK, 1, dtype=torch.int32),
    "not a number": torch.full((SMALLEST // BLOCK, 1), float("nan"), dtype=torch.float16),
    "endless": torch.full((SMALLEST // BLOCK, 1), float("inf"), dtype=torch.float16),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_scale_names_file_and_tensor(how: str, state: State, tmp_path: Path) -> None:
    path, packed, scale = tmp_path / "x.safetensors", pack(state), WRONG[how]
    del packed["first.weight" + SCALE]
    save_file(packed | ({} if scale is None else {"first.weight" + SCALE: scale}), path)
    with pytest.raises(BadInput, match=r"x\.safetensors is damaged: first\.weight.*") as caught:
        read_state([path], "fetch it again")
    assert caught.value.remedy == "fetch it again"


def test_whole_numbers_of_three_axes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.ones(4, 4, 2, dtype=torch.int8), "a.scale": torch.ones(4, 1)}, path)
    with pytest.raises(BadInput, match=r"a\.scale holds float32 of shape \(4, 1\), which cannot scale \(4, 4, 2\)"):
        read_state([path])


@pytest.fixture
def packed(tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tiny in half precision with every part's matrices in blocks of eight."""
    folder = finish(convert(save_original(tiny, tmp_path / "checkpoints"), tmp_path / "packed"))
    monkeypatch.setattr("producertwin.model.int8.SMALLEST", 1)
    monkeypatch.setattr("producertwin.model.int8.BLOCK", 8)
    for path in folder.rglob("*.safetensors"):
        save_file({name: t.half() if t.is_floating_point() else t for name, t in load_file(path).items()}, path)
        pack_file(path)
    return folder


@pytest.mark.thorough
def test_any_part_may_be_stored_so_and_opens(packed: Path, tiny: Instrument, settings: Settings) -> None:
    opened = load(str(packed), settings, dtype=torch.float32)
    assert check(str(packed), settings).problems == ()
    for part in ("transformer", "condition_encoder", "text_encoder"):
        assert torch.int8 in kinds(packed / part)
        ours, theirs = (getattr(one, part).state_dict() for one in (opened, tiny))
        for name, tensor in theirs.items():
            assert ours[name].dtype == torch.float32
            torch.testing.assert_close(ours[name], tensor, rtol=0, atol=float(tensor.abs().max()) / 120)
    assert footprint(resolve(str(packed), settings), settings).parts == footprint_of(opened).parts


@pytest.mark.thorough
def test_what_is_made_of_it_is_dense_and_holds_the_same_numbers(packed: Path, tmp_path: Path) -> None:
    stored = read_diffusers(packed, "")
    again = finish(write_diffusers(stored.parts, stored.tokenizer, card_of(packed), tmp_path / "again"))
    assert kinds(again / "transformer") == {torch.float16}
    for name, part in read_diffusers(again, "").parts.items():
        assert all(torch.equal(tensor, stored.parts[name].state[key]) for key, tensor in part.state.items())


@pytest.mark.thorough
def test_nano_is_written_with_a_transformer_in_eight_bits(settings: Settings, tmp_path: Path) -> None:
    nano = load("nano", settings, dtype=torch.float32)
    before = {name: tensor.clone() for name, tensor in nano.transformer.state_dict().items()}
    words = PreTrainedTokenizerFast(tokenizer_object=nano.tokenizer, pad_token=build.END)
    modules = build.NanoModules(nano.transformer, nano.condition_encoder, nano.text_encoder)
    codes = build.CodeModules(nano.audio_tokenizer, nano.audio_token_detokenizer)
    embedder = load_embedder(settings).towers
    build.save(modules, codes, nano.vae, embedder, words, tmp_path / "nano", nano.card)
    [file] = (tmp_path / "nano" / "transformer").glob("*.safetensors")
    assert file.stat().st_size < 17e6 and kinds(file.parent) == {torch.int8, torch.float16}
    assert not any(torch.int8 in kinds(tmp_path / "nano" / part) for part in ("condition_encoder", "text_encoder", "vae"))
    opened = load(str(tmp_path / "nano"), settings, dtype=torch.float32).transformer.state_dict()
    for name, tensor in before.items():
        assert float((opened[name] - tensor).norm()) <= 0.01 * float(tensor.norm()), name


def kinds(part: Path) -> set[torch.dtype]:
    """What the file of a part holds."""
    return {tensor.dtype for tensor in read_tensors(list(part.glob("*.safetensors"))).values()}
