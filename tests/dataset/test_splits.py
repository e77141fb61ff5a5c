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


def test_a_style_keeps_its_last_group_where_another_can_be_held_out() -> None:
    items = [Item("a", "one", "trap", 100.0), *(Item(f"h{n}", f"h{n}", "house", 100.0) for n in range(9))]
    for seed in range(20):
        sides = split(items, SplitPlan(share=0.3, seed=seed))
        assert sides["a"] == "train" and list(sides.values()).count("holdout") == 3
    assert split([], SplitPlan()) == {}
    assert set(split(tracks(60), SplitPlan(share=0.0)).values()) == {"train"}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.3, 0.5, 0.9])
@pytest.mark.parametrize(("count", "styles"), [(2, 2), (3, 1), (4, 2), (11, 11), (12, 5), (30, 30)], ids=lambda value: str(value))
def test_something_is_held_out_of_every_small_and_mixed_set(count: int, styles: int, share: float) -> None:
    items = [Item(f"t{n}", f"t{n}", f"style {n % styles}", 180.0) for n in range(count)]
    held = list(split(items, SplitPlan(share=share)).values()).count("holdout")
    assert 1 <= held < count
    assert abs(held - share * count) <= 0.5 * styles or held in (1, count - 1)  # half a track of every style


def test_songs_of_one_album_are_held_out_singly() -> None:
    album = [Item(f"s{n}", "the only album", ("house", "trap")[n % 2], 200.0) for n in range(10)]
    assert list(split(album, SplitPlan(share=0.2)).values()).count("holdout") == 2
    assert set(split(album[:1], SplitPlan(share=0.5)).values()) == {"train"}
    more = [*album, Item("single", "single", "house", 200.0)]
    assert {name for name, side in split(more, SplitPlan(share=0.1)).items() if side == "holdout"} == {"single"}


@pytest.mark.thorough
def test_a_hundred_thousand_tracks_are_split() -> None:
    items = tracks(100_000)
    assert balance(items, split(items, SplitPlan()))[0].share == pytest.approx(0.1, abs=0.001)


def test_rare_styles_are_named() -> None:
    rows = [Balance("a", 9, 1, 900.0, 100.0), Balance("b", 9, 1, 800.0, 100.0), Balance("c", 1, 0, 90.0, 0.0)]
    assert under_represented(rows) == ["c"]
    assert under_represented([]) == []
