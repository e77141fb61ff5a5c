"""What torch's tensors and numpy's arrays do not share, so that one walk computes with either.

Torch's modules give tensors, graphs give arrays (`networks`). Operators, slices, `sum(axis, keepdims)`, `mean` and `clip` are the
same on both; a function here does the same to both.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any
"""A tensor of torch or an array of numpy, float32."""


def library_of(x: Array) -> Any:
    """The library that `x` belongs to, for its functions of the same name and meaning: `where`, `stack`, `sin`, `zeros_like`…"""
    return np if isinstance(x, np.ndarray) else sys.modules["torch"]


def join(parts: Sequence[Array], axis: int = 0) -> Array:
    """One array of several, along `axis`."""
    return np.concatenate(parts, axis) if isinstance(parts[0], np.ndarray) else library_of(parts[0]).cat(list(parts), axis)


def norm(x: Array, axis: int | tuple[int, ...]) -> Array:
    """Euclidean length along `axis`, which stays, with length 1."""
    return np.linalg.norm(x, axis=axis, keepdims=True) if isinstance(x, np.ndarray) else x.norm(dim=axis, keepdim=True)


def turn_axes(x: Array) -> Array:
    """`(batch, frames, width)` as `(batch, width, frames)`, or back."""
    return np.swapaxes(x, 1, 2) if isinstance(x, np.ndarray) else x.transpose(1, 2)


def whole(x: Array) -> Array:
    """`x` with its numbers in one piece, in the order of its axes."""
    return np.ascontiguousarray(x) if isinstance(x, np.ndarray) else x.contiguous()


def like(values: NDArray[Any], pattern: Array) -> Array:
    """`values` as what `pattern` is, float32 on the CPU."""
    found = np.asarray(values, np.float32)
    return found if isinstance(pattern, np.ndarray) else library_of(pattern).from_numpy(found)


def to_numpy(x: Array) -> NDArray[np.float32]:
    """`x` as an array of numpy."""
    found: NDArray[np.float32] = x if isinstance(x, np.ndarray) else x.float().cpu().numpy()
    return found
