"""One training step, top to bottom: examples, timesteps and noise, conditions, velocity, loss, optimizer.

An adapter is trained as ACE-Step 1.5 was, by flow matching (Lipman et al. 2023) on straight paths (Liu et al. 2022). For a crop
x0 of latents `(frames, width)`, noise ~ N(0, 1) of the same shape and a timestep t from 1 (noise) to 0 (music):

    x_t  = (1-t)·x0 + t·noise
    v    = noise - x0
    v'   = transformer(x_t, t, context, condition)
    loss = mean over the batch of w(t) · mean over frames and width of (v' - v)²

Timesteps. A distilled variant knows only the levels of its own schedule, and each is drawn as often as the others. The other
variants were trained with the larger of two logit-normal draws (Esser et al. 2024; ACE-Step 1.5's own `sample_t_r`, with μ and σ
of the transformer's config, and r = t). The distribution function of z = (logit t - μ) / σ is then Φ(z)², so for a uniform u

    t = sigmoid(μ + σ·Φ⁻¹(√u))

and drawing by this inverse lets the u of one step be stratified, which makes gradients less noisy and leaves the distribution as
it is.

Conditions. Where the variant is guided, a share of the examples is trained under the null condition (Ho & Salimans 2022): one
vector, and attending to a row of equal states gives that vector, however many there are. Shorter crops are padded with zeros,
which nothing attends to and no loss counts; conditions are padded and masked the same way. Everything random is drawn from (seed,
step).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ...model.instrument import Instrument
from ...model.sampling.flow import schedule
from ...timebase import frame_seconds
from ..rng import make_rng
from ..state import TrainState
from .conditions import Conditions
from .examples import Example, ExampleSampler
from .gradients import Batch, Gradients
from .recipe import LoraRecipe, TrainingPlan

MU, SIGMA = -0.4, 1.0
"""What ACE-Step 1.5's config says; diffusers' leaves it out."""
GAMMA: Final = 5.0
"""Where min-SNR weighting caps the signal-to-noise ratio (Hang et al. 2023)."""


class TrainStep:
    """Takes steps: draws what they learn from, and moves the weights of `state`."""

    def __init__(
        self, instrument: Instrument, recipe: LoraRecipe, examples: ExampleSampler, conditions: Conditions, state: TrainState
    ) -> None:
        self.instrument, self.recipe, self.examples = instrument, recipe, examples
        self.conditions, self.state = conditions, state
        plan = recipe.training
        self.gradients = Gradients(instrument, recipe.adapter, state.weights, plan.together, bf16=plan.precision == "bf16")

    def take(self, step: int, factor: float = 1.0) -> StepResult:
        """Take step `step` at `factor` times its learning rate. Nothing moves when loss or gradient is not finite."""
        examples, total, quarters = self._add_gradients(step)
        norm = self.state.update(step, factor) if math.isfinite(total) else math.nan
        return StepResult(examples, total, quarters, norm, self.state.rate(step) * factor)

    def try_out(self, step: int) -> None:
        """Compute step `step` and forget it: nothing is moved, and nothing random is used up."""
        self._add_gradients(step)
        self.state.drop_gradients()

    def _add_gradients(self, step: int) -> tuple[list[Example], float, dict[str, float]]:
        """Examples of a step, their loss and their errors by quarter of t; their gradients are added to the weights'.

        Timesteps are stratified over the whole step, however many forward passes it takes.
        """
        plan, rng = self.recipe.training, make_rng(self.recipe.training.seed, step)
        places = range(step * plan.together, (step + 1) * plan.together)
        examples = [self.examples.draw_at(place, plan.seed, rng.numpy) for place in places]
        t = sample_timesteps(plan.together, self.instrument, plan, rng.torch)
        weights = loss_weights(t, plan).to(self.instrument.device)
        dropped = self._draw_dropped(rng.numpy)
        errors, losses = [], []
        with self._seed_dropout(step):
            for first in range(0, plan.together, plan.batch):
                part = slice(first, first + plan.batch)
                noises = [draw_noise(one, rng.torch) for one in examples[part]]
                batch = make_batch(examples[part], t[part], noises, self.conditions, dropped[part])
                found = self.gradients.add(batch, weights[part])
                errors.append(found.each)
                losses.append(found.loss)
        return examples, float(torch.stack(losses).sum()), group_by_quarter(t, torch.cat(errors).cpu())

    def _draw_dropped(self, rng: np.random.Generator) -> list[bool]:
        """Draw which examples are trained under the null condition: none where the variant is not guided."""
        plan, guided = self.recipe.training, self.instrument.card.guidance > 1.0
        return [bool(guided and x < plan.drop_condition) for x in rng.random(plan.together)]

    @contextmanager
    def _seed_dropout(self, step: int) -> Iterator[None]:
        """Dropout draws from torch's global generators: seed them for the step, and leave them as they were."""
        if not self.recipe.adapter.dropout:
            yield
            return
        device = self.instrument.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(self.recipe.training.seed * 1_000_003 + step)
            yield


@dataclass(frozen=True, slots=True, eq=False)
class StepResult:
    """What a step learned from, and how far off the transformer was."""

    examples: list[Example]
    loss: float
    """What the gradients are of."""
    quarters: dict[str, float]
    """Mean unweighted error by quarter of t."""
    norm: float
    """Norm of the gradients before clipping; nan where the loss is not finite."""
    rate: float
    """Learning rate."""

    @property
    def finite(self) -> bool:
        """Whether loss and gradients are finite, so that the weights were moved."""
        return math.isfinite(self.loss) and math.isfinite(self.norm)

    def row(self, step: int) -> dict[str, float]:
        """The log's row, `step` counted from 1; `audio` is the length of the crops in seconds."""
        audio = frame_seconds(sum(len(one.target) for one in self.examples))
        return {"step": step, "loss": self.loss, **self.quarters, "norm": self.norm, "rate": self.rate, "audio": audio}


def sample_timesteps(count: int, instrument: Instrument, plan: TrainingPlan, rng: torch.Generator) -> Tensor:
    """Draw `count` timesteps, stratified over their distribution and shuffled."""
    order = torch.randperm(count, generator=rng)
    u = ((torch.arange(count) + torch.rand(count, generator=rng, dtype=torch.float64)) / count)[order]
    if instrument.card.discrete:
        known = torch.tensor(schedule_timesteps(instrument), dtype=torch.float64)
        return known[(u * len(known)).long()].float()
    if plan.timesteps == "shifted":
        return (plan.shift * u / (1 + (plan.shift - 1) * u)).float()
    config = instrument.transformer.config
    mu, sigma = config.get("timestep_mu", MU), config.get("timestep_sigma", SIGMA)
    return torch.sigmoid(mu + sigma * torch.special.ndtri(u.sqrt())).float()


def schedule_timesteps(instrument: Instrument) -> tuple[float, ...]:
    """The timesteps of a distilled variant's own schedule."""
    return schedule(instrument.card.steps, instrument.card.shift)


def loss_weights(t: Tensor, plan: TrainingPlan) -> Tensor:
    """Weights of the squared error of the velocity at `t`, of `t`'s shape.

    The music estimate x_t - t·v has t times the velocity's error, and min-SNR weighs its square by min(SNR, γ) with
    SNR = ((1 - t) / t)²: together min((1 - t)², γ·t²).
    """
    if plan.weighting == "none":
        return torch.ones_like(t)
    return torch.minimum((1 - t).square(), GAMMA * t.square())


def draw_noise(example: Example, rng: torch.Generator) -> Tensor:
    """Draw noise of the example's shape, on the CPU."""
    return torch.randn(example.target.shape, generator=rng)


def make_batch(
    examples: Sequence[Example],
    t: Tensor,
    noises: Sequence[Tensor],
    conditions: Conditions,
    dropped: Sequence[bool] | None = None,
) -> Batch:
    """Put `examples` side by side at the timesteps `t` under `noises`; those `dropped` are under the null condition."""
    device = conditions.instrument.device
    null = conditions.null.to(device).float()
    unconditional = dropped or [False] * len(examples)
    states = [null if null_one else conditions.encode(one) for one, null_one in zip(examples, unconditional, strict=True)]
    shown = [ShownCrop(one.target, one.context, state) for one, state in zip(examples, states, strict=True)]
    return pack_batch(shown, t, noises, device)


@dataclass(frozen=True, slots=True, eq=False)
class ShownCrop:
    """A crop as the transformer is shown it."""

    target: Tensor
    """The latents x0, `(frames, width)`."""
    context: Tensor
    """`(frames, 2 * width)`."""
    condition: Tensor
    """The states of its condition, `(tokens, hidden)`, on the device."""


def pack_batch(shown: Sequence[ShownCrop], t: Tensor, noises: Sequence[Tensor], device: torch.device) -> Batch:
    """Put crops side by side at the timesteps `t` `(crops,)` under `noises`, shorter ones padded."""
    x_t = [torch.lerp(one.target, noise, level) for one, noise, level in zip(shown, noises, t, strict=True)]
    targets = [noise - one.target for one, noise in zip(shown, noises, strict=True)]
    lengths = torch.tensor([len(one.target) for one in shown])
    counts = torch.tensor([len(one.condition) for one in shown])
    ragged = bool((counts != counts.max()).any())
    mask = torch.arange(int(counts.max()))[None] < counts[:, None] if ragged else None
    return Batch(
        pad_sequence(x_t, batch_first=True).to(device),
        t.to(device),
        pad_sequence(targets, batch_first=True).to(device),
        pad_sequence([one.context for one in shown], batch_first=True).to(device),
        pad_sequence([one.condition for one in shown], batch_first=True),
        None if mask is None else mask.to(device),
        lengths.to(device) if bool((lengths != lengths.max()).any()) else None,
    )


def group_by_quarter(t: Tensor, errors: Tensor) -> dict[str, float]:
    """Mean error of the members with t in each quarter, `loss_0` (music) to `loss_3` (noise), where there are any."""
    quarter = (t.cpu() * 4).long().clamp(0, 3)
    return {f"loss_{at}": float(errors[quarter == at].mean()) for at in range(4) if bool((quarter == at).any())}
