from __future__ import annotations

import numpy as np
import pytest

from producertwin.model.sampling.metronome import metronome
from producertwin.model.sampling.request import Metas


def test_every_beat_and_every_bar_is_a_whole_turn() -> None:
    told = metronome(Metas(bpm=75, meter=3), 181, 64)  # a beat is 20 frames, a bar 60
    assert told.shape == (181, 64)
    assert np.allclose(told[::60], told[:1], atol=1e-5)
    beat = told[:, 2:8]
    assert np.allclose(beat[::20], beat[:1], atol=1e-5)
    assert not np.allclose(told[20], told[0], atol=0.1)


def test_a_later_start_goes_on_counting() -> None:
    metas = Metas(bpm=87, meter=4)
    assert np.array_equal(metronome(metas, 50, 64, first=30), metronome(metas, 80, 64)[30:])


def test_the_beat_keeps_its_place_after_ten_minutes() -> None:
    told = metronome(Metas(bpm=120, meter=4), 15_001, 8)
    assert np.allclose(told[15_000], told[0], atol=1e-4)


@pytest.mark.parametrize("metas", [Metas(), Metas(meter=4)], ids=["nothing", "no tempo"])
def test_without_a_tempo_it_is_silent(metas: Metas) -> None:
    assert not metronome(metas, 10, 64).any()


def test_without_a_meter_only_beats_are_told() -> None:
    told = metronome(Metas(bpm=90), 40, 8)
    assert not told[:, :2].any()
    assert np.array_equal(told[:, 2:], metronome(Metas(bpm=90, meter=4), 40, 8)[:, 2:])


def test_it_follows_tempo_changes() -> None:
    metas = Metas(bpm=75, meter=4)  # a beat is 20 frames
    told = metronome(metas, 200, 8, tempi=((4.0, 150.0),))  # and 10 from the second bar on
    steady, faster = metronome(metas, 81, 8), metronome(Metas(bpm=150, meter=4), 120, 8)
    assert np.allclose(told[:81], steady, atol=1e-5)
    assert np.allclose(told[80:], faster, atol=1e-5)
