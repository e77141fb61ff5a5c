"""Where bars begin: planted beats and chords, moved about."""

from __future__ import annotations

import numpy as np
import pytest

from producertwin.audio.bars import find_first_bar
from producertwin.audio.samples import Samples
from producertwin.timebase import SAMPLE_RATE

CHORDS = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7), (164.8, 196.0, 246.9))


def comp(bpm: float, meter: int, bars: int, late: float) -> Samples:
    """A chord for each bar, struck on every beat, `late` seconds of it cut away or, where it is negative, silence before it."""
    beat = round(60.0 / bpm * SAMPLE_RATE)
    time = np.arange(beat) / SAMPLE_RATE
    decay = np.exp(-4.0 * time)
    struck = [
        sum(np.sin(2 * np.pi * hz * time) for hz in (*CHORDS[bar % 4], CHORDS[bar % 4][0] / 2)) * decay
        for bar in range(bars)
        for _ in range(meter)
    ]
    sound = 0.1 * np.concatenate(struck)
    cut = round(late * SAMPLE_RATE)
    sound = sound[cut:] if cut >= 0 else np.pad(sound, (-cut, 0))
    return np.stack([sound, sound]).astype(np.float32)


@pytest.mark.thorough
@pytest.mark.parametrize("meter", [3, 4])
@pytest.mark.parametrize("bpm", [70.0, 92.5, 128.0])
@pytest.mark.parametrize("late", [0.0, 0.3, 1.1, -0.4])
def test_the_first_bar_is_found_wherever_a_sound_begins(bpm: float, meter: int, late: float) -> None:
    bar = meter * 60.0 / bpm
    found = find_first_bar(comp(bpm, meter, 8, late), bpm, meter)
    off = (found + late) % bar
    assert min(off, bar - off) < 0.06
    assert 0 <= found < bar


def test_a_sound_without_onsets_or_of_less_than_two_bars_begins_with_a_bar() -> None:
    assert find_first_bar(np.zeros((2, 20 * SAMPLE_RATE), np.float32), 90.0, 4) == 0.0
    assert find_first_bar(comp(60.0, 4, 1, 0.5), 60.0, 4) == 0.0
