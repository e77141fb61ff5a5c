"""One step's practice: its crops, noise levels and noises, and the gradients they leave.

All of it is drawn from (seed, step). Levels are spread over the whole step, however many forward passes it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import Unavailable
from ...model.differentiable import velocity
from ...model.instrument import Instrument
from ...timebase import frame_seconds
from ..draws import draws
from . import timesteps
from .batches import Velocity, batch, by_quarter, errors, noise_of
from .conditions import Words
from .examples import Example, Examples
from .recipe import LoraRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Practised:
    """What one step has heard, and how far off it was."""

    examples: list[Example]
    loss: float
    """What the gradients are of."""
    quarters: dict[str, float]
    """Mean error by quarter of the noise level, not weighed."""

    @property
    def seconds(self) -> float:
        """Length of the music heard."""
        return frame_seconds(sum(len(one.target) for one in self.examples))


def compiled() -> Velocity:
    """`velocity`, compiled when it is first asked; that raises `Unavailable` where nothing here can compile."""
    from torch._dynamo.exc import TorchDynamoException

    fast = torch.compile(velocity)

    def asked(*given: Any) -> Tensor:
        try:
            return fast(*given)
        except TorchDynamoException as error:
            remedy = "take --set training.compile=false, or install a C++ compiler that torch.compile can use"
            raise Unavailable(f"the forward pass could not be compiled: {str(error).splitlines()[0]}", remedy=remedy) from None

    return asked


class Practice:
    """Gathers the gradients of steps."""

    def __init__(self, instrument: Instrument, recipe: LoraRecipe, examples: Examples, words: Words) -> None:
        self.instrument, self.recipe, self.examples, self.words = instrument, recipe, examples, words
        self.velocity: Velocity = compiled() if recipe.training.compile else velocity

    def gather(self, step: int) -> Practised:
        """Add the gradients of `step` to the adapter's."""
        plan, draw = self.recipe.training, draws(self.recipe.training.seed, step)
        first = step * plan.together
        examples = [self.examples.at(first + at, plan.seed, draw.numpy) for at in range(plan.together)]
        t = timesteps.levels(plan.together, self.instrument, plan, draw.torch)
        guided = self.instrument.card.guidance > 1.0
        dropped = [bool(guided and x < plan.drop_condition) for x in draw.numpy.random(plan.together)]
        weights = timesteps.weights(t, plan).to(self.instrument.device)
        found: list[Tensor] = []
        losses: list[Tensor] = []
        with self._chance(step):
            for at in range(0, plan.together, plan.batch):
                part = slice(at, at + plan.batch)
                noises = [noise_of(one, draw.torch) for one in examples[part]]
                given = batch(examples[part], t[part], noises, self.words, dropped[part])
                off = errors(self.instrument, given, self.velocity, bf16=plan.precision == "bf16")
                loss = (off * weights[part]).sum() / plan.together
                torch.autograd.backward(loss)
                found.append(off.detach())
                losses.append(loss.detach())
        return Practised(examples, float(torch.stack(losses).sum()), by_quarter(t, torch.cat(found).cpu()))

    @contextmanager
    def _chance(self, step: int) -> Iterator[None]:
        """Dropout draws from torch's global generators: seed them for the step, and leave them as they were."""
        if not self.recipe.adapter.dropout:
            yield
            return
        device = self.instrument.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(self.recipe.training.seed * 1_000_003 + step)
            yield
