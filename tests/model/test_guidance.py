"""Guidance against diffusers' own, against ACE-Step's formulas, and its properties.

Golden values: the formulas worked out with numpy in float64 on small arrays (`turn_by_formula`), and results
in four or five digits, worked out by hand from ACE-Step's code.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from producertwin.model.sampling.guidance import AngleGuidance, Guidance, Predictions, ProjectedGuidance, make_guidance


def draws(seed: int, count: int) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 50, 4, generator=source) for _ in range(count)]


def steer(guide: Guidance, said: torch.Tensor, unsaid: torch.Tensor) -> torch.Tensor:
    return guide.steer(Predictions(said, unsaid, said, 0.5))


def test_it_is_the_guidance_of_diffusers_over_many_steps() -> None:
    from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance

    guide, buffer = ProjectedGuidance(7.0), MomentumBuffer(momentum=-0.75)
    parts = draws(0, 12)
    for said, unsaid in zip(parts[::2], parts[1::2], strict=True):
        theirs = normalized_guidance(
            said, unsaid, 6.0, buffer, eta=0.0, norm_threshold=2.5, use_original_formulation=True, norm_dim=(1,)
        )
        assert torch.allclose(steer(guide, said, unsaid), theirs, atol=1e-5)


def test_nothing_along_the_conditional_prediction_is_added() -> None:
    said, unsaid = draws(1, 2)
    added = steer(ProjectedGuidance(5.0), said, unsaid) - said
    assert float((added * said).sum(1).abs().max()) < 1e-3
    assert float(added.norm(dim=1).max()) <= 4.0 * 2.5 + 1e-4


def test_equal_predictions_and_strength_one_change_nothing() -> None:
    said, unsaid = draws(2, 2)
    assert torch.equal(steer(ProjectedGuidance(9.0), said, said), said)
    assert torch.equal(steer(ProjectedGuidance(1.0), said, unsaid), said)


def test_two_steps_of_projected_guidance_in_figures() -> None:
    """Weight 7: the second step sees the same predictions, and the average of the first."""
    said = torch.tensor([[[1.0, 0.0], [2.0, 1.0], [2.0, -1.0]]])
    unsaid = torch.tensor([[[0.0, 1.0], [1.0, 1.0], [3.0, 0.0]]])
    guide = ProjectedGuidance(7.0)
    first, second = steer(guide, said, unsaid), steer(guide, said, unsaid)
    assert np.allclose(first[0], [[6.3333, -6.0], [6.6667, -2.0], [-5.3333, -4.0]], atol=1e-4)
    assert np.allclose(second[0], [[2.3333, -1.5], [3.1667, 0.25], [0.1667, -1.75]], atol=1e-4)


X = np.array([[1.0, 2.0, 0.5], [0.0, 1.0, -1.0]])
SAID = np.array([[0.5, -1.0, 0.2], [1.0, 0.0, 0.5]])
UNSAID = np.array([[0.3, -0.5, 0.6], [0.5, 0.5, 0.5]])


def predictions(said: NDArray[np.float64], unsaid: NDArray[np.float64], x: NDArray[np.float64], t: float) -> Predictions:
    return Predictions(*(torch.from_numpy(part)[None].float() for part in (said, unsaid, x)), t)


def turn_by_formula(told: Predictions, weight: float) -> NDArray[np.float64]:
    """Angle guidance, frame by frame and number by number."""
    found = np.zeros(told.x.shape)
    for place in np.ndindex(*told.x.shape[:2]):
        x, said, unsaid = (part[place].double().numpy() for part in (told.x, told.conditional, told.unconditional))
        a, b = x - told.t * said, x - told.t * unsaid
        cosine = np.clip(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)), -1 + 1e-6, 1 - 1e-6)
        angle = np.arccos(cosine)
        turned = np.clip((max(weight - 1, 0) + 0.001) * angle, -3.14 / 6, 3.14 / 6)
        across = (a - b) - ((a - b) @ b) / (b @ b + 1e-8) * b
        share = np.sin(turned) / np.sin(angle) if np.sin(angle) > 1e-3 else max(weight - 1, 0) + 0.001
        found[place] = (x - (np.cos(turned) * a + share * across)) / told.t
    return found


@pytest.mark.parametrize(
    ("weight", "printed"),
    [
        (2.0, [[0.83492, -1.06304, -0.19255], [1.38356, -0.33414, 0.15410]]),
        (7.0, [[1.72436, -0.87611, -1.10812], [1.65288, -0.54377, -0.26375]]),
    ],
)
def test_angle_guidance_in_figures(weight: float, printed: list[list[float]]) -> None:
    told = predictions(SAID, UNSAID, X, 0.8)
    assert np.allclose(turn_by_formula(told, weight)[0], printed, atol=1e-5)
    assert np.allclose(AngleGuidance(weight).steer(told)[0], printed, atol=1e-4)


@pytest.mark.parametrize("weight", [1.0, 3.0, 30.0])
@pytest.mark.parametrize("t", [1.0, 0.4, 0.02])
def test_angle_guidance_by_its_formula(weight: float, t: float) -> None:
    """At every level and weight, and where both predictions are one."""
    said, unsaid, x = draws(4, 3)
    unsaid[:, :5] = said[:, :5]
    told = Predictions(said, unsaid, x, t)
    assert np.allclose(AngleGuidance(weight).steer(told), turn_by_formula(told, weight), atol=2e-3 / t)


def test_heun_arrives_by_plain_guidance_or_by_the_angle() -> None:
    said, unsaid, x = draws(5, 3)
    plain = unsaid + 4.0 * (said - unsaid)
    at_zero, above = Predictions(said, unsaid, x, 0.0), Predictions(said, unsaid, x, 0.3)
    projected = make_guidance("apg", 4.0)
    for told in (at_zero, above):
        assert torch.allclose(projected.steer_again(told), plain)
    assert isinstance(projected, ProjectedGuidance) and projected.average is None
    turning = make_guidance("adg", 4.0)
    assert torch.allclose(turning.steer_again(at_zero), plain) and torch.equal(turning.steer_again(above), turning.steer(above))
