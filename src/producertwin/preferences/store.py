"""Sets of pairs in the studio: a folder each, to which pairs are added one by one, each whole or not at all.

STUDIO/pairs/ID/
├── plan.json        what the set was made from, and when pairs were added last
├── counts.json      how many there are (see `counts`)
└── pairs.jsonl      a pair a line, with its id and its split
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from ..disk import disk_errors, make_folder, write_json, write_whole
from ..errors import BadInput, NotFound
from ..library.provenance import check_prefix, only_match
from ..library.verdict import Source
from ..recipe import Record, read, short_id
from ..untrusted import parse_object, read_object
from .pair import Pair, Split

FOLDER: Final = "pairs"
PLAN: Final = "plan.json"
PAIRS: Final = "pairs.jsonl"
DERIVED: Final = frozenset({"id", "prompt_id", "split"})
"""What a line says beside its pair."""
CHANGED: Final = "changed"
"""In `plan.json`: the moment at which pairs were added last. It is no part of the plan, nor of its id."""
_WHAT: Final = ("set of pairs", "twin pairs list")


@dataclass(frozen=True, slots=True)
class PairSet:
    """A set of pairs."""

    id: str
    folder: Path
    plan: dict[str, Any]
    """What it was made from."""
    changed: str = ""
    """When pairs were added last (ISO 8601, UTC)."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Its pairs, in the order in which they were added. Raises `BadInput` for a damaged line that is not the last."""
        return tuple(read_pairs(self.folder / PAIRS))


class PairQuery(Record):
    """Which pairs are looked for; None leaves a question open."""

    text: str | None = None
    """Words that the caption has, in any case."""
    split: Split | None = None
    """Those that are learned from, or those that are held out."""
    source: Source | None = None
    """Who or what decided."""
    judge: str | None = None
    """This listener, or these scorers."""
    least_margin: float | None = None
    """Pairs whose margin is at least this."""
    take: str | None = None
    """Pairs of this take: its id, or its beginning."""
    limit: int | None = Field(None, ge=1)
    """At most so many."""

    def admits(self, pair: Pair) -> bool:
        """Whether `pair` is looked for."""
        words = (self.text or "").casefold().split()
        takes = (pair.chosen.take or "", pair.rejected.take or "")
        return (
            all(word in pair.prompt.caption.casefold() for word in words)
            and self.split in (None, pair.split)
            and self.source in (None, pair.source)
            and self.judge in (None, pair.judge)
            and (self.least_margin is None or (pair.margin is not None and pair.margin >= self.least_margin))
            and (self.take is None or any(take.startswith(self.take) for take in takes if take))
        )


def place(studio: Path) -> Path:
    """Where the studio keeps its pairs."""
    return studio / FOLDER


def open_set(studio: Path, plan: dict[str, Any]) -> PairSet:
    """The set that is made from `plan`, begun where there is none. Raises `Resources` or `BadInput` of the disk."""
    name = short_id(plan, person=b"pairs")
    folder = place(studio) / name
    with suppress(NotFound, BadInput):  # a damaged plan is written anew: its id says that it is this one
        return _read_set(folder)
    with disk_errors(folder):
        make_folder(folder)
    return _stamp(PairSet(name, folder, plan))


def find(key: str | None, studio: Path) -> PairSet:
    """The set whose id is or begins with `key`; the one that was added to last where nothing is named.

    Raises `NotFound`, `BadInput` for several.
    """
    if key is None:
        found, damaged = survey(studio)
        if not found:
            broken = f", and {len(damaged)} damaged" if damaged else ""
            raise NotFound(f"no pairs in {studio}{broken}", remedy="make some: twin pairs make, or twin pairs collect")
        return max(found, key=lambda one: (one.changed, one.id))
    prefix = check_prefix(key, *_WHAT)
    names = sorted(path.parent.name for path in place(studio).glob(f"{prefix}*/{PLAN}"))
    return _read_set(place(studio) / only_match(names[:6], key, studio, *_WHAT))


def survey(studio: Path) -> tuple[tuple[PairSet, ...], dict[str, str]]:
    """Every set, by id; and by id why another one cannot be read."""
    found: list[PairSet] = []
    damaged: dict[str, str] = {}
    for path in sorted(place(studio).glob(f"*/{PLAN}")):
        try:
            found.append(_read_set(path.parent))
        except NotFound:  # removed just now
            continue
        except BadInput as error:
            damaged[path.parent.name] = error.message
    return tuple(found), damaged


def add(found: PairSet, pairs: Iterable[Pair]) -> int:
    """Add those of `pairs` that are not in the set, each whole and on the disk when this returns; returns how many.

    A last line that a kill has cut short is removed. Raises `Resources` when the disk is full.
    """
    path = found.folder / PAIRS
    with disk_errors(path):
        mend(path)
        known = {pair.id for pair in read_pairs(path)}
        fresh = list({pair.id: pair for pair in pairs if pair.id not in known}.values())
        if fresh:
            with path.open("ab") as file:
                start = file.tell()
                try:
                    file.writelines(as_line(pair) for pair in fresh)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(path, start)
                    raise
            _stamp(found)
    return len(fresh)


def replace(found: PairSet, pairs: Iterable[Pair]) -> None:
    """Make `pairs` what the set holds, all or nothing."""
    write_whole(found.folder / PAIRS, b"".join(map(as_line, pairs)))
    _stamp(found)


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a file, without a last line that was cut short. Raises `BadInput` for any other line that is none."""
    lines = path.read_bytes().split(b"\n") if path.is_file() else []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"line {number} of {path}"
        try:
            data = parse_object(line, where)
            if not {"prompt", "chosen", "rejected"} <= data.keys():
                raise BadInput(f"{where} is no pair", remedy="remove that line")
            yield read(Pair, {name: value for name, value in data.items() if name not in DERIVED}, where=where)
        except BadInput:
            if number == len(lines):
                return
            raise


def as_line(pair: Pair) -> bytes:
    """A pair as a line of JSON, with its id, the id of its prompt and its split."""
    data = {"id": pair.id, "prompt_id": pair.prompt.id, "split": pair.split} | pair.model_dump(mode="json")
    return (json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n").encode()


def mend(path: Path) -> None:
    """Remove a last line that a kill has cut short."""
    data = path.read_bytes() if path.is_file() else b""
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def _read_set(folder: Path) -> PairSet:
    remedy = "restore it from a copy of the studio, or move the folder away"
    plan = read_object(folder / PLAN, remedy=remedy)
    for name in ("scorers", "adapters"):
        if not isinstance(plan.get(name, []), list):
            raise BadInput(f"{folder / PLAN} is damaged: {name} are no list", remedy=remedy)
    return PairSet(folder.name, folder, plan, str(plan.pop(CHANGED, "")))


def _stamp(found: PairSet) -> PairSet:
    """Write into the plan that pairs were added now."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    write_json(found.folder / PLAN, found.plan | {CHANGED: now})
    return PairSet(found.id, found.folder, found.plan, now)
