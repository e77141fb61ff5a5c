"""Guidance against diffusers' own, and its properties."""

from __future__ import annotations

import torch

from producertwin.model.sampling.guidance import Guidance


def draws(seed: int, count: int) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 50, 4, generator=source) for _ in range(count)]


def test_it_is_the_guidance_of_diffusers_over_many_steps() -> None:
    from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance

    guide, buffer = Guidance(7.0), MomentumBuffer(momentum=-0.75)
    parts = draws(0, 12)
    for said, unsaid in zip(parts[::2], parts[1::2], strict=True):
        theirs = normalized_guidance(
            said, unsaid, 6.0, buffer, eta=0.0, norm_threshold=2.5, use_original_formulation=True, norm_dim=(1,)
        )
        assert torch.allclose(guide(said, unsaid), theirs, atol=1e-5)


def test_nothing_along_the_conditional_prediction_is_added() -> None:
    said, unsaid = draws(1, 2)
    added = Guidance(5.0)(said, unsaid) - said
    assert float((added * said).sum(1).abs().max()) < 1e-3
    assert float(added.norm(dim=1).max()) <= 4.0 * 2.5 + 1e-4


def test_equal_predictions_and_strength_one_change_nothing() -> None:
    said, unsaid = draws(2, 2)
    assert torch.equal(Guidance(9.0)(said, said), said)
    assert torch.equal(Guidance(1.0)(said, unsaid), said)
