"""How fast a desk plays, beside the same graph compiled to native code, and what it needs of memory.

    python benchmarks/mixing.py [--strips 8] [--seconds 180] [--rounds 5]

Every strip is full: high-pass, gate, two shelves, two bells, compressor, saturation, transient and two sends; behind them a
reverb, an echo and a glued, limited master. The same blocks are played in turns, in processor time: by the engine as it plays a
mix (effect by effect), by the engine with the desk's Faust as one program, and by that Faust as native code (Debian's `faust` to
C++, `g++ -O3`; left out where one is missing). Memory is what the child needs at its most, after 10 s and after all.
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
from dataclasses import asdict
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from timing import in_turns

from producertwin.mixing.desk import Desk, read_desk
from producertwin.mixing.engine import BLOCK, open_engine
from producertwin.mixing.faust import write_faust
from producertwin.mixing.faust_child import Move, Request, compile_source, play_block, prepare
from producertwin.mixing.schedule import Schedule, schedule_desk
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


def read_memory(schedule: Schedule, seconds: float) -> tuple[float, float]:
    """MiB that the child needed at its most, and times realtime by the clock with all that goes through its pipes."""
    block = np.random.default_rng(0).normal(0, 0.1, (schedule.inputs, BLOCK)).astype(np.float32)
    count = max(round(seconds * SAMPLE_RATE / BLOCK), 1)
    with open_engine(schedule) as engine:
        start = time.perf_counter()
        for _ in range(count):
            engine.play(block)
        spent = time.perf_counter() - start
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, count * BLOCK / SAMPLE_RATE / spent


def prepare_engine(schedule: Schedule, block: Block) -> tuple[list[Move], Block]:
    """What the child plays `block` by, and the channels in which it does."""
    factories = {name: compile_source(source)[0] for name, source in schedule.programs.items()}
    moves, _ = prepare(factories, Request(schedule.programs, asdict(schedule), SAMPLE_RATE, 0, 0))
    channels = np.zeros((schedule.channels, BLOCK), np.float32)
    channels[: schedule.inputs] = block
    return moves, channels


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strips", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    desk = full_desk(asked.strips)
    program, schedule = write_faust(desk), schedule_desk(desk)
    memory = [read_memory(schedule, seconds) for seconds in (10.0, asked.seconds)]
    block = np.random.default_rng(0).normal(0, 0.1, (program.inputs, BLOCK)).astype(np.float32)
    start = time.process_time()
    moves, channels = prepare_engine(schedule, block)
    compiled = time.process_time()
    factory, _ = compile_source(program.source)
    compiling = compiled - start, time.process_time() - compiled
    whole = factory.create_dsp_instance()
    whole.init(SAMPLE_RATE)
    heard, native_heard = np.zeros((2, BLOCK), np.float32), np.zeros((2, BLOCK), np.float32)
    blocks = max(round(asked.seconds * SAMPLE_RATE / BLOCK / 4), 1)
    with tempfile.TemporaryDirectory() as folder:
        native = build_native(program.source, Path(folder))
        works: dict[str, Callable[[], object]] = {
            "engine, effect by effect": lambda: [play_block(moves, channels) for _ in range(blocks)],
            "engine, one program": lambda: [whole.compute(BLOCK, block, heard) for _ in range(blocks)],
        }
        if native is not None:
            works["native"] = lambda: [native(block, native_heard) for _ in range(blocks)]
        spent = in_turns(works, asked.rounds, torch.device("cpu"))
    sounds = blocks * BLOCK / SAMPLE_RATE
    print(f"{asked.strips} full strips; compiled in {compiling[0]:.1f} s, as one program in {compiling[1]:.1f} s; "
          f"{sounds:.0f} s of sound a turn, {asked.rounds} turns\n")  # fmt: skip
    print("| what plays | times realtime, median | best |\n|---|---|---|")
    for name, times in spent.items():
        print(f"| {name} | {sounds / median(times):.1f} | {sounds / min(times):.1f} |")
    mine, *others = spent.items()
    print()
    for name, times in others:
        ratio = median(one / other for one, other in zip(mine[1], times, strict=True))
        apart = np.abs(channels[list(schedule.gives)] - (native_heard if name == "native" else heard)).max()
        print(f"{mine[0]}, takes {ratio:.2f} times as long as {name}; largest difference of the last block: {apart:.1e}")
    for seconds, (size, speed) in zip((10.0, asked.seconds), memory, strict=True):
        print(f"{seconds:.0f} s through the child: {size:.0f} MiB at its most, {speed:.1f} times realtime by the clock")


if __name__ == "__main__":
    main()
