"""The three losses of the producer model, each differentiable in the net's weights.

Planning: binary cross-entropy over the twelve stems. Quality: squared error of 0 to 1. Desk: cross-entropy of the answers of a
row (`mixing.producer.grammar`), over those that can be given; the answer of a number counts `1 - SPREAD`, its two neighbours
share the rest, since a threshold half a dB away is nearly right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ...mixing.producer.features import StemSound
from ...mixing.producer.grammar import Question
from ...mixing.producer.net import ProducerNet
from ...mixing.producer.reading import read_texts, stack_rows
from ...mixing.producer.shapes import STEPS

SPREAD: Final = 0.3


@dataclass(frozen=True, slots=True)
class DeskBatch:
    """Rows to be answered."""

    texts: Sequence[str]
    rows: Sequence[tuple[Sequence[Question], Sequence[StemSound]]]


def plan_loss(net: ProducerNet, texts: Sequence[str], stems: Tensor) -> Tensor:
    """Loss of the planning head for `texts` whose songs have `stems` `(batch, 12)`, 0 or 1."""
    logits = net.plan(read_texts(net, texts))
    return F.binary_cross_entropy_with_logits(logits, stems)


def quality_loss(net: ProducerNet, texts: Sequence[str], heard: Tensor, quality: Tensor) -> Tensor:
    """Loss of the quality head for mixes `heard` `(batch, MIX_FEATURES)` whose `quality` is known, `(batch,)`."""
    return F.mse_loss(net.assess(heard, read_texts(net, texts)), quality)


def desk_loss(net: ProducerNet, batch: DeskBatch) -> Tensor:
    """Loss of the desk head, the mean over all answers of the rows."""
    logits = net.answer(stack_rows(batch.rows), read_texts(net, batch.texts))
    wanted, allowed, counted = make_targets([questions for questions, _ in batch.rows], logits.shape[1])
    logs = logits.masked_fill(~allowed, -1e4).log_softmax(-1)
    each = -(wanted * logs).sum(-1)
    return (each * counted).sum() / counted.sum()


def make_targets(rows: Sequence[Sequence[Question]], longest: int) -> tuple[Tensor, Tensor, Tensor]:
    """What each place is to answer `(batch, places, STEPS)`, what it can answer (the same), and which places count."""
    wanted = np.zeros((len(rows), longest, STEPS), np.float32)
    allowed = np.ones((len(rows), longest, STEPS), bool)
    counted = np.zeros((len(rows), longest), np.float32)
    for row, questions in enumerate(rows):
        for place, question in enumerate(questions):
            counted[row, place] = 1.0
            allowed[row, place, question.answers :] = False
            if question.barred is not None:
                allowed[row, place, question.barred] = False
            wanted[row, place, question.known] = 1.0
            if question.answers == STEPS:
                _spread(wanted[row, place], question.known)
    return torch.from_numpy(wanted), torch.from_numpy(allowed), torch.from_numpy(counted)


def _spread(weights: np.ndarray, place: int) -> None:
    """Give a part of the weight at `place` to its neighbours."""
    near = [one for one in (place - 1, place + 1) if 0 <= one < STEPS]
    weights[place] = 1.0 - SPREAD
    weights[near] += SPREAD / len(near)
