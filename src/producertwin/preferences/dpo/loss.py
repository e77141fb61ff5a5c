"""The loss of direct preference optimisation for flow matching, and what is watched beside it.

Source: Diffusion-DPO (Wallace et al. 2023, arXiv 2311.12908, equation 14), with the error of the velocity in the place of that
of the noise, as TangoFlux (Hung et al. 2024, arXiv 2412.21037) takes it. With L the mean squared error of the velocity of a take
at a timestep t under a noise, w the chosen take and l the rejected one, and t and noise the same in all four terms:

    inside = -(β/2)·[(L_w - L_w,ref) - (L_l - L_l,ref)]
    loss   = -log σ(inside) + λ·L_w

The reference is what training begins with. There inside is 0 and the loss log 2; its gradient pulls L_w down and pushes L_l up,
each by β/4. The term with λ (TangoFlux's winner loss) keeps both errors from rising together, which the first alone allows.

β is tied to the scale of the errors, and published ones differ by 50 times, so it is not copied. While the inside is small, the
gradient of the loss is β/4 times that of the margin m = L_w - L_l, and AdamW's steps do not depend on the scale of a gradient. So
the first steps are the same for every small β, and a trial of them says how far margins move. With Δm the change of a pair's
margin by the end of the trial,

    β = 2·target / mean |Δm|

makes the mean size of the inside `target` there. (By the gradients alone, as rate·‖∇m‖₁ a step, it came out 15 times too small on
nano: most of a batch's gradient is noise, which moves weights and no margin of another batch.)
"""

from __future__ import annotations

import math
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


def margin(errors: PairErrors) -> Tensor:
    """How far the error of the chosen take less that of the rejected one has moved from the reference's, `(pairs,)`."""
    return (errors.chosen - errors.chosen_reference) - (errors.rejected - errors.rejected_reference)


def inside(errors: PairErrors, beta: float) -> Tensor:
    """What stands inside the sigmoid, `(pairs,)`."""
    return -0.5 * beta * margin(errors)


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


def calibrate_beta(moved: Tensor, *, target: float) -> float:
    """β for which the mean size of the inside is `target`; `moved` are the margins after a trial, `(pairs,)`. inf where none
    moved."""
    size = float(moved.abs().mean())
    return 2.0 * target / size if size > 0 else math.inf
