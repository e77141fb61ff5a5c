"""The language of desks: every desk has a row, every row a desk, and every desk that can be said compiles."""

from __future__ import annotations

import random

import pytest

from mixing_kit import needs_engine
from producertwin.errors import BadInput
from producertwin.mixing import engine
from producertwin.mixing.desk import Desk, desk_files, find_desk
from producertwin.mixing.faust import write_faust
from producertwin.mixing.producer.grammar import list_questions, name_buses, questions_of, read_row, walk, write_row
from producertwin.mixing.producer.shapes import STEPS, nearest, steps_of

STRIPS = ("drums", "bass", "hall", "keys")


def draw(seed: int, strips: tuple[str, ...]) -> tuple[tuple[int, ...], Desk]:
    """A row of random answers, and its desk."""
    rng, row = random.Random(seed), []
    asking = walk(strips)
    question = next(asking)
    while True:
        row.append(rng.choice([one for one in range(question.answers) if question.allows(one)]))
        try:
            question = asking.send(row[-1])
        except StopIteration as end:
            return tuple(row), end.value


@pytest.mark.parametrize("seed", range(12))
def test_any_row_of_answers_says_a_desk_that_says_the_row(seed: int) -> None:
    row, desk = draw(seed, STRIPS[: 1 + seed % 4])
    assert read_row(tuple(desk.strips), row) == desk
    assert write_row(desk) == row
    assert "process" in write_faust(desk).source


@pytest.mark.parametrize("name", sorted(desk_files()))
def test_a_desk_comes_back_within_half_a_step_of_each_number(name: str) -> None:
    desk = find_desk(name)
    row = write_row(desk)
    back = read_row(tuple(desk.strips), row)
    assert write_row(back) == row
    assert [q.asks for q in questions_of(back)] == [q.asks for q in questions_of(desk)]
    for one, strip in desk.strips.items():
        assert back.strips[one].gain == pytest.approx(strip.gain, abs=84 / (STEPS - 1) / 2 + 1e-6)
        assert (back.strips[one].duck is None) == (strip.duck is None)
        if strip.duck and back.strips[one].duck:
            assert back.strips[one].duck.by == strip.duck.by  # type: ignore[union-attr]
    assert len(back.buses) == len(desk.buses)


def test_what_is_asked_is_listed_once() -> None:
    asked = list_questions()
    assert len(set(asked)) == len(asked) > 100
    for seed in range(8):
        assert {question.asks for question in questions_of(draw(seed, STRIPS)[1])} <= set(asked)


def test_defaults_and_bounds_can_be_said_exactly() -> None:
    for low, high, default in ((-60, 24, 0.0), (20, 20_000, 150.0), (0, 2, 1.0), (0.1, 200, 10.0)):
        steps = steps_of(low, high, default)
        assert len(steps) == STEPS
        assert (steps[0], steps[-1]) == (low, high)
        assert default in steps
        assert list(steps) == sorted(set(steps))
        assert [nearest(steps, one) for one in steps] == list(range(STEPS))
    assert nearest((False, True), True) == 1
    assert nearest(steps_of(-60, 24, 0.0), 999.0) == STEPS - 1


def test_buses_are_never_called_like_strips() -> None:
    assert name_buses(["reverb", "reverb", "delay"], ("hall", "drums")) == ["hall2", "hall3", "echoes"]
    assert name_buses(["parallel"], ("crush_left",)) == ["crush2"]


@pytest.mark.parametrize("row", [(), (0,), (9,), (-1,), (0, 500)])
def test_rows_that_say_nothing_are_refused(row: tuple[int, ...]) -> None:
    with pytest.raises(BadInput):
        read_row(("drums",), row)


def test_a_row_that_goes_on_is_refused() -> None:
    row, _ = draw(1, ("drums",))
    with pytest.raises(BadInput, match="goes on"):
        read_row(("drums",), (*row, 0))


@needs_engine
@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(6))
def test_random_rows_compile(seed: int) -> None:
    from producer_kit import stem
    from producertwin.mixing.render import play_program

    _, desk = draw(seed, STRIPS[:2])
    program = write_faust(desk)
    played = play_program(program, [stem("drums", 0.1), stem("bass", 0.1)], 4_800)
    assert played.shape[1] == 4_800 and engine.is_installed()
