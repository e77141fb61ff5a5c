"""Rounds: a twin learns, is held against the one before, and goes on only where somebody who was not learned from hears a gain.

STUDIO/rounds/ID/
├── plan.json      what the rounds were begun with
└── rounds.json    every round: what was trained, and what came of it
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, JsonValue

from ..disk import disk_errors, make_folder, write_json
from ..metrics.formatting import percent
from ..recipe import Record, read, short_id
from ..untrusted import read_object
from .comparison import Comparison

FOLDER: Final = "rounds"
PLAN: Final = "plan.json"
ROUNDS: Final = "rounds.json"
TABLE: Final = "round.json"
"""In the folder of the round's run: its table."""


class Round(Record):
    """What came of a round, or, before its proof, what was trained."""

    number: int = Field(ge=1)
    by: Literal["keepers", "dpo"]
    pairs: str
    """The set that was learned from."""
    run: str
    adapter: str
    """The folder of what was learned."""
    before: str | None = None
    """The candidates of the twin before; None until they are proven on."""
    after: str | None = None
    """The candidates of what was learned."""
    comparison: dict[str, JsonValue] | None = None
    """The one held against the other."""
    kept: bool = False
    """Whether it is better, and the next round begins with it."""
    why: str = ""
    """Why it was kept, or why it ends here."""


def judge_round(found: Comparison) -> tuple[bool, str]:
    """Whether what was learned is better, and why: a judge's win rate is above one half, and no alarm speaks against it."""
    if found.alarms:
        return False, "; ".join(found.alarms)
    judges = [one for one in found.scorers if not one.learned]
    heard = [one for one in judges if one.wins.low > 0.5]
    if not heard:
        said = ", ".join(f"{one.scorer} {percent(one.wins)}" for one in judges)
        return False, f"no judge hears a gain: {said or 'there is none'}"
    best = max(heard, key=lambda one: one.wins.low)
    return True, f"{best.scorer}, which was not learned from, prefers it in {percent(best.wins)} of the takes"


def open_rounds(studio: Path, plan: dict[str, Any]) -> Path:
    """The folder of the rounds that begin with `plan`, made where there is none."""
    folder = studio / FOLDER / short_id(plan, person=b"rounds")
    with disk_errors(folder):
        make_folder(folder)
    if not (folder / PLAN).is_file():
        write_json(folder / PLAN, plan)
    return folder


def read_rounds(folder: Path) -> list[Round]:
    """The rounds so far, in their order. Raises `BadInput` where they are damaged."""
    path = folder / ROUNDS
    if not path.is_file():
        return []
    return [read(Round, row, where=str(path)) for row in read_object(path, remedy="begin anew: move its folder away")["rounds"]]


def keep_rounds(folder: Path, rounds: Sequence[Round]) -> None:
    """Keep the rounds, all or nothing."""
    write_json(folder / ROUNDS, {"rounds": [one.model_dump(mode="json") for one in rounds]})


def as_table(found: Comparison) -> dict[str, Any]:
    """A comparison as JSON."""
    table: dict[str, Any] = json.loads(json.dumps(asdict(found)))
    return table
