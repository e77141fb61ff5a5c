"""How fast a desk plays, beside the same graph compiled to native code, and what it needs of memory.

    python benchmarks/mixing.py [--strips 8] [--seconds 180] [--rounds 5]

Every strip is full: high-pass, gate, two shelves, two bells, compressor, saturation, transient and two sends; behind them a
reverb, an echo and a glued, limited master. Engine and native code (Debian's `faust` to C++, `g++ -O3`; left out where one is
missing) play the same blocks in turns, in processor time. Memory is what the child needs at its most, after 10 s and after all.
"""

from __future__ import annotations

import argparse
import ctypes
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from timing import in_turns

from producertwin.mixing.desk import Desk, read_desk
from producertwin.mixing.engine import BLOCK, open_engine
from producertwin.mixing.faust import write_faust
from producertwin.mixing.faust_child import compile_source
from producertwin.timebase import SAMPLE_RATE

STRIP = {
    "high_pass": {"hz": 80},
    "gate": {},
    "low_shelf": {"hz": 150, "gain": 2},
    "high_shelf": {"hz": 6_000, "gain": 2},
    "bells": [{"hz": 400, "gain": -3}, {"hz": 2_500, "gain": 2}],
    "compressor": {},
    "saturation": {},
    "transient": {"attack": 3, "sustain": -2},
    "sends": {"room": -12, "echo": -18},
}
FRAME = """
#include <cmath>
#include <algorithm>
#ifndef FAUSTFLOAT
#define FAUSTFLOAT float
#endif
struct Meta { void declare(const char*, const char*) {} };
struct UI {
  void openVerticalBox(const char*) {} void openHorizontalBox(const char*) {} void openTabBox(const char*) {} void closeBox() {}
  void declare(FAUSTFLOAT*, const char*, const char*) {}
  void addHorizontalSlider(const char*, FAUSTFLOAT*, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT, FAUSTFLOAT) {}
};
struct dsp { virtual ~dsp() {} };
<<includeIntrinsic>>
<<includeclass>>
extern "C" void* make(int rate) { mydsp* one = new mydsp(); one->init(rate); return one; }
extern "C" void play(void* one, int count, float** in, float** out) { ((mydsp*)one)->compute(count, in, out); }
"""
Block = NDArray[np.float32]


def full_desk(strips: int) -> Desk:
    """The desk that is measured."""
    buses = {"room": {"kind": "reverb"}, "echo": {"kind": "delay"}}
    tables = {"strips": {f"s{place}": STRIP for place in range(strips)}, "buses": buses, "master": {"glue": {}}}
    return read_desk(tables, where="benchmark")


def build_native(source: str, folder: Path) -> Callable[[Block, Block], None] | None:
    """What plays a block by native code, or None without the tools."""
    if not (shutil.which("faust") and shutil.which("g++")):
        return None
    (folder / "mix.dsp").write_text(source, encoding="utf-8")
    (folder / "frame.cpp").write_text(FRAME, encoding="utf-8")
    faust = ["faust", "-ftz", "2", "-i", "-A", str(folder), "-a", "frame.cpp", "mix.dsp", "-o", "mix.cpp"]
    subprocess.run(faust, cwd=folder, check=True)
    subprocess.run(["g++", "-O3", "-march=native", "-shared", "-fPIC", "mix.cpp", "-o", "mix.so"], cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "mix.so"))
    library.make.restype = ctypes.c_void_p
    one = ctypes.c_void_p(library.make(SAMPLE_RATE))

    def play(block: Block, out: Block) -> None:
        library.play(one, block.shape[1], _rows(block), _rows(out))

    return play


def _rows(block: Block) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * len(block))(*(row.ctypes.data for row in block))


def read_memory(source: str, inputs: int, seconds: float) -> tuple[float, float]:
    """MiB that the child needed at its most, and times realtime by the clock with all that goes through its pipes."""
    block = np.random.default_rng(0).normal(0, 0.1, (inputs, BLOCK)).astype(np.float32)
    count = max(round(seconds * SAMPLE_RATE / BLOCK), 1)
    with open_engine(source) as engine:
        start = time.perf_counter()
        for _ in range(count):
            engine.play(block)
        spent = time.perf_counter() - start
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, count * BLOCK / SAMPLE_RATE / spent


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strips", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    program = write_faust(full_desk(asked.strips))
    memory = [read_memory(program.source, program.inputs, seconds) for seconds in (10.0, asked.seconds)]
    start = time.process_time()
    factory, _ = compile_source(program.source)
    compiling = time.process_time() - start
    engine = factory.create_dsp_instance()
    engine.init(SAMPLE_RATE)
    block = np.random.default_rng(0).normal(0, 0.1, (program.inputs, BLOCK)).astype(np.float32)
    heard, native_heard = np.zeros((2, BLOCK), np.float32), np.zeros((2, BLOCK), np.float32)
    blocks = max(round(asked.seconds * SAMPLE_RATE / BLOCK / 4), 1)
    with tempfile.TemporaryDirectory() as folder:
        native = build_native(program.source, Path(folder))
        works = {"engine": lambda: [engine.compute(BLOCK, block, heard) for _ in range(blocks)]}
        if native is not None:
            works["native"] = lambda: [native(block, native_heard) for _ in range(blocks)]
        spent = in_turns(works, asked.rounds, torch.device("cpu"))
    sounds = blocks * BLOCK / SAMPLE_RATE
    print(f"{asked.strips} full strips; compiled in {compiling:.1f} s; {sounds:.0f} s of sound a turn, {asked.rounds} turns\n")
    print("| what plays | times realtime, median | best |\n|---|---|---|")
    for name, times in spent.items():
        print(f"| {name} | {sounds / median(times):.1f} | {sounds / min(times):.1f} |")
    if native is not None:
        ratios = [one / other for one, other in zip(spent["engine"], spent["native"], strict=True)]
        print(f"\nthe engine takes {median(ratios):.2f} times as long as native code; largest difference of the last block: "
              f"{np.abs(heard - native_heard).max():.1e}")  # fmt: skip
    for seconds, (size, speed) in zip((10.0, asked.seconds), memory, strict=True):
        print(f"{seconds:.0f} s through the child: {size:.0f} MiB at its most, {speed:.1f} times realtime by the clock")


if __name__ == "__main__":
    main()
