"""Takes as rows: the only module that speaks SQL. Rows stay inside; `Take` records come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, String, and_, cast, delete, exists, func, insert, not_, or_, select

from ..errors import BadInput
from ..music import Key
from ..recipe import read
from ..untrusted import parse_object
from .filter import Filter
from .provenance import Take
from .schema import take_labels, take_parents, takes

RECORD: Final = cast(takes.c.record, String).label("record")
"""The record as text, so that one that a flipped bit has spoilt ends in our reader and not inside the driver."""
CLOSE_BPM: Final = 2.0
"""Tempi that differ by no more are one to who looks for takes."""
MOST_ROWS: Final = (1 << 63) - 1
"""The largest number that databases know."""
REMEDY: Final = "run `twin library rebuild`"


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A row whose record is damaged."""

    id: str
    error: BadInput


def iso_utc(when: datetime) -> str:
    """UTC in ISO form with microseconds; sorts as text."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def add(connection: Connection, take: Take) -> None:
    """Insert `take` and its lineage."""
    row = {
        "id": take.id,
        "created": iso_utc(take.created),
        "session": take.session,
        "variant": take.variant,
        "task": take.task,
        "search": f"{take.caption}\n{take.lyrics}".casefold(),
        "audio": take.audio or take.latents,
        "latents": take.latents,
        "picture": take.picture,
        "record": take.model_dump(mode="json"),
    }
    connection.execute(insert(takes).values(row))
    links = [{"take": take.id, "place": place, "parent": parent} for place, parent in enumerate(take.parents)]
    if links:
        connection.execute(insert(take_parents), links)


def find(connection: Connection, take: str) -> Take | None:
    """The take with exactly this id."""
    found = connection.execute(select(takes.c.id, RECORD).where(takes.c.id == take)).one_or_none()
    return None if found is None else _take(found.id, found.record)


def is_listed(connection: Connection, take: str) -> bool:
    """Whether a row has exactly this id, readable or not."""
    return bool(connection.execute(select(exists().where(takes.c.id == take))).scalar())


def ids_with_prefix(connection: Connection, prefix: str, *, limit: int) -> list[str]:
    """Ids that begin with `prefix`, sorted."""
    query = select(takes.c.id).where(takes.c.id.startswith(prefix, autoescape=True)).order_by(takes.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def fit_limit(limit: int | None) -> int | None:
    """`limit` as a number that databases know."""
    return None if limit is None else min(limit, MOST_ROWS)


def select_takes(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int | None
) -> list[Take | UnreadableRow]:
    """Takes that meet every condition, newest first; in the place of one that cannot be read, which it is and why."""
    query = select(takes.c.id, RECORD).where(*conditions).order_by(takes.c.created.desc(), takes.c.id).limit(fit_limit(limit))
    found: list[Take | UnreadableRow] = []
    for row in connection.execute(query):
        try:
            found.append(_take(row.id, row.record))
        except BadInput as error:
            found.append(UnreadableRow(row.id, error))
    return found


def conditions_of(query: Filter, after: tuple[datetime, str] | None = None) -> list[ColumnElement[bool]]:
    """What rows have to meet so that `query` admits their takes, and that they are listed below `after`."""
    found = conditions((query.session, query.variant, query.task), query.text or "", query.since, after)
    for wanted, condition in ((query.sample, is_sample()), (query.latents, is_latents_alone())):
        if wanted is not None:
            found.append(condition if wanted else ~condition)
    said = Said(query.folder, query.tag, query.liked, query.rating)
    key = None if query.key is None else str(Key.parse(query.key))
    return found + conditions_of_labels(said) + conditions_of_metas(query.bpm, key, query.producer)


def conditions(
    labels: tuple[str | None, str | None, str | None], text: str, since: datetime | None, after: tuple[datetime, str] | None
) -> list[ColumnElement[bool]]:
    """What rows have to meet: session, variant and task; all words of `text`; made at or after `since`; listed below `after`.

    Words may stand in the take or in its labels. None leaves a question open. `after` is the time and id of a take in a list that
    shows the newest first.
    """
    columns = (takes.c.session, takes.c.variant, takes.c.task)
    found = [column == label for column, label in zip(columns, labels, strict=True) if label is not None]
    for word in text.casefold().split():
        said = _where_labels(take_labels.c.search.contains(word, autoescape=True))
        found.append(or_(takes.c.search.contains(word, autoescape=True), said))
    if since is not None:
        found.append(takes.c.created >= iso_utc(since))
    if after is not None:
        moment = iso_utc(after[0].astimezone(UTC))
        found.append(or_(takes.c.created < moment, and_(takes.c.created == moment, takes.c.id > after[1])))
    return found


def is_sample() -> ColumnElement[bool]:
    """What rows have to meet so that a training played their takes: those name its run as their session."""
    return takes.c.session.is_not(None)


def is_latents_alone() -> ColumnElement[bool]:
    """What rows have to meet so that their takes were kept as latents alone, and nobody said anything of them."""
    alone = and_(takes.c.latents.is_not(None), takes.c.audio == takes.c.latents)
    return and_(alone, not_(exists().where(take_labels.c.take == takes.c.id)))


@dataclass(frozen=True, slots=True)
class Said:
    """What people have to say of takes; None leaves a question open."""

    folder: str | None = None
    tag: str | None = None
    liked: bool | None = None
    rating: int | None = None


def conditions_of_labels(said: Said) -> list[ColumnElement[bool]]:
    """What rows have to meet so that people say this of their takes."""
    found: list[ColumnElement[bool]] = []
    if said.folder is not None:
        below = take_labels.c.folder.startswith(f"{said.folder}/", autoescape=True)
        found.append(_where_labels(or_(take_labels.c.folder == said.folder, below)))
    if said.tag is not None:
        found.append(_where_labels(take_labels.c.tags.contains(f"\n{said.tag.casefold()}\n", autoescape=True)))
    if said.rating is not None:
        found.append(_where_labels(take_labels.c.rating >= said.rating))
    if said.liked is not None:
        liked = _where_labels(take_labels.c.liked.is_(True))
        found.append(liked if said.liked else not_(liked))
    return found


def conditions_of_metas(bpm: float | None, key: str | None, producer: str | None) -> list[ColumnElement[bool]]:
    """What rows have to meet so that their takes were asked for at a tempo, in a key, and with a twin."""
    found: list[ColumnElement[bool]] = []
    if bpm is not None:
        found.append(takes.c.record["metas"]["bpm"].as_float().between(bpm - CLOSE_BPM, bpm + CLOSE_BPM))
    if key is not None:
        found.append(takes.c.record["metas"]["key"].as_string() == key)
    if producer is not None:
        found.append(RECORD.element.contains(f'"name": {json.dumps(producer)}', autoescape=True))
    return found


def _where_labels(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(take_labels.c.take == takes.c.id, condition)


def ids(connection: Connection) -> list[str]:
    """Every id, oldest first."""
    return list(connection.execute(select(takes.c.id).order_by(takes.c.created, takes.c.id)).scalars())


def children(connection: Connection, take: str) -> list[str]:
    """Ids of the takes made from `take`, sorted."""
    query = select(take_parents.c.take).where(take_parents.c.parent == take).distinct().order_by(take_parents.c.take)
    return list(connection.execute(query).scalars())


def remove(connection: Connection, takes_to_go: Sequence[str]) -> None:
    """Delete rows; their lineage goes with them."""
    connection.execute(delete(takes).where(takes.c.id.in_(takes_to_go)))


def clear(connection: Connection) -> None:
    """Delete every take's row."""
    connection.execute(delete(takes))


def is_blob_used(connection: Connection, blob: str) -> bool:
    """Whether any take has this blob."""
    has = or_(takes.c.audio == blob, takes.c.latents == blob, takes.c.picture == blob)
    return bool(connection.execute(select(exists().where(has))).scalar())


def blob_names(connection: Connection) -> set[str]:
    """Every blob that a take has."""
    rows = connection.execute(select(takes.c.audio, takes.c.latents, takes.c.picture))
    return {name for row in rows for name in row if name is not None}


def count(connection: Connection, conditions: Sequence[ColumnElement[bool]] = ()) -> int:
    """How many takes there are that meet every condition."""
    return int(connection.execute(select(func.count()).select_from(takes).where(*conditions)).scalar_one())


def _take(take: str, record: str) -> Take:
    return read(Take, parse_object(record, f"the row of take {take}", remedy=REMEDY), where=f"the row of take {take}")
