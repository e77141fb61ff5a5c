"""The loss of a policy gradient on groups of walks (GRPO), for flow matching.

Source: GRPO (Shao et al. 2024, arXiv 2402.03300) as Flow-GRPO (Liu et al. 2025, arXiv 2505.05470) takes it. The walks of one
prompt are a group; a walk's advantage is its reward less the group's mean, over the group's standard deviation, so no other
network has to say what a prompt is worth. With ρ the ratio of a step's density to that when it was drawn, A the advantage, μ
the mean of the step and σ its deviation:

    loss = -min(ρ·A, clip(ρ, 1-c, 1+c)·A) + κ·|μ - μ_ref|² / (2σ²)

The second term is the divergence of two Gaussians from the reference, a mean over frames and width like the density's logarithm.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

LARGEST: Final = 5.0
"""Advantages are cut off there."""
LEAST_SPREAD: Final = 1e-6
"""Deviation of a group's rewards below which it teaches nothing."""


def advantages(rewards: Tensor) -> Tensor:
    """Advantages of `rewards` `(groups, walks)`; each group's sum is 0 but for what is cut off, and all are 0 where none
    differ."""
    centred = rewards - rewards.mean(1, keepdim=True)
    deviation = rewards.std(1, correction=0, keepdim=True)
    found = torch.where(deviation > LEAST_SPREAD, centred / deviation.clamp_min(LEAST_SPREAD), torch.zeros_like(centred))
    return found.clamp(-LARGEST, LARGEST)


def policy_loss(log_density: Tensor, drawn: Tensor, advantage: Tensor, clip: float) -> Tensor:
    """The clipped loss of each walk, `(walks,)`; `drawn` is the density's logarithm when the step was drawn."""
    ratio = (log_density - drawn).exp()
    return -torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage)


def divergence(mean: Tensor, reference: Tensor, deviation: float) -> Tensor:
    """Divergence of a step from the reference's, `(walks,)`."""
    return ((mean - reference).square() / (2.0 * deviation * deviation)).flatten(1).mean(1)
