"""The sum of sounds is what its inputs say, sample for sample, and never above its ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline_kit import tone
from producertwin.audio import levels
from producertwin.pipeline.mix import CEILING_DB, sum_inputs
from producertwin.pipeline.sound_stages import MixInput
from producertwin.timebase import SAMPLE_RATE


def one(**fields: object) -> MixInput:
    return MixInput.model_validate({"source": "@a", **fields})


def test_a_mix_is_the_sum_with_gain_and_offset() -> None:
    first, second = 0.2 * tone(1.0), 0.1 * tone(0.5, 330.0)
    found = sum_inputs([one(gain=-6), one(offset=0.75)], [first, second])
    asked = np.zeros((2, round(1.25 * SAMPLE_RATE)), np.float32)
    asked[:, : first.shape[1]] = 10 ** (-6 / 20) * first
    asked[:, round(0.75 * SAMPLE_RATE) :] += second
    np.testing.assert_allclose(found, asked, atol=1e-6)


@pytest.mark.parametrize(
    ("pan", "left", "right"), [(0, 1, 1), (1, 0, 1), (-1, 1, 0), (0.5, np.cos(np.pi / 4), 1), (-0.5, 1, np.cos(np.pi / 4))]
)
def test_balance_turns_one_side_down(pan: float, left: float, right: float) -> None:
    sound = 0.1 * tone(0.2)
    found = sum_inputs([one(pan=pan), one(mute=True)], [sound, 9 * sound])
    np.testing.assert_allclose(found, sound * np.array([[left], [right]]), atol=1e-6)


def test_mono_is_heard_on_both_sides_and_a_muted_input_is_not_there() -> None:
    mono = 0.1 * tone(0.2)[:1]
    found = sum_inputs([one(), one(mute=True, offset=5)], [mono, mono])
    assert found.shape == (2, mono.shape[1])
    np.testing.assert_allclose(found, np.repeat(mono, 2, 0), atol=1e-7)


def test_a_loud_mix_is_turned_down_to_its_ceiling_and_a_quiet_one_stays() -> None:
    loud = sum_inputs([one(gain=12), one(gain=12)], [tone(), tone()])
    assert levels.true_peak_db(loud) == pytest.approx(CEILING_DB, abs=0.1)
    quiet = sum_inputs([one(gain=-20), one(mute=True)], [tone(), tone()])
    np.testing.assert_allclose(quiet, 0.1 * tone(), atol=1e-6)


def test_silence_stays_silence() -> None:
    silence = np.zeros((2, 4_800), np.float32)
    assert not sum_inputs([one(), one()], [silence, silence]).any()
