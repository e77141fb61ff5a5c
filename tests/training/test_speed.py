"""How long a step takes is measured before training, and threads are halved only where that is faster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
import torch

from producertwin.training.speed import LONG, WORTH, Speed, describe_speed, may_choose_threads, measure_speed, suggest_shorter


class Machine:
    """Steps that take as long as `cost` says for the number of threads, by a clock of its own."""

    def __init__(self, cost: Mapping[int, float]) -> None:
        self.cost, self.now, self.steps = cost, 0.0, 0

    def step(self) -> None:
        self.steps += 1
        self.now += self.cost[torch.get_num_threads()]

    def clock(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("cost", "chosen"),
    [
        ({2: 4.0, 1: 1.0}, 1),  # a busy machine: two threads wait for each other
        ({2: 1.0, 1: 1.875}, 2),
        ({2: 1.0, 1: 0.96875}, 2),  # not worth it
        ({8: 3.0, 4: 2.0, 2: 1.5, 1: 1.625}, 2),
        ({8: 1.0, 4: 2.0}, 8),
        ({6: 3.0, 3: 2.0, 1: 1.0}, 1),
        ({1: 5.0}, 1),
    ],
)
def test_threads_are_halved_as_long_as_that_is_faster(cost: Mapping[int, float], chosen: int) -> None:
    torch.set_num_threads(max(cost))
    machine = Machine(cost)
    speed = measure_speed(machine.step, 400, choose=True, clock=machine.clock)
    assert (speed.threads, speed.seconds) == (chosen, cost[chosen]) and torch.get_num_threads() == chosen
    assert speed.tried == {count: cost[count] for count in speed.tried}


def test_a_short_training_and_a_number_that_was_given_are_left_alone() -> None:
    torch.set_num_threads(2)
    for steps, choose in ((round(WORTH / 4.0) - 1, True), (400, False)):
        machine = Machine({2: 4.0, 1: 1.0})
        speed = measure_speed(machine.step, steps, choose=choose, clock=machine.clock)
        assert (speed.threads, speed.tried, machine.steps) == (2, {2: 4.0}, 2)
        assert torch.get_num_threads() == 2


def test_quick_steps_are_timed_twice() -> None:
    torch.set_num_threads(1)
    machine = Machine({1: 0.5})
    assert measure_speed(machine.step, 400, choose=True, clock=machine.clock).seconds == 0.5 and machine.steps == 3


@pytest.mark.parametrize(("device", "said", "may"), [("cpu", "", True), ("cpu", "2", False), ("meta", "", False)])
def test_whoever_has_said_how_many_threads_is_heard(device: str, said: str, may: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert may_choose_threads(torch.device(device)) is may


def test_the_time_is_told_with_the_threads_it_takes() -> None:
    torch.set_num_threads(2)
    machine = Machine({2: 4.0, 1: 1.0625})
    told = describe_speed(measure_speed(machine.step, 400, choose=True, clock=machine.clock), 400)
    assert (
        told == "time: about 7 min 05 s for 400 steps of 1.1 s, on 1 of 2 threads (2 take 4 s); validations and takes add to it"
    )
    alone = Machine({1: 2.0})
    torch.set_num_threads(1)
    assert describe_speed(measure_speed(alone.step, 1, choose=True, clock=alone.clock), 1).startswith(
        "time: about 2 s for 1 step of"
    )


@pytest.mark.parametrize(
    ("seconds", "steps", "key", "value", "offered"),
    [
        (4.1, 400, "steps", 400, ("6 min 50 s", 100)),
        (2.4, 400, "steps", 400, ("8 min 00 s", 200)),
        (60.0, 1000, "epochs", 50, ("2 h 00 min", 6)),
        (1000.0, 40, "epochs", 2, None),  # nothing is left to halve
        (LONG / 400, 400, "steps", 400, None),
    ],
)  # fmt: skip
def test_a_long_training_says_what_makes_it_shorter(
    seconds: float, steps: int, key: str, value: int, offered: tuple[str, int] | None
) -> None:
    told = suggest_shorter(Speed(seconds, 1, {1: seconds}), steps, f"training.{key}", value)
    if offered is None:
        assert told is None
        return
    taken, shorter = offered
    assert told == (
        f"a shorter training takes about {taken} and learns less: "
        f"Ctrl-C, then the same command with --set training.{key}={shorter}"
    )
