"""A desk while rules set it: its strips, what stems read, and a sentence for every move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..desk import Bus, Master, Strip
from .readings import StemReading, foresee_lufs, foresee_powers

MASTER = "master"


@dataclass(frozen=True, slots=True)
class Change:
    """A value of a strip, or of the master, that a move set; it may have been the same before."""

    part: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Move:
    """What was done, in a sentence that begins with the part of the desk that it is about."""

    sentence: str
    changes: tuple[Change, ...] = ()


def read_move(told: Move) -> Move:
    """A move whose values came as JSON has them, as the records that they are. Raises pydantic's `ValidationError`."""
    changes = []
    for one in told.changes:
        kind = Master if one.part == MASTER else Strip
        before, after = (getattr(kind.model_validate({one.field: value}), one.field) for value in (one.before, one.after))
        changes.append(replace(one, before=before, after=after))
    return replace(told, changes=tuple(changes))


@dataclass(eq=False, slots=True)
class Draft:
    """What rules read and change."""

    readings: tuple[StemReading, ...]
    style: str
    """A style of the table of balances."""
    strips: dict[str, Strip]
    buses: dict[str, Bus]
    master: Master
    wanted: dict[str, float] = field(default_factory=dict)
    """Loudness that each strip is meant to have, LUFS."""
    moves: list[Move] = field(default_factory=list)
    _told: dict[str, Strip | Master] = field(init=False, default_factory=dict)
    """The parts as they were when the last move was told."""
    _touched: dict[tuple[str, str], None] = field(init=False, default_factory=dict)
    """The fields of parts that were set since then, in their order."""

    def __post_init__(self) -> None:
        self.pass_over()

    @property
    def audible(self) -> tuple[StemReading, ...]:
        """The stems that sound."""
        return tuple(one for one in self.readings if not one.silent and not self.strips[one.name].mute)

    def change(self, name: str, **values: Any) -> None:
        """Set `values` of the strip `name`."""
        self._touched |= dict.fromkeys((name, one) for one in values)
        self.strips[name] = self.strips[name].model_copy(update=values)

    def change_master(self, **values: Any) -> None:
        """Set `values` of the master."""
        self._touched |= dict.fromkeys((MASTER, one) for one in values)
        self.master = self.master.model_copy(update=values)

    def tell(self, part: str, text: str) -> None:
        """Note why `part` was changed; all that was set since the last move belongs to it."""
        now = self._parts()
        changes = (Change(name, one, getattr(self._told[name], one), getattr(now[name], one)) for name, one in self._touched)
        self.moves.append(Move(f"{part}: {text}", tuple(changes)))
        self.pass_over()

    def pass_over(self) -> None:
        """Leave what was set since the last move out of the next one."""
        self._told, self._touched = self._parts(), {}

    def _parts(self) -> dict[str, Strip | Master]:
        return {**self.strips, MASTER: self.master}

    def of_role(self, role: str) -> Iterator[StemReading]:
        """The stems of a role that sound."""
        return (one for one in self.audible if one.role == role)

    def powers(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """What the stems that sound are behind their strips, (stems, windows, bands)."""
        return np.stack([foresee_powers(one, self.strips[one.name]) for one in self.audible])

    def whole_lufs(self) -> float:
        """The loudness of the sum, as if no two stems had to do with one another."""
        each = np.array([foresee_lufs(one, self.strips[one.name]) for one in self.audible])
        return float(10 * np.log10((10 ** (each / 10)).sum()))
