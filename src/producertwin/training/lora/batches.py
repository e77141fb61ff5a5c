"""Examples side by side, and how far the transformer is off.

`x_t = (1-t)·x0 + t·noise`; the target is `v = noise - x0`. Shorter crops are padded with zeros, which nothing attends to and no
loss counts; conditions are padded and masked the same way. The null condition is one vector: attending to a row of equals gives
that vector whatever their number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ...model.instrument import Instrument
from .conditions import Words
from .examples import Example

Velocity = Callable[..., Tensor]
"""`model.differentiable.velocity`, or a compiled one."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Tensors of one forward pass, on the instrument's device."""

    x: Tensor
    """`(batch, frames, width)` at the noise levels `t`."""
    t: Tensor
    target: Tensor
    """The velocity."""
    context: Tensor
    packed: Tensor
    """`(batch, tokens, hidden)`."""
    mask: Tensor | None
    """Which of the states count; None where all do."""
    lengths: Tensor | None
    """Frames of each member; None where all are equal."""


def noise_of(example: Example, source: torch.Generator) -> Tensor:
    """Noise for `example`, drawn on the CPU."""
    return torch.randn(example.target.shape, generator=source)


def batch(
    examples: Sequence[Example], t: Tensor, noises: Sequence[Tensor], words: Words, dropped: Sequence[bool] | None = None
) -> Batch:
    """`examples` at the levels `t` under `noises`; those `dropped` are under the null condition."""
    device = words.instrument.device
    x = [torch.lerp(one.target, noise, level) for one, noise, level in zip(examples, noises, t, strict=True)]
    targets = [noise - one.target for one, noise in zip(examples, noises, strict=True)]
    lengths = torch.tensor([len(one.target) for one in examples])
    null = words.null.to(device).float()
    told = [null if gone else words.of(one) for one, gone in zip(examples, dropped or [False] * len(examples), strict=True)]
    counts = torch.tensor([len(states) for states in told])
    ragged = bool((counts != counts.max()).any())
    mask = torch.arange(int(counts.max()))[None] < counts[:, None] if ragged else None
    return Batch(
        pad_sequence(x, batch_first=True).to(device),
        t.to(device),
        pad_sequence(targets, batch_first=True).to(device),
        pad_sequence([one.context for one in examples], batch_first=True).to(device),
        pad_sequence(told, batch_first=True),
        None if mask is None else mask.to(device),
        lengths.to(device) if bool((lengths != lengths.max()).any()) else None,
    )


def errors(instrument: Instrument, given: Batch, velocity: Velocity, *, bf16: bool) -> Tensor:
    """Mean squared error of the velocity of each member, `(batch,)` float32, over its own frames."""
    with torch.autocast(instrument.device.type, torch.bfloat16, enabled=bf16):
        made = velocity(instrument.transformer, given.x, given.t, given.context, given.packed, given.mask, given.lengths)
    square = (made.float() - given.target).square().mean(-1)
    if given.lengths is None:
        return square.mean(-1)
    counts = torch.arange(square.shape[1], device=square.device)[None] < given.lengths[:, None]
    return (square * counts).sum(-1) / given.lengths


def by_quarter(t: Tensor, found: Tensor) -> dict[str, float]:
    """Mean error of the members whose level lies in each quarter, `loss_0` (music) to `loss_3` (noise), where there are any."""
    quarter = (t.cpu() * 4).long().clamp(0, 3)
    return {f"loss_{at}": float(found[quarter == at].mean()) for at in range(4) if bool((quarter == at).any())}
