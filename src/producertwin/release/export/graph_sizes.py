"""What graphs weigh, computed from the shapes of a module: no weight is read and no graph is made.

Matrices of linear layers have one byte for a number and, for each of their outputs, a scale of four bytes and an offset of one in
int8, or a scale of four bytes for 64 numbers; half a byte, and a scale of two bytes for 32 numbers, in int4. What is no such
matrix keeps four bytes in int8 and two in int4. The nodes of a graph, some hundred kilobytes, are not counted.
"""

from __future__ import annotations

from math import prod
from typing import Final

from ...model.variants.footprint import Shapes
from .graphs.catalogue import GraphPrecision
from .precisions import BLOCK, BLOCKED, BYTE_BLOCK, FINER

_PRECOMPUTED: Final = "time_embed_r."
"""Of the transformer: the second embedding of the level, of which one value is ever used, is a constant in the graph."""
_TIMED: Final = "time_embed."
"""The layers of the level, which have no axis of tokens: int4 keeps them in half precision."""


def transformer_bytes(shapes: Shapes, precision: GraphPrecision) -> int:
    """Bytes of the transformer's graph in a precision."""
    return round(sum(_bytes_of(name, shape, precision) for name, shape in shapes.items() if not name.startswith(_PRECOMPUTED)))


def _bytes_of(name: str, shape: tuple[int, ...], precision: GraphPrecision) -> float:
    numbers, matrix = prod(shape), len(shape) == 2 and name.endswith(".weight")
    if precision == "int8":
        blocked = any(part in BLOCKED for part in name.split("."))
        scales = 4 * numbers / BYTE_BLOCK if blocked else 5 * shape[0]
        return numbers + scales if matrix else 4 * numbers
    if precision == "int4" and matrix and not name.startswith(_TIMED):
        bits = 8 if any(part in FINER for part in name.split(".")) else 4
        return numbers * (bits / 8 + 2 / BLOCK)
    return numbers * (4 if precision == "fp32" else 2)
