"""Size, nearness and speed of every ONNX graph beside torch, on the CPU, in one run.

python benchmarks/onnx_graphs.py [--variant nano] [--frames 250] [--threads 1]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from producertwin.model.variants.catalogue import find_weights
from producertwin.model.variants.stored_parts import read_diffusers
from producertwin.progress import finish
from producertwin.release.export.graph_sizes import transformer_bytes
from producertwin.release.export.graphs.catalogue import PRECISIONS
from producertwin.release.export.onnx_folder import GraphWork, Source, write_onnx
from producertwin.release.export.parity import Runner
from producertwin.settings import Settings

REPEATS = 5


def fastest(work: Callable[[], object]) -> float:
    """Milliseconds of the processor in the fastest of some runs, after one that is not counted."""
    work()
    found = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return 1000 * min(found)


def measure(variant: str, frames: int, threads: int) -> None:
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as room:
        folder, remedy, card = find_weights(variant, Settings(studio=Path(room) / "studio", device="cpu"))
        stored = read_diffusers(folder, remedy)
        source, out = Source(stored.parts, stored.tokenizer, card, variant), Path(room) / "graphs"
        finish(write_onnx(source, PRECISIONS, out, Path(room) / "staging", {}))
        work = GraphWork(source, Path(room) / "none")
        work.examples.shapes = ((1, frames),)
        print(f"{variant}, {frames} frames ({frames / 25:g} s), {threads} thread(s), fastest of {REPEATS}; torch in fp32\n")
        print("| graph | precision | MB | signal to error, dB | onnxruntime, ms | torch, ms | ratio |")
        print("|---|---|---|---|---|---|---|")
        for graph in work.graphs:
            inputs = work.examples.of(graph)[0][0]
            module = work.build(graph)
            with torch.inference_mode():
                torch_ms = fastest(lambda module=module, inputs=inputs: module(**inputs))
            shown = set()
            for precision in PRECISIONS:
                told = json.loads((out / precision / "export.json").read_text())["graphs"][graph.name]
                if told["precision"] in shown:
                    continue
                shown.add(told["precision"])
                runner = Runner(out / precision / told["file"], threads=threads)
                ms = fastest(lambda runner=runner, inputs=inputs: runner.run(inputs))
                figures = (
                    f"{told['bytes'] / 1e6:.2f} | {told['parity']['snr_db']} | {ms:.1f} | {torch_ms:.1f} | {ms / torch_ms:.2f}"
                )
                print(f"| {graph.name} | {told['precision']} | {figures} |")
        shapes = {name: tuple(tensor.shape) for name, tensor in work.source.parts["transformer"].state.items()}
        print("\n| transformer by arithmetic | MB |\n|---|---|")
        for precision in PRECISIONS:
            print(f"| {variant}, {precision} | {transformer_bytes(shapes, precision) / 1e6:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", default="nano")
    parser.add_argument("--frames", type=int, default=250)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    measure(asked.variant, asked.frames, asked.threads)
