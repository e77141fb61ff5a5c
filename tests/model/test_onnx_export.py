"""ONNX graphs of tiny with a twin merged: near their modules, no coarser than their floors, whole or absent, and resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from adapter_kit import CARD, learned
from model_kit import save_original

from producertwin.errors import BadInput, DiskFull, Unavailable
from producertwin.model import adapters
from producertwin.model.adapter_spec import LoraSpec
from producertwin.model.adapters import Adapter, layers_of
from producertwin.model.instrument import Instrument
from producertwin.model.variants.checksums import differing
from producertwin.model.variants.convert import convert
from producertwin.model.variants.downloads import check
from producertwin.model.variants.load import load
from producertwin.model.weights import file_hash
from producertwin.progress import Kept, finish
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, export, plan_export
from producertwin.verbs.studio import Studio, open_studio

ALL = "fp32,fp16,int8,int4"
SCALE = 0.4
FINEST_ALLOWED = {"text_embedding", "audio_tokenizer", "audio_codebook", "audio_detokenizer", "codec_encoder", "codec_decoder"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[Studio]:
    with open_studio(Settings(studio=root / "studio", device="cpu", offline=True)) as opened:
        yield opened


@pytest.fixture(scope="module")
def converted(tiny: Instrument, root: Path) -> Path:
    return finish(convert(save_original(tiny, root / "checkpoints"), root / "converted"))


@pytest.fixture(scope="module")
def twin(tiny: Instrument, root: Path) -> Path:
    spec = LoraSpec.model_validate({"rank": 3, "alpha": 5.0, "targets": "all-linear", "encoders": ["lyric"]})
    state, _ = learned(tiny, spec, 0)
    made = Adapter(root / "lora", layers_of(state, {"r": 3, "lora_alpha": 5.0}, "lora"), "lora")
    adapters.convert(made, root / "lora", "peft", CARD)
    return root / "lora"


@pytest.fixture(scope="module")
def plan(converted: Path, twin: Path) -> ExportPlan:
    return ExportPlan.model_validate(
        {"name": str(twin), "variant": str(converted), "format": "onnx", "precision": ALL, "scale": SCALE}
    )


@pytest.fixture(scope="module")
def exported(plan: ExportPlan, studio: Studio, root: Path) -> Path:
    return finish(export(plan, root / "whole", studio)).folder


def test_a_codec_without_a_graph_a_full_disk_and_missing_packages_are_told_before_anything_is_written(
    plan: ExportPlan, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    usage = type("Usage", (), {"free": 1000})
    with monkeypatch.context() as patched:
        patched.setattr("producertwin.model.variants.stored_parts.shutil.disk_usage", lambda _: usage)
        with pytest.raises(DiskFull, match="are free"):
            finish(export(plan, tmp_path / "out", studio))
    with monkeypatch.context() as patched:
        patched.setitem(__import__("sys").modules, "onnxscript", None)
        with pytest.raises(Unavailable, match="onnxscript is not installed") as refused:
            plan_export(plan, studio)
        assert "producertwin[onnx]" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_precision_is_a_whole_folder_that_can_be_checked(exported: Path, tmp_path: Path) -> None:
    for precision in ALL.split(","):
        folder = exported / precision
        told = json.loads((folder / "export.json").read_text())
        assert told["precision"] == precision
        assert len(told["graphs"]) == 9
        assert told["adapter"]["producer"] == "Mara Vale"
        assert str(exported.parent) not in (folder / "export.json").read_text()
        assert differing(folder) == []
        assert {path.name for path in folder.iterdir()} >= {"twin.json", "instrument.json", "constants.safetensors", "tokenizer"}
        for graph in folder.glob("*.onnx"):
            assert b"producertwin/" not in graph.read_bytes()
    path = exported / "int8" / "transformer.onnx"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    assert differing(exported / "int8") == ["transformer.onnx"]
    path.write_bytes(content)


@pytest.mark.thorough
@pytest.mark.usefixtures("few")
def test_the_check_of_weights_reads_graphs_too(plan: ExportPlan, studio: Studio, root: Path) -> None:
    out = root / "looked-at"
    finish(export(plan.model_copy(update={"precision": ("fp32",)}), out, studio))
    found = check(str(out), studio.settings)
    assert (found.files, found.problems, found.graphs) == (len(QUICK) + 1, (), True)
    (out / f"{QUICK[0]}.onnx").write_bytes(b"x")
    (out / "constants.safetensors").unlink()
    told = check(str(out), studio.settings).problems
    assert any("constants.safetensors is missing" in one for one in told) and any(QUICK[0] in one for one in told)


def bits_of(path: Path) -> set[int]:
    """How many bits the numbers have that stand in blocks."""
    import onnx

    nodes = onnx.load(str(path)).graph.node
    return {one.i for node in nodes if node.op_type == "MatMulNBits" for one in node.attribute if one.name == "bits"}


@pytest.mark.slow
def test_floors_are_kept_in_the_numbers_that_a_graph_holds(exported: Path) -> None:
    from producertwin.release.export.precisions import stored_types

    for path in sorted((exported / "int4").glob("*.onnx")):
        kinds = set(stored_types(path))
        if path.stem in FINEST_ALLOWED:
            assert kinds <= {"FLOAT", "FLOAT16"}, path.stem
        elif path.stem == "condition_encoder":
            assert "INT8" in kinds and bits_of(path) == {8}
        else:
            assert "UINT8" in kinds, path.stem
    assert {"INT8", "UINT8"} <= set(stored_types(exported / "int8" / "transformer.onnx"))
    assert bits_of(exported / "int8" / "transformer.onnx") == {8}
    assert bits_of(exported / "int4" / "transformer.onnx") == {4, 8}
    assert set(stored_types(exported / "fp16" / "transformer.onnx")) == {"FLOAT16"}


@pytest.mark.slow
@pytest.mark.parametrize("frames", [1, 8, 9, 301])
def test_the_graph_plays_what_the_instrument_plays_with_the_twin_attached(
    exported: Path, converted: Path, twin: Path, studio: Studio, frames: int
) -> None:
    from producertwin.release.export.graphs.transformer import TransformerGraph
    from producertwin.release.export.parity import Runner

    instrument = load(str(converted), studio.settings, device="cpu", dtype=torch.float32)
    adapters.attach(instrument, adapters.read(twin), SCALE)
    draw = torch.Generator().manual_seed(1)
    inputs = {
        "latents": torch.randn(3, frames, instrument.width, generator=draw),
        "level": torch.tensor([1.0, 0.5, 0.1]),
        "condition": torch.randn(3, 20, 32, generator=draw),
        "condition_mask": torch.arange(20)[None] < torch.tensor([[20], [3], [11]]),
        "context": torch.randn(3, frames, 2 * instrument.width, generator=draw),
    }
    with torch.inference_mode():
        expected = TransformerGraph(instrument.transformer)(**inputs)
    found = torch.from_numpy(Runner(exported / "fp32" / "transformer.onnx").run(inputs)["velocity"])
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 5e-5 * max(1.0, float(expected.abs().max()))


QUICK = ("text_embedding", "audio_codebook")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two graphs that are traced in seconds, for what is the same with all."""
    pytest.importorskip("onnx")
    from producertwin.release.export.onnx_folder import GraphWork

    monkeypatch.setattr(GraphWork, "graphs", property(lambda work: tuple(graph for graph in work.known if graph.name in QUICK)))


@pytest.mark.thorough
@pytest.mark.usefixtures("few")
def test_stopped_after_every_graph_it_goes_on_to_the_same_graphs(plan: ExportPlan, studio: Studio, root: Path) -> None:
    out, kept = root / "resumed", []
    whole = finish(export(plan, root / "at once", studio)).folder
    while not out.exists():
        assert list(root.glob(".resumed*")) == []
        steps = export(plan, out, studio)
        for event in steps:
            if isinstance(event, Kept):
                kept.append(event.unit)
                steps.close()
    assert kept == ["text_embedding fp32", "text_embedding fp16", "audio_codebook fp32", "audio_codebook fp16"]
    assert not any((studio.settings.studio / "exports").iterdir())
    names = sorted(path.relative_to(whole) for path in whole.rglob("*.onnx"))
    assert len(names) == len(ALL.split(",")) * len(QUICK)
    assert [file_hash(whole / name) for name in names] == [file_hash(out / name) for name in names]


@pytest.mark.thorough
@pytest.mark.usefixtures("few")
def test_one_precision_makes_one_folder_without_another_inside(plan: ExportPlan, studio: Studio, root: Path) -> None:
    out = finish(export(plan.model_copy(update={"precision": ("fp16",)}), root / "one", studio)).folder
    assert {path.name for path in out.iterdir() if path.is_dir()} == {"tokenizer"}
    assert json.loads((out / "export.json").read_text())["precision"] == "fp16"
    assert differing(out) == []
    for graph in out.glob("*.onnx"):
        assert b"producertwin/" not in graph.read_bytes()


@pytest.mark.thorough
@pytest.mark.usefixtures("few")
def test_a_graph_that_is_too_far_from_its_module_is_refused_and_leaves_nothing(
    plan: ExportPlan, studio: Studio, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from producertwin.release.export import parity

    monkeypatch.setitem(parity.LEAST_SNR, "fp16", 190.0)  # type: ignore[attr-defined]
    with pytest.raises(BadInput, match=r"text_embedding in fp16 is .* dB from its module, of 190 dB"):
        finish(export(plan.model_copy(update={"scale": 0.3}), root / "far", studio))
    assert not (root / "far").exists()


@pytest.mark.slow
def test_weights_stand_beside_a_graph_that_is_too_large_for_one_file(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from producertwin.release.export import precisions
    from producertwin.release.export.graphs.catalogue import _TRANSFORMER as GRAPH
    from producertwin.release.export.graphs.catalogue import PRECISIONS
    from producertwin.release.export.parity import Runner

    monkeypatch.setattr(precisions, "LARGEST", 10_000)
    for precision in PRECISIONS:
        place = tmp_path / precision
        place.mkdir()
        precisions.coarsen(GRAPH, exported / "fp32" / "transformer.onnx", place / "transformer.onnx", precision)
        assert {path.name for path in place.iterdir()} == {"transformer.onnx", "transformer.onnx.data"}
        assert "velocity" in Runner(place / "transformer.onnx").outputs
