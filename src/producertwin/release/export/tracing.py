"""A module written as an ONNX graph: traced once with free axes, without anything that tells of this machine."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from ...errors import Unavailable
from ...timebase import HOP
from .graphs.catalogue import Graph

OPSET: Final = 18
LARGEST: Final = 1_800_000_000
"""Bytes of weights above which they stand in a file of their own: a file of ONNX holds 2 GB at most."""
SCOPES: Final = "pkg.torch.onnx.name_scopes"
"""The note on a node that says which module of the network it belongs to."""
WEIGHTS: Final = ".data"
"""What follows a graph's name where its weights stand beside it."""


def require_onnx() -> None:
    """Raise `Unavailable` where the packages that write and run graphs are not installed."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise Unavailable(f"{error.name} is not installed", remedy="pip install 'producertwin[onnx]'") from None


def trace(graph: Graph, module: nn.Module, example: Mapping[str, Tensor], path: Path) -> None:
    """Write `module` to `path` as the graph that `graph` describes; `example` are inputs of any length above one."""
    with warnings.catch_warnings(), torch.no_grad(), quiet():
        warnings.simplefilter("ignore")  # the exporter's own, about torch's inside
        program = torch.onnx.export(
            module,
            kwargs=dict(example),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=_free_axes(graph),
            verbose=False,
        )
    if program is None:
        raise RuntimeError(f"torch gave no graph of {graph.name}")
    program.save(str(path), external_data=_bytes_of(module) > LARGEST)
    _forget_origins(path)


def _free_axes(graph: Graph) -> dict[str, dict[int, Any]]:
    """Which axes of which input may have any length, as the exporter wants it said; an example of one batch would fix it."""
    names = {name for axes in graph.inputs.values() for name in axes} - {"", "batch", "samples"}
    free = {name: torch.export.Dim(name) for name in sorted(names)}
    free |= {"batch": torch.export.Dim("batch", min=1, max=1024), "samples": HOP * torch.export.Dim("frames")}
    return {name: {place: free[axis] for place, axis in enumerate(axes) if axis} for name, axes in graph.inputs.items()}


def _bytes_of(module: nn.Module) -> int:
    return sum(tensor.nbytes for tensor in (*module.parameters(), *module.buffers()))


def _forget_origins(path: Path) -> None:
    """Drop the notes of the exporter, which hold paths of this machine and lengths of the example, but for the scopes."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    for node in model.graph.node:
        kept = [(note.key, note.value) for note in node.metadata_props if note.key == SCOPES]
        del node.metadata_props[:]
        onnx.helper.set_model_props(node, dict(kept))
        node.doc_string = ""
    for noted in (model, model.graph, *model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        if hasattr(noted, "metadata_props"):
            del noted.metadata_props[:]
        noted.doc_string = ""
    onnx.save_model(model, str(path))


class quiet:  # noqa: N801 - used as a word of a with statement
    """Silence of the exporter's loggers, and of the quantiser's, which is the root."""

    def __enter__(self) -> None:
        self.loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", None)]
        self.levels = [logger.level for logger in self.loggers]
        for logger in self.loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self.loggers, self.levels, strict=True):
            logger.setLevel(level)
