"""Flatness of a band: near nothing for partials, and that of noise for noise."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.metrics.flatness import band_flatness

NOISE = np.random.default_rng(1).standard_normal((2, 96_000)).astype(np.float32) * 0.1


def test_noise_is_flat_and_a_partial_is_not() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 7_000 * np.arange(96_000) / 48_000)
    partial = band_flatness(np.stack([tone, tone]).astype(np.float32))
    noise, loud = band_flatness(np.stack([NOISE[0]] * 2)), band_flatness(np.stack([NOISE[0]] * 2) * 8)
    assert partial is not None and noise is not None and partial < 0.01
    assert noise == pytest.approx(np.exp(-np.euler_gamma), abs=0.02)  # of exponentially distributed power
    assert loud == pytest.approx(noise, abs=1e-3)


@pytest.mark.parametrize("samples", [0, 100, 48_000])
def test_where_nothing_sounds_there_is_no_flatness(samples: int) -> None:
    assert band_flatness(np.zeros((2, samples), np.float32)) is None
