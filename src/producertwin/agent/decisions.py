"""Every decision as a row: what was decided, on which evidence, instead of what, and what it cost.

A row with a key is a finished step: work that is stopped or killed goes on after the last one, and the same step is never done
twice. Rows are appended to one file, a line each, and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from ..library import jsonl
from ..recipe import Record, read
from .budget import Cost

FILE: Final = "decisions.jsonl"
Kind = Literal["plan", "candidate", "skip", "likeness", "choose", "repair", "master", "deliver", "explain", "stop", "terms"]

_OF_TAKES: Final[frozenset[Kind]] = frozenset({"candidate", "choose", "repair", "master", "deliver"})
"""Rows that are about a take."""


class Decision(Record):
    """One row."""

    step: int = Field(ge=0)
    """Its place in the file."""
    at: datetime
    kind: Kind
    track: int = Field(0, ge=0)
    """Number of the track, from 1; 0 is the album."""
    key: str = ""
    """Fingerprint of what the step works on; empty where nothing was made."""
    decision: str
    """What was decided or done, in words."""
    evidence: tuple[str, ...] = ()
    """Why: readings and rules."""
    alternatives: tuple[str, ...] = ()
    """What was not chosen."""
    takes: tuple[str, ...] = ()
    """Takes that it made or chose."""
    scores: dict[str, float] = Field(default_factory=dict)
    """Figures of the first take."""
    defects: tuple[str, ...] = ()
    """Kinds of defects of the first take."""
    told: str = ""
    """What a language model says of it, in plain words that hold no figure beside those of the rows."""
    cost: Cost = Cost()

    @model_validator(mode="after")
    def _names_its_take(self) -> Self:
        if self.kind in _OF_TAKES and not self.takes:
            raise ValueError(f"a row of the kind {self.kind} names the take that it is about")
        if self.kind in ("candidate", "repair") and "points" not in self.scores:
            raise ValueError(f"a row of the kind {self.kind} has the points of its take")
        return self


class Ledger:
    """The rows of one album. Who `writes` holds the folder alone: only then is a last line that a kill has broken cut off."""

    def __init__(self, folder: Path, *, writes: bool = False) -> None:
        self._path = folder / FILE
        if writes:
            jsonl.mend(self._path)
        self.rows: list[Decision] = [read(Decision, row, where=FILE) for row in jsonl.rows(self._path)]
        self._known = {row.key: row for row in self.rows if row.key}

    def find(self, key: str) -> Decision | None:
        """The finished step of a key."""
        return self._known.get(key)

    def add(self, row: Decision) -> Decision:
        """Append a row at its place."""
        row = row.model_copy(update={"step": len(self.rows)})
        jsonl.append(self._path, row.model_dump(mode="json"))
        self.rows.append(row)
        if row.key:
            self._known[row.key] = row
        return row

    @property
    def cost(self) -> Cost:
        """Of all steps together."""
        return total(row.cost for row in self.rows)

    def rate(self, kind: Kind, usual: float) -> float:
        """Seconds that a step of a kind takes for a second of music, from the steps that were made; `usual` before the first."""
        known = [row for row in self.rows if row.kind == kind and row.scores.get("seconds") and row.cost.seconds]
        music = sum(row.scores["seconds"] for row in known)
        return sum(row.cost.seconds for row in known) / music if music else usual


def total(costs: Iterable[Cost]) -> Cost:
    """All costs together."""
    return reduce(Cost.__add__, costs, Cost())
