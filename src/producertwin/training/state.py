"""What a training loop changes: weights, their running average and their optimizer, as one set of named tensors.

A checkpoint holds them as `weights.NAME`, `average.NAME` and `optimizer.KEY.NAME`. Adapters and pretraining share this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor

from ..errors import BadInput
from . import optimizer
from .optimizer import Weights

WEIGHTS: Final = "weights."
AVERAGE: Final = "average."
Rate = Callable[[int], float]
"""Learning rate of a step."""
Load = Callable[[Mapping[str, Tensor]], None]
"""Copies tensors into the weights of their names. Raises `BadInput` for tensors of something else."""


class TrainState:
    """Weights in training.

    `average` is the decay of the running average, None for none; `clip` the largest norm of the gradients; `load` fills the
    weights where a plain copy by name does not do.
    """

    def __init__(
        self,
        weights: Weights,
        optimizer: torch.optim.Optimizer,
        rate: Rate,
        *,
        clip: float,
        average: float | None,
        load: Load | None = None,
    ) -> None:
        self.weights, self.optimizer, self.rate, self.clip, self.decay = dict(weights), optimizer, rate, clip, average
        self.average = {} if average is None else {name: weight.detach().clone() for name, weight in weights.items()}
        self.torn = False
        """Whether the weights belong to no counted step, and are not to be saved. `update` sets it; the loop clears it."""
        self._load = load or self._copy

    @property
    def final_weights(self) -> Mapping[str, Tensor]:
        """The weights that are validated and shipped: the running average where there is one."""
        return self.average or {name: weight.detach() for name, weight in self.weights.items()}

    def start_from(self, weights: Mapping[str, Tensor]) -> None:
        """Begin with the weights of another model. Raises `BadInput` unless it has this one's shape."""
        self._load(weights)
        for name, mean in self.average.items():
            mean.copy_(self.weights[name].detach())

    def update(self, step: int, factor: float = 1.0) -> float:
        """Clip the gradients and move the weights against them, at `factor` times the rate of `step`.

        Returns the gradients' norm before clipping; nothing moves when it is not finite.
        """
        self.torn = True
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(step) * factor
        norm = float(optimizer.clip(self.weights, self.clip))
        if math.isfinite(norm):
            self.optimizer.step()
            if self.decay is not None:
                optimizer.update_average(self.average, self.weights, self.decay, step)
        self.drop_gradients()
        return norm

    @contextmanager
    def rehearse(self) -> Iterator[None]:
        """Undo, at the end of a `with`, whatever it moved: weights, running average and optimizer."""
        tensors, numbers = self.tensors()
        kept = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        try:
            yield
        finally:
            self.restore(kept, numbers)
            self.torn = False

    def drop_gradients(self) -> None:
        """Forget the gradients."""
        self.optimizer.zero_grad(set_to_none=True)

    @contextmanager
    def show_average(self) -> Iterator[None]:
        """Put the running average in the place of the weights for the length of a `with`."""
        learnt = {name: weight.data for name, weight in self.weights.items()}
        try:
            for name, mean in self.average.items():
                self.weights[name].data = mean
            yield
        finally:
            for name, weight in self.weights.items():
                weight.data = learnt[name]

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything by name, and the optimizer's plain numbers."""
        found: dict[str, Tensor] = {f"{WEIGHTS}{name}": weight.detach() for name, weight in self.weights.items()}
        found |= {f"{AVERAGE}{name}": mean for name, mean in self.average.items()}
        tensors, numbers = optimizer.moments(self.optimizer, self.weights)
        return found | tensors, numbers

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any] | None = None) -> None:
        """Put everything back to what `tensors` returned. Raises `BadInput` for tensors of something else."""
        self._load({name.removeprefix(WEIGHTS): t for name, t in tensors.items() if name.startswith(WEIGHTS)})
        for name, mean in self.average.items():
            if f"{AVERAGE}{name}" not in tensors:
                raise BadInput(f"it lacks the running average of {name}", remedy="resume from another checkpoint")
            mean.copy_(tensors[f"{AVERAGE}{name}"])
        optimizer.restore(self.optimizer, self.weights, tensors, numbers)
        self.drop_gradients()

    def _copy(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.data.copy_(weights[name])
