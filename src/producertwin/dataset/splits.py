"""Which tracks are held out: whole groups, every style in its share, the same again with the same seed.

Tracks of one album or session share sounds, so a group is held out whole or not at all. Groups are taken in an order that their
names and the seed decide, so a new track moves few others; a group is held out when that brings the seconds held out of each
style nearer to the share asked for. A style's last group in training stays there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ..recipe import Record

Side = Literal["train", "holdout"]


class SplitPlan(Record):
    """How much is held out."""

    share: float = Field(0.1, ge=0.0, le=0.9)
    """Share of the seconds of every style."""
    seed: int = Field(0, ge=0)
    """Decides which groups are looked at first."""


@dataclass(frozen=True, slots=True)
class Item:
    """What the split needs to know of a track."""

    id: str
    group: str
    """Album or session; its own id where it has none."""
    style: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Balance:
    """One style's row of the balance table, in tracks and seconds."""

    style: str
    train: int
    holdout: int
    train_seconds: float
    holdout_seconds: float

    @property
    def share(self) -> float:
        """Share of the seconds that is held out."""
        total = self.train_seconds + self.holdout_seconds
        return self.holdout_seconds / total if total else 0.0


def split(items: Iterable[Item], plan: SplitPlan) -> dict[str, Side]:
    """The side of every track, by its id, in the order of `items`."""
    given = list(items)
    groups: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    total: dict[str, float] = defaultdict(float)
    left: dict[str, set[str]] = defaultdict(set)
    for item in given:
        groups[item.group][item.style] += item.seconds
        total[item.style] += item.seconds
        left[item.style].add(item.group)
    held: dict[str, float] = defaultdict(float)
    out: set[str] = set()
    for group in sorted(groups, key=lambda name: _place(plan.seed, name)):
        has = groups[group]
        last = any(left[style] == {group} for style in has)
        if not last and _gain(has, held, {style: plan.share * total[style] for style in has}) > 0:
            out.add(group)
            for style, seconds in has.items():
                held[style] += seconds
                left[style].discard(group)
    return {item.id: "holdout" if item.group in out else "train" for item in given}


def balance(items: Iterable[Item], sides: Mapping[str, Side]) -> list[Balance]:
    """One row per style, the styles with most seconds first."""
    rows: dict[str, dict[Side, list[float]]] = defaultdict(lambda: {"train": [], "holdout": []})
    for item in items:
        rows[item.style][sides[item.id]].append(item.seconds)
    found = [
        Balance(style, len(row["train"]), len(row["holdout"]), sum(row["train"]), sum(row["holdout"]))
        for style, row in rows.items()
    ]
    return sorted(found, key=lambda row: (-(row.train_seconds + row.holdout_seconds), row.style))


def under_represented(rows: Iterable[Balance], *, part: float = 0.5) -> list[str]:
    """Styles with less than `part` of the seconds that an even spread over the styles would give each."""
    given = list(rows)
    even = sum(row.train_seconds + row.holdout_seconds for row in given) / max(len(given), 1)
    return [row.style for row in given if row.train_seconds + row.holdout_seconds < part * even]


def _gain(has: Mapping[str, float], held: Mapping[str, float], wanted: Mapping[str, float]) -> float:
    """By how much holding a group out brings its styles nearer to what is wanted, in seconds."""
    return sum(
        abs(wanted[style] - held.get(style, 0.0)) - abs(wanted[style] - held.get(style, 0.0) - more)
        for style, more in has.items()
    )


def _place(seed: int, group: str) -> bytes:
    return hashlib.blake2b(f"{seed}\0{group}".encode(), digest_size=16).digest()
