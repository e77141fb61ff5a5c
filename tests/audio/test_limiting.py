"""The limiter: no true peak above the ceiling, nothing changed below it, and no sound of its own."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.audio.levels import true_peak_db
from producertwin.audio.limiting import limit
from producertwin.audio.samples import Samples
from producertwin.timebase import SAMPLE_RATE


def _noise(level: float, seconds: float = 2.0) -> Samples:
    drawn = np.random.default_rng(7).standard_normal((2, round(seconds * SAMPLE_RATE)))
    return (drawn * level).astype(np.float32)


def _beats(level: float) -> Samples:
    """A soft tone of 200 Hz and a short burst of noise every half second, four times as loud."""
    at = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    bursts = np.exp(-((at % 0.5) / 0.01)) * np.random.default_rng(3).standard_normal((2, len(at)))
    return (level * (0.25 * np.sin(2 * np.pi * 200 * at) + bursts)).astype(np.float32)


@pytest.mark.parametrize("ceiling", [-1.0, -6.0])
@pytest.mark.parametrize("sound", [_noise(0.5), _beats(0.9), _noise(3.0, 0.001), np.ones((2, 1), np.float32)])
def test_no_true_peak_is_above_the_ceiling(sound: Samples, ceiling: float) -> None:
    limited = limit(sound, ceiling)
    assert limited.shape == sound.shape and limited.dtype == np.float32
    assert true_peak_db(limited) <= ceiling + 0.01


def test_what_is_below_the_ceiling_is_the_very_same() -> None:
    quiet = _noise(0.05)
    assert limit(quiet, -1.0) is quiet
    silence = np.zeros((2, 4_800), np.float32)
    assert limit(silence, -1.0) is silence


def test_only_what_is_near_a_peak_is_turned_down_and_both_sides_alike() -> None:
    sound = _beats(0.2)
    sound[0, SAMPLE_RATE] = 1.4
    limited = limit(sound, -1.0)
    far = slice(SAMPLE_RATE * 3 // 2, None)  # the release of 4 dB takes 0.14 s
    turned = limited[:, far] / np.where(sound[:, far] == 0, 1, sound[:, far])
    assert np.ptp(turned) < 1e-5
    before = slice(0, SAMPLE_RATE - 200)
    np.testing.assert_allclose(limited[:, before], sound[:, before] * turned[0, 0], rtol=1e-5)
    around = slice(SAMPLE_RATE - 50, SAMPLE_RATE)
    shares = limited[:, around] / sound[:, around]
    np.testing.assert_allclose(shares[0], shares[1], rtol=1e-5)


def test_a_low_tone_is_turned_down_without_a_sound_of_its_own() -> None:
    at = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.tile(1.3 * np.sin(2 * np.pi * 100 * at), (2, 1)).astype(np.float32)
    middle = limit(tone, -1.0)[0, SAMPLE_RATE // 2 : SAMPLE_RATE // 2 + SAMPLE_RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    harmonics = np.sqrt(np.sum(spectrum[150:] ** 2))
    assert 20 * np.log10(harmonics / np.sqrt(np.sum(spectrum[90:110] ** 2))) < -55
