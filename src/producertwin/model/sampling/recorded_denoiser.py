"""The denoiser played from CUDA graphs: what one step starts on the device is recorded once and played for every step.

A short take keeps a fast GPU waiting: starting the kernels of a step takes the host longer than computing them takes the device.
Recordings stay with the transformer, so only the first take of a shape pays for them (three steps or so). They belong to the
weights and adapters they were recorded with; others are recorded anew. A transformer whose layers do anything beside computing
(hooks that are not an adapter's) is not recorded, nor one in training.

The first walk of a shape is played as well, so equal takes are equal bytes whether or not they are the first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..cuda_graphs import Recording, warn_not_recorded
from .denoiser import ConditionCache, Denoiser

FEWEST_STEPS = 8
"""Shorter walks are not worth a recording."""
MOST_TOKENS = 4096
"""Tokens of a step above which the device is busy longer than the host: a recording saves nothing and takes memory."""
KEPT = 4
"""Shapes whose recordings are kept, those that were used last."""
_HOME = "_twin_recordings"
"""Where a transformer keeps its recordings: they live no longer than it does."""


def make_denoiser(
    transformer: Any, batch: int, frames: int, levels: Sequence[float], *, guided: bool, compiled: bool, graphs: bool
) -> Denoiser | RecordedDenoiser:
    """A denoiser for takes of one length, recorded where `graphs` are wanted and pay."""
    plain = Denoiser(transformer, frames, levels, compiled=compiled)
    tokens = batch * plain.tokens * (2 if guided else 1)
    wanted = graphs and plain.device.type == "cuda" and torch.is_inference_mode_enabled()
    if not wanted or len(levels) < FEWEST_STEPS or tokens > MOST_TOKENS or getattr(transformer, _HOME, {}) is None:
        return plain
    state = state_of(transformer)
    return plain if state is None else RecordedDenoiser(plain, batch, state)


def state_of(transformer: Any) -> Hashable | None:
    """What a recording depends on: where the weights lie, and which adapters act; None where a recording would be wrong."""
    if hasattr(transformer, "peft_config"):
        return None
    lying: list[int] = []
    acting: list[Hashable] = []
    for module in transformer.modules():
        lying.extend(
            tensor.data_ptr() for tensor in (*module._parameters.values(), *module._buffers.values()) if tensor is not None
        )
        if module._forward_pre_hooks:
            return None
        for hook in module._forward_hooks.values():
            state: Callable[[], Hashable] | None = getattr(hook, "state", None)
            if state is None:
                return None
            acting.append(state())
    return tuple(lying), tuple(acting)


class _Shape:
    """The recordings for conditions of one shape, and for steps with and without guidance."""

    def __init__(self, plain: Denoiser, padded: Tensor, mask: Tensor | None, null: Tensor | None) -> None:
        self.plain = plain
        """The denoiser whose tables the recordings read."""
        self.conditions: Recording[ConditionCache] = Recording(plain.project_conditions, padded, mask, null)
        self.steps: dict[bool, Recording[Tensor] | None] = {}
        """By whether they are guided; None where recording failed."""

    def record_step(self, x: Tensor, context: Tensor, embedding: Tensor, modulation: Tensor, *, guided: bool) -> None:
        """Record a step that reads the conditions as they were played last."""
        plain, conditions = self.plain, self.conditions.result

        def work(x: Tensor, context: Tensor, embedding: Tensor, modulation: Tensor) -> Tensor:
            return plain.compute(x, context, embedding, modulation, conditions, guided=guided)

        self.steps[guided] = None
        self.steps[guided] = Recording(work, x, context, embedding, modulation, pool=self.conditions.pool)


class RecordedDenoiser:
    """A `Denoiser` whose work is played. Where recording fails, that is said once and the plain one does it."""

    def __init__(self, plain: Denoiser, batch: int, state: Hashable) -> None:
        self.plain, self.batch, self.state = plain, batch, state

    def cache_conditions(self, conditions: Sequence[Tensor], null: Tensor | None) -> ConditionCache | _Shape:
        """As `Denoiser.cache_conditions`; those of the same shape that came before are overwritten."""
        plain = self.plain
        padded, mask = plain.pad_conditions(conditions)
        key = (self.batch, plain.frames, padded.shape, mask is None, null is None, plain.dtype, plain.compiled, self.state)
        kept: OrderedDict[Hashable, _Shape] | None = vars(plain.net).setdefault(_HOME, OrderedDict())
        if kept is None:
            return plain.project_conditions(padded, mask, null)
        if key not in kept:
            try:
                kept[key] = _Shape(plain, padded, mask, null)
            except RuntimeError as error:
                self._give_up(error)
                return plain.project_conditions(padded, mask, null)
            while len(kept) > KEPT:
                kept.popitem(last=False)
        kept.move_to_end(key)
        kept[key].conditions.play(padded, mask, null)
        return kept[key]

    def velocities(
        self, x: Tensor, context: Tensor, step: int, conditions: ConditionCache | _Shape, *, guided: bool
    ) -> tuple[Tensor, ...]:
        """As `Denoiser.velocities`."""
        plain = self.plain
        if isinstance(conditions, ConditionCache):
            return plain.velocities(x, context, step, conditions, guided=guided)
        given = (x, context, plain.embedding[step], plain.modulation[step])
        if guided not in conditions.steps:
            try:
                conditions.record_step(*given, guided=guided)
            except RuntimeError as error:
                self._give_up(error)
        recording = conditions.steps[guided]
        if recording is None:
            return plain.velocities(x, context, step, conditions.conditions.result, guided=guided)
        return recording.play(*given).clone().chunk(2 if guided else 1)

    def _give_up(self, error: RuntimeError) -> None:
        """Never try again with this transformer."""
        if getattr(self.plain.net, _HOME, None) is not None:
            setattr(self.plain.net, _HOME, None)
            warn_not_recorded("a denoising step", error)
