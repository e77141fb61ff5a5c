"""The report of one run: rows under parts, a time budget for each part, what was skipped or failed, and a JSON file of it all."""

from __future__ import annotations

import json
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

Row = dict[str, Any]
GRACE = 15.0
"""Seconds after a part's time for which a case that has begun may go on."""


class Report:
    """Prints every row when it is known and keeps the file whole: a run that is cut off leaves what it measured."""

    def __init__(self, path: Path, budget: float) -> None:
        self.path, self.begun, self.end = path, time.monotonic(), time.monotonic() + budget
        self.about: Row = {}
        self.parts: dict[str, Row] = {}
        self.part, self.part_end = "", self.end
        self.failed = False

    @property
    def left(self) -> float:
        """Seconds left for this part."""
        return min(self.end, self.part_end) - time.monotonic()

    def measure(self, name: str, title: str, budget: float, work: Callable[[], object]) -> None:
        """Do a part of the run in `budget` seconds. What it raises is printed and recorded, and the run goes on."""
        self.part, start = name, time.monotonic()
        self.part_end = start + budget
        self.parts[name] = {"title": title, "budget_s": budget, "status": "measured", "rows": []}
        print(f"\n== {title} (up to {budget:.0f} s, begun at {start - self.begun:.0f} s)", flush=True)
        try:
            if self.left < 5.0:
                self.skip("the time of the whole run is up")
            else:
                work()
        except Exception as error:
            traceback.print_exc()
            self._fail(self.parts[name], error)
        finally:
            free()
            self.parts[name]["taken_s"] = round(time.monotonic() - start, 1)
            self.write()

    def skip(self, why: str) -> None:
        """Say that this part is left out."""
        self.parts[self.part]["status"] = f"skipped: {why}"
        print(f"skipped: {why}", flush=True)

    def case(self, name: Row, work: Callable[[], Row], *, needs: float = 5.0) -> Row:
        """One row: `name` and what `work` finds. Left out when fewer than `needs` seconds are left."""
        row = dict(name)
        if self.left < needs:
            row["status"] = f"skipped: {max(0.0, self.left):.0f} s are left, it needs about {needs:.0f} s"
        else:
            try:
                with _limit(self.left + GRACE):
                    row |= work()
            except TimeoutError:
                row["status"] = f"skipped: cut off {GRACE:.0f} s after the part's time was up"
            except torch.OutOfMemoryError:
                row["status"] = "skipped: the device's memory is too small for it"
            except Exception as error:
                if self.left <= -GRACE:  # a compiler wraps what cuts it off in an error of its own
                    row["status"] = f"skipped: cut off {GRACE:.0f} s after the part's time was up"
                else:
                    traceback.print_exc()
                    self._fail(row, error)
        free()
        self.parts[self.part]["rows"].append(row)
        print("  ".join(f"{key}={_shown(value)}" for key, value in row.items()), flush=True)
        self.write()
        return row

    def _fail(self, row: Row, error: Exception) -> None:
        self.failed = True
        first = (str(error).splitlines() or [""])[0]
        row["status"] = f"failed: {type(error).__name__}: {first[:300]}"

    def write(self) -> None:
        """Bring the file up to date."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = {**self.about, "taken_s": round(time.monotonic() - self.begun, 1), "parts": self.parts}
        self.path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")

    def table(self) -> None:
        """Print all rows as one table per part."""
        for part in self.parts.values():
            rows = part["rows"]
            print(f"\n{part['title']}: {part['status']} in {part.get('taken_s', 0)} s")
            names = list(dict.fromkeys(key for row in rows for key in row))
            lines = [names, *[[_shown(row.get(name, "")) for name in names] for row in rows]]
            wide = [max(len(line[at]) for line in lines) for at in range(len(names))]
            for line in lines if rows else []:
                print("  ".join(text.ljust(width) for text, width in zip(line, wide, strict=True)).rstrip())


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` in what runs longer, a compiler for instance."""

    def cut(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, cut)
    signal.setitimer(signal.ITIMER_REAL, max(1.0, seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def free() -> None:
    """Give memory back, and forget what was compiled."""
    import gc

    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def wall(work: Callable[[], Any], device: torch.device) -> float:
    """Wall seconds of `work`, the device's own work included."""
    _wait(device)
    start = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_gib(device: torch.device) -> float | None:
    """Most memory that tensors took since the last `free`."""
    return round(torch.cuda.max_memory_allocated(device) / 1024**3, 2) if device.type == "cuda" else None


def kernels(work: Callable[[], Any], device: torch.device, most: int = 8) -> Row:
    """How many kernels `work` starts, how long the device is busy with them, and the dearest ones, in milliseconds."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    for _ in range(2):
        work()
    seconds = wall(work, device)
    with profile(activities=[ProfilerActivity.CUDA]) as watched:
        wall(work, device)
    found = [(event.key, event.count, event.self_device_time_total / 1000) for event in watched.key_averages()
             if event.device_type == DeviceType.CUDA]  # fmt: skip
    found.sort(key=lambda one: -one[2])
    return {
        "wall_ms": round(1000 * seconds, 2), "busy_ms": round(sum(ms for _, _, ms in found), 2),
        "kernels": sum(count for _, count, _ in found),
        "dearest": [f"{name[:60]} x{count}: {ms:.2f}" for name, count, ms in found[:most]],
    }  # fmt: skip
