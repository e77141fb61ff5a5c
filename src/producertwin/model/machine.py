"""On what an instrument plays: what has to be the same for the same bytes to come out again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import metadata

import torch

DECIDING = ("producertwin", "torch", "diffusers", "transformers", "numpy")
"""Packages whose versions decide the bytes."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A device, the threads of its host, and the versions that compute there."""

    device: str
    """`cpu`, or the name of the accelerator."""
    threads: int
    versions: dict[str, str]


def describe_machine(device: torch.device | None = None) -> Machine:
    """The machine as it is set up now; without a device its CPU computes."""
    kind = "cpu" if device is None else device.type
    name = torch.cuda.get_device_name(device) if kind == "cuda" else kind
    return Machine(name, torch.get_num_threads(), dict(_versions()))


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    return tuple((package, metadata.version(package)) for package in DECIDING)
