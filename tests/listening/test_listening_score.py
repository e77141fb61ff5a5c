"""What a score says of listeners whose skill is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from listening_kit import answered, flipped, listener, made_up, small
from producertwin.errors import BadInput
from producertwin.listening.answers import Answer
from producertwin.listening.plan import Question
from producertwin.listening.score import ListeningScore, score
from producertwin.listening.trials import BlindTest, Side, Trial
from producertwin.listening.verdicts import p_value, verdicts, warnings


def asking(question: Question, **plan: object) -> BlindTest:
    return made_up(small(**{"question": question, "trials": 20, "repeats": 5, "identical": 4, "obvious": 4, **plan}))


def heard_by(test: BlindTest, count: int, skill: float, seed: int = 0) -> list[Answer]:
    rng = np.random.default_rng(seed)
    return [one for n in range(count) for one in answered(test, f"L{n}", listener(rng, skill))]


def scored(question: Question, count: int, skill: float, **plan: object) -> ListeningScore:
    test = asking(question, **plan)
    return score(test, heard_by(test, count, skill))


def test_a_sure_listener_tells_them_apart() -> None:
    found = scored("abx", 1, 1.0)
    assert (found.right.count, found.right.of, found.worth) == (20, 20, 20.0)
    assert found.better == pytest.approx(0.5**20)
    assert found.agreement.count == found.agreement.of == 5
    assert verdicts(found)[0] == "listeners can tell the twin from the base: right in 20 of 20, 100% (83%–100%), p < .001"
    assert warnings(found) == ["one listener: the figures are of this listener and of nobody else"]


def test_one_pair_that_is_heard_often_counts_as_often() -> None:
    test = asking("preference", trials=1, times=12, repeats=3)
    pairs = [trial for trial in test.trials if trial.role == "pair"]
    assert len(pairs) == 12 and {trial.item for trial in pairs} == {0} and [trial.twin for trial in pairs].count("a") == 6
    found = score(test, heard_by(test, 1, 1.0))
    assert (found.right.count, found.right.of, found.worth, found.agreement.of) == (12, 12, 12.0, 3)
    assert found.right.share.low == pytest.approx(0.735, abs=0.001)  # Clopper and Pearson, 12 of 12


def test_guessing_proves_neither_the_one_nor_the_other() -> None:
    said = verdicts(scored("abx", 2, 0.5, listeners=2))
    assert said[0].startswith("not proven that listeners can tell")
    assert said[1].startswith("not proven that listeners are right at most 55%")
    assert "618 are needed" in said[1]


def test_many_who_guess_prove_that_the_twin_passes() -> None:
    found = scored("real", 60, 0.5, listeners=60)
    assert found.right.of == 1200
    assert found.by_listener.effect < 1.2
    assert found.upper < 0.55
    assert found.passes
    assert verdicts(found)[0].startswith("listeners are right at most 55% of the time")


@pytest.mark.parametrize("skill", [0.57, 0.66])
def test_many_who_can_tell_do_not_let_it_pass(skill: float) -> None:
    found = scored("real", 60, skill, listeners=60)
    assert not found.passes
    assert found.better < 0.05
    assert [line.split(":")[0] for line in verdicts(found)] == [
        "not proven that listeners are right at most 55% of the time", "listeners can tell the recording from the twin"
    ]  # fmt: skip


def test_answers_that_hang_together_are_worth_less() -> None:
    test, rng = asking("real", listeners=40), np.random.default_rng(3)
    skills = [0.9] * 20 + [0.1] * 20
    found = score(test, [one for n, skill in enumerate(skills) for one in answered(test, f"L{n}", listener(rng, skill))])
    assert found.right.share.value == pytest.approx(0.5, abs=0.02)
    assert found.by_listener.correlation == pytest.approx(0.64, abs=0.06)
    assert found.worth < 80 < found.right.of
    assert not found.passes


@pytest.mark.parametrize(("skill", "said"), [(0.7, "listeners prefer the twin"), (0.3, "listeners prefer the base")])
def test_a_preference_has_two_sides(skill: float, said: str) -> None:
    found = scored("preference", 10, skill, listeners=10)
    assert found.other < 0.01
    assert found.identical.of == 0
    assert verdicts(found)[0].startswith(said)
    assert verdicts(scored("preference", 3, 0.5, listeners=3))[0].startswith("not proven that listeners prefer")


def test_a_score_before_all_have_listened_is_a_look() -> None:
    found = scored("abx", 3, 0.9, listeners=5)
    assert not found.complete
    assert verdicts(found)[0].startswith("a look, no verdict: 3 of 5 listeners")


# --- who does not count


def left_out(say: Callable[[Trial], Side], kept: int | None = None, **plan: object) -> str | None:
    test = asking("abx", **plan)
    (one,) = score(test, answered(test, "Ann", say)[:kept]).listeners
    return one.left_out


def right(trial: Trial) -> Side:
    return trial.right or trial.twin


def test_who_misses_what_is_obvious_does_not_count() -> None:
    def careless(trial: Trial) -> Side:
        return flipped(right(trial)) if trial.role == "obvious" else right(trial)

    assert left_out(careless) == "4 obvious pairs missed, 0 allowed"
    assert left_out(careless, misses=4) is None
    assert left_out(right) is None


def test_who_always_gives_one_letter_does_not_count() -> None:
    assert "one letter in 100%" in str(left_out(lambda _: "a", misses=4))
    assert left_out(lambda _: "a", misses=4, one_side=1.0) is None


def test_who_stops_early_does_not_count() -> None:
    assert left_out(right, kept=20) == "20 of 33 trials answered, 80% wanted"
    assert left_out(right, kept=27) is None


def test_who_disagrees_with_himself_counts() -> None:
    def fickle(trial: Trial) -> Side:
        return flipped(right(trial)) if trial.role == "repeat" else right(trial)

    test = asking("abx")
    found = score(test, answered(test, "Ann", fickle))
    assert (found.agreement.count, found.agreement.of) == (0, 5)
    assert found.right.of == 20


def test_those_who_do_not_count_change_nothing() -> None:
    test = asking("abx")
    kept = heard_by(test, 2, 0.7)
    alone, beside = score(test, kept), score(test, [*kept, *answered(test, "Bob", lambda _: "b")])
    assert beside.right == alone.right
    assert [one.name for one in beside.counting] == ["L0", "L1"]
    nobody = score(test, answered(test, "Bob", lambda _: "b"))
    assert nobody.right.of == 0
    assert not nobody.passes
    assert verdicts(nobody) == ["not proven: no listener's answers count"]


# --- what to beware of


def test_a_leak_shows_in_the_pairs_of_one_sound_and_itself() -> None:
    test = asking("real", listeners=12)
    leaking = [one for n in range(12) for one in answered(test, f"L{n}", right)]
    assert any(line.startswith("the test leaks: 48 of 48") for line in warnings(score(test, leaking)))
    assert not any("leaks" in line for line in warnings(scored("real", 12, 1.0)))


def test_a_habit_of_one_letter_is_no_leak() -> None:
    test, rng = asking("real", listeners=40), np.random.default_rng(1)

    def habit(trial: Trial) -> Side:
        return right(trial) if trial.role == "obvious" else "a" if rng.random() < 0.8 else "b"

    found = score(test, [one for n in range(40) for one in answered(test, f"L{n}", habit)])
    assert found.side_a.share.low > 0.7
    assert not any("leaks" in line for line in warnings(found))
    assert found.right.share.value == pytest.approx(0.5, abs=0.03)


def test_later_answers_are_told_and_passed_over() -> None:
    test = asking("abx")
    first = answered(test, "Ann", right)
    second = answered(test, "Ann", lambda trial: flipped(right(trial)))
    found = score(test, [*first, *second])
    assert found.right.count == 20
    assert found.changed == 33
    assert any(line.startswith("33 later answers") for line in warnings(found))


def test_styles_are_counted_apart() -> None:
    def good_at_lofi(trial: Trial) -> Side:
        return right(trial) if trial.role != "pair" or trial.item % 2 == 0 else flipped(right(trial))

    test = asking("abx")
    found = score(test, answered(test, "Ann", good_at_lofi)).styles
    assert {style: (one.count, one.of) for style, one in found.items()} == {"house": (0, 10), "lofi": (10, 10)}


def test_no_answers_are_no_score() -> None:
    with pytest.raises(BadInput, match="no answers"):
        score(asking("abx"), [])


@pytest.mark.parametrize(("p", "text"), [(0.0004, "p < .001"), (0.031, "p = .031"), (1.0, "p = 1.000")])
def test_p_values_are_written_as_the_field_does(p: float, text: str) -> None:
    assert p_value(p) == text
