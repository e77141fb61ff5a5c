"""Keepers: which takes are kept, how they are anchored; and sets of candidates held against each other."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.errors import BadInput
from producertwin.preferences.candidates import Candidates
from producertwin.preferences.comparison import compare
from producertwin.preferences.keepers import anchor, rank_keepers, share_of
from producertwin.preferences.pair import PairPrompt


def row(prompt: int, scores: list[float], name: str = "take") -> Candidates:
    takes = [f"{name}{prompt}-{place}" for place in range(len(scores))]
    facts = {"prompt": PairPrompt(caption=f"lofi {prompt}"), "takes": takes, "scores": [{"caption": one} for one in scores]}
    return Candidates.model_validate(facts | {"defects": [()] * len(scores)})


def test_the_best_of_each_prompt_is_kept_and_people_come_first() -> None:
    rows = [row(0, [0.1, 0.9, 0.2]), row(1, [0.5, 0.4, 0.6]), row(2, [0.3, 0.1, 0.2])]
    stars = {"take1-1": 5, "take2-0": 1, "other": 4, "take0-0": 3}
    found = rank_keepers(rows, {"caption": 1.0}, stars)
    assert {one.take for one in found[:2]} == {"take1-1", "other"} and all(one.is_liked for one in found[:2])
    assert [one.take for one in found[2:]] == ["take0-1", "take2-2"]  # the best, and the best that nobody dislikes
    assert rank_keepers([], {}, {}) == ()


def song(number: int, clips: int, side: str = "train", seconds: float = 10.0) -> Row:
    facts = {"track": f"song{number}", "producer": "Ada", "title": "s", "group": "g", "side": side, "style": "house"}
    facts |= {"clips": [f"b2:{number}{at}" for at in range(clips)], "seconds": seconds * clips, "caption": "c", "quality": 90}
    return Row.model_validate(facts)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8])
def test_songs_are_cut_down_evenly_to_their_share(share: float) -> None:
    songs = Manifest(plan=DatasetPlan(producer="Ada"), rows=(*(song(n, 12) for n in range(5)), song(9, 3, "holdout")))
    keepers = [song(100 + n, 1) for n in range(12)]
    found = anchor(songs, keepers, share)
    takes = {one.track for one in keepers}
    assert share_of(found, takes) == pytest.approx(share, abs=0.03)
    assert found.side("holdout") == songs.side("holdout") and takes <= {one.track for one in found.side("train")}
    counts = [len(one.clips) for one in found.side("train") if one.track.startswith("song") and one.track not in takes]
    assert not counts or max(counts) - min(counts) <= 1
    assert all(len(one.clips) * 10.0 == one.seconds for one in found.rows)
    assert found.plan.producer is None  # it is nobody's newest set


def test_songs_that_are_few_are_all_taken() -> None:
    songs = Manifest(plan=DatasetPlan(producer="Ada"), rows=(song(1, 1),))
    found = anchor(songs, [song(100 + n, 1) for n in range(9)], 0.5)
    assert len(found.rows) == 10 and share_of(found, {f"song{100 + n}" for n in range(9)}) == pytest.approx(0.1)


def test_takes_are_compared_with_those_of_the_same_prompt_and_seed() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((40, 4))
    first = {at: row(at, list(one)) for at, one in enumerate(scores)}
    better = {at: row(at, list(one + 0.001), "other") for at, one in enumerate(scores)}
    [found] = compare(first, better).scorers
    assert (found.wins.value, found.wins.low) == (1.0, 1.0) and found.difference.value == pytest.approx(0.001)
    [same] = compare(first, first).scorers
    assert same.wins.value == 0.5 and same.difference.value == 0.0 and same.spread[0] == same.spread[1]
    noise = {at: row(at, list(rng.random(4)), "other") for at in range(40)}
    [none] = compare(first, noise).scorers
    assert none.wins.low < 0.5 < none.wins.high
    taught = {first[at].prompt.id for at in range(30)}
    assert (compare(first, better, taught).prompts, compare(first, better, taught).left_out) == (10, 30)
    with pytest.raises(BadInput, match="0 prompts"):
        compare(first, better, {one.prompt.id for one in first.values()})
    with pytest.raises(BadInput, match="prompt 1 is another"):
        compare(first, {0: row(7, [0.1, 0.2, 0.3, 0.4]), 1: row(1, [0.1, 0.2, 0.3, 0.4])})
