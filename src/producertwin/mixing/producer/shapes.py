"""What the fields of a desk's records can hold, in counted steps: the words of the language of desks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from ...recipe import Record

STEPS: Final = 128
"""Steps of a number."""
_WIDE: Final = 20.0
"""Highest over lowest value from which steps are ratios."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field of a record can hold."""

    name: str
    optional: bool
    """Whether it may be absent."""
    record: type[Record] | None = None
    """The record that it holds."""
    many: bool = False
    """Whether it holds a row of them."""
    values: tuple[Any, ...] = ()
    """What it can be where it holds no record."""


@lru_cache(maxsize=64)
def shapes_of(kind: type[Record], without: tuple[str, ...] = ()) -> tuple[Shape, ...]:
    """The fields of a record in order but for some: `kind`, which every one knows of itself, what a mix finds, and `without`."""
    left_out = {"kind", *without, *getattr(kind, "FOUND", ())}
    return tuple(_shape(name, field) for name, field in kind.model_fields.items() if name not in left_out)


def steps_of(low: float, high: float, default: float | None) -> tuple[float, ...]:
    """The numbers that can be said between two bounds, from the lowest up, the default among them.

    They lie at even distances, or at even ratios where the bounds are above 0 and far apart.
    """
    ratio = _by_ratio(low, high)
    shares = [place / (STEPS - 1) for place in range(STEPS)]
    found = [low * (high / low) ** share if ratio else low + (high - low) * share for share in shares]
    rounded = [float(f"{value:.4g}") for value in found]
    rounded[0], rounded[-1] = float(low), float(high)
    if default is not None:
        rounded[nearest(rounded, default)] = default
    return tuple(rounded)


def nearest(values: Sequence[Any], value: Any) -> int:
    """The place of the one of `values` that is next to `value`; by their ratio where they are steps of ratios."""
    if not isinstance(values[0], float):
        return list(values).index(value)
    above = min(max(bisect_left(values, value), 1), len(values) - 1)
    low, high = values[above - 1], values[above]
    if _by_ratio(values[0], values[-1]):
        return above - int(max(value, values[0]) ** 2 < low * high)
    return above - int(value - low < high - value)


def _by_ratio(low: float, high: float) -> bool:
    return low > 0 and high / low >= _WIDE


def _shape(name: str, field: Any) -> Shape:
    """The shape of a pydantic field."""
    kind, notes, optional = field.annotation, [field.json_schema_extra], False
    if get_origin(kind) in (Union, UnionType):
        optional = NoneType in get_args(kind)
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is Annotated:
        notes += [getattr(one, "json_schema_extra", None) for one in kind.__metadata__]
        kind = get_args(kind)[0]
    if get_origin(kind) is tuple:
        return Shape(name, False, get_args(kind)[0], many=True)
    if isinstance(kind, type) and issubclass(kind, Record):
        return Shape(name, optional, kind)
    if kind is bool:
        return Shape(name, optional, values=(False, True))
    if get_origin(kind) is Literal:
        return Shape(name, optional, values=get_args(kind))
    extra = next(one for one in notes if isinstance(one, dict) and "minimum" in one)
    default = field.default if isinstance(field.default, int | float) else None
    return Shape(name, optional, values=steps_of(float(extra["minimum"]), float(extra["maximum"]), default))
