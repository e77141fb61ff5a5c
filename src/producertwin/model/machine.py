"""On what an instrument plays: what has to be the same for the same bytes to come out again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Final, Literal

from .graphs.instrument import GraphInstrument

if TYPE_CHECKING:
    import torch

    from .instrument import Instrument

Engine = Literal["torch", "onnx"]
"""What computes: torch's modules, or ONNX graphs in onnxruntime."""
DECIDING: Final = ("producertwin", "torch", "diffusers", "transformers", "numpy")
"""Packages whose versions decide the bytes."""
DECIDING_GRAPHS: Final = ("producertwin", "onnxruntime", "numpy", "tokenizers")
"""The same of graphs."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A device, the threads of its host, and the versions that compute there."""

    device: str
    """`cpu`, or the name of the accelerator."""
    threads: int
    versions: dict[str, str]
    engine: Engine = "torch"
    precision: str | None = None
    """Of graphs: what their weights are stored in."""
    provider: str | None = None
    """Of graphs: what onnxruntime computes with."""


def machine_of(instrument: Instrument | GraphInstrument) -> Machine:
    """The machine that `instrument` plays on, as it is set up now."""
    if isinstance(instrument, GraphInstrument):
        device = instrument.device
        return Machine(
            device.type, device.threads, dict(_versions(DECIDING_GRAPHS)), "onnx", instrument.precision, device.provider
        )
    return describe_machine(instrument.device)


def describe_machine(device: torch.device | None = None) -> Machine:
    """The machine as torch finds it now; without a device its CPU computes."""
    import torch

    kind = "cpu" if device is None else device.type
    name = torch.cuda.get_device_name(device) if kind == "cuda" else kind
    return Machine(name, torch.get_num_threads(), dict(_versions(DECIDING)))


@cache
def _versions(packages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((package, metadata.version(package)) for package in packages)
