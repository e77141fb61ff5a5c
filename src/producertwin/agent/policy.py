"""What each level of autonomy may do by itself, and approvals for what it may not.

A call that needs approval is proposed first, under the hash of all that it would do. An approval names that hash, and the hash is
computed again from the call when it is done: an approval of something else, or of something that has changed since, is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from ..disk import write_json
from ..library import jsonl
from ..recipe import Record, fingerprint, read
from ..untrusted import read_object

FILE: Final = "approvals.jsonl"
PROPOSALS: Final = "proposals.json"
Autonomy = Literal["full", "supervised", "collaborative"]
Action = Literal["candidates", "choose", "repair", "master", "revise", "delete", "publish", "remote"]
ALLOWED: Final[Mapping[Autonomy, frozenset[Action]]] = {
    "full": frozenset({"candidates", "choose", "repair", "master", "revise"}),
    "supervised": frozenset({"candidates", "repair", "master"}),
    "collaborative": frozenset(),
}
"""What is done without asking. Deleting, publishing and spending elsewhere are asked for at every level; budgets stop all."""


MODEL: Final = "model"
"""Who approves where a language model does so: that counts only for what the level does without asking."""
DEPUTY: Final = "model with leave"
"""Who approves where a language model does so in the place of the user, who let it."""


class Call(Record):
    """Something that is to be done."""

    action: Action
    track: int = 0
    """Number of the track, from 1; 0 is the album."""
    subject: tuple[str, ...] = ()
    """What it works on: takes, or the fingerprint of a plan."""
    letter: str = ""
    """What a person calls it, where there are several."""

    @property
    def hash(self) -> str:
        """Fingerprint of what it does, whatever it is called."""
        return fingerprint(self.model_dump(exclude={"letter"}))


class Approval(Record):
    """Somebody's leave for one call."""

    step: int = 0
    """Its place in the file."""
    call: str
    """Its hash."""
    action: Action
    track: int = 0
    by: str = "studio"
    at: datetime

    def counts(self, autonomy: Autonomy) -> bool:
        """Whether it lets its call through at this level."""
        return self.by != MODEL or not needs_approval(self.action, autonomy)


def needs_approval(action: Action, autonomy: Autonomy) -> bool:
    """Whether the level asks before `action`."""
    return action not in ALLOWED[autonomy]


class _Proposals(Record):
    """The file of what is waited for."""

    calls: tuple[Call, ...] = ()


def write_proposals(folder: Path, calls: Sequence[Call]) -> None:
    """Write down what waits for approval, instead of what did before."""
    write_json(folder / PROPOSALS, _Proposals(calls=tuple(calls)).model_dump(mode="json"))


def read_proposals(folder: Path) -> list[Call]:
    """What waits for approval; nothing where nothing was proposed. Raises `BadInput` for a damaged file."""
    path = folder / PROPOSALS
    return list(read(_Proposals, read_object(path), where=PROPOSALS).calls) if path.is_file() else []


def read_approvals(folder: Path) -> list[Approval]:
    """What was approved of the album in `folder`, in order; nothing is written."""
    return [read(Approval, row, where=FILE) for row in jsonl.rows(folder / FILE)]


class Gate:
    """Lets calls through that the level allows or that were approved."""

    def __init__(self, autonomy: Autonomy, folder: Path) -> None:
        self.autonomy = autonomy
        self._path = folder / FILE
        jsonl.mend(self._path)
        self.approvals = read_approvals(folder)

    def needs(self, action: Action) -> bool:
        """Whether the level asks before `action`."""
        return needs_approval(action, self.autonomy)

    def lets(self, call: Call) -> bool:
        """Whether `call`, as it is now, may be done."""
        return not self.needs(call.action) or any(one.call == call.hash for one in self._valid)

    def approve(self, call: Call, at: datetime, by: str = "studio") -> None:
        """Write down that `call` may be done."""
        row = Approval(step=len(self.approvals), call=call.hash, action=call.action, track=call.track, by=by, at=at)
        jsonl.append(self._path, row.model_dump(mode="json"))
        self.approvals.append(row)

    def choice(self, calls: Mapping[str, Call]) -> tuple[str, str] | None:
        """Of several calls of which one is to be done, the name of the one that was approved last, and who approved it.

        None where none was.
        """
        named = {call.hash: name for name, call in calls.items()}
        found = next((one for one in reversed(self._valid) if one.call in named), None)
        return None if found is None else (named[found.call], "a language model" if found.by in (MODEL, DEPUTY) else "a person")

    @property
    def _valid(self) -> list[Approval]:
        return [one for one in self.approvals if one.counts(self.autonomy)]
