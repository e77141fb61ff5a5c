"""One step of preference training, top to bottom: pairs, timesteps, noise, errors under reference and adapter, loss, optimizer.

The chosen and the rejected take of a pair are shown side by side, at one timestep under one noise, and the reference is the same
network without what was learned: with the adapter off where training began with nothing, with the weights it began with where it
began with a twin. So no second copy of the network is needed. Everything random is drawn from (seed, step).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Final

import torch
from torch import Tensor

from ...model.instrument import Instrument
from ...timebase import frame_seconds
from ...training.lora.gradients import Batch, velocity_errors
from ...training.lora.step import ShownCrop, pack_batch, sample_timesteps
from ...training.rng import make_rng, shuffle
from ...training.state import TrainState
from .examples import PairCrop, PairExample, crop
from .loss import DpoFigures, PairErrors, calibrate_beta, dpo_loss, margin, measure
from .recipe import DpoRecipe

Reference = Callable[[], AbstractContextManager[None]]
"""The instrument as the reference, for the length of a `with`."""
PROBES: Final = 5
"""Last steps of the trial, whose margins decide beta."""


@dataclass(frozen=True, slots=True)
class DpoResult:
    """What a step learned from, and how the training stands."""

    pairs: tuple[str, ...]
    loss: float
    figures: DpoFigures
    norm: float
    """Norm of the gradients before clipping; nan where the loss is not finite."""
    rate: float
    seconds: float
    """Length of all crops together."""

    def row(self, step: int) -> dict[str, float]:
        """The log's row, `step` counted from 1."""
        more = {"norm": self.norm, "rate": self.rate, "audio": self.seconds}
        return {"step": step, "loss": self.loss, **asdict(self.figures), **more}


class DpoStep:
    """Takes steps: draws pairs, and moves the weights of `state`."""

    def __init__(
        self,
        instrument: Instrument,
        recipe: DpoRecipe,
        examples: Sequence[PairExample],
        state: TrainState,
        reference: Reference,
    ) -> None:
        self.instrument, self.recipe, self.examples, self.state = instrument, recipe, tuple(examples), state
        self.reference = reference
        self.beta = recipe.dpo.beta or 0.0
        """0 until it is found."""

    def take(self, step: int, factor: float = 1.0) -> DpoResult:
        """Take step `step` at `factor` times its rate. Nothing moves when loss or gradient is not finite."""
        crops, batches = self._draw(step)
        total, found = 0.0, list[PairErrors]()
        for batch in batches:
            errors = self.errors(batch)
            loss = dpo_loss(errors, self.beta, self.recipe.dpo.winner).sum() / len(crops)
            torch.autograd.backward(loss)
            total += float(loss.detach())
            found.append(_detach(errors))
        norm = self.state.update(step, factor) if math.isfinite(total) else math.nan
        rate, seconds = self.state.rate(step) * factor, 2.0 * frame_seconds(sum(len(one.chosen) for one in crops))
        return DpoResult(tuple(one.id for one in crops), total, measure(_join(found), self.beta), norm, rate, seconds)

    def find_beta(self) -> float:
        """Beta by a trial of the first steps, which is undone: how far the margins of pairs have moved by its end."""
        plan, moved = self.recipe.dpo, deque[Tensor](maxlen=PROBES)
        with self.state.rehearse():
            for step in range(min(plan.early, self.recipe.steps)):
                crops, batches = self._draw(step)
                found = []
                for batch in batches:
                    errors = self.errors(batch)
                    torch.autograd.backward((errors.chosen - errors.rejected).sum() / len(crops))
                    found.append(margin(_detach(errors)))
                moved.append(torch.cat(found))
                self.state.update(step)
        return calibrate_beta(torch.cat([*moved]), target=plan.target)

    def errors(self, batch: Batch) -> PairErrors:
        """The errors of a batch whose first half are the chosen takes and whose second half the rejected ones, in their order."""
        bf16 = self.recipe.training.precision == "bf16"
        with torch.no_grad(), self.reference():
            theirs = velocity_errors(self.instrument, batch, bf16=bf16)
        mine = velocity_errors(self.instrument, batch, bf16=bf16)
        half = len(mine) // 2
        return PairErrors(mine[:half], mine[half:], theirs[:half], theirs[half:])

    def _draw(self, step: int) -> tuple[list[PairCrop], list[Batch]]:
        """The crops of a step, and the batches that they are shown in."""
        plan, rng = self.recipe.training, make_rng(self.recipe.training.seed, step)
        places = range(step * plan.together, (step + 1) * plan.together)
        crops = [crop(self._example(place), plan.crop_frames, self.instrument, rng.numpy) for place in places]
        t = sample_timesteps(plan.together, self.instrument, plan, rng.torch)
        noises = [torch.randn(one.chosen.shape, generator=rng.torch) for one in crops]
        batches = []
        for first in range(0, len(crops), plan.batch):
            part = slice(first, first + plan.batch)
            shown = [*self._show(crops[part], chosen=True), *self._show(crops[part], chosen=False)]
            levels, noise = torch.cat([t[part], t[part]]), [*noises[part], *noises[part]]
            batches.append(pack_batch(shown, levels, noise, self.instrument.device))
        return crops, batches

    def _example(self, place: int) -> PairExample:
        """The pair at a place of the endless row of shuffled epochs."""
        epoch, within = divmod(place, len(self.examples))
        return self.examples[shuffle(len(self.examples), self.recipe.training.seed, epoch)[within]]

    def _show(self, crops: Sequence[PairCrop], *, chosen: bool) -> list[ShownCrop]:
        device = self.instrument.device
        return [ShownCrop(one.chosen if chosen else one.rejected, one.context, one.condition.to(device)) for one in crops]


def _detach(errors: PairErrors) -> PairErrors:
    return PairErrors(errors.chosen.detach(), errors.rejected.detach(), errors.chosen_reference, errors.rejected_reference)


def _join(found: Sequence[PairErrors]) -> PairErrors:
    """The errors of several batches as those of one."""
    return PairErrors(
        torch.cat([one.chosen for one in found]),
        torch.cat([one.rejected for one in found]),
        torch.cat([one.chosen_reference for one in found]),
        torch.cat([one.rejected_reference for one in found]),
    )
