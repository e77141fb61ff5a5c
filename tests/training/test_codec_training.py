"""What the codec's loss hears: the same sound costs nothing, noise between partials does, and only where it is looked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from producertwin.training.pretrain.codec import (
    TONAL_BANDS,
    level_gap,
    repetition_gap,
    spectra,
    spectral_loss,
    tonal_gap,
    tonality,
)
from producertwin.training.rng import make_rng


def tones(level: float) -> Tensor:
    """A chord of partials, and noise of `level` beside it, `(1, 2, 48000)`."""
    time = torch.arange(48_000) / 48_000
    chord = torch.stack([torch.sin(2 * torch.pi * hz * time) for hz in (220.0, 440.0, 1_320.0, 2_640.0, 5_280.0)]).sum(0)
    noise = torch.randn(2, 48_000, generator=torch.Generator().manual_seed(1))
    return (0.1 * chord + level * noise)[None]


def test_noise_between_partials_lowers_tonality() -> None:
    found = [tonality(spectra(tones(level), 2048, 0)) for level in (1e-4, 1e-3, 1e-2)]
    assert found[0].shape[-1] == TONAL_BANDS
    means = [float(one.mean()) for one in found]
    assert means == sorted(means, reverse=True)
    assert float(tonality(spectra(tones(1.0), 2048, 0)).median()) < 1.0  # noise alone: 0.58 nats


def test_the_gap_is_nothing_for_the_same_and_grows_with_noise() -> None:
    clean, some, more = (spectra(tones(level), 2048, 0) for level in (1e-4, 1e-3, 1e-2))
    assert float(tonal_gap(clean, clean)) == 0.0
    assert 0.0 < float(tonal_gap(some, clean)) < float(tonal_gap(more, clean))


def noise(seed: int, samples: int = 48_000) -> Tensor:
    """White noise `(1, 2, samples)`."""
    return 0.1 * torch.randn(1, 2, samples, generator=torch.Generator().manual_seed(seed))


def test_a_buzz_is_heard_as_repetition_and_noise_and_a_sine_that_is_wanted_are_not() -> None:
    buzz = noise(1, 480).repeat(1, 1, 100)  # a spectrum that comes again with every frame
    hats = buzz * (torch.arange(48_000) % 6_000 < 2_400)
    latent = noise(1, 1_920).repeat(1, 1, 25)
    for one in (buzz, hats, latent):
        assert float(repetition_gap(one, noise(2))) > 0.3
        assert float(repetition_gap(one, one)) == 0.0
    assert float(repetition_gap(noise(3), noise(2))) < 0.02
    assert float(repetition_gap(noise(3), buzz)) == 0.0  # less than is wanted costs nothing


def test_levels_are_alike_in_two_noises_and_apart_in_a_quieter_one() -> None:
    one, other, quieter = (spectra(x, 1024, 0) for x in (noise(1), noise(2), 0.5 * noise(2)))
    assert float(level_gap(one, one)) == 0.0
    assert float(level_gap(one, other)) < 0.3
    assert float(level_gap(one, quieter)) == pytest.approx(2 * np.log(2), abs=0.1)
    assert float((one.log() - other.log()).abs().mean()) > 0.5  # what log magnitudes alone say of the same two


@pytest.mark.parametrize("level", [0.0, 1e-3])
def test_the_loss_has_a_finite_gradient_even_for_silence(level: float) -> None:
    made = (level * tones(1.0)).requires_grad_()
    for step in range(2):  # left and right, mid and side
        heard = spectral_loss(made, tones(1e-3), make_rng(3, step)) | {"repetition": repetition_gap(made, tones(1e-3))}
        torch.stack(list(heard.values())).sum().backward()
    assert made.grad is not None
    assert np.isfinite(made.grad.numpy()).all() and bool(made.grad.any()) == (level > 0)
