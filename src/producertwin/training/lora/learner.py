"""The weights that learn, their running average and their optimizer, as one set of named tensors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ...errors import BadInput
from ...model.trainable import Trainable
from .. import optimizer
from .recipe import LoraRecipe

WEIGHTS, AVERAGE = "weights.", "average."


class Learner:
    """An adapter that is being trained, for `steps` steps."""

    def __init__(self, adapter: Trainable, recipe: LoraRecipe, steps: int) -> None:
        plan = recipe.optimizer
        self.adapter, self.plan, self.steps = adapter, plan, steps
        self.weights = adapter.parameters
        self.decay = recipe.training.average
        self.average = {name: weight.detach().clone() for name, weight in self.weights.items()} if self.decay else {}
        self.optimizer = optimizer.adamw(self.weights, plan.rate, plan.decay, eight_bit=plan.kind == "adamw8bit")

    @property
    def shown(self) -> Mapping[str, Tensor]:
        """The weights that are shown and shipped: the running average where there is one."""
        return self.average or {name: weight.detach() for name, weight in self.weights.items()}

    def begin_with(self, state: Mapping[str, Tensor]) -> None:
        """Take over the weights of another adapter. Raises `BadInput` unless it has this one's shape."""
        self.adapter.load(state)
        for name, mean in self.average.items():
            mean.copy_(self.weights[name].detach())

    def rate(self, step: int) -> float:
        """Learning rate of `step`."""
        if self.plan.schedule == "cosine":
            return self.plan.rate * optimizer.cosine(step, self.plan.warmup, self.steps)
        return self.plan.rate * (optimizer.warmed(step, self.plan.warmup) or 1.0)

    def step(self, step: int, factor: float) -> float:
        """Move the weights against their gradients; returns the gradients' norm. Nothing moves when it is not finite."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step) * factor
        norm = float(optimizer.clip(self.weights, self.plan.clip))
        if math.isfinite(norm):
            self.optimizer.step()
            if self.average:
                optimizer.follow(self.average, self.weights, self.decay, step)
        self.forget()
        return norm

    def forget(self) -> None:
        """Drop the gradients."""
        self.optimizer.zero_grad(set_to_none=True)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Let the adapter play with the weights that are shown, without chance, for the length of a `with`."""
        learnt = {name: weight.data for name, weight in self.weights.items()}
        self.adapter.learning(False)
        try:
            for name, mean in self.average.items():
                self.weights[name].data = mean
            yield
        finally:
            for name, weight in self.weights.items():
                weight.data = learnt[name]
            self.adapter.learning(True)

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything, by name, and the optimizer's plain numbers."""
        found: dict[str, Tensor] = {f"{WEIGHTS}{name}": weight.detach() for name, weight in self.weights.items()}
        found |= {f"{AVERAGE}{name}": mean for name, mean in self.average.items()}
        tensors, numbers = optimizer.moments(self.optimizer, self.weights)
        return found | tensors, numbers

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Put everything where `tensors` found it. Raises `BadInput` when they are not this adapter's."""
        self.adapter.load({name.removeprefix(WEIGHTS): t for name, t in tensors.items() if name.startswith(WEIGHTS)})
        for name, mean in self.average.items():
            if f"{AVERAGE}{name}" not in tensors:
                raise BadInput(f"it lacks the running average of {name}", remedy="resume from another checkpoint")
            mean.copy_(tensors[f"{AVERAGE}{name}"])
        optimizer.restore(self.optimizer, self.weights, tensors, numbers)
        self.forget()


@contextmanager
def widened(transformer: Any, precision: str) -> Iterator[None]:
    """The transformer's frozen weights as float32 where products are to be, and afterwards as they were, bit for bit."""
    kind = transformer.proj_in_conv.weight.dtype
    if precision != "fp32" or kind == torch.float32:
        yield
        return
    torch.nn.Module.to(transformer, torch.float32)
    try:
        yield
    finally:
        torch.nn.Module.to(transformer, kind)
