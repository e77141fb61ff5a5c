"""The two ceilings of a machine: how fast it multiplies large matrices, and how fast it copies memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gpu.report import wall
from producertwin.model.sampling.flops import machine_flops

COPY_BYTES = {"cpu": 1 << 27}
"""What is copied at once; 4 GiB elsewhere."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What nothing on this machine can exceed."""

    flops: float
    """Multiplications and additions per second, in the type of the products."""
    bytes: float
    """Bytes per second, reads and writes counted alike."""


def ceilings(device: torch.device, dtype: torch.dtype) -> Ceilings:
    """Both, the best of a few tries each."""
    size = COPY_BYTES.get(device.type, 1 << 32)
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    times = [wall(lambda: target.copy_(source), device) for _ in range(7)]
    return Ceilings(machine_flops(device, dtype), 2.0 * size / min(times))
