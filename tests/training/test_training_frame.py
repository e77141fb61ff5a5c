"""The frame that every training shares: steps, messages and rescue of the loop, and the state it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import torch
from torch import nn

from producertwin.errors import BadInput, Diverged
from producertwin.progress import Event, Message, Progress, finish, warning
from producertwin.training.loop import run_steps
from producertwin.training.optimizer import adamw
from producertwin.training.state import TrainState
from producertwin.training.stopping import Stop


@dataclass
class Work:
    """Three steps that say something, and fail after `fails`."""

    steps: int = 3
    step: int = 0
    fails: int | None = None
    rescued: list[int] = field(default_factory=list)
    said: list[Message] = field(default_factory=lambda: [warning("before the first")])

    def is_finished(self) -> bool:
        return self.step >= self.steps

    def advance(self) -> str:
        self.said.append(warning(f"after {self.step}"))
        if self.step == self.fails:
            raise Diverged("it diverged")
        self.step += 1
        return f"loss {self.step}"

    def rescue(self) -> None:
        self.said.append(warning("rescued"))
        self.rescued.append(self.step)

    def take_messages(self) -> list[Message]:
        said, self.said = self.said, []
        return said


def lines(events: list[Event]) -> list[str]:
    return [f"{event.done}/{event.total} {event.note}" if isinstance(event, Progress) else event.text for event in events]


def test_every_step_is_told_after_what_it_said() -> None:
    work, events = Work(), list[Event]()
    finish(run_steps(work), events.append)
    told = ["before the first", "after 0", "1/3 loss 1", "after 1", "2/3 loss 2", "after 2", "3/3 loss 3"]
    assert lines(events) == told and work.rescued == []


def test_what_fails_is_rescued_and_says_its_last_words_first() -> None:
    work, events = Work(fails=1), list[Event]()
    with pytest.raises(Diverged):
        finish(run_steps(work), events.append)
    assert work.rescued == [1] and lines(events)[-2:] == ["after 1", "rescued"]


def test_a_stop_that_was_asked_for_ends_the_loop_between_two_steps() -> None:
    work, stop = Work(), Stop()
    with pytest.raises(KeyboardInterrupt):
        for event in run_steps(work, stop):
            stop.asked = isinstance(event, Progress) and event.done == 2
    assert work.rescued == [2]


def test_leaving_the_loop_rescues_and_says_nothing_more() -> None:
    work = Work()
    steps = run_steps(work)
    while not isinstance(next(steps), Progress):
        pass
    steps.close()
    assert work.rescued == [1]


@pytest.fixture
def net() -> Iterator[nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield nn.Linear(3, 2)


def state_of(net: nn.Module, average: float | None = 0.9) -> TrainState:
    weights = dict(net.named_parameters())
    return TrainState(weights, adamw(weights, 1e-2, 0.01), lambda step: 1e-2 / (step + 1), clip=1.0, average=average)


def pull(net: nn.Module, scale: float = 1.0) -> None:
    torch.autograd.backward(scale * net(torch.ones(4, 3)).square().mean())


@pytest.mark.parametrize("average", [0.9, None])
def test_a_state_goes_on_from_its_tensors_bit_for_bit(net: nn.Module, average: float | None) -> None:
    other = nn.Linear(3, 2)
    here, there = state_of(net, average), state_of(other, average)
    pull(net)
    here.update(0)
    tensors, numbers = here.tensors()
    there.restore({name: tensor.clone() for name, tensor in tensors.items()}, numbers)
    for one, state in ((net, here), (other, there)):
        pull(one)
        state.update(1)
    for name, tensor in here.tensors()[0].items():
        assert torch.equal(tensor, there.tensors()[0][name]), name
    assert ("average.weight" in tensors) == (average is not None)


def test_a_gradient_that_is_not_finite_moves_nothing(net: nn.Module) -> None:
    state = state_of(net)
    before = {name: tensor.clone() for name, tensor in state.tensors()[0].items()}
    pull(net, float("nan"))
    assert not torch.isfinite(torch.tensor(state.update(0))) and state.torn
    after = state.tensors()[0]
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_the_average_is_shown_for_a_while_and_is_what_is_shipped(net: nn.Module) -> None:
    state = state_of(net)
    pull(net)
    state.update(0)
    weight = net.get_parameter("weight")
    learnt = weight.detach().clone()
    with state.show_average():
        assert torch.equal(weight, state.final_weights["weight"]) and not torch.equal(weight, learnt)
    assert torch.equal(weight, learnt)


def test_tensors_without_the_average_are_refused(net: nn.Module) -> None:
    tensors, numbers = state_of(net, None).tensors()
    with pytest.raises(BadInput, match="running average of weight"):
        state_of(net).restore(tensors, numbers)
