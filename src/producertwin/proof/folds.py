"""Folds: how a small training set is proven, by short twins that each learn from all songs but one fold.

Every song stands in one fold, so that all of them are played by a twin that has not heard them. Albums and sessions stay whole
where that leaves every fold enough; where all songs are of one or two albums, single songs are dealt out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..dataset.manifest import Manifest, Row
from ..recipe import fingerprint
from .plan import LEAST_SONGS

FOLDS: Final = 4
"""Folds where nobody says how many."""
LEAST_FOLD: Final = 2
"""Fewest songs of a fold: takes and real songs are compared with the others of it."""
MOST_FOLD: Final = 0.5
"""Largest share of the songs in one fold: its short twin learns from the others alone."""


@dataclass(frozen=True, slots=True)
class Folds:
    """How the songs of a set are dealt out."""

    songs: tuple[frozenset[str], ...]
    """Ids of the songs of every fold."""
    splits_groups: bool
    """Whether songs of one album or session stand in different folds."""


def deal_folds(rows: Sequence[Row], count: int = FOLDS) -> Folds | None:
    """Deal `rows` out into at most `count` folds; None where there are too few songs to prove anything by."""
    if len(rows) < LEAST_SONGS:
        return None
    albums: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        albums[row.group].append(row)
    singles = [[row] for row in rows]
    for parts, splits in ((list(albums.values()), False), (singles, len(albums) < len(rows))):
        for folds in range(min(count, len(parts), len(rows) // LEAST_FOLD), 1, -1):
            found = _deal(parts, folds)
            if all(LEAST_FOLD <= len(fold) <= MOST_FOLD * len(rows) for fold in found):
                return Folds(found, splits)
    return None


def leave_out(manifest: Manifest, fold: frozenset[str]) -> Manifest:
    """The training set in which the songs of `fold` are held out and all others are learned from."""
    sides = (row.model_copy(update={"side": "holdout" if row.track in fold else "train"}) for row in manifest.rows)
    return manifest.model_copy(update={"rows": tuple(sides)})


def _deal(parts: Sequence[Sequence[Row]], folds: int) -> tuple[frozenset[str], ...]:
    """Every part into the fold with fewest songs, the large ones first and styles in turn."""
    found: list[set[str]] = [set() for _ in range(folds)]
    for part in sorted(parts, key=lambda part: (-len(part), part[0].style, fingerprint(part[0].group + part[0].track))):
        min(found, key=len).update(row.track for row in part)
    return tuple(map(frozenset, found))
