"""How clearly notes are heard: a band's own sound more than a wrong one, none where nobody plays them, ties as chance."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from producertwin.house_band.compose import compose
from producertwin.house_band.note_hearing import average_precision, hear_notes, write_roll
from producertwin.house_band.render import render
from producertwin.house_band.score import Score


@pytest.fixture(scope="module")
def score() -> Score:
    return compose("ambient", seed=5, seconds=10)


def test_ties_count_as_chance_and_order_as_precision() -> None:
    wanted = np.array([True, False, True, False])
    assert average_precision(wanted, np.array([4.0, 1.0, 3.0, 2.0])) == 1.0
    assert average_precision(wanted, np.array([1.0, 4.0, 2.0, 3.0])) == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert average_precision(wanted, np.zeros(4)) == 0.5


def test_the_band_plays_its_notes_and_another_key_does_not(score: Score) -> None:
    sound = render(score, seconds=10).mix
    own = hear_notes(sound, score)
    moved = [dataclasses.replace(part, notes=[dataclasses.replace(note, pitch=note.pitch + 6) for note in part.notes])
             for part in score.parts]  # fmt: skip
    other = hear_notes(sound, dataclasses.replace(score, parts=moved))
    noisy = hear_notes(sound + np.random.default_rng(1).standard_normal(sound.shape).astype(np.float32), score)
    assert own is not None and other is not None and noisy is not None
    assert own > 0.6 and own > 1.2 * noisy and noisy > other and own > 3 * other


def test_silence_has_the_notes_by_chance_and_a_score_without_notes_none(score: Score) -> None:
    silence = np.zeros((2, 480_000), np.float32)
    roll = write_roll(score, np.arange(235) * 512 / 12_000)
    assert hear_notes(silence, score) == pytest.approx(roll.mean(), rel=0.05)
    drums = dataclasses.replace(score, parts=[part for part in score.parts if part.stem == "drums"])
    assert hear_notes(silence, drums) is None
