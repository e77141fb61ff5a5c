"""Noise without torch is torch's noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from producertwin.model.sampling import flow
from producertwin.model.sampling.numpy_generator import FEWEST, NumpyGenerator

TOLERANCE = 1e-6


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1, 2**40 + 5, flow.MAX_SEED])
def test_every_draw_of_a_seed_is_torchs(seed: int) -> None:
    theirs, ours = flow.generator(seed), NumpyGenerator(seed)
    for frames, width in ((750, 64), (37, 64), (5, 4), (33, 4), (4, 4), (128, 4)):
        expected, found = flow.noise(theirs, frames, width).numpy(), flow.noise(ours, frames, width)
        assert found.shape == expected.shape
        assert found.dtype == np.float32
        assert np.abs(found - expected).max() <= TOLERANCE


def test_a_million_numbers_stay_within_the_tolerance() -> None:
    expected = torch.randn(1, 20_000, 64, generator=torch.Generator().manual_seed(11)).numpy()
    assert np.abs(NumpyGenerator(11).normal(1, 20_000, 64) - expected).max() <= TOLERANCE


def test_fewer_numbers_than_torch_makes_in_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="15 numbers"):
        NumpyGenerator(1).normal(FEWEST - 1)
