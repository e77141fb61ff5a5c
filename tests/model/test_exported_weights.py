"""An exported folder plays what the instrument plays with the adapter attached, and is whole or absent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from adapter_kit import CARD, learned, velocity
from model_kit import save_original
from safetensors.torch import load_file, save_file

from producertwin.errors import BadInput, DiskFull, NotFound, TwinError, Unavailable
from producertwin.model import adapters
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters import Adapter, layers_of
from producertwin.model.instrument import Instrument
from producertwin.model.variants.convert import convert, join_state, split_state
from producertwin.model.variants.downloads import check
from producertwin.model.variants.load import load
from producertwin.progress import finish
from producertwin.recipe import read
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, export, plan_export
from producertwin.verbs.studio import Studio, open_studio

KINDS = ("lora", "dora", "lokr")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="module")
def original(tiny: Instrument, root: Path) -> Path:
    folder = save_original(tiny, root / "checkpoints")
    (folder / "modeling.py").write_text("# upstream's own code", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def converted(original: Path, root: Path) -> Path:
    return finish(convert(original, root / "converted"))


@pytest.fixture(scope="module")
def twins(tiny: Instrument, root: Path) -> dict[str, Path]:
    found = {}
    for seed, kind in enumerate(KINDS):
        spec = LoraSpec.model_validate({"kind": kind, "rank": 3, "alpha": 5.0, "targets": "all-linear", "encoders": ["lyric"]})
        state, _ = learned(tiny, spec, seed)
        made = Adapter(root / kind, layers_of(state, {"r": 3, "lora_alpha": 5.0}, kind), kind)
        adapters.convert(made, root / kind, "peft", CARD)
        found[kind] = root / kind
    return found


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with open_studio(Settings(studio=tmp_path / "studio", device="cpu", offline=True)) as opened:
        yield opened


def played(folder: Path, settings: Settings) -> torch.Tensor:
    return velocity(load(str(folder), settings, device="cpu", dtype=torch.float32))


def heard(folder: Path, twin: Path, scale: float, settings: Settings) -> torch.Tensor:
    instrument = load(str(folder), settings, device="cpu", dtype=torch.float32)
    adapters.attach(instrument, adapters.read(twin), scale)
    return velocity(instrument)


@pytest.mark.parametrize("scale", [1.0, 0.4])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", ["original", "converted"])
def test_a_merged_folder_plays_what_the_attached_adapter_plays(
    kind: str, scale: float, layout: str, twins: dict[str, Path], studio: Studio, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    base, out = request.getfixturevalue(layout), tmp_path / "out"
    done = finish(export(ExportPlan(name=str(twins[kind]), variant=str(base), scale=scale), out, studio))
    merged, plain = played(out, studio.settings), played(base, studio.settings)
    assert torch.allclose(merged, heard(base, twins[kind], scale, studio.settings), atol=5e-6)
    assert (merged - plain).abs().max() > 1e-3
    assert done.layers == len(adapters.read(twins[kind]).layers)


def test_every_module_in_acesteps_layout_is_the_originals_but_for_what_the_adapter_changes(
    original: Path, twins: dict[str, Path], studio: Studio, tmp_path: Path
) -> None:
    out = original.parent / f"acestep-v15-{tmp_path.name}"
    finish(export(ExportPlan(name=str(twins["lora"]), variant=str(original), format="acestep"), out, studio))
    before, after = load_file(original / "model.safetensors"), load_file(out / "model.safetensors")
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert before.keys() == after.keys()
    assert len(changed) == len(adapters.read(twins["lora"]).layers)
    assert all(key.endswith(".weight") and key.startswith(("decoder.", "encoder.lyric")) for key in changed)
    assert {path.name for path in original.iterdir()} <= {path.name for path in out.iterdir()}
    assert torch.allclose(played(out, studio.settings), heard(original, twins["lora"], 1.0, studio.settings), atol=5e-6)


def test_names_go_into_the_original_layout_and_back(original: Path) -> None:
    state = load_file(original / "model.safetensors")
    assert join_state(split_state(state)).keys() == state.keys()


@pytest.mark.parametrize(("precision", "kind"), [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_every_number_has_the_precision_that_was_asked_for(
    precision: str, kind: torch.dtype, converted: Path, studio: Studio, tmp_path: Path
) -> None:
    finish(export(ExportPlan.model_validate({"name": str(converted), "precision": precision}), tmp_path / "out", studio))
    for path in (tmp_path / "out").rglob("*.safetensors"):
        assert {tensor.dtype for tensor in load_file(path).values()} == {kind}
    assert torch.allclose(played(tmp_path / "out", studio.settings), played(converted, studio.settings), atol=0.1)


def test_stored_keeps_the_type_of_every_tensor_also_of_those_that_change(
    converted: Path, twins: dict[str, Path], studio: Studio, tmp_path: Path
) -> None:
    half, out = tmp_path / "half", tmp_path / "out"
    finish(export(ExportPlan(name=str(converted), precision="bf16"), half, studio))
    finish(export(ExportPlan(name=str(twins["dora"]), variant=str(half)), out, studio))
    for path in out.rglob("*.safetensors"):
        assert {tensor.dtype for tensor in load_file(path).values()} == {torch.bfloat16}


def test_a_number_that_the_precision_cannot_hold_is_named(converted: Path, studio: Studio, tmp_path: Path) -> None:
    finish(export(ExportPlan(name=str(converted)), tmp_path / "loud", studio))
    path = tmp_path / "loud" / "transformer" / "diffusion_pytorch_model.safetensors"
    state = load_file(path)
    state["time_embed.linear_1.weight"][0, 0] = 1e6
    save_file(state, path, metadata={"format": "pt"})
    with pytest.raises(BadInput, match=r"time_embed.linear_1.weight holds 1e\+06, which float16 cannot hold"):
        finish(export(ExportPlan(name=str(tmp_path / "loud"), precision="fp16"), tmp_path / "out", studio))
    assert not (tmp_path / "out").exists()


def test_it_says_what_it_was_made_of_and_can_be_checked(
    original: Path, twins: dict[str, Path], studio: Studio, tmp_path: Path
) -> None:
    out = tmp_path / "mara vale"
    finish(export(ExportPlan(name=str(twins["lora"]), variant=str(original), scale=0.5), out, studio))
    told = json.loads((out / "export.json").read_text(encoding="utf-8"))
    assert (told["adapter"]["producer"], told["adapter"]["scale"]) == ("Mara Vale", 0.5)
    assert told["variant"]["revision"] == load(str(original), studio.settings, device="cpu").revision
    assert str(tmp_path) not in json.dumps(told)
    assert load(str(out), studio.settings, device="cpu").variant == "mara vale"
    assert check(str(out), studio.settings).problems == ()
    path = out / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert check(str(out), studio.settings).problems


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"name": "nobody"}, NotFound, "neither a variant nor a twin is called 'nobody'$"),
        ({"name": "nani"}, NotFound, "neither a variant nor a twin .* did you mean nano?"),
        ({"name": "turbo-shift"}, NotFound, "did you mean turbo-shift"),
        ({"name": "tiny"}, BadInput, "built in code"),
        ({"name": "turbo"}, Unavailable, "not here"),
        ({"name": "nano", "format": "acestep"}, BadInput, "a codec of its own"),
        ({"name": "nano", "scale": 0.5}, BadInput, "is a variant itself"),
        ({"name": "nano", "variant": "turbo"}, BadInput, "is a variant itself"),
        ({"name": "@lora", "variant": "nano"}, BadInput, "was made for a layer|which nano lacks"),
        ({"name": "@lora", "variant": "nowhere"}, BadInput, "unknown variant"),
        ({"name": "@lora"}, BadInput, "tiny is built in code"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_a_remedy_and_leaves_nothing(
    fields: dict[str, str], error: type[TwinError], message: str, twins: dict[str, Path], studio: Studio, tmp_path: Path
) -> None:
    data = {key: str(twins[text[1:]]) if str(text).startswith("@") else text for key, text in fields.items()}
    with pytest.raises(error, match=message) as refused:
        finish(export(ExportPlan.model_validate(data), tmp_path / "out", studio))
    assert refused.value.remedy
    assert list(tmp_path.glob("*out*")) == []


def test_whoever_may_read_new_files_may_read_the_weights(converted: Path, tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    modes = {path.stat().st_mode for path in converted.rglob("*") if path.is_file()}
    assert modes == {(tmp_path / "new").stat().st_mode}


def test_a_folder_that_is_there_and_a_full_disk_are_refused_before_anything_is_written(
    converted: Path, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(BadInput, match="exists already"):
        finish(export(ExportPlan(name=str(converted)), tmp_path / "there", studio))
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("producertwin.model.variants.stored_parts.shutil.disk_usage", lambda _: usage)
    with pytest.raises(DiskFull, match="are free"):
        finish(export(ExportPlan(name=str(converted)), tmp_path / "out", studio))
    assert list(tmp_path.glob("*out*")) == []


def test_a_dry_run_refuses_what_the_run_refuses(twins: dict[str, Path], converted: Path, studio: Studio) -> None:
    assert plan_export(ExportPlan(name=str(twins["lora"]), variant=str(converted)), studio).layers > 0
    with pytest.raises(NotFound):
        plan_export(ExportPlan(name="nobody"), studio)


@pytest.mark.parametrize(
    ("precision", "said"),
    [
        ("int9", "precision.0: 'int9' is none of stored, fp32, bf16, fp16, int8, int4; did you mean int8?"),
        ("fp32,itn4", "precision.1: 'itn4' is none of stored, fp32, bf16, fp16, int8, int4; did you mean int4?"),
        ("quantised please, with all the words that there are", "'quantised please' is none of stored"),
    ],
)
def test_a_precision_that_is_none_is_told_by_its_word(precision: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(ExportPlan, {"name": "nano", "precision": precision}, where="command line")
    assert said in caught.value.message
