"""What a set of pairs holds is counted once, and again where its files are others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from producertwin.errors import BadInput, Resources
from producertwin.preferences import candidates, counts, store
from producertwin.preferences.candidates import Candidates
from producertwin.preferences.counts import PairCounts, count_pairs
from producertwin.preferences.pair import Pair, PairPrompt, Side
from producertwin.preferences.store import PairSet

LEARNED = [f"lofi {number}" for number in range(90) if PairPrompt(caption=f"lofi {number}").split == "train"]
HELD = [f"lofi {number}" for number in range(90) if PairPrompt(caption=f"lofi {number}").split == "holdout"]


def pair(caption: str) -> Pair:
    return Pair(prompt=PairPrompt(caption=caption), chosen=Side(file="a.wav"), rejected=Side(file="b.wav"))


def score(found: PairSet, place: int) -> None:
    row = Candidates(prompt=PairPrompt(caption=LEARNED[place]), takes=("aaaa",), scores=({},), defects=((),))
    candidates.append(candidates.path_of(found.folder, 1, 1), place, row)


@pytest.fixture
def found(tmp_path: Path) -> PairSet:
    """A set of three pairs, one of them held out, and two prompts."""
    made = store.open_set(tmp_path, {"made": "candidates"})
    store.replace(made, [pair(one) for one in (*LEARNED[:2], HELD[0])])
    score(made, 0)
    score(made, 1)
    return made


def test_a_set_is_read_once_as_long_as_nothing_is_added(found: PairSet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_pairs(found) == PairCounts(pairs=3, held_out=1, prompts=2)
    with monkeypatch.context() as patch:
        patch.setattr(store, "read_pairs", lambda _: pytest.fail("read again"))
        patch.setattr(candidates, "read_rows", lambda _: pytest.fail("read again"))
        assert count_pairs(found) == PairCounts(pairs=3, held_out=1, prompts=2)
    score(found, 2)
    assert count_pairs(found).prompts == 3
    store.add(found, [pair(HELD[1])])
    assert count_pairs(found) == PairCounts(pairs=4, held_out=2, prompts=3)


@pytest.mark.parametrize("kept", ["{", "[]", '{"version": 0}', json.dumps({"version": 1, "files": {}, "counts": {"pairs": -1}})])
def test_numbers_that_are_damaged_are_counted_anew(found: PairSet, kept: str) -> None:
    (found.folder / counts.COUNTS).write_text(kept)
    assert count_pairs(found).pairs == 3
    assert json.loads((found.folder / counts.COUNTS).read_text())["counts"]["pairs"] == 3


def test_a_full_disk_keeps_nobody_from_counting(found: PairSet, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object) -> None:
        raise Resources("the disk is full")

    monkeypatch.setattr(counts, "write_json", fill)
    assert count_pairs(found).pairs == 3


def test_a_damaged_set_is_refused_and_not_counted(found: PairSet) -> None:
    (found.folder / store.PAIRS).write_text('{"id": 1}\n{"id": 2}\n')
    with pytest.raises(BadInput, match="no pair"):
        count_pairs(found)
    assert not (found.folder / counts.COUNTS).exists()
