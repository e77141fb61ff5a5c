"""The gradients of one batch: the forward pass, its error, and the backward pass into the adapter's weights.

On a CUDA device both passes are recorded once per shape of batch as a CUDA graph and then played: an adapter on every linear
layer has so many small kernels that the host could not start them as fast as the device computes them. Conditions are padded to
whole buckets, so that there are few shapes. Not recorded are a pass that draws at random (dropout), one that trains an encoder as
well, whose gradients leave the transformer, and shapes beyond the first few.

peft turns the input of each of its layers into float32, which autocast turns back. As long as the passes last, plain adapters
leave their inputs as they are on such a device; products are the same, and the weights stay float32.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...model.adapter_spec import LoraSpec
from ...model.adapters.differentiable import velocity
from ...model.cuda_graphs import Recording, warn_not_recorded
from ...model.instrument import Instrument

BUCKET: Final = 64
"""Conditions are padded to a multiple of as many states before a pass is recorded."""
MOST: Final = 8
"""Shapes that are recorded; others are computed kernel by kernel."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Tensors of one forward pass, on the instrument's device."""

    x_t: Tensor
    """`(batch, frames, width)` at the timesteps `t`."""
    t: Tensor
    """`(batch,)`."""
    target: Tensor
    """The velocity v, of the shape of `x_t`."""
    context: Tensor
    """`(batch, frames, 2 * width)`."""
    condition: Tensor
    """`(batch, tokens, hidden)`."""
    mask: Tensor | None
    """Which states of `condition` count, `(batch, tokens)`; None where all do."""
    lengths: Tensor | None
    """Frames of each member, `(batch,)`; None where all are equal."""

    def tensors(self) -> tuple[Tensor | None, ...]:
        """All of them, in the order of the fields."""
        return self.x_t, self.t, self.target, self.context, self.condition, self.mask, self.lengths


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """What a batch gave beside its gradients."""

    each: Tensor
    """Mean squared error of the velocity of each member, `(batch,)`."""
    loss: Tensor
    """What the gradients are of."""


def velocity_errors(instrument: Instrument, batch: Batch, *, bf16: bool) -> Tensor:
    """Mean squared error of the velocity of each member over its own frames, `(batch,)` float32."""
    with torch.autocast(instrument.device.type, torch.bfloat16, enabled=bf16):
        made = velocity(instrument.transformer, batch.x_t, batch.t, batch.context, batch.condition, batch.mask, batch.lengths)
    square = (made.float() - batch.target).square().mean(-1)
    if batch.lengths is None:
        return square.mean(-1)
    counts = torch.arange(square.shape[1], device=square.device)[None] < batch.lengths[:, None]
    return (square * counts).sum(-1) / batch.lengths


def fill_bucket(batch: Batch) -> Batch:
    """`batch` with its conditions padded to a multiple of `BUCKET` states, which nothing attends to."""
    members, tokens = batch.condition.shape[:2]
    spare = -tokens % BUCKET
    if not spare:
        return batch
    mask = torch.ones(members, tokens, dtype=torch.bool, device=batch.condition.device) if batch.mask is None else batch.mask
    return replace(batch, condition=functional.pad(batch.condition, (0, 0, 0, spare)), mask=functional.pad(mask, (0, spare)))


class Gradients:
    """Adds the gradients of batches to `weights`: those of an adapter on `instrument`, of the shape that `spec` says.

    `crops` is over how many crops an optimizer step takes the mean.
    """

    def __init__(
        self,
        instrument: Instrument,
        spec: LoraSpec,
        weights: Mapping[str, nn.Parameter],
        crops: int,
        *,
        bf16: bool,
        graphs: bool = True,
    ) -> None:
        self.instrument, self.weights, self.crops, self.bf16 = instrument, list(weights.values()), crops, bf16
        cuda = instrument.device.type == "cuda"
        self.graphs = graphs and cuda and not spec.dropout
        adapted = instrument.transformer.modules() if cuda and bf16 and spec.kind == "lora" else ()
        self.casting = [module for module in adapted if hasattr(module, "cast_input_dtype_enabled")]
        self.recordings: dict[Hashable, Recording[tuple[Errors, list[Tensor | None]]]] = {}

    def add(self, batch: Batch, weights: Tensor) -> Errors:
        """Add the gradients of the members' errors, each times its own of `weights` `(batch,)`."""
        if self.graphs and not batch.condition.requires_grad:
            given = (*fill_bucket(batch).tensors(), weights)
            recording = self._recording(given)
            if recording is not None:
                return self._play(recording, given)
        return self._compute(batch, weights)

    def _compute(self, batch: Batch, weights: Tensor) -> Errors:
        with self._leave_inputs():
            errors = velocity_errors(self.instrument, batch, bf16=self.bf16)
            loss = (errors * weights).sum() / self.crops
            torch.autograd.backward(loss)
        return Errors(errors.detach(), loss.detach())

    @contextmanager
    def _leave_inputs(self) -> Iterator[None]:
        """Have peft's layers leave their inputs as they are; checkpointing computes them again in the backward pass."""
        for module in self.casting:
            module.cast_input_dtype_enabled = False
        try:
            yield
        finally:
            for module in self.casting:
                module.cast_input_dtype_enabled = True

    def _recording(self, given: tuple[Tensor | None, ...]) -> Recording[tuple[Errors, list[Tensor | None]]] | None:
        """Both passes for the shapes of `given`, recorded when they are new; None where they are not recorded."""
        shapes = tuple(None if one is None else one.shape for one in given)
        if shapes in self.recordings or len(self.recordings) == MOST:
            return self.recordings.get(shapes)
        before = [weight.grad for weight in self.weights]
        pool = next((recording.pool for recording in self.recordings.values()), None)
        try:
            self.recordings[shapes] = Recording(self._fresh, *given, pool=pool)
        except RuntimeError as error:
            self.graphs = False
            warn_not_recorded("a training step", error)
        finally:
            self._set_gradients(before)
        return self.recordings.get(shapes)

    def _fresh(self, *given: Tensor) -> tuple[Errors, list[Tensor | None]]:
        """What `_compute` gives, and the gradients of this batch alone."""
        self._set_gradients([None] * len(self.weights))
        *batch, weights = given
        return self._compute(Batch(*batch), weights), [weight.grad for weight in self.weights]

    def _play(self, recording: Recording[tuple[Errors, list[Tensor | None]]], given: tuple[Tensor | None, ...]) -> Errors:
        before = [None if weight.grad is None else weight.grad.clone() for weight in self.weights]
        errors, gradients = recording.play(*given)
        for old, new in zip(before, gradients, strict=True):
            if old is not None and new is not None:
                old.add_(new)
        self._set_gradients([new if old is None else old for old, new in zip(before, gradients, strict=True)])
        return Errors(errors.each.clone(), errors.loss.clone())

    def _set_gradients(self, gradients: list[Tensor | None]) -> None:
        for weight, gradient in zip(self.weights, gradients, strict=True):
            weight.grad = gradient
