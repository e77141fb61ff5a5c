"""The transformer's forward, remembered and windowed, against the module's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from producertwin.model.instrument import Instrument
from producertwin.model.sampling import denoiser as module
from producertwin.model.sampling.denoiser import Denoiser
from producertwin.model.sampling.window import Window

LEVELS = (1.0, 0.7, 0.31)


@pytest.fixture(autouse=True)
def _inference() -> Any:
    with torch.inference_mode():
        yield


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def theirs(tiny: Instrument, x: torch.Tensor, around: torch.Tensor, told: torch.Tensor, t: float) -> torch.Tensor:
    at = torch.full((len(x),), t)
    return tiny.transformer(x, at, at, told, around, return_dict=False)[0]


@pytest.mark.parametrize("frames", [7, 32, 33, 60, 101, 260])
def test_it_is_the_modules_forward_at_every_length(tiny: Instrument, frames: int) -> None:
    """Below, at and far above the window, odd and even."""
    x, around = drawn(2, frames, 4), drawn(2, frames, 8, seed=1)
    told, null = drawn(2, 40, 32, seed=2), tiny.condition_encoder.null_condition_emb
    denoiser = Denoiser(tiny.transformer, frames, LEVELS)
    memory = denoiser.cache_conditions(list(told), null)
    for step, t in enumerate(LEVELS):
        [plain] = denoiser.velocities(x, around, step, denoiser.cache_conditions(list(told), None), guided=False)
        said, unsaid = denoiser.velocities(x, around, step, memory, guided=True)
        assert torch.allclose(plain, theirs(tiny, x, around, told, t), atol=2e-5)
        assert torch.allclose(said, plain, atol=2e-5)
        assert torch.allclose(unsaid, theirs(tiny, x, around, null.expand_as(told), t), atol=2e-5)


def test_blocks_are_compiled_on_request_once_for_all(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(torch, "compile", lambda function: given.append(function) or function)
    module._compile.cache_clear()
    x, around, told = drawn(2, 50, 4), drawn(2, 50, 8, seed=1), drawn(2, 40, 32, seed=2)
    found = []
    for compiled in (False, True, True):
        walk = Denoiser(tiny.transformer, 50, LEVELS, compiled=compiled)
        memory = walk.cache_conditions(list(told), tiny.condition_encoder.null_condition_emb)
        found.append(torch.cat(walk.velocities(x, around, 1, memory, guided=True)))
    module._compile.cache_clear()
    assert given == [Denoiser._through]
    assert torch.equal(found[0], found[1]) and torch.equal(found[1], found[2])


def test_padding_of_a_shorter_condition_is_never_heard(tiny: Instrument) -> None:
    x, around = drawn(2, 50, 4), drawn(2, 50, 8, seed=1)
    told = [drawn(12, 32, seed=2), drawn(70, 32, seed=3)]
    denoiser = Denoiser(tiny.transformer, 50, LEVELS)
    [both] = denoiser.velocities(x, around, 1, denoiser.cache_conditions(told, None), guided=False)
    for row in range(2):
        memory = denoiser.cache_conditions([told[row]], None)
        [alone] = denoiser.velocities(x[row : row + 1], around[row : row + 1], 1, memory, guided=False)
        assert torch.allclose(both[row : row + 1], alone, atol=1e-5)


def test_half_precision_stays_near(tiny: Instrument) -> None:
    from producertwin.model.variants import tiny as built

    coarse = built.build(torch.device("cpu"), torch.bfloat16)
    x, around, told = drawn(1, 50, 4), drawn(1, 50, 8, seed=1), drawn(30, 32, seed=2)
    fine, rough = (
        d.velocities(x, around, 1, d.cache_conditions([told], None), guided=False)[0]
        for d in (Denoiser(tiny.transformer, 50, LEVELS), Denoiser(coarse.transformer, 50, LEVELS))
    )
    assert rough.dtype == torch.float32
    assert float((fine - rough).norm() / fine.norm()) < 0.05


@pytest.mark.parametrize(("tokens", "reach"), [(5, 8), (9, 8), (20, 8), (24, 8), (25, 8), (33, 8), (100, 7), (64, 1)])
def test_windowed_attention_is_masked_attention(tokens: int, reach: int) -> None:
    q, k, v = (drawn(2, 3, tokens, 8, seed=seed) for seed in range(3))
    place = torch.arange(tokens)
    mask = (place[:, None] - place[None]).abs() <= reach
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.4)
    found = Window(tokens, reach, torch.float32, torch.device("cpu")).attend(q, k, v, 0.4)
    assert found.shape == expected.shape and torch.allclose(found, expected, atol=1e-6)
