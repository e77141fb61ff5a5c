"""Noise levels and their weights.

A distilled variant knows the levels of its own schedule only, each as often as the others. The other variants were trained with
the larger of two logit-normal draws (ACE-Step 1.5's own `sample_t_r`, with the μ and σ of the transformer's config, and r = t),
whose distribution function is Φ(z)²; drawing from it by its inverse lets the levels of one step be spread evenly over it, which
makes steps less noisy and changes nothing else. t is 1 for noise and 0 for music.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from ...model.flow import schedule, shifted
from ...model.instrument import Instrument
from .recipe import TrainingPlan

MU, SIGMA = -0.4, 1.0
"""What ACE-Step 1.5's config says; diffusers' leaves it out."""
GAMMA: Final = 5.0
"""Where min-SNR weighting caps the signal-to-noise ratio (Hang et al. 2023)."""
GRID: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Levels of a validation, where all are known."""


def levels(count: int, instrument: Instrument, plan: TrainingPlan, source: torch.Generator) -> Tensor:
    """`count` noise levels `(count,)`, spread evenly over their distribution, in no order."""
    order = torch.randperm(count, generator=source)
    place = ((torch.arange(count) + torch.rand(count, generator=source, dtype=torch.float64)) / count)[order]
    if instrument.card.discrete:
        known = torch.tensor(own(instrument), dtype=torch.float64)
        return known[(place * len(known)).long()].float()
    if plan.timesteps == "shifted":
        return (plan.shift * place / (1 + (plan.shift - 1) * place)).float()
    config = instrument.transformer.config
    mu, sigma = config.get("timestep_mu", MU), config.get("timestep_sigma", SIGMA)
    return torch.sigmoid(mu + sigma * torch.special.ndtri(place.sqrt())).float()


def own(instrument: Instrument) -> tuple[float, ...]:
    """The levels of a distilled variant's own schedule."""
    return schedule(instrument.card.steps, instrument.card.shift)


def grid(instrument: Instrument, plan: TrainingPlan) -> tuple[float, ...]:
    """The levels at which a validation asks."""
    if instrument.card.discrete:
        return own(instrument)
    return tuple(shifted(t, plan.shift) for t in GRID) if plan.timesteps == "shifted" else GRID


def weights(t: Tensor, plan: TrainingPlan) -> Tensor:
    """What the squared error of the velocity at `t` counts.

    The error of the music it points to is t times as large, and min-SNR weighs the square of that one by min(SNR, γ) with
    SNR = ((1 - t) / t)², so together min((1 - t)², γ t²).
    """
    if plan.weighting == "none":
        return torch.ones_like(t)
    return torch.minimum((1 - t).square(), GAMMA * t.square())
