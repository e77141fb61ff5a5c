"""Which tracks are held out: whole groups, every style in its share, the same again with the same seed.

Tracks of one album or session share sounds, so a group is held out whole or not at all. Groups are taken in an order that their
names and the seed decide, so a new track moves few others; a group is held out when that brings the seconds held out of each
style nearer to the share asked for. A style's last group in training stays there.

Where styles are small, that holds out too little. Then groups are held out whatever their style, until the share of all seconds
is reached; the last group of a style only when nothing else does it. At least one group is held out of two or more. Where all
tracks are of one group, single tracks of it are held out, and songs of one album stand on both sides.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    if len({item.group for item in given}) == 1 and len(given) > 1:
        return split([replace(item, group=item.id) for item in given], plan)
    groups = _Groups(given, plan)
    groups.hold_out_by_style()
    groups.hold_out_across_styles()
    return {item.id: "holdout" if item.group in groups.out else "train" for item in given}


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


class _Groups:
    """The groups of a set, and which of them are held out so far."""

    def __init__(self, items: Sequence[Item], plan: SplitPlan) -> None:
        self.plan = plan
        self.has: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        """Seconds of every style in every group."""
        self.total: dict[str, float] = defaultdict(float)
        self.left: dict[str, set[str]] = defaultdict(set)
        """Groups of every style that are learned from."""
        for item in items:
            self.has[item.group][item.style] += item.seconds
            self.total[item.style] += item.seconds
            self.left[item.style].add(item.group)
        self.order = sorted(self.has, key=lambda name: _place(plan.seed, name))
        self.held: dict[str, float] = defaultdict(float)
        """Seconds of every style that are held out."""
        self.out: set[str] = set()

    def hold_out_by_style(self) -> None:
        """Hold out every style's share, as far as groups are small enough for it."""
        for group in self.order:
            wanted = {style: self.plan.share * self.total[style] for style in self.has[group]}
            if not self._is_last(group) and _gain(self.has[group], self.held, wanted) > 0:
                self._hold_out(group)

    def hold_out_across_styles(self) -> None:
        """Hold out what then lacks of the share of all seconds, and at least one group of several."""
        wanted = self.plan.share * sum(self.total.values())
        for allows_last in (False, True):
            for group in self.order:
                lacks, more = wanted - sum(self.held.values()), sum(self.has[group].values())
                nearer = group not in self.out and abs(lacks - more) < abs(lacks)
                if nearer and (allows_last or not self._is_last(group)) and len(self.out) + 1 < len(self.order):
                    self._hold_out(group)
        if wanted > 0 and not self.out and len(self.order) > 1:
            self._hold_out(min(self.order, key=lambda group: abs(wanted - sum(self.has[group].values()))))

    def _is_last(self, group: str) -> bool:
        """Whether nothing of a style would be learned from without this group."""
        return any(self.left[style] == {group} for style in self.has[group])

    def _hold_out(self, group: str) -> None:
        self.out.add(group)
        for style, seconds in self.has[group].items():
            self.held[style] += seconds
            self.left[style].discard(group)


def _gain(has: Mapping[str, float], held: Mapping[str, float], wanted: Mapping[str, float]) -> float:
    """By how much holding a group out brings its styles nearer to what is wanted, in seconds."""
    return sum(
        abs(wanted[style] - held.get(style, 0.0)) - abs(wanted[style] - held.get(style, 0.0) - more)
        for style, more in has.items()
    )


def _place(seed: int, group: str) -> bytes:
    return hashlib.blake2b(f"{seed}\0{group}".encode(), digest_size=16).digest()
