"""Is everything still what it was? Rows, sidecars and contents compared; faults come back as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine

from ..errors import BadInput, NotFound
from ..progress import Clock, Steps
from . import rows, sidecars
from .blobs import Blobs, Condition
from .database import typed_errors
from .provenance import Take
from .sidecars import Sidecars


class Fault(StrEnum):
    """What can be wrong with a part of a take."""

    MISSING = "missing"
    DAMAGED = "damaged"
    UNLISTED = "unlisted"
    """Its sidecar is there and the database does not know it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: of which take, in which part (`audio`, `latents`, `picture`, `sidecar`, `row`, `parent`), and where to look."""

    take: str
    part: str
    fault: Fault
    where: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How many takes were looked at, and all that is wrong."""

    takes: int
    problems: tuple[Problem, ...]


def verification(engine: Engine, blobs: Blobs, cards: Sidecars, only: Sequence[str] = ()) -> Steps[Verification]:
    """Check the takes `only`, or every take and sidecar when empty."""
    with typed_errors(engine), engine.connect() as connection:
        listed = rows.ids(connection)
    wanted = list(only) or listed
    checked: dict[str, Condition] = {}
    problems: list[Problem] = []
    clock = Clock("verify takes", len(wanted))
    for done, take in enumerate(wanted):
        yield clock.at(done, take)
        problems += _of_take(take, engine, blobs, cards, checked)
    if not only:
        problems += _unlisted(set(listed), engine, cards)
    yield clock.at(len(wanted))
    return Verification(len(wanted), tuple(problems))


def _of_take(name: str, engine: Engine, blobs: Blobs, cards: Sidecars, checked: dict[str, Condition]) -> list[Problem]:
    try:
        take = _find(engine, name)
    except BadInput as error:
        return [Problem(name, "row", Fault.DAMAGED, error.message)]
    if take is None:
        return []  # deleted meanwhile
    problems = [] if take.genuine else [Problem(name, "row", Fault.DAMAGED, "its id does not belong to its record")]
    for part, blob in take.blobs.items():
        if blob not in checked:
            checked[blob] = blobs.check(blob)
        if checked[blob] is not Condition.INTACT:
            problems.append(Problem(name, part, Fault(checked[blob]), str(blobs.path(blob))))
    problems += _of_sidecar(take, cards)
    with typed_errors(engine), engine.connect() as connection:
        lost = [parent for parent in take.parents if not rows.is_listed(connection, parent)]
        gone = not rows.is_listed(connection, name)
    problems += [Problem(name, "parent", Fault.MISSING, parent) for parent in lost]
    return [] if gone else problems


def _of_sidecar(take: Take, cards: Sidecars) -> list[Problem]:
    path = cards.path(take)
    try:
        same = sidecars.read(path) == take
    except NotFound:
        return [Problem(take.id, "sidecar", Fault.MISSING, str(path))]
    except BadInput:
        same = False
    return [] if same else [Problem(take.id, "sidecar", Fault.DAMAGED, str(path))]


def _unlisted(listed: set[str], engine: Engine, cards: Sidecars) -> list[Problem]:
    strays = [path for path in cards.all() if path.stem not in listed]
    with typed_errors(engine), engine.connect() as connection:  # takes may have been added meanwhile
        return [
            Problem(path.stem, "sidecar", Fault.UNLISTED, str(path))
            for path in strays
            if not rows.is_listed(connection, path.stem)
        ]


def _find(engine: Engine, take: str) -> Take | None:
    with typed_errors(engine), engine.connect() as connection:
        return rows.find(connection, take)
