"""Timing that two things share which are to be compared: in turns, in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch


def in_turns(works: Mapping[str, Callable[[], Any]], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Seconds of each work, `rounds` times after a first turn that does not count.

    Processor time on a CPU, which a busy machine does not stretch. The order is turned round each time: what runs after another
    finds other caches.
    """
    now = time.process_time if device.type == "cpu" else time.perf_counter
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in list(works.items())[:: -1 if turn % 2 else 1]:
            start = now()
            work()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if turn:
                found[name].append(now() - start)
    return found
