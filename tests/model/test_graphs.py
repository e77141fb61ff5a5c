"""A folder of graphs is played by onnxruntime: every task, without torch, and whatever is wrong with it is told first."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_kit import chord

from graphs_kit import carry_phases, remember, write_graph, write_graphs
from producertwin.errors import BadInput, TwinError, Unavailable
from producertwin.model.graphs.instrument import GraphInstrument
from producertwin.model.graphs.opening import open_graphs
from producertwin.model.graphs.runtime import choose_graph_device
from producertwin.model.sampling import codec, engine
from producertwin.model.sampling.encodings import Encodings
from producertwin.model.sampling.request import InputSound, Metas, Morph, Request, Sampling, StartPoint
from producertwin.model.tasks import Task
from producertwin.model.variants import catalogue
from producertwin.model.variants.load import load
from producertwin.settings import Settings
from producertwin.timebase import HOP

pytest.importorskip("onnxruntime")
SOURCE = InputSound(chord(5.2))
REQUESTS = {
    "text2music": Request("lofi, rainy", 5.2, 3, metas=Metas.of(90, "A minor", 4)),
    "cover": Request("techno", 5.2, 3, Task.COVER, source=SOURCE, cover_strength=0.5),
    "cover of latents": Request("techno", 5.2, 3, Task.COVER, source=SOURCE, follow="latents", cover_noise=0.4),
    "cover of codes": Request("techno", 5.2, 3, Task.COVER, codes=tuple(range(100, 126))),
    "repaint": Request("techno", 5.2, 3, Task.REPAINT, source=SOURCE, windows=((2.0, 3.0),)),
    "extract": Request("", 5.2, 3, Task.EXTRACT, source=SOURCE, stems=("drums",)),
    "lego": Request("bass", 5.2, 3, Task.LEGO, source=SOURCE, stems=("bass",)),
    "complete": Request("drums", 5.2, 3, Task.COMPLETE, source=SOURCE, stems=("drums", "bass")),
    "refine": Request("lofi", 5.2, 3, start=StartPoint(SOURCE, 0.5)),
    "morph": Request("techno", 5.2, 3, morph=Morph(SOURCE, "lofi")),
    "every way of sampling": Request(
        "lofi",
        5.2,
        3,
        references=(chord(8.0),),
        sampling=Sampling(
            sampler="sde", guidance_mode="adg", velocity_clamp=2.0, velocity_ema=0.2, dcw="double", dcw_wavelet="db3",
            retake_seed=8, retake_variance=0.2,
        ),
    ),
    "heun": Request("lofi", 5.2, 3, sampling=Sampling(sampler="heun", guidance_interval=(0.3, 0.9))),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_graphs(tmp_path_factory.mktemp("graphs") / "simple")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu", offline=True)


@pytest.fixture(scope="module")
def graphs(folder: Path, here: Settings) -> GraphInstrument:
    return open_graphs(folder, here)


def test_a_decoder_that_carries_phases_gives_a_long_take_whole(tmp_path: Path, here: Settings) -> None:
    """Its tiles, however memory is, sound as what all frames before have gained, and no tile's context counts twice."""
    folder = write_graphs(tmp_path / "carrying")
    carry_phases(folder)
    instrument = open_graphs(folder, here)
    latents = np.random.default_rng(4).standard_normal((1, 700, 4)).astype(np.float32)
    sound = codec.decode(instrument, latents, tile=100)
    assert sound.shape == (2, 700 * HOP)
    levels = np.abs(sound.reshape(2, 700, HOP)).max(2)
    cycles = np.cumsum(latents[0, :, :2].astype(np.float64), 0).T
    assert np.allclose(levels, np.abs(np.sin(2 * np.pi * cycles)), atol=1e-3)


@pytest.mark.parametrize("what", REQUESTS)
def test_every_task_is_played_and_a_seed_is_the_same_take(graphs: GraphInstrument, what: str) -> None:
    request = REQUESTS[what]
    assert what.split()[0] in ("refine", "morph", "every", "heun") or request.task == what.split()[0]
    first, again, other = engine.generate(graphs, [request, request, replace(request, seed=4)])
    assert first.audio.shape == (2, round(5.2 * 48_000))
    assert np.isfinite(first.audio).all()
    assert np.abs(first.audio).max() > 0.1
    assert np.array_equal(first.audio, again.audio)
    assert np.array_equal(first.latents, again.latents)
    assert not np.array_equal(first.latents, other.latents)
    together = engine.generate(graphs, [request, replace(request, seed=4)], max_batch=2)
    assert np.allclose(together[1].latents, other.latents, atol=1e-5)


def test_what_is_kept_of_a_repaint_is_the_source_sample_for_sample(graphs: GraphInstrument) -> None:
    assert SOURCE.audio is not None
    [take] = engine.generate(graphs, [REQUESTS["repaint"]])
    assert np.array_equal(take.audio[:, :96_000], SOURCE.audio[:, :96_000])
    assert np.array_equal(take.audio[:, 144_000:], SOURCE.audio[:, 144_000 : take.audio.shape[1]])
    assert not np.allclose(take.audio[:, 96_000:144_000], SOURCE.audio[:, 96_000:144_000], atol=1e-3)


def test_what_was_encoded_is_not_encoded_again(graphs: GraphInstrument) -> None:
    kept = replace(graphs, encodings=Encodings())
    plain, first, again = (engine.generate(one, [REQUESTS["refine"]])[0].latents for one in (graphs, kept, kept))
    assert kept.encodings is not None
    assert kept.encodings.bytes > 0
    assert np.array_equal(plain, first)
    assert np.array_equal(first, again)


def test_tiles_of_a_sound_are_the_whole_sound(graphs: GraphInstrument) -> None:
    sound = chord(12.0)
    assert np.allclose(codec.encode(graphs, sound, tile=128), codec.encode(graphs, sound, tile=4000), atol=1e-6)
    latents = codec.encode(graphs, sound)
    assert np.allclose(codec.decode(graphs, latents, tile=128), codec.decode(graphs, latents, tile=4000), atol=1e-6)


def test_codes_go_there_and_back(graphs: GraphInstrument) -> None:
    codes = engine.read_codes(graphs, SOURCE)
    assert len(codes) == 26
    assert all(0 <= code < 64_000 for code in codes)


def test_a_singer_is_told_that_times_of_lines_are_not_known(graphs: GraphInstrument) -> None:
    [take] = engine.generate(graphs, [Request("lofi", 5.2, 3, lyrics="[verse]\nRain on the window")])
    assert take.lyric_times is None
    assert any("times of its lines are not known" in text for text in take.warnings)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def turn_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def change(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewrite(folder: Path, name: str, other: str) -> None:
    """Give the file of graph `name` the content of another graph, and vouch for it."""
    shutil.copyfile(folder / f"{other}.onnx", folder / f"{name}.onnx")
    remember(folder)


def age(folder: Path) -> None:
    write_graph(folder / "transformer.onnx", opset=99)
    remember(folder)


def spoil(folder: Path) -> None:
    (folder / "transformer.onnx").write_bytes(b"\x00" * 500)
    remember(folder)


FAULTS: dict[str, tuple[Callable[[Path], object], type[TwinError], str]] = {
    "a missing graph": (lambda f: (f / "transformer.onnx").unlink(), Unavailable, "transformer.onnx is missing"),
    "a missing tokenizer": (lambda f: (f / "tokenizer/tokenizer.json").unlink(), Unavailable, "tokenizer.json is missing"),
    "missing checksums": (lambda f: (f / "checksums.json").unlink(), Unavailable, "checksums.json is missing"),
    "a graph that is cut short": (lambda f: cut(f / "transformer.onnx"), BadInput, "transformer.onnx is not what was exported"),
    "a turned bit": (lambda f: turn_a_bit(f / "codec_decoder.onnx"), BadInput, "codec_decoder.onnx is not what was exported"),
    "constants cut short": (lambda f: cut(f / catalogue.GRAPH_CONSTANTS), Unavailable, "constants.safetensors"),
    "a damaged record": (lambda f: (f / catalogue.EXPORT_RECORD).write_text("{"), TwinError, "export.json"),
    "a record of another kind": (lambda f: change(f / catalogue.EXPORT_RECORD, precision="bf16"), BadInput, "precision"),
    "a record without a graph": (lambda f: change(f / catalogue.EXPORT_RECORD, graphs={}), BadInput, "does not name the graph"),
    "facts of another version": (lambda f: change(f / catalogue.GRAPHS, schema="twin.graphs/9"), BadInput, "schema"),
    "another sample rate": (lambda f: change(f / catalogue.GRAPHS, sample_rate=44_100), BadInput, "sample_rate is 44100"),
    "another width": (lambda f: change(f / catalogue.GRAPHS, width=64), BadInput, "put together of two instruments"),
    "another graph by that name": (lambda f: rewrite(f, "transformer", "text_encoder"), BadInput, "is another graph"),
    "a later opset": (age, BadInput, "cannot be opened by onnxruntime"),
    "what is no graph": (spoil, BadInput, "cannot be opened by onnxruntime"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_every_fault_of_a_folder_is_told_with_a_remedy(folder: Path, here: Settings, tmp_path: Path, what: str) -> None:
    spoil_it, kind, words = FAULTS[what]
    copy = shutil.copytree(folder, tmp_path / "copy")
    spoil_it(copy)
    with pytest.raises(kind, match=words) as refused:
        engine.generate(open_graphs(copy, here), [REQUESTS["text2music"]])
    assert refused.value.remedy


def test_graphs_of_another_width_are_told_by_their_own_axes(folder: Path, here: Settings, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    wide = open_graphs(copy, here)
    wide.runtime.width = 64
    with pytest.raises(BadInput, match="its latents are 4 wide, and these are 64"):
        wide.runtime.open_graph("transformer")


def test_without_onnxruntime_or_its_device_nothing_is_opened(
    folder: Path, here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable, match="device cuda:1 is not here") as refused:
        open_graphs(folder, here.model_copy(update={"device": "cuda:1"}))
    assert "onnxruntime-gpu" in refused.value.remedy
    with pytest.raises(Unavailable, match="not played on mps"):
        choose_graph_device("mps")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert (choose_graph_device("auto").provider, choose_graph_device("cpu").threads) == ("CPUExecutionProvider", 3)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Unavailable, match="onnxruntime is not installed") as missing:
        open_graphs(folder, here)
    assert "producertwin[onnx]" in missing.value.remedy


def test_graphs_are_no_weights_and_of_several_precisions_one_is_named(folder: Path, here: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can be played and nothing else"):
        load(str(folder), here)
    for precision in ("fp32", "int8"):
        shutil.copytree(folder, tmp_path / "all" / precision)
    with pytest.raises(BadInput, match="several precisions") as refused:
        catalogue.layout(tmp_path / "all")
    assert "all/fp32" in refused.value.remedy
    assert catalogue.layout(tmp_path / "all" / "int8") == "graphs"
