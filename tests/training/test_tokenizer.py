"""The 5 Hz tokenizer: the values of diffusers' quantizer, a gradient through it, and codes that carry something."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from producertwin.model.nano.build import CodeModules
from producertwin.training.pretrain.tokenizer import build_codes, codes_used, quantize, reconstruct


def phrases(count: int = 12) -> torch.Tensor:
    """Latents `(count, 20, 64)` that hold one of eight chords for ten frames each."""
    generator = torch.Generator().manual_seed(4)
    chords = torch.randn(8, 64, generator=generator)
    which = torch.randint(8, (count, 2), generator=generator)
    return chords[which].repeat_interleave(10, 1)


def test_rounding_is_that_of_diffusers() -> None:
    modules = build_codes(3)
    quantizer = modules.audio_tokenizer.quantizer
    hidden = 3 * torch.randn(4, 7, 192, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(quantize(quantizer, hidden), quantizer(hidden)[0], atol=1e-6)


def test_the_unfolded_latents_are_those_of_a_cover() -> None:
    modules, latents = build_codes(3), phrases(2)
    codes, _ = modules.audio_tokenizer.tokenize(latents)
    assert torch.allclose(reconstruct(modules, latents), modules.audio_token_detokenizer(codes), atol=1e-5)


def test_the_gradient_passes_through_the_rounding() -> None:
    modules = build_codes(3)
    F.mse_loss(reconstruct(modules, phrases(2)), phrases(2)).backward()  # type: ignore[no-untyped-call]
    gradient = modules.audio_tokenizer.audio_acoustic_proj.weight.grad
    assert gradient is not None and float(gradient.abs().sum()) > 0


def trained(steps: int) -> CodeModules:
    modules = build_codes(3)
    optimizer = torch.optim.AdamW(modules.all().parameters(), 2e-3, fused=True)
    for _ in range(steps):
        loss = F.mse_loss(reconstruct(modules, phrases()), phrases())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return modules


@pytest.mark.thorough
def test_training_makes_codes_that_tell_chords_apart() -> None:
    before, after = build_codes(3), trained(45)
    with torch.inference_mode():
        error = {
            name: float(F.mse_loss(reconstruct(m, phrases()), phrases())) for name, m in (("before", before), ("after", after))
        }
    assert error["after"] < 0.3 < error["before"]
    assert codes_used(after, phrases()) > 6
