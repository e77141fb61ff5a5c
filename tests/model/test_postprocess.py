"""Levels of takes and stems, and the splice of a repaint."""

from __future__ import annotations

import numpy as np
import pytest
from model_kit import chord

from producertwin.audio import levels
from producertwin.errors import Diverged
from producertwin.model.sampling import postprocess
from producertwin.model.tasks import Task


@pytest.mark.parametrize("task", list(Task))
def test_whole_takes_are_levelled_and_stems_are_not(task: Task) -> None:
    sound = chord(1.0)
    found, notes = postprocess.level(sound, task)
    if task in (Task.EXTRACT, Task.LEGO):
        assert found is sound
    else:
        assert float(np.abs(found).max()) == pytest.approx(10 ** (-1 / 20), abs=1e-5)
    assert notes == ()
    loud, _ = postprocess.level(sound * np.float32(20), task)
    assert float(np.abs(loud).max()) <= 1.0 and loud.dtype == np.float32


def test_silence_is_left_alone_and_said() -> None:
    found, notes = postprocess.level(np.full((2, 10), 1e-7, np.float32), Task.TEXT2MUSIC)
    assert found.max() < 1e-6 and notes == ("the take is silent",)


def test_the_new_part_gets_the_level_of_the_kept_one() -> None:
    """A decoder that comes back at half the level: the spliced part is not heard as a step."""
    source = chord(4.0)
    spliced = postprocess.splice(source * np.float32(0.5), source, 48_000, 96_000, match=False)
    assert np.abs(spliced - source).max() < 1e-3
    assert np.array_equal(spliced[:, :48_000], source[:, :48_000])


def test_a_window_to_the_end_and_beyond() -> None:
    source, made = chord(2.0), chord(3.0, seed=4)
    for end in (96_000, 144_000):
        spliced = postprocess.splice(made, source, 72_000, end, match=False)
        assert spliced.shape == (2, end) and np.array_equal(spliced[:, :72_000], source[:, :72_000])
        assert np.abs(spliced[:, end - 2_000 :]).max() > 0
    whole = postprocess.splice(made, source, 0, 96_000, match=False)
    assert np.corrcoef(whole[0], made[0, :96_000])[0, 1] > 0.999


def test_a_loud_new_part_does_not_clip() -> None:
    source = chord(3.0, gain=0.05)
    made = np.concatenate([source[:, :48_000], source[:, 48_000:96_000] * np.float32(200), source[:, 96_000:]], 1)
    spliced = postprocess.splice(made, source, 48_000, 96_000, match=False)
    assert np.abs(spliced).max() <= 10 ** (-1 / 20) + 1e-3


def test_a_tiny_window_still_works() -> None:
    source = chord(1.0)
    spliced = postprocess.splice(-source, source, 1_000, 1_010, match=False)
    assert np.array_equal(np.delete(spliced, np.s_[1_000:1_010], 1), np.delete(source, np.s_[1_000:1_010], 1))


def test_what_is_not_finite_is_an_error() -> None:
    with pytest.raises(Diverged, match="seed 5"):
        postprocess.check_finite(np.array([1.0, np.inf]), 5, "samples")


@pytest.mark.parametrize(("before_db", "after_db"), [(-20.0, 0.0), (-6.0, -20.0), (0.0, 0.0)])
def test_a_matched_part_joins_the_levels_of_both_sides(before_db: float, after_db: float) -> None:
    """A loud new part between sides of any level: no step of more than 3 dB over the second beside either seam."""
    start, end, second = 4 * 48_000, 8 * 48_000, 48_000
    gain = np.where(np.arange(12 * 48_000) < 6 * 48_000, 10 ** (before_db / 20), 10 ** (after_db / 20))
    source = (chord(12.0) * gain).astype(np.float32)
    spliced = postprocess.splice(chord(12.0, seed=3), source, start, end, match=True)
    assert np.array_equal(spliced[:, :start], source[:, :start]) and np.array_equal(spliced[:, end:], source[:, end:])
    for seam in (start, end):
        step = levels.rms_db(spliced[:, seam : seam + second]) - levels.rms_db(spliced[:, seam - second : seam])
        assert abs(step) < 3.0


def test_a_match_leaves_what_was_made_untouched() -> None:
    source, made = chord(3.0), chord(3.0, seed=4)
    kept = made.copy()
    for match in (True, False):
        postprocess.splice(made, source, 48_000, 96_000, match=match)
        postprocess.splice(made, source * 0, 48_000, 96_000, match=match)
    assert np.array_equal(made, kept)
