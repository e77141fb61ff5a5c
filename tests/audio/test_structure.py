import numpy as np
import pytest

from producertwin.audio.structure import agree_on_boundaries, compare_parts, contrast, describe_bars, find_boundaries, likeness
from producertwin.timebase import TempoMap

RATE, BPM = 48_000, 120.0
BAR = 2.0


def bar_of(pitches: tuple[int, ...], noise: float, seed: int) -> np.ndarray:
    t = np.arange(int(BAR * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) for pitch in pitches) * 0.1
    return sound + noise * np.random.default_rng(seed).normal(0, 0.1, t.size)


@pytest.fixture(scope="module")
def bars() -> np.ndarray:
    verse, chorus = ((60, 64, 67), 0.1), ((65, 69, 72), 1.0)
    bars = [*[verse] * 4, *[chorus] * 4, *[verse] * 4, *[chorus] * 4]
    mono = np.concatenate([bar_of(*bar, seed) for seed, bar in enumerate(bars)])
    return describe_bars(np.stack([mono, mono]).astype(np.float32), TempoMap(BPM), 4)


def test_boundaries_are_where_parts_change(bars):
    assert len(bars) == 16 and find_boundaries(bars) == (4, 8, 12)


def test_more_new_begins_where_parts_change_than_elsewhere(bars):
    right, wrong, loop = contrast(bars, (4, 8, 12)), contrast(bars, (6,)), contrast(np.zeros((16, 4)), (4, 8, 12))
    assert right is not None and wrong is not None and right > 0.3 > 0.0 > wrong
    assert loop == 0.0
    assert contrast(bars, ()) is None and contrast(bars, (0,)) is None


def test_parts_that_return_are_alike_and_others_are_not(bars):
    alike = likeness(bars)
    assert alike.shape == (16, 16)
    assert compare_parts(alike, (0, 4), (8, 4)) > 0.8
    assert compare_parts(alike, (0, 4), (4, 4)) < 0.0
    assert compare_parts(alike, (12, 4), (16, 4)) == 0.0


def test_agreement_counts_each_boundary_once():
    assert agree_on_boundaries([4, 8], [4, 8]) == 1.0
    assert agree_on_boundaries([4, 8], [5]) == pytest.approx(2 / 3)
    assert agree_on_boundaries([4, 8], [4, 5]) == 0.5
    assert agree_on_boundaries([4], []) == 0.0
    assert agree_on_boundaries([], [4]) is None


def test_a_sound_shorter_than_a_bar_and_silence_have_no_parts():
    assert len(describe_bars(np.zeros((2, RATE // 2), np.float32), TempoMap(BPM), 4)) == 0
    silent = describe_bars(np.zeros((2, RATE * 20), np.float32), TempoMap(BPM), 4)
    assert find_boundaries(silent) == ()
