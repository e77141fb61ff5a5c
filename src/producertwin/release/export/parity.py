"""How far a graph is from the module that it was made of, on the same inputs, run by onnxruntime.

The ratio of signal to error is `10 log10(sum of squares of the module's output / sum of squares of the difference)`, dB; of codes
it is told how many are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...errors import BadInput
from .graphs.catalogue import GraphPrecision

Arrays = Mapping[str, NDArray[Any]]
LEAST_SNR: Final[Mapping[GraphPrecision, float]] = {"fp32": 80.0, "fp16": 25.0, "int8": 20.0, "int4": 12.0}
"""dB below which a graph is not its module any more: tiny's random weights, the most sensitive known, stay above, and one wrong
operation in nano's codec gave 10."""
LEAST_EQUAL: Final = 0.98
"""Share of codes that have to be equal."""
REPORT: Final = "report it: this is a fault of the export"
EXACT: Final = 200.0
"""dB told where nothing differs."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How near the outputs of a graph are to its module's, the worst of all examples."""

    most: float
    """Largest difference."""
    snr: float
    """Ratio of signal to error, dB."""
    equal: float = 1.0
    """Share of codes that are equal."""


class Runner:
    """A graph opened in onnxruntime, on the CPU."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = {value.name for value in self.session.get_inputs()}
        self.outputs = [value.name for value in self.session.get_outputs()]

    def run(self, inputs: Mapping[str, Tensor]) -> Arrays:
        """Its outputs by name; inputs that the graph does not have are left out."""
        given = {name: tensor.numpy() for name, tensor in inputs.items() if name in self.inputs}
        return dict(zip(self.outputs, self.session.run(self.outputs, given), strict=True))


def compare(path: Path, examples: Sequence[tuple[Mapping[str, Tensor], Mapping[str, Tensor]]]) -> Parity:
    """How near the graph at `path` is to its module, of which `examples` are inputs and outputs.

    Raises `BadInput` where onnxruntime cannot run it, for instance because an axis has one length only.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        runner = Runner(path)
        found = [difference(expected, runner.run(inputs)) for inputs, expected in examples]
    except (state.Fail, state.InvalidArgument, state.InvalidGraph, state.NotImplemented, state.RuntimeException) as error:
        said = " ".join(str(error).split())[:300]
        raise BadInput(f"{path.stem} cannot be run by onnxruntime: {said}", remedy=REPORT) from None
    return Parity(max(one.most for one in found), min(one.snr for one in found), min(one.equal for one in found))


def difference(expected: Mapping[str, Tensor], got: Arrays) -> Parity:
    """The difference of one run, the worst of all outputs; of one that has a mask, where it counts."""
    most, snr, equal = 0.0, EXACT, 1.0
    for name, tensor in expected.items():
        wanted, found = tensor.numpy(), got[name]
        if wanted.shape != found.shape:
            return Parity(float("inf"), -EXACT, 0.0)
        if wanted.dtype.kind in "bi":
            equal = min(equal, float((wanted == found).mean()))
            continue
        mask = expected.get(f"{name}_mask")
        if mask is not None:
            wanted, found = wanted[mask.numpy()], found[mask.numpy()]
        error = found.astype(np.float64) - wanted
        if not np.isfinite(error).all():
            return Parity(float("inf"), -EXACT, 0.0)
        most = max(most, float(np.abs(error).max(initial=0.0)))
        power, wrong = float(np.square(wanted.astype(np.float64)).sum()), float(np.square(error).sum())
        if wrong > 0:
            snr = min(snr, 10 * float(np.log10(max(power, 1e-300) / wrong)))
    return Parity(most, snr, equal)


def require_parity(name: str, precision: GraphPrecision, found: Parity, *, coded: bool) -> None:
    """Raise `BadInput` where the graph `name` is too far from its module. Points of codes that are not equal lie far away."""
    least = LEAST_SNR[precision]
    remedy = (
        f"export it in a finer precision than {precision}" if precision != "fp32" else "report it: this is a fault of the export"
    )
    if found.equal < LEAST_EQUAL:
        raise BadInput(f"{name} in {precision} gives {found.equal:.1%} of its module's codes", remedy=remedy)
    if found.snr < least and not (coded and found.equal < 1.0):
        trouble = f"{name} in {precision} is {found.snr:.1f} dB from its module, of {least:g} dB (largest error {found.most:.2g})"
        raise BadInput(trouble, remedy=remedy)
