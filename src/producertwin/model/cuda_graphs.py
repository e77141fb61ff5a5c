"""CUDA graphs: work on a GPU that is recorded once and then played, so that the host does not start each kernel anew.

A recording holds the addresses of everything that its work reads and writes. What changes from one playing to the next is copied
into tensors of its own first; the results lie in the same tensors every time and are overwritten by the next playing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")

WARM_UP = 2
"""How often work is done before it is recorded: libraries choose their kernels, and a compiler compiles."""


class NoCudaGraph(RuntimeWarning):
    """Work could not be recorded as a CUDA graph. It is done all the same, kernel by kernel, which takes longer."""


class Recording(Generic[Result]):
    """`work`, recorded with inputs of the shapes of `given`. Raises `RuntimeError` where it cannot be recorded."""

    def __init__(self, work: Callable[..., Result], *given: Tensor | None, pool: Any = None) -> None:
        self._given = tuple(None if one is None else one.clone() for one in given)
        device = next(one.device for one in given if one is not None)
        aside, now = _aside(device), torch.cuda.current_stream(device)
        aside.wait_stream(now)
        with torch.cuda.stream(aside):
            for _ in range(WARM_UP):
                work(*self._given)
        now.wait_stream(aside)
        self._graph = torch.cuda.CUDAGraph()
        self.pool = pool or torch.cuda.graph_pool_handle()
        """The memory it works in; others may share it, as long as one is played after the other."""
        # Other threads, one that writes a checkpoint for instance, may go on meanwhile.
        with torch.cuda.graph(self._graph, pool=self.pool, stream=aside, capture_error_mode="thread_local"):
            self.result = work(*self._given)

    def play(self, *given: Tensor | None) -> Result:
        """Do the work on `given`, of the recorded shapes. The result is overwritten by the next playing."""
        for own, one in zip(self._given, given, strict=True):
            if own is not None and one is not None:
                own.copy_(one)
        self._graph.replay()
        return self.result


@cache
def _aside(device: torch.device) -> Any:
    """The stream of all recordings on a device: libraries keep room to work in for every stream they see."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def warn_not_recorded(what: str, error: RuntimeError) -> None:
    """Say that `what` could not be recorded."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    told = f"{what} could not be recorded as a CUDA graph and is done kernel by kernel: {reason}"
    warnings.warn(told, NoCudaGraph, stacklevel=3)
