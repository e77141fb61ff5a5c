"""Everything that needs a GPU, in one run of at most eight minutes: speed, utilisation, memory, equality with a CPU, the tests.

    bash runs/gpu.sh [--out runs/out/gpu.json] [--budget 480] [--only takes training ...] [--small]

Prints a row when it is measured, a table at the end, and keeps the JSON file up to date meanwhile. A part that runs out of time
says what it left out; one that fails is recorded with its error, and the rest goes on. Ends with 1 when anything failed.
`--small` walks through all of it with a small geometry, on a CPU too.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from gpu import checks, learning, machine, models, shipped, takes
from gpu.report import Report, Row
from producertwin.model.variants.load import choose_device

Take, Train = takes.Case, learning.Case
EAGER, COMPILED, GRAPH, BOTH = "eager", "compiled", "graph", "compiled+graph"
TURBO_2B = (
    Take(60, 1, BOTH, needs=30), Take(60, 1, GRAPH), Take(60, 1, EAGER), Take(60, 8, EAGER), Take(60, 8, COMPILED, needs=25),
    Take(240, 1, BOTH, needs=30), Take(60, 1, COMPILED, needs=20), Take(240, 1, EAGER), Take(240, 8, EAGER, needs=25),
    Take(240, 8, COMPILED, take=False, needs=35),
)  # fmt: skip
TURBO_4B = (
    Take(60, 1, BOTH, needs=30), Take(60, 1, GRAPH), Take(60, 1, EAGER), Take(60, 8, COMPILED, take=False, needs=30),
    Take(240, 1, EAGER), Take(240, 8, EAGER, take=False, needs=15),
)  # fmt: skip
BASE_2B = (
    Take(60, 1, BOTH, needs=35), Take(60, 1, GRAPH), Take(60, 1, EAGER, needs=15), Take(240, 1, COMPILED, needs=45),
    Take(60, 8, EAGER, take=False, steps=10, needs=15), Take(240, 8, EAGER, take=False, steps=4, needs=20),
)  # fmt: skip
BASE_4B = (
    Take(60, 1, GRAPH, take=False, steps=20, needs=15), Take(60, 1, EAGER, take=False, steps=20, needs=15),
    Take(240, 1, EAGER, take=False, steps=10, needs=15),
)  # fmt: skip
TRAIN_2B = (
    Train(32, 4, mode=GRAPH), Train(32, 4, mode=BOTH, needs=45), Train(32, 4), Train(32, 4, mode=COMPILED),
    Train(32, 4, checkpointing=True, mode=BOTH, needs=20), Train(256, 4, mode=BOTH, needs=30), Train(32, 8, mode=BOTH, needs=20),
    Train(32, 1, mode=GRAPH), Train(32, 4, checkpointing=True, mode=GRAPH), Train(32, 4, checkpointing=True), Train(256, 4),
    Train(32, 1), Train(32, 4, eight_bit=True),
)  # fmt: skip
SMALL_TAKES = (Take(4, 1, BOTH), Take(4, 1, GRAPH), Take(4, 1, EAGER), Take(4, 2, COMPILED, needs=20))
SMALL_BASE = (Take(4, 1, EAGER, take=False, steps=5),)
SMALL_TRAIN = (
    Train(4, 1), Train(4, 1, mode=GRAPH), Train(4, 1, mode=BOTH), Train(4, 1, checkpointing=True, mode=BOTH),
    Train(4, 1, checkpointing=True), Train(4, 1, eight_bit=True),
)  # fmt: skip


@dataclass
class Bench:
    """One run."""

    report: Report
    device: torch.device
    dtype: torch.dtype
    small: bool
    top: machine.Ceilings | None = None

    def ceilings(self) -> None:
        """The machine's own."""

        def work() -> dict[str, object]:
            self.top = machine.ceilings(self.device, self.dtype)
            return {"tflops": round(self.top.flops / 1e12, 2), "gbytes_per_s": round(self.top.bytes / 1e9, 1)}

        self.report.case({"dtype": str(self.dtype).removeprefix("torch.")}, work)

    def takes(self, geometry: str, variant: str, wanted: tuple[takes.Case, ...]) -> None:
        """Rows of one instrument."""
        if self.top is None:
            return self.report.skip("the machine's ceilings are not known")
        instrument = models.instrument(geometry, variant, self.device, self.dtype)
        takes.cases(self.report, instrument, wanted, self.top, 1 if self.small else 3)
        return None

    def training(self, geometry: str, wanted: tuple[learning.Case, ...], seconds: int) -> None:
        """Rows of training."""
        if self.top is None:
            return self.report.skip("the machine's ceilings are not known")
        instrument = models.instrument(geometry, "base", self.device, self.dtype)
        learning.cases(self.report, instrument, wanted, seconds, self.top, 2 if self.small else 5)
        return None

    def parts(self) -> dict[str, tuple[str, float, Callable[[], None]]]:
        """What there is to measure, what matters most first: name, title, seconds, work."""
        big, xl = ("small", "small") if self.small else ("2B", "4B")
        turbo = SMALL_TAKES if self.small else TURBO_2B
        base = SMALL_BASE if self.small else BASE_2B
        train, crop = (SMALL_TRAIN, 4) if self.small else (TRAIN_2B, 60)
        found = {
            "ceilings": ("ceilings of the machine", 20.0, self.ceilings),
            "takes": (f"{big} turbo, 8 steps", 150.0, lambda: self.takes(big, "turbo", turbo)),
            "training": (f"{big} training, crops of {crop} s", 130.0, lambda: self.training(big, train, crop)),
            "profile": (f"{big}: where a step's time goes", 30.0, lambda: self.profile(big)),
            "nano": ("nano, and equality with a CPU", 60.0, self.nano),
            "tests": ("tests marked gpu", 90.0, lambda: checks.cases(self.report, device=self.device.type)),
            "takes-4b": (f"{xl} turbo, 8 steps", 60.0, lambda: self.takes(xl, "xl-turbo", TURBO_4B)),
            "base": (f"{big} base, 50 guided steps", 70.0, lambda: self.takes(big, "base", base)),
            "base-4b": (f"{xl} base, 50 guided steps", 30.0, lambda: self.takes(xl, "xl-base", BASE_4B)),
        }
        return {name: part for name, part in found.items() if not (self.small and name.endswith("-4b"))}

    def profile(self, geometry: str) -> None:
        """Kernels of a walk and of a training step, played alone and compiled as well."""
        instrument = models.instrument(geometry, "turbo", self.device, self.dtype)
        if self.device.type != "cuda":
            return self.report.skip("only a GPU has kernels to count")
        for mode in (BOTH, GRAPH):
            walk: Row = {"work": "8 denoising steps, 60 s", "mode": mode}
            step: Row = {"work": "training, rank 32, 4 crops of 60 s", "mode": mode}
            self.report.case(walk, lambda mode=mode: takes.profile(instrument, 60, mode))
            self.report.case(step, lambda mode=mode: learning.profile(instrument, Train(32, 4, mode=mode), 60))
        return None

    def nano(self) -> None:
        """Rows of what is shipped."""
        shipped.cases(self.report, self.device, 10.0 if self.small else 60.0, 2 if self.small else 8)


def _about(device: torch.device) -> dict[str, object]:
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version(), "torch": torch.__version__}
    for name in ("transformers", "peft", "triton"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    named = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    return {"device": named, "versions": versions, "goals": {"turbo walk, floors": takes.GOAL, "training": learning.GOAL}}


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/out/gpu.json"))
    parser.add_argument("--budget", type=float, default=480.0, help="seconds for everything")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--only", nargs="+", default=[], metavar="PART")
    parser.add_argument("--small", action="store_true", help="a small geometry, to try the run itself")
    asked = parser.parse_args()
    device = choose_device(asked.device)
    if device.type == "cpu" and not asked.small:
        parser.error("there is no GPU here; --small walks through the run on a CPU")
    bench = Bench(
        Report(asked.out, asked.budget), device, torch.bfloat16 if device.type == "cuda" else torch.float32, asked.small
    )
    report, parts = bench.report, bench.parts()
    if unknown := set(asked.only) - parts.keys():
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    report.about = _about(device) | {"small": asked.small}
    print(report.about, flush=True)
    for name, (title, seconds, work) in parts.items():
        if name == "ceilings" or not asked.only or name in asked.only:
            report.measure(name, title, seconds, work)
    report.table()
    print(f"\nwritten to {asked.out}")
    return int(report.failed)


if __name__ == "__main__":
    sys.exit(main())
