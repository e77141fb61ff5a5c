"""The shape of sound: what is checked, and what is checked once."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest

from producertwin.audio import samples
from producertwin.audio.levels import dc_offset, rms_db
from producertwin.audio.meters import measure
from producertwin.audio.samples import Samples, as_channels, finite, freeze
from producertwin.audio.spectrum import stereo_correlation
from producertwin.errors import BadInput


def noise(count: int = 5_000) -> Samples:
    return np.random.default_rng(0).standard_normal((2, count)).astype(np.float32)


def test_what_is_frozen_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = noise()
    frozen, looked = freeze(sound), []
    monkeypatch.setattr(samples, "finite", lambda _: looked.append(1) or True)
    assert as_channels(frozen) is frozen and not looked
    rms_db(frozen)
    assert not looked
    as_channels(sound)
    as_channels(frozen[:, :10])
    assert len(looked) == 2, "neither the writable sound nor a part of the frozen one is known"


def test_a_frozen_sound_cannot_be_written_to_and_is_forgotten_with_its_holder() -> None:
    frozen = freeze(noise())
    with pytest.raises(ValueError, match="read-only"):
        frozen[0, 0] = 1.0
    known = len(samples._FROZEN)
    del frozen
    gc.collect()
    assert len(samples._FROZEN) == known - 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("make", [freeze, as_channels, measure])
@pytest.mark.parametrize("place", [0, 4_999])
def test_what_is_no_number_is_refused_at_every_door(bad: float, make: Callable[..., object], place: int) -> None:
    sound = noise()
    sound[1, place] = bad
    assert not finite(sound)
    with pytest.raises(BadInput, match="NaN or infinite"):
        make(sound)


def test_huge_samples_are_numbers() -> None:
    assert finite(np.full((2, 10), 3e38, np.float32))


@pytest.mark.parametrize("count", [1, 100, 16_384, 40_000, 300_001])
@pytest.mark.parametrize("share", [-1.0, -0.5, 0.0, 0.3, 1.0])
def test_correlation_of_any_length_agrees_with_double_precision(count: int, share: float) -> None:
    left, other = noise(count)
    sound = np.stack([left, share * left + (1 - abs(share)) * other]).astype(np.float32)
    one, two = sound.astype(np.float64)
    assert stereo_correlation(sound) == pytest.approx(one @ two / np.sqrt((one @ one) * (two @ two)), abs=1e-6)


def test_meters_read_the_same_from_frozen_sound() -> None:
    sound = noise()
    assert measure(sound).rms_db == rms_db(sound) and measure(freeze(sound)).dc_offset == dc_offset(sound)
