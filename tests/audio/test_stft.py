"""The one short-time transform and the one mel bank."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.audio import stft
from producertwin.audio.mel import Narrow, mel_bank

RATE = 48_000


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_windows_are_the_whole_ones_and_no_copy() -> None:
    sound = noise(2, 1_000)
    cut = stft.windows(sound, 256, 100)
    assert cut.shape == (2, 8, 256)
    assert (cut[1, 3] == sound[1, 300:556]).all()
    assert np.shares_memory(cut, sound)
    assert stft.windows(sound[0], 256).shape == (745, 256)


@pytest.mark.parametrize("library", ["numpy", "scipy"])
def test_a_sine_stands_at_its_bin_with_a_quarter_of_the_size(library: stft.Library) -> None:
    size, place = 1_024, 40
    sine = np.sin(2 * np.pi * place / size * np.arange(4 * size)).astype(np.float32)
    found = np.abs(stft.spectra(stft.windows(sine, size, size // 4), library=library))
    assert found.dtype == np.float32
    assert (found.argmax(axis=1) == place).all()
    assert found.max(axis=1) == pytest.approx(size / 4, rel=1e-4)
    assert stft.bin_hz(size, RATE)[place] == place * RATE / size


def test_both_libraries_agree() -> None:
    cut = stft.windows(noise(2, 50_000), 2_048, 512)
    one, other = (stft.spectra(cut, library=library) for library in ("numpy", "scipy"))
    assert np.abs(one - other).max() < 1e-6 * np.abs(one).max()


def test_power_is_that_of_the_samples() -> None:
    sound = noise(4_096)
    flat = np.ones(4_096, np.float32)
    power = stft.power(stft.spectra(sound[None], flat))[0].astype(np.float64)
    power[1:-1] *= 2  # the negative frequencies
    assert power.sum() / 4_096 == pytest.approx(float((sound.astype(np.float64) ** 2).sum()), rel=1e-5)


def test_the_window_overlaps_to_a_constant_and_cannot_be_spoiled() -> None:
    window = stft.hann(512)
    assert window[:256] + window[256:] == pytest.approx(np.ones(256), abs=1e-6)
    assert stft.hann(512) is window
    with pytest.raises(ValueError, match="read-only"):
        window[0] = 1


@pytest.mark.parametrize(
    ("narrow", "size", "rate", "bands", "high"),
    [("nearest", 1_024, 24_000, 48, 11_000.0), ("bin", 2_048, 48_000, 80, 18_000.0), ("beyond", 4_096, 48_000, 64, 20_000.0)],
)
def test_no_band_is_deaf_and_bands_rise(narrow: Narrow, size: int, rate: int, bands: int, high: float) -> None:
    hz = stft.bin_hz(size, rate)
    bank = mel_bank(hz, bands, 30.0, high, narrow=narrow)
    assert bank.shape == (size // 2 + 1, bands)
    assert bank.min() >= 0
    centres = hz @ bank / bank.sum(axis=0)
    assert (np.diff(centres) >= 0).all()
    assert 30.0 <= centres[0] < centres[-1] < high
    assert bank[hz > high + hz[1]].sum() == 0
    if narrow == "nearest":
        assert bank.max() <= 1.0
        assert (bank.sum(axis=0) > 0).all()
    else:
        assert bank.sum(axis=0) == pytest.approx(np.ones(bands))


@pytest.mark.thorough
def test_wide_triangles_are_the_same_in_every_way_but_for_their_size() -> None:
    hz = stft.bin_hz(65_536, RATE)
    plain, unit = (mel_bank(hz, 10, 300.0, 8_000.0, narrow=narrow) for narrow in ("nearest", "bin"))
    assert plain / plain.sum(axis=0) == pytest.approx(unit, abs=1e-12)
    middle = plain[(hz > 700) & (hz < 6_000)].sum(axis=1)
    assert middle == pytest.approx(np.ones(len(middle)))
