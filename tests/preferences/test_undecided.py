"""Pairs that scorers leave undecided: which, in which order, and which not."""

from __future__ import annotations

from producertwin.preferences.candidates import Candidates
from producertwin.preferences.pair import PairPrompt
from producertwin.preferences.undecided import UndecidedPair, find_undecided

WEIGHTS = {"ear": 1.0, "words": 1.0}


def row(name: str, *scores: tuple[float, float]) -> Candidates:
    takes = tuple(f"{name}{place}" for place in range(len(scores)))
    told = tuple({"ear": ear, "words": words} for ear, words in scores)
    return Candidates(prompt=PairPrompt(caption=name), takes=takes, scores=told, defects=((),) * len(takes))


ROWS = (
    row("clear", (0.0, 0.0), (3.0, 3.0)),
    row("dispute", (0.0, 2.0), (3.0, 0.0)),
    row("quarrel", (0.0, 4.0), (4.0, 0.0)),
    row("alike", (1.0, 1.0), (1.2, 1.1)),
    row("same", (1.0, 1.0), (1.0, 1.0)),
)


def find(decided: tuple[frozenset[str], ...] = (), gone: tuple[str, ...] = ()) -> tuple[UndecidedPair, ...]:
    return find_undecided(ROWS, WEIGHTS, 0.5, decided, lambda name: name not in gone)


def test_disputes_come_first_and_what_is_clear_is_not_asked() -> None:
    found = find()
    assert [(one.prompt.caption, one.why) for one in found] == [
        ("quarrel", "dispute"), ("dispute", "dispute"), ("same", "alike"), ("alike", "alike"),
    ]  # fmt: skip
    assert found[0].dispute > found[1].dispute > 0.5 and found[2].margin == 0.0 and found[3].dispute == 0.0


def test_what_was_decided_and_what_is_gone_is_left_out() -> None:
    left = find((frozenset(("quarrel0", "quarrel1")),), ("same0",))
    assert [one.prompt.caption for one in left] == ["dispute", "alike"]


def test_of_a_prompt_the_most_disputed_pair_is_asked_and_then_the_next() -> None:
    rows = [row("song", (0.0, 4.0), (4.0, 0.0), (2.0, 2.0))]
    first = find_undecided(rows, WEIGHTS, 0.5, (), lambda _: True)
    assert [set(one.takes) for one in first] == [{"song0", "song1"}]
    second = find_undecided(rows, WEIGHTS, 0.5, [frozenset(first[0].takes)], lambda _: True)
    assert len(second) == 1 and set(second[0].takes) != set(first[0].takes)


def test_sides_do_not_tell_who_scored_higher() -> None:
    rows = [row(f"song {number}", (0.0, 4.0), (4.0, 0.0)) for number in range(60)]
    first = sum(one.takes[0].endswith("0") for one in find_undecided(rows, WEIGHTS, 0.5, (), lambda _: True))
    assert 15 <= first <= 45


def test_one_scorer_has_no_dispute() -> None:
    found = find_undecided(ROWS, {"ear": 1.0}, 0.5, (), lambda _: True)
    assert {one.why for one in found} == {"alike"}
    assert find_undecided([], WEIGHTS, 0.5, (), lambda _: True) == ()
