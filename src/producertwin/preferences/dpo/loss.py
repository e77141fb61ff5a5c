"""The loss of direct preference optimisation for flow matching, and what is watched beside it.

Source: Diffusion-DPO (Wallace et al. 2023, arXiv 2311.12908, equation 14), with the error of the velocity in the place of that
of the noise, as TangoFlux (Hung et al. 2024, arXiv 2412.21037) takes it. With L the mean squared error of the velocity of a take
at a timestep t under a noise, w the chosen take and l the rejected one, and t and noise the same in all four terms:

    inside = -(β/2)·[(L_w - L_w,ref) - (L_l - L_l,ref)]
    loss   = -log σ(inside) + λ·L_w

The reference is what training begins with. There inside is 0 and the loss log 2; its gradient pulls L_w down and pushes L_l up,
each by β/4. The term with λ (TangoFlux's winner loss) keeps both errors from rising together, which the first alone allows.

β is tied to the scale of the errors, and published ones differ by 50 times, so it is not copied. An AdamW step moves every
weight by about its rate against the sign of its gradient, so by first order a step changes the margin m = L_w - L_l by
rate·‖∇m‖₁, and

    β = 2·target / (steps·rate·‖∇m‖₁)

makes the inside about `target` after `steps` steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

LN2: Final = math.log(2.0)
"""The loss at the reference."""


@dataclass(frozen=True, slots=True, eq=False)
class PairErrors:
    """Mean squared errors of the velocity of each pair's takes, `(pairs,)` float32 each; the reference's carry no gradient."""

    chosen: Tensor
    rejected: Tensor
    chosen_reference: Tensor
    rejected_reference: Tensor


@dataclass(frozen=True, slots=True)
class DpoFigures:
    """What a batch says of how the training stands."""

    inside: float
    """Mean size of what stands inside the sigmoid."""
    accuracy: float
    """Implicit accuracy: share of the pairs whose inside is above 0."""
    chosen: float
    """Mean error of the chosen takes."""
    rejected: float
    chosen_rise: float
    """Error of the chosen takes over the reference's, less 1."""
    rejected_rise: float


def inside(errors: PairErrors, beta: float) -> Tensor:
    """What stands inside the sigmoid, `(pairs,)`."""
    chosen = errors.chosen - errors.chosen_reference
    return -0.5 * beta * (chosen - (errors.rejected - errors.rejected_reference))


def dpo_loss(errors: PairErrors, beta: float, winner: float = 0.0) -> Tensor:
    """The loss of each pair, `(pairs,)`; `winner` is λ."""
    return -functional.logsigmoid(inside(errors, beta)) + winner * errors.chosen


def measure(errors: PairErrors, beta: float) -> DpoFigures:
    """What a batch says."""
    with torch.no_grad():
        within = inside(errors, beta)
        chosen, rejected = float(errors.chosen.mean()), float(errors.rejected.mean())
        return DpoFigures(
            inside=float(within.abs().mean()),
            accuracy=float((within > 0).float().mean()),
            chosen=chosen,
            rejected=rejected,
            chosen_rise=chosen / float(errors.chosen_reference.mean()) - 1.0,
            rejected_rise=rejected / float(errors.rejected_reference.mean()) - 1.0,
        )


def calibrate_beta(gradients: Iterable[Tensor], rate: float, *, target: float, steps: int) -> float:
    """β for which the inside is about `target` after `steps` steps at `rate`; `gradients` are those of the mean margin m."""
    slope = sum(float(one.abs().sum()) for one in gradients)
    return 2.0 * target / (steps * rate * slope) if slope > 0 else math.inf
