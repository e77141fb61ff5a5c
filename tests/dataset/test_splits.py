from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from producertwin.dataset.splits import Balance, Item, SplitPlan, balance, split, under_represented

STYLES = ("CORE-01", "CORE-02", "house", "trap")


def tracks(count: int, *, per_group: int = 3, seed: int = 0) -> list[Item]:
    rng = np.random.default_rng(seed)
    return [
        Item(f"t{n}", f"album {n // per_group}", STYLES[n // per_group % len(STYLES)], float(rng.uniform(60, 240)))
        for n in range(count)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_together_and_styles_keep_their_share(seed: int) -> None:
    items = tracks(600, seed=seed)
    sides = split(items, SplitPlan(seed=seed))
    by_group = defaultdict(set)
    for item in items:
        by_group[item.group].add(sides[item.id])
    assert all(len(found) == 1 for found in by_group.values())
    assert list(sides) == [item.id for item in items]
    for row in balance(items, sides):
        assert row.share == pytest.approx(0.1, abs=0.02)


def test_a_seed_decides_and_the_order_of_tracks_does_not() -> None:
    items = tracks(120)
    first = split(items, SplitPlan(seed=1))
    assert split(items[::-1], SplitPlan(seed=1)) == first
    assert split(items, SplitPlan(seed=2)) != first


def test_one_more_track_moves_few_others() -> None:
    items = tracks(300)
    before = split(items, SplitPlan())
    after = split([*items, Item("new", "new album", "house", 100.0)], SplitPlan())
    assert sum(after[item.id] != before[item.id] for item in items) <= 15


def test_a_style_never_loses_its_last_group() -> None:
    alone = [Item("a", "one", "house", 100.0), Item("b", "one", "house", 100.0)]
    assert set(split(alone, SplitPlan(share=0.5)).values()) == {"train"}
    pair = [*alone, Item("c", "two", "house", 200.0)]
    assert sorted(set(split(pair, SplitPlan(share=0.5)).values())) == ["holdout", "train"]
    assert split([], SplitPlan()) == {}
    assert set(split(tracks(60), SplitPlan(share=0.0)).values()) == {"train"}


def test_a_hundred_thousand_tracks_are_split() -> None:
    items = tracks(100_000)
    assert balance(items, split(items, SplitPlan()))[0].share == pytest.approx(0.1, abs=0.001)


def test_rare_styles_are_named() -> None:
    rows = [Balance("a", 9, 1, 900.0, 100.0), Balance("b", 9, 1, 800.0, 100.0), Balance("c", 1, 0, 90.0, 0.0)]
    assert under_represented(rows) == ["c"]
    assert under_represented([]) == []
