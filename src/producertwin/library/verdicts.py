"""The verdicts of a studio: given, found and taken back, never changed and never lost.

A verdict lies in STUDIO/verdicts/YYYY-MM/ID.json and, to be searched, in a row. They stay when their takes go into the trash and
when those are removed for good. The stars among a take's labels are the newest rating of a person that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Engine, String, cast, delete, exists, insert, or_, select

from ..errors import BadInput
from ..untrusted import parse_object
from . import labels, rows
from .clock import Clock
from .database import typed_errors
from .lock import hold_lock
from .provenance import Take, check_prefix, only_match
from .schema import verdicts
from .sidecars import REMEDY, data_of, text_of, write_if_changed
from .unfinished import mark_unfinished
from .verdict import (
    ANY_VERDICT,
    Choice,
    Judgement,
    Origin,
    TakeRating,
    Verdict,
    VerdictFilter,
    Withdrawal,
    make_verdict,
    takes_of,
)

FOLDER: Final = "verdicts"
SCHEMA: Final = "producertwin.verdict/1"
LISTING: Final = "twin verdicts list"
_MONTHS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"
_RECORD: Final = cast(verdicts.c.record, String).label("record")


class Verdicts:
    """Every verdict of the studio in folder `studio`; `find_take` finds a take by its id or the beginning of it."""

    def __init__(self, studio: Path, engine: Engine, clock: Clock, find_take: Callable[[str], Take]) -> None:
        self.studio, self.engine, self.clock, self.find_take = studio, engine, clock, find_take

    def rate(self, key: str, stars: int, judgement: Judgement = Judgement(), *, given: datetime | None = None) -> Verdict:
        """Keep that the take `key` has 1 to 5 `stars`, as was said at the moment `given`, or now.

        The same rating of the same moment is one. Raises `NotFound`, and `BadInput` for another number.
        """
        take = self.find_take(key)
        return self._keep({"kind": "rating", "take": take.id, "stars": stars, "origin": Origin.of(take)}, judgement, given)

    def prefer(
        self,
        keys: tuple[str, str],
        choice: Choice,
        judgement: Judgement = Judgement(),
        *,
        margin: float | None = None,
        given: datetime | None = None,
    ) -> Verdict:
        """Keep which of the takes `keys`, A and B, is better, as was said at the moment `given`, or now.

        The same preference of the same moment is one. Raises `NotFound`, and `BadInput` where both are one take.
        """
        a, b = map(self.find_take, keys)
        facts = {"kind": "preference", "a": a.id, "b": b.id, "choice": choice, "margin": margin}
        return self._keep(facts | {"origins": (Origin.of(a), Origin.of(b))}, judgement, given)

    def take_back(
        self, key: str, judgement: Judgement = Judgement(), *, given: datetime | None = None
    ) -> tuple[Verdict, Verdict]:
        """Take the verdict `key` back, as was said at the moment `given`, or now; returns it, and the verdict that does so.

        The same taking back of the same moment is one. Raises `NotFound`, and `BadInput` where it was taken back before or
        does so itself.
        """
        found = self.get(key)
        if isinstance(found, Withdrawal):
            raise BadInput(f"verdict {found.id} takes {found.of} back", remedy="give that verdict again instead")

        def check(withdrawal: Verdict) -> None:
            if self.withdrawn([found.id]) and not self._is_kept(withdrawal):
                raise BadInput(f"verdict {found.id} was taken back before", remedy=f"see `{LISTING} --every`")

        return found, self._keep({"kind": "withdrawal", "of": found.id}, judgement, given, check=check)

    def get(self, key: str) -> Verdict:
        """The verdict whose id is or begins with `key`. Raises `NotFound`, or `BadInput` when several do."""
        prefix = check_prefix(key, "verdict", LISTING)
        query = select(verdicts.c.id).where(verdicts.c.id.startswith(prefix, autoescape=True)).order_by(verdicts.c.id).limit(6)
        with typed_errors(self.engine), self.engine.connect() as connection:
            name = only_match(list(connection.execute(query).scalars()), key, self.studio, "verdict", LISTING)
            return next(_select(connection, [verdicts.c.id == name]))

    def list(self, query: VerdictFilter = VerdictFilter()) -> tuple[Verdict, ...]:
        """Verdicts that `query` admits, the newest first; those that stand, unless it asks for every one."""
        conditions: list[ColumnElement[bool]] = [] if query.every else [verdicts.c.kind != "withdrawal", ~_withdrawn()]
        columns = (verdicts.c.kind, verdicts.c.source, verdicts.c.judge)
        said = (query.only, query.source, query.judge)
        conditions += [column == value for column, value in zip(columns, said, strict=True) if value is not None]
        if query.take is not None:
            prefix = check_prefix(query.take)
            on = (verdicts.c.take, verdicts.c.other)
            conditions.append(or_(*(column.startswith(prefix, autoescape=True) for column in on)))
        with typed_errors(self.engine), self.engine.connect() as connection:
            return tuple(_select(connection, conditions, query.limit))

    def withdrawn(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the verdicts with these ids that were taken back."""
        query = select(verdicts.c.withdraws).where(verdicts.c.withdraws.in_([*names]))
        with typed_errors(self.engine), self.engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def _is_kept(self, verdict: Verdict) -> bool:
        with typed_errors(self.engine), self.engine.connect() as connection:
            return next(_select(connection, [verdicts.c.id == verdict.id]), None) is not None

    def _keep(
        self,
        facts: dict[str, Any],
        judgement: Judgement,
        given: datetime | None = None,
        check: Callable[[Verdict], None] = lambda _: None,
    ) -> Verdict:
        """Store the verdict of `facts`; `check` is called while nobody else may write, and prevents it by raising."""
        try:
            verdict = make_verdict({**facts, "created": given or self.clock(), "judgement": judgement})
        except ValidationError as error:
            told = "; ".join(f"{one['loc'][-1]}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors())
            raise BadInput(f"this is no verdict: {told}", remedy="rate from 1 to 5, and prefer one of two takes") from None
        with hold_lock(self.studio), mark_unfinished(self.studio, "verdict", [verdict.id]):
            check(verdict)
            _write(self.studio, verdict)
            settle(self.studio, self.engine, verdict)
        return verdict


def settle(studio: Path, engine: Engine, verdict: Verdict) -> None:
    """Put the row of a verdict, and the stars that follow from it. The caller holds the studio's lock and a mark."""
    with typed_errors(engine):
        with engine.begin() as connection:
            put_row(connection, verdict)
            take = _rated_take(connection, verdict)
            stars = None if take is None else _stars(connection, take)
            known = {} if take is None else labels.find(connection, [take])
            here = take is not None and rows.is_listed(connection, take)
        if take is not None and here:
            said = known.get(take, labels.Labels())
            if said.rating != stars:
                labels.write(studio, engine, take, said.model_copy(update={"rating": stars}))


def mend(studio: Path, engine: Engine, name: str) -> None:
    """Make row and stars what the file of the verdict `name` says; where there is no file, there was no verdict."""
    for path in (studio / FOLDER).glob(f"{_MONTHS}/{name}.json"):
        with suppress(BadInput):
            settle(studio, engine, read(path))


def read_files(studio: Path) -> Iterator[tuple[Path, Verdict | BadInput]]:
    """Every file of a verdict, oldest month first, and what it says or why it cannot be read."""
    for path in sorted((studio / FOLDER).glob(f"{_MONTHS}/*.json")):
        try:
            yield path, read(path)
        except BadInput as error:
            yield path, error


def read(path: Path) -> Verdict:
    """The verdict in a file. Raises `NotFound`, or `BadInput` where it is damaged or was altered."""
    data = data_of(path, SCHEMA, "verdict")
    try:
        found = ANY_VERDICT.validate_python(data)
    except ValidationError as error:
        raise BadInput(f"{path} is damaged: {error.errors()[0]['msg']}", remedy=REMEDY) from None
    if not found.genuine:
        raise BadInput(f"{path} was altered: its content does not belong to id {found.id}", remedy=REMEDY)
    return found


def read_rows(connection: Connection) -> Iterator[Verdict]:
    """The verdicts whose rows are whole."""
    for name in list(connection.execute(select(verdicts.c.id)).scalars()):
        with suppress(BadInput):
            yield from (one for one in _select(connection, [verdicts.c.id == name]) if one.genuine and one.id == name)


def rebuild_files(studio: Path, lost: Iterable[Verdict]) -> None:
    """Write the files of verdicts again that only their rows still tell of."""
    for verdict in lost:
        _write(studio, verdict)


def rebuild(studio: Path, connection: Connection) -> None:
    """Make all rows anew of the files; a damaged one is passed over."""
    connection.execute(delete(verdicts))
    for _, found in read_files(studio):
        if not isinstance(found, BadInput):
            put_row(connection, found)


def put_row(connection: Connection, verdict: Verdict) -> None:
    """Put the row of a verdict, once."""
    named = (*takes_of(verdict), None, None)
    row = {
        "id": verdict.id,
        "created": rows.iso_utc(verdict.created),
        "kind": verdict.kind,
        "source": verdict.judgement.source,
        "judge": verdict.judgement.judge,
        "take": named[0],
        "other": named[1],
        "withdraws": verdict.of if isinstance(verdict, Withdrawal) else None,
        "record": verdict.model_dump(mode="json"),
    }
    connection.execute(delete(verdicts).where(verdicts.c.id == verdict.id))
    connection.execute(insert(verdicts).values(row))


def _write(studio: Path, verdict: Verdict) -> Path:
    path = studio / FOLDER / verdict.created.strftime("%Y-%m") / f"{verdict.id}.json"
    return write_if_changed(path, text_of(SCHEMA, verdict.model_dump(mode="json")))


def _rated_take(connection: Connection, verdict: Verdict) -> str | None:
    """The take whose stars a verdict may change: a person's rating, or one that is taken back."""
    if isinstance(verdict, Withdrawal):
        found = next(_select(connection, [verdicts.c.id == verdict.of]), None)
        return None if found is None or isinstance(found, Withdrawal) else _rated_take(connection, found)
    rated = isinstance(verdict, TakeRating) and verdict.judgement.source == "human"
    return verdict.take if isinstance(verdict, TakeRating) and rated else None


def _stars(connection: Connection, take: str) -> int | None:
    """The newest rating of a take by a person that stands."""
    ratings = [verdicts.c.take == take, verdicts.c.kind == "rating", verdicts.c.source == "human", ~_withdrawn()]
    newest = next(_select(connection, ratings, 1), None)
    return newest.stars if isinstance(newest, TakeRating) else None


def _withdrawn() -> ColumnElement[bool]:
    """Whether another row takes this one back."""
    later = verdicts.alias("later")
    return exists().where(later.c.withdraws == verdicts.c.id)


def _select(connection: Connection, conditions: list[ColumnElement[bool]], limit: int | None = None) -> Iterator[Verdict]:
    """Verdicts that meet every condition, the newest first. Raises `BadInput` for a damaged row."""
    order = (verdicts.c.created.desc(), verdicts.c.id)
    query = select(verdicts.c.id, _RECORD).where(*conditions).order_by(*order).limit(rows.fit_limit(limit))
    for row in connection.execute(query).all():
        where = f"the row of verdict {row.id}"
        try:
            yield ANY_VERDICT.validate_python(parse_object(row.record, where, remedy=rows.REMEDY))
        except ValidationError as error:
            raise BadInput(f"{where} is damaged: {error.errors()[0]['msg']}", remedy=rows.REMEDY) from None
