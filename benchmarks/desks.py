"""Do desks drawn at random compile, and play finite, bounded sound, the same as numpy does?

    python benchmarks/desks.py drawn.tsv [--desks 2000] [--strips 12]

A desk holds anything that the records allow, with numbers between their bounds and at them; noise at full scale and then silence
go through it. The first 4,096 samples are compared with the reference of the tests (`tests/mixing_reference.py`), in the double
precision of numpy; what the master colours by chance (hiss, crackle, wow) is left out. Each desk is a line of the file, written
when it is done: run again, it goes on with the desks that are missing.
Two of three desks have up to a third of the strips and one any number: nearly all the time goes into LLVM's code of the strips
(0.4 s of a processor each; starting a child 0.4 s, Faust's own part 0.1 s a strip, playing 0.01 s).
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from mixing_kit import draw_desk
from mixing_reference import play_reference
from producertwin.errors import TwinError
from producertwin.mixing.desk import Desk
from producertwin.mixing.engine import BLOCK, PlayLimits, open_engine
from producertwin.mixing.faust import write_faust

PATIENT = PlayLimits(cpu_seconds=600, compile_seconds=7_200.0, block_seconds=3_600.0)
"""Limits in processor time: a busy machine fails no desk."""
COMPARED = 4_096
"""Samples that are compared with the reference."""
MARGIN = 24.0
"""dB that filters with a high Q ring above their gain, and reverbs and echoes add up to, in all."""


def highest_db(desk: Desk) -> float:
    """A peak that `desk` without a limiter stays below for stems at full scale: every gain on the longest way, and `MARGIN`."""
    strips = max(_gains(strip.model_dump()) for strip in desk.strips.values())
    buses = sum(max(_gains(bus.model_dump()), 0.0) for bus in desk.buses.values())
    ways = 2 * len(desk.strips) * (1 + len(desk.buses))
    return 20 * math.log10(ways) + strips + buses + _gains(desk.master.model_dump()) + MARGIN


def _gains(part: dict[str, Any]) -> float:
    """The sum of all that is turned up in a part of a desk, dB."""
    total = 0.0
    for name, value in part.items():
        if name in ("gain", "makeup"):
            total += max(value, 0.0)
        elif name == "sends":
            total += max(0.0, *value.values()) if value else 0.0
        elif name == "transient" and value:
            total += max(value["attack"], 0.0) + max(value["sustain"], 0.0)
        elif name == "width":
            total += 6.0
        elif isinstance(value, dict):
            total += _gains(value)
        elif isinstance(value, (list, tuple)):
            total += sum(_gains(one) for one in value)
    return total


def try_desk(seed: int, strips: int) -> tuple[str, float, float]:
    """What came of desk `seed`, `good` or what was wrong, the seconds until it was compiled, by the clock, and `compare`; NaN
    where it played nothing.
    """
    desk = draw_desk(seed, most=strips if seed % 3 == 0 else max(strips // 3, 1))
    desk = desk.model_copy(update={"master": desk.master.model_copy(update={"colour": None})})
    program = write_faust(desk)
    noise = np.random.default_rng(seed).uniform(-1, 1, (program.inputs, BLOCK)).astype(np.float32)
    noise[:, BLOCK // 2 :] = 0.0
    start = time.perf_counter()
    try:
        with open_engine(program.source, limits=PATIENT) as engine:
            spent = time.perf_counter() - start
            played, said = engine.play(noise), engine.said
    except TwinError as error:
        return error.message.replace("\n", " ").replace("\t", " "), time.perf_counter() - start, math.nan
    return judge(desk, played, said), spent, compare(desk, noise, played)


def compare(desk: Desk, noise: NDArray[np.float32], played: NDArray[np.float32]) -> float:
    """The largest difference of the first samples from the reference, against its peak."""
    stems = [noise[2 * place : 2 * place + 2, :COMPARED] for place in range(len(desk.strips))]
    wanted = play_reference(desk, stems)
    return float(np.abs(played[:, :COMPARED] - wanted).max() / max(float(np.abs(wanted).max()), 1e-3))


def judge(desk: Desk, played: NDArray[np.float32], said: str) -> str:
    """`good`, or what is wrong with what was `played` and what the compiler `said`."""
    if said:
        return f"the compiler warns: {said.splitlines()[0]}"
    if not np.isfinite(played).all():
        return "not finite"
    peak = float(np.abs(played).max())
    if desk.master.limiter is not None and peak > 10 ** (desk.master.limiter.ceiling / 20):
        return "above its ceiling"
    if peak > 10 ** (highest_db(desk) / 20):
        return f"a peak of {20 * math.log10(peak):.0f} dB, above {highest_db(desk):.0f} dB"
    return "good"


def main() -> None:
    """Try the desks that are missing, and print what came of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--desks", type=int, default=2_000)
    parser.add_argument("--strips", type=int, default=12)
    asked = parser.parse_args()
    lines = asked.file.read_text(encoding="utf-8").splitlines(keepends=True) if asked.file.exists() else []
    rows = [line.rstrip("\n").split("\t") for line in lines if line.endswith("\n")]
    asked.file.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")  # without a line that was cut off
    done = {row[0] for row in rows}
    with asked.file.open("a", encoding="utf-8") as file:
        for seed in range(asked.desks):
            if str(seed) not in done:
                found, spent, apart = try_desk(seed, asked.strips)
                rows.append([str(seed), f"{spent:.2f}", found, f"{apart:.2e}"])
                file.write("\t".join(rows[-1]) + "\n")
                file.flush()
    wrong = [row for row in rows if row[2] != "good"]
    times = [float(row[1]) for row in rows]
    print(f"{len(rows)} desks, {len(rows) - len(wrong)} good; started and compiled in {median(times):.1f} s (median), "
          f"{max(times):.1f} s at most")  # fmt: skip
    apart = sorted(float(row[3]) for row in rows if row[2] == "good")
    steps = ", ".join(f"{share:.0%} within {apart[math.ceil(share * len(apart)) - 1]:.1e}" for share in (0.5, 0.9, 0.99, 1.0))
    print(f"differences from the reference against its peak: {steps}" if apart else "nothing was compared")
    for row in wrong:
        print(f"desk {row[0]}: {row[2]}")


if __name__ == "__main__":
    main()
