"""A new part brought to what stands beside it: level at both ends, spectrum, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from producertwin.audio import levels, matching, spectrum
from producertwin.audio.samples import Samples
from producertwin.timebase import SAMPLE_RATE

NOTHING = np.zeros((2, 0), np.float32)


def noise(seconds: float, *, gain_db: float = -20.0, seed: int = 0, edge: float | None = None) -> Samples:
    """Noise at a level, everything above `edge` Hz taken off."""
    rng = np.random.default_rng(seed)
    sound = rng.standard_normal((2, round(seconds * SAMPLE_RATE)))
    if edge is not None:
        sound = sosfilt(butter(1, edge, fs=SAMPLE_RATE, output="sos"), sound)
    return np.asarray(sound / np.sqrt(np.mean(sound**2)) * 10 ** (gain_db / 20), np.float32)


def tones(seconds: float, *, gain_db: float = -20.0) -> Samples:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = sum(np.sin(2 * np.pi * 110 * k * time) / k for k in range(1, 30))
    return np.asarray(np.stack([sound, sound]) / np.sqrt(np.mean(np.square(sound))) * 10 ** (gain_db / 20), np.float32)


def beats(seconds: float, *, gain_db: float = -20.0) -> Samples:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = noise(seconds) * np.exp(-((time * 2) % 1) * 8)
    return np.asarray(sound / np.sqrt(np.mean(np.square(sound))) * 10 ** (gain_db / 20), np.float32)


@pytest.mark.parametrize("make", [noise, tones, beats])
@pytest.mark.parametrize(("before_db", "after_db"), [(-45.0, -18.0), (-20.0, -50.0), (-12.0, -12.0)])
def test_the_level_at_both_ends_is_the_neighbours(make: Callable[..., Samples], before_db: float, after_db: float) -> None:
    part, before, after = make(4.0, gain_db=-20.0), make(2.0, gain_db=before_db), make(2.0, gain_db=after_db)
    matched = matching.match(part, before, after)
    assert matched.shape == part.shape and matched.dtype == np.float32
    for inside, beside in ((matched[:, : matching.ENDS], before_db), (matched[:, -matching.ENDS :], after_db)):
        assert levels.rms_db(inside) == pytest.approx(beside, abs=3.0)


@pytest.mark.parametrize("one_sided", ["before", "after"])
def test_a_single_neighbour_decides_alone(one_sided: str) -> None:
    quiet = noise(2.0, gain_db=-40.0, seed=1)
    sides = (quiet, NOTHING) if one_sided == "before" else (NOTHING, quiet)
    matched = matching.match(noise(3.0), *sides)
    assert levels.rms_db(matched) == pytest.approx(-40.0, abs=1.0)


def test_a_silent_neighbour_asks_for_nothing() -> None:
    part, silence = noise(3.0), np.zeros((2, SAMPLE_RATE), np.float32)
    assert np.array_equal(matching.match(part, silence, silence), part)
    assert np.array_equal(matching.match(silence, part, part), silence)
    beside = matching.match(part, silence, noise(2.0, gain_db=-30.0, seed=2))
    assert np.array_equal(beside, matching.match(part, NOTHING, noise(2.0, gain_db=-30.0, seed=2)))


@pytest.mark.parametrize("edge", [300.0, 1_000.0, 4_000.0])
def test_the_spectrum_comes_nearer_and_never_by_more_than_the_bound(edge: float) -> None:
    part, beside = noise(4.0), noise(2.0, seed=3, edge=edge)
    matched = matching.match(part, beside, beside)
    bands = [(low, low * 2) for low in (62.5, 125, 250, 500, 1_000, 2_000, 4_000, 8_000)]
    wanted, own, now = (10 * np.log10(spectrum.band_energy(sound, bands)) for sound in (beside, part, matched))
    assert np.abs(now - wanted).mean() < 0.7 * np.abs(own - wanted).mean()
    tilt = (now - own) - (levels.rms_db(matched) - levels.rms_db(part))
    assert np.ptp(tilt) <= 2 * matching.MOST_TILT_DB + 1.0


def test_what_fits_already_stays_nearly_as_it_was() -> None:
    part = noise(4.0, seed=5)
    matched = matching.match(part, noise(2.0, seed=6), noise(2.0, seed=7))
    assert float(np.sum(matched * part) / np.sqrt(np.sum(matched**2) * np.sum(part**2))) > 0.98


def test_the_gain_is_bounded_and_a_short_part_is_only_levelled() -> None:
    faint = noise(2.0, gain_db=-59.0, seed=8)
    loud = matching.match(noise(2.0, gain_db=-10.0), faint, faint)
    assert levels.rms_db(loud) == pytest.approx(-10.0 - matching.MOST_GAIN_DB, abs=2.0)
    short = noise(0.1, gain_db=-10.0)
    near = matching.match(short, noise(2.0, gain_db=-20.0, seed=9), NOTHING)
    gains = near / short
    assert gains.std() < 1e-4 and 20 * np.log10(gains.mean()) == pytest.approx(-10.0, abs=1.0)


def test_the_same_sounds_give_the_same_bytes_and_are_not_touched() -> None:
    sounds = (noise(3.0), beats(2.0, gain_db=-35.0), tones(2.0))
    kept = [sound.copy() for sound in sounds]
    assert np.array_equal(matching.match(*sounds), matching.match(*sounds))
    assert all(np.array_equal(now, then) for now, then in zip(sounds, kept, strict=True))
