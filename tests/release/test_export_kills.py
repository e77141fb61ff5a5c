"""Exports that are hard to hold: killed after every module, and weights that no single file of ONNX can hold."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from producertwin.model.weights import file_hash

pytest.importorskip("onnx")

WIDE = 23_200
"""A square matrix of so many numbers a side weighs 2.15 GB in single precision."""
EXPORT = """
import os, signal, sys
from pathlib import Path
from producertwin.progress import Kept
from producertwin.release.export.onnx_folder import GraphWork
from producertwin.settings import Settings
from producertwin.verbs.export import ExportPlan, export
from producertwin.verbs.studio import open_studio

studio, out, kill, names = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "kill", sys.argv[4:]
GraphWork.graphs = property(lambda work: tuple(graph for graph in work.known if graph.name in names))
with open_studio(Settings(studio=studio, device="cpu", offline=True)) as opened:
    plan = ExportPlan.model_validate({"name": "nano", "format": "onnx", "precision": "int8"})
    for event in export(plan, out, opened):
        if isinstance(event, Kept):
            print(event.unit, flush=True)
            if kill:
                os.kill(os.getpid(), signal.SIGKILL)
"""


def run_export(studio: Path, out: Path, *names: str, kill: bool) -> tuple[int, list[str]]:
    """Export nano's graphs of `names` in a process of its own; its exit code, and the graphs that it kept."""
    words = [sys.executable, "-c", EXPORT, str(studio), str(out), "kill" if kill else "whole", *names]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)  # shown where the test fails
    return done.returncode, done.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("text_embedding", "audio_codebook"), marks=pytest.mark.thorough, id="tables"),
        pytest.param(("text_encoder", "condition_encoder"), marks=pytest.mark.slow, id="words"),
        pytest.param(("transformer",), marks=pytest.mark.slow, id="transformer"),
        pytest.param(("audio_tokenizer", "audio_detokenizer"), marks=pytest.mark.slow, id="codes"),
        pytest.param(("codec_encoder", "codec_decoder"), marks=pytest.mark.slow, id="codec"),
    ],
)
def test_killed_after_every_module_it_goes_on_to_the_same_checksums(tmp_path: Path, names: tuple[str, ...]) -> None:
    """nano in int8: a process of its own for every graph, killed with SIGKILL as soon as the graph is kept.

    All nine graphs in turn, a few in each case.
    """
    count = len(names)
    code, units = run_export(tmp_path / "whole-studio", tmp_path / "whole", *names, kill=False)
    assert code == 0 and len(units) == count
    kept: list[str] = []
    for _ in units:
        code, told = run_export(tmp_path / "studio", tmp_path / "out", *names, kill=True)
        assert code == -signal.SIGKILL and len(told) == 1 and not (tmp_path / "out").exists()
        kept += told
    assert run_export(tmp_path / "studio", tmp_path / "out", *names, kill=True) == (0, []) and kept == units
    files = sorted(path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").rglob("*.onnx*"))
    assert len(files) >= count
    assert [file_hash(tmp_path / "whole" / name) for name in files] == [file_hash(tmp_path / "out" / name) for name in files]
    assert not any((tmp_path / "studio" / "exports").iterdir())


@pytest.mark.slow
def test_weights_above_two_gigabytes_are_written_beside_the_graph_and_read_from_there(tmp_path: Path) -> None:
    from producertwin.release.export.graphs.catalogue import Graph
    from producertwin.release.export.parity import Runner
    from producertwin.release.export.tracing import trace

    module = nn.Linear(WIDE, WIDE, bias=False, device="meta").to_empty(device="cpu").requires_grad_(False)
    module.weight.zero_().fill_diagonal_(2.0)
    module.weight[0, -1] = 3.0
    graph = Graph("wide", "wide", lambda net, _: net, {"input": ("batch", "frames", "")}, {"output": ("batch", "frames", "")})
    path = tmp_path / "wide.onnx"
    trace(graph, module, {"input": torch.zeros(2, 3, WIDE)}, path)
    assert path.stat().st_size < 1_000_000
    assert (tmp_path / "wide.onnx.data").stat().st_size >= 4 * WIDE**2 > 1 << 31
    given = torch.randn(1, 5, WIDE, generator=torch.Generator().manual_seed(1))
    expected = module(given)
    del module
    found = torch.from_numpy(Runner(path).run({"input": given})["output"])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found[..., 0], 2 * given[..., 0] + 3 * given[..., -1])
