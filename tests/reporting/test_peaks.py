"""Peaks say what the samples of every stretch are, at every length of sound."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.reporting.peaks import STRETCHES, peaks


@pytest.mark.parametrize("samples", [1, 479, 480, 481, 4_800, 47_999, 480_000, 480_001, 961_234])
def test_each_peak_is_of_its_own_stretch(samples: int) -> None:
    sound = np.random.default_rng(samples).uniform(-1, 1, (2, samples)).astype(np.float32)
    sound *= np.linspace(0.1, 1, samples, dtype=np.float32)
    for name, data in peaks(sound).items():
        rows = np.frombuffer(data, np.int8).reshape(-1, 3)
        stretches = [sound[:, at : at + STRETCHES[name]] for at in range(0, samples, STRETCHES[name])]
        asked = [[part.min(), part.max(), np.sqrt(np.mean(np.square(part, dtype=np.float64)))] for part in stretches]
        assert len(rows) == len(asked)
        assert np.abs(rows / 127 - np.array(asked)).max() <= 0.51 / 127


def test_a_sound_without_samples_has_no_peaks() -> None:
    assert set(peaks(np.zeros((2, 0), np.float32)).values()) == {b""}
