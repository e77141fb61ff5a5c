"""Graphs run by onnxruntime: which provider computes, and each graph opened when it is first needed.

A provider is what onnxruntime computes on. The CPU's is always there; CUDA's comes with the package `onnxruntime-gpu`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import BadInput, Unavailable
from .facts import GraphEntry

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PROVIDERS: Final = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_TYPES: Final = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}
_REFUSALS: Final = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
"""What onnxruntime raises for a file that it cannot open."""
_AGAIN: Final = "export it again with this version: twin export … --format onnx"


@dataclass(frozen=True, slots=True)
class GraphDevice:
    """Where graphs are computed."""

    type: str
    """`cpu` or `cuda`."""
    index: int = 0
    threads: int = 1
    """Of the host's processor."""

    @property
    def provider(self) -> str:
        """What onnxruntime calls it."""
        return PROVIDERS[self.type]


def require_runtime() -> Any:
    """The package onnxruntime. Raises `Unavailable` where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        raise Unavailable("onnxruntime is not installed", remedy="pip install 'producertwin[onnx]'") from None
    return onnxruntime


def choose_graph_device(name: str) -> GraphDevice:
    """The device for `auto`, `cpu`, `cuda` or `cuda:N`: CUDA's where it is there. Raises `Unavailable` where it is not."""
    runtime = require_runtime()
    kind, _, index = name.partition(":")
    there = PROVIDERS["cuda"] in runtime.get_available_providers()
    if kind == "auto":
        kind = "cuda" if there else "cpu"
    if kind not in PROVIDERS:
        raise Unavailable(f"graphs are not played on {name}", remedy="set TWIN_DEVICE=auto or cpu")
    if kind == "cuda" and not there:
        has = ", ".join(runtime.get_available_providers())
        remedy = "set TWIN_DEVICE=cpu, or put onnxruntime-gpu in the place of onnxruntime"
        raise Unavailable(f"device {name} is not here: this onnxruntime has {has}", remedy=remedy)
    return GraphDevice(kind, int(index or 0), _threads())


def _threads() -> int:
    """As many as torch would take: what OMP_NUM_THREADS says, else one for each processor that this process may use."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Runtime:
    """The graphs of one folder."""

    def __init__(self, folder: Path, graphs: Mapping[str, GraphEntry], device: GraphDevice, width: int) -> None:
        self.folder, self.graphs, self.device, self.width = folder, graphs, device, width
        self._opened: dict[str, InferenceSession] = {}

    def run(self, name: str, **inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The outputs of a graph by name. Raises as `open_graph` does."""
        session = self.open_graph(name)
        given: dict[str, NDArray[Any]] = {}
        for value in session.get_inputs():
            kind = _TYPES[value.type]
            given[value.name] = np.ascontiguousarray(inputs[value.name], kind)
        names = [value.name for value in session.get_outputs()]
        return dict(zip(names, session.run(names, given), strict=True))

    def open_graph(self, name: str) -> InferenceSession:
        """A graph, opened once. Raises `BadInput` where onnxruntime cannot read it, or it is another instrument's."""
        if name not in self._opened:
            self._opened[name] = self._open(name)
        return self._opened[name]

    def _open(self, name: str) -> InferenceSession:
        runtime = require_runtime()
        state = runtime.capi.onnxruntime_pybind11_state
        path, options = self.folder / self.graphs[name].file, runtime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = self.device.threads
        provider = (self.device.provider, {"device_id": self.device.index} if self.device.type == "cuda" else {})
        try:
            session: InferenceSession = runtime.InferenceSession(str(path), options, providers=[provider])
        except tuple(getattr(state, name) for name in _REFUSALS) as error:
            said = " ".join(str(error).split())[:200]
            remedy = f"update onnxruntime (this is {runtime.__version__}), or {_AGAIN}"
            raise BadInput(f"{path} cannot be opened by onnxruntime: {said}", remedy=remedy) from None
        if session.get_providers()[0] != self.device.provider:
            remedy = "set TWIN_DEVICE=cpu, or install the CUDA libraries that onnxruntime-gpu asks for"
            raise Unavailable(f"onnxruntime could not begin on {self.device.type}", remedy=remedy)
        self._check(name, path, session)
        return session

    def _check(self, name: str, path: Path, session: InferenceSession) -> None:
        """Raise `BadInput` for a graph that is not the one its folder describes."""
        entry = self.graphs[name]
        values = {value.name: value for value in (*session.get_inputs(), *session.get_outputs())}
        surplus = sorted(set(values) - {*entry.inputs, *entry.outputs})
        missing = sorted({*entry.outputs} - set(values))
        if surplus or missing:
            named = ", ".join(surplus or missing)
            trouble = f"{path} is another graph: it {'has' if surplus else 'lacks'} {named}"
            raise BadInput(trouble, remedy=_AGAIN)
        width = values["latents"].shape[entry.inputs["latents"].index("")] if "latents" in entry.inputs else self.width
        if width != self.width:
            trouble = f"{path} is another instrument's: its latents are {width} wide, and these are {self.width}"
            raise BadInput(trouble, remedy=_AGAIN)
