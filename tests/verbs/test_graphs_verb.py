"""Verbs that play a folder of ONNX graphs: the take's record says what played it, a replay makes it again, torch stays out."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graphs_kit import remember, write_graphs
from producertwin.errors import BadInput
from producertwin.library import Take
from producertwin.pipeline.stages import Generate
from producertwin.progress import finish
from producertwin.verbs.export import ExportPlan, plan_export
from producertwin.verbs.make import make, plan_make
from producertwin.verbs.replay import replay
from producertwin.verbs.studio import Studio

pytest.importorskip("onnxruntime")
SECONDS = 5.2
FORBIDDEN = {"torch", "diffusers", "peft", "transformers", "accelerate"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_graphs(tmp_path_factory.mktemp("graphs") / "simple")


def plan_of(folder: Path, **play: Any) -> Generate:
    given = {"variant": str(folder), "seed": 5, **play}
    return Generate.model_validate({"prompt": {"caption": "lofi"}, "seconds": SECONDS, "guide": "none", "play": given})


def made(folder: Path, studio: Studio, **play: Any) -> Take:
    [one] = finish(make(plan_of(folder, **play), studio))
    return one.take


def test_a_take_says_what_played_it_and_a_replay_makes_its_bytes(folder: Path, studio: Studio) -> None:
    take = made(folder, studio)
    assert take.made is not None
    assert (take.made.engine, take.made.precision, take.made.provider) == ("onnx", "fp32", "CPUExecutionProvider")
    assert {"onnxruntime", "tokenizers"} <= take.made.versions.keys()
    assert (take.variant, take.revision[:3]) == ("simple", "b2:")
    assert take.genuine
    again = finish(replay(take.id, studio))
    assert again.same_bytes
    assert again.differences == ()
    shown = json.loads(take.model_dump_json())["made"]
    assert shown["engine"] == "onnx"


def test_a_take_of_torch_reads_and_writes_as_before(studio: Studio) -> None:
    take = made(Path("tiny"), studio, steps=2)
    assert take.made is not None
    assert (take.made.engine, take.made.precision) == ("torch", None)
    assert {"engine", "precision", "provider"}.isdisjoint(json.loads(take.model_dump_json())["made"])


def test_a_replay_tells_that_graphs_are_others_now(folder: Path, studio: Studio, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    take = made(copy, studio)
    shutil.copyfile(copy / "text_encoder.onnx", copy / "kept")
    record = json.loads((copy / "export.json").read_text())
    (copy / "export.json").write_text(json.dumps(record | {"precision": "int8"}))
    (copy / "kept").rename(copy / "text_encoder.onnx.data")
    remember(copy)
    with_others = Studio(studio.settings, studio.library)
    found = finish(replay(take.id, with_others))
    assert any(text.startswith("simple was b2:") for text in found.differences)
    assert "it was in precision fp32, and now int8" in found.differences


def test_what_graphs_cannot_do_is_said(folder: Path, studio: Studio, tmp_path: Path) -> None:
    plan = finish(plan_make(plan_of(folder), studio))
    assert plan.takes == 1
    (tmp_path / "mara").mkdir()
    (tmp_path / "mara" / "adapter_config.json").write_text("{}")
    (tmp_path / "mara" / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(BadInput, match="mara cannot be attached to ONNX graphs") as refused:
        made(folder, studio, adapters=[str(tmp_path / "mara")])
    assert "twin export" in refused.value.remedy
    with pytest.raises(BadInput, match="can be played and nothing else"):
        finish(studio.load_instrument(str(folder)))
    with pytest.raises(BadInput, match="can be played and nothing else"):
        plan_export(ExportPlan(name=str(folder)), studio)


RUN = """
import contextlib, sys
from producertwin.cli.main import main
for line in {lines!r}:
    sys.argv = ["twin", *line]
    with contextlib.redirect_stdout(sys.stderr):
        try:
            main()
        except SystemExit as stop:
            assert not stop.code, (line, stop.code)
print(*sorted({{name.split(".")[0] for name in sys.modules}}))
"""


@pytest.mark.thorough
def test_every_task_is_played_in_a_process_without_torch(folder: Path, tmp_path: Path) -> None:
    song = str(tmp_path / "song.flac")
    play = ["--seed", "3", "--variant", str(folder)]
    lines = [
        ["make", "lofi, rainy", "--duration", str(SECONDS), *play, "-o", song],
        ["edit", "refine", song, *play],
        ["edit", "cover", song, "--caption", "techno", *play],
        ["edit", "repaint", song, "--start", "2", "--end", "3", *play],
        ["edit", "extract", song, "--stem", "drums", "--anyway", *play],
        ["edit", "lego", song, "--stem", "bass", "--caption", "bass", *play],
        ["edit", "complete", song, "--stem", "drums", "--caption", "drums", *play],
        ["edit", "morph", song, "--caption", "techno", *play],
        ["takes", "list"],
    ]
    for line in lines:
        line += ["--studio", str(tmp_path / "studio")]
    code = RUN.format(lines=lines)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = set(done.stdout.split())
    assert "onnxruntime" in loaded
    assert loaded.isdisjoint(FORBIDDEN)
