"""Opening instruments: every layout sounds the same, and every trouble is named with its remedy."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from model_kit import save_original
from safetensors.torch import load_file, save_file

from producertwin.errors import BadInput, NotFound, TwinError, Unavailable
from producertwin.model.instrument import Card, Instrument
from producertwin.model.sampling import engine
from producertwin.model.sampling.request import Request, Sampling
from producertwin.model.tasks import EVERYWHERE, Task
from producertwin.model.variants import catalogue, checksums, convert, downloads
from producertwin.model.variants.load import choose_device, load
from producertwin.progress import finish
from producertwin.settings import Settings

ASKED = Request("lofi", 5.2, 1, sampling=Sampling(steps=2, guidance=2.0))


def takes(instrument: Instrument) -> bytes:
    return engine.generate(instrument, [ASKED])[0].audio.tobytes()


@pytest.fixture(scope="module")
def original(tiny: Instrument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_original(tiny, tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(scope="module")
def converted(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finish(convert.convert(original, tmp_path_factory.mktemp("models") / "base"))


@pytest.fixture
def copy(converted: Path, tmp_path: Path) -> Path:
    shutil.copytree(converted, tmp_path / "base")
    return tmp_path / "base"


@pytest.mark.thorough
def test_every_layout_plays_the_same_take(tiny: Instrument, original: Path, converted: Path, settings: Settings) -> None:
    expected = takes(tiny)
    for folder in (original, converted):
        opened = load(str(folder), settings, dtype=torch.float32)
        assert takes(opened) == expected
        assert opened.tasks == frozenset(Task) and opened.defaults.steps == 50 and opened.defaults.guidance == 7.0


def test_diffusers_opens_what_we_convert(converted: Path, tiny: Instrument) -> None:
    from diffusers import AceStepTransformer1DModel

    opened = AceStepTransformer1DModel.from_pretrained(converted / "transformer", low_cpu_mem_usage=False)
    assert all(
        torch.equal(a, b) for a, b in zip(opened.state_dict().values(), tiny.transformer.state_dict().values(), strict=True)
    )


@pytest.mark.thorough
def test_revision_is_the_content(tiny: Instrument, copy: Path, settings: Settings) -> None:
    first = load(str(copy), settings).revision
    assert first.startswith("b2:") and load(str(copy), settings).revision == first != tiny.revision
    file = copy / "transformer" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    state["scale_shift_table"] += 1e-3
    save_file(state, file)
    assert load(str(copy), settings).revision != first


@pytest.mark.thorough
def test_weights_may_be_stored_in_half_precision(copy: Path, settings: Settings) -> None:
    for file in copy.rglob("*.safetensors"):
        save_file({key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in load_file(file).items()}, file)
    opened = load(str(copy), settings, dtype=torch.float32)
    assert opened.transformer.proj_in_conv.weight.dtype == torch.float32 and len(takes(opened)) > 0
    coarse = load(str(copy), settings, dtype=torch.bfloat16)
    assert coarse.dtype == torch.bfloat16 == coarse.transformer.proj_in_conv.weight.dtype
    assert coarse.vae.decoder.conv1.weight_g.dtype == torch.float32
    assert len(takes(coarse)) > 0


BREAK: dict[str, tuple[str, Any]] = {
    "missing weights": ("transformer/diffusion_pytorch_model.safetensors", None),
    "missing config": ("vae/config.json", None),
    "missing tokenizer": ("tokenizer/tokenizer.json", None),
    "truncated weights": ("vae/diffusion_pytorch_model.safetensors", 1000),
    "empty weights": ("text_encoder/model.safetensors", 0),
    "damaged config": ("transformer/config.json", b"{"),
    "damaged tokenizer": ("tokenizer/tokenizer.json", b"{}"),
    "damaged index": ("model_index.json", b"[]"),
    "foreign class": ("model_index.json", b'{"vae": ["os", "system"]}'),
    "foreign config": ("transformer/config.json", b'{"colour": 3}'),
    "damaged card": ("twin.json", b'{"name": "x", "tasks": ["dance"]}'),
}


@pytest.mark.parametrize("name", BREAK)
def test_a_broken_folder_names_the_file(copy: Path, settings: Settings, name: str) -> None:
    where, how = BREAK[name]
    path = copy / where
    if how is None:
        path.unlink()
    elif isinstance(how, int):
        path.write_bytes(path.read_bytes()[:how])
    else:
        path.write_bytes(how)
    with pytest.raises(TwinError) as caught:
        load(str(copy), settings)
    assert type(caught.value) in (BadInput, Unavailable)
    assert str(path.parent) in str(caught.value) or str(path) in str(caught.value)


@pytest.mark.parametrize("change", ["shape", "missing", "surplus", "kind"])
def test_tensors_that_do_not_fit_are_named(copy: Path, settings: Settings, change: str) -> None:
    file = copy / "transformer" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    match change:
        case "shape":
            state["scale_shift_table"] = torch.zeros(1, 2, 31)
        case "missing":
            del state["scale_shift_table"]
        case "surplus":
            state["scale_shift_tables"] = torch.zeros(1)
        case "kind":
            state["scale_shift_table"] = torch.zeros(1, 2, 32, dtype=torch.int8)
    save_file(state, file)
    with pytest.raises(BadInput, match="scale_shift_table"):
        load(str(copy), settings)


def test_unknown_and_absent_variants_say_what_to_do(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown variant 'huge'"):
        load("huge", settings)
    with pytest.raises(Unavailable, match="xl-base are not here") as caught:
        load("xl-base", settings)
    assert caught.value.remedy.startswith("run: twin models pull xl-base (11.")
    with pytest.raises(Unavailable, match="holds no instrument"):
        load(str(tmp_path), settings)
    with pytest.raises(Unavailable):
        choose_device("cuda:7")


DISTILLED = ("turbo", "turbo-shift1", "turbo-shift3", "turbo-continuous", "xl-turbo")


def test_catalogue_keeps_each_variants_own_defaults() -> None:
    table = catalogue.VARIANTS
    assert set(table) == {"tiny", "nano", "base", "sft", "xl-base", "xl-sft", *DISTILLED}
    for name in DISTILLED:
        card = table[name].card
        shift = 1.0 if name == "turbo-shift1" else 3.0
        assert (card.steps, card.shift, card.guidance, card.discrete) == (8, shift, 1.0, True)
    for name in ("base", "sft", "xl-base", "xl-sft"):
        card = table[name].card
        assert (card.steps, card.shift, card.guidance, card.discrete) == (50, 1.0, 7.0, False)
    for name in ("sft", "turbo", "xl-sft", "xl-turbo"):
        assert table[name].card.tasks == EVERYWHERE
    assert table["base"].card.tasks == table["xl-base"].card.tasks == frozenset(Task)
    assert table["nano"].card.tasks == frozenset(Task)


def test_status_tells_what_is_here(settings: Settings) -> None:
    found = {one.name: one for one in catalogue.status(settings)}
    assert found["tiny"].present and not found["base"].present
    assert found["base"].remedy.startswith("run: twin models pull base (") and found["base"].size > 6e9
    assert "tests only" in found["tiny"].about


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"steps": "many"}', '{"steps": ' + "9" * 5_000 + "}"])
def test_a_damaged_card_of_one_variant_leaves_the_list_of_the_others(tmp_path: Path, text: str) -> None:
    settings = Settings(studio=tmp_path)
    folder = settings.models / "base"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")
    (folder / "twin.json").write_text(text)
    found = {one.name: one for one in catalogue.status(settings)}
    assert len(found) == len(catalogue.VARIANTS) and found["nano"].present
    assert not found["base"].present and "twin.json" in found["base"].remedy


def test_a_pulled_checkpoint_is_found_checked_and_converted(
    tiny: Instrument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(studio=tmp_path, device="cpu")
    asked: list[tuple[str, Path]] = []

    def fetch(source: Any, into: Path) -> None:
        asked.append((source.repo, into))
        if len(asked) == 1:
            save_original(tiny, settings.models / catalogue.CHECKPOINTS)

    monkeypatch.setattr(downloads.fetching, "fetch", fetch)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 0, 1 << 40))
    folder = finish(downloads.pull("base", settings))
    assert [repo for repo, _ in asked] == ["ACE-Step/acestep-v15-base", "ACE-Step/Ace-Step1.5"]
    assert finish(downloads.pull("base", settings)) == folder and len(asked) == 2
    assert downloads.check("base", settings).problems == ()
    assert load("base", settings, dtype=torch.float32).card.steps == 50
    converted = finish(downloads.convert("base", settings))
    assert converted == settings.models / "base" == catalogue.locate(catalogue.find("base"), settings)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert checksums.differing(folder.parent) == ["acestep-v15-base/model.safetensors"]
    with pytest.raises(BadInput, match="exists already"):
        finish(convert.convert(folder, converted))
    shutil.rmtree(converted)
    assert len(downloads.check("base", settings).problems) == 1


def test_pulling_is_refused_where_it_cannot_work(tmp_path: Path) -> None:
    offline = Settings(studio=tmp_path, offline=True)
    with pytest.raises(Unavailable, match="offline"):
        finish(downloads.pull("turbo", offline))
    with pytest.raises(BadInput, match="nano is not downloaded"):
        finish(downloads.pull("nano", offline))
    with pytest.raises(Unavailable):
        downloads.check("turbo", offline)
    with pytest.raises(Unavailable):
        finish(downloads.convert("turbo", offline))
    assert not (tmp_path / "models").exists()


def test_a_failed_download_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
    with pytest.raises(Unavailable, match="no route") as caught:
        downloads.fetching.fetch(catalogue.VARIANTS["turbo"].sources[0], tmp_path)
    assert "resumes" in caught.value.remedy


def test_a_checkpoint_without_its_neighbours_is_refused(original: Path, tmp_path: Path, settings: Settings) -> None:
    shutil.copytree(original, tmp_path / "acestep-v15-base")
    with pytest.raises(NotFound, match="vae is missing"):
        load(str(tmp_path / "acestep-v15-base"), settings)


def test_large_files_are_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checksums, "QUICK", 4)
    file = tmp_path / "a.safetensors"
    file.write_bytes(b"12345678")
    first = checksums.revision([file], tmp_path)
    stamp = file.stat()
    file.write_bytes(b"87654321")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert checksums.revision([file], tmp_path) == first
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert checksums.revision([file], tmp_path) != first


def test_a_card_survives_its_file(tmp_path: Path) -> None:
    card = Card(name="nano", tasks=frozenset({Task.REPAINT, Task.TEXT2MUSIC}), steps=20, guidance=3.0, t_range=(0.0, 0.98))
    (tmp_path / "twin.json").write_text(card.model_dump_json())
    assert catalogue.card_of(tmp_path) == card


FULL, LESS = frozenset(Task), EVERYWHERE
PUBLISHED: dict[str, tuple[dict[str, Any], float, frozenset[Task]]] = {
    # what the config says, then shift and tasks of the card; the folder's name says nothing
    "base": ({"is_turbo": False, "model_version": "base"}, 1.0, FULL),
    "sft": ({"is_turbo": False, "model_version": "sft"}, 1.0, LESS),
    "turbo": ({"is_turbo": True, "model_version": "turbo"}, 3.0, LESS),
    "turbo-shift1": ({"is_turbo": True, "model_version": "turbo-shift1"}, 1.0, LESS),
    "turbo-shift3": ({"is_turbo": True, "model_version": "turbo-shift3"}, 3.0, LESS),
    "turbo_shift_1.5": ({"is_turbo": True, "model_version": "turbo_shift_1.5"}, 1.5, LESS),
    "turbo-continuous": ({"is_turbo": True, "model_version": "turbo-continuous"}, 3.0, LESS),
    "turbo-rl": ({"is_turbo": True, "model_version": "turbo-rl"}, 3.0, LESS),
    "xl-base": ({"is_turbo": False, "model_version": "xl_base"}, 1.0, FULL),
    "xl-sft": ({"is_turbo": False, "model_version": "xl_sft"}, 1.0, LESS),
    "xl-turbo": ({"is_turbo": True, "model_version": "xl_turbo"}, 3.0, LESS),
    "turbo by its flag alone": ({"is_turbo": True}, 3.0, LESS),
    "turbo by its version alone": ({"model_version": "turbo"}, 3.0, LESS),
    "nothing said": ({}, 1.0, LESS),
    "a shift of its own": ({"is_turbo": True, "model_version": "turbo-shift3", "shift": 2.0}, 2.0, LESS),
    "tasks of its own": ({"is_turbo": True, "tasks": ["text2music", "lego"]}, 3.0, frozenset({Task.TEXT2MUSIC, Task.LEGO})),
}


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("called", ["acestep-v15-base", "acestep-v15-turbo", "whatever"])
def test_a_folder_opened_by_its_path_is_what_its_config_says(tmp_path: Path, name: str, called: str) -> None:
    said, shift, tasks = PUBLISHED[name]
    original, diffusers = tmp_path / "original" / called, tmp_path / "diffusers" / called
    (diffusers / "transformer").mkdir(parents=True)
    original.mkdir(parents=True)
    (original / "config.json").write_text(json.dumps(said))
    save_file({"x": torch.zeros(1)}, original / "model.safetensors")
    (diffusers / "model_index.json").write_text("{}")
    (diffusers / "transformer" / "config.json").write_text(json.dumps({"is_turbo": False} | said))
    for folder in (original, diffusers):
        card = catalogue.card_of(folder)
        turbo = "turbo" in name or bool(said.get("is_turbo"))
        assert (card.name, card.shift, card.tasks, card.discrete) == (called, shift, tasks, turbo)
        assert (card.steps, card.guidance) == ((8, 1.0) if turbo else (50, 7.0))


@pytest.mark.parametrize("odd", [{"shift": "much"}, {"shift": -1}, {"tasks": ["dance"]}])
def test_a_config_that_says_nonsense_is_refused_by_name(tmp_path: Path, odd: dict[str, Any]) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"is_turbo": True} | odd))
    with pytest.raises(BadInput, match=next(iter(odd))):
        catalogue.card_of(tmp_path)
