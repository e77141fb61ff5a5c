"""Adapters that act between two noise levels only.

A walk asks the instrument at falling levels `t`. An adapter of levels `(low, high)` acts where `low < t <= high`, and one that
reaches down to 0 also at 0: so two adapters of which one ends where the other begins never act together, and levels of 0 to 1
are every level. The condition encoder works before the walk and has no level: it hears the adapters that act at some level of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..instrument import Instrument
from .attach import Attached, attached_to

Acting = tuple[bool, ...]
"""Which of an instrument's adapters act, in the order in which they were attached."""


def acts_at(levels: tuple[float, float], t: float) -> bool:
    """Whether an adapter of `levels` acts at level `t`."""
    low, high = levels
    return low < t <= high or (low == t == 0.0)


class ByLevel:
    """The adapters of an instrument along a walk."""

    def __init__(self, instrument: Instrument) -> None:
        self.adapters: tuple[Attached, ...] = attached_to(instrument)

    def at(self, t: float) -> Acting:
        """Which act at level `t`."""
        return tuple(acts_at(one.levels, t) for one in self.adapters)

    def in_any(self, levels: Sequence[float]) -> Acting:
        """Which act at one of `levels` or more."""
        return tuple(any(acts_at(one.levels, t) for t in levels) for one in self.adapters)

    def let_act(self, acting: Acting) -> None:
        """Let exactly those adapters act from now on."""
        for one, acts in zip(self.adapters, acting, strict=True):
            one.resting = not acts


@contextmanager
def by_level(instrument: Instrument) -> Iterator[ByLevel]:
    """The adapters of `instrument` for the time of a walk; after it all of them act again."""
    found = ByLevel(instrument)
    try:
        yield found
    finally:
        found.let_act((True,) * len(found.adapters))
