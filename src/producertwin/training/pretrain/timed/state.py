"""Weights in training by the clock: rate by the share of time that is gone, nothing waited for between steps.

A GPU works behind the program that feeds it; reading a number back makes the program wait. So gradients are clipped on the
device, and a step whose gradient is not finite moves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ... import optimizer


class TimedState:
    """Weights, their optimizer and their running average; `rate` is the peak, reached after `warmup` steps."""

    def __init__(self, weights: Mapping[str, nn.Parameter], rate: float, *, warmup: int = 100, average: float = 0.998) -> None:
        self.weights = dict(weights)
        self.rate, self.warmup, self.decay = rate, warmup, average
        self.moved_by = optimizer.adamw(self.weights, rate, 0.01)
        self.average = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self.step = 0

    def update(self, share: float, *, clip: float = 1.0) -> Tensor:
        """Move the weights against their gradients; `share` of the time is gone. Returns the gradients' norm, on the device."""
        fall = optimizer.LOWEST + (1 - optimizer.LOWEST) * 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, share))))
        for group in self.moved_by.param_groups:
            group["lr"] = self.rate * min(fall, (self.step + 1) / self.warmup)
        gradients = [weight.grad for weight in self.weights.values() if weight.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        finite = torch.isfinite(norm)
        # the fused optimizer divides by `grad_scale` and leaves everything as it is where `found_inf` is 1
        self.moved_by.grad_scale = torch.where(finite, (norm / clip).clamp(min=1.0), 1.0)  # type: ignore[attr-defined]
        self.moved_by.found_inf = (~finite).to(torch.float32)  # type: ignore[attr-defined]
        self.moved_by.step()
        optimizer.update_average(self.average, self.weights, self.decay, self.step)
        self.moved_by.zero_grad(set_to_none=True)
        self.step += 1
        return norm

    @torch.no_grad()
    def take_average(self) -> None:
        """Give the weights their running average, for good."""
        for name, weight in self.weights.items():
            weight.copy_(self.average[name])
