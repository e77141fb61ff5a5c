from __future__ import annotations

import numpy as np
import pytest
import soxr

from evaluation_kit import piece
from producertwin.audio.key import chroma
from producertwin.audio.meters import measure
from producertwin.errors import BadInput
from producertwin.metrics import adherence
from producertwin.music import KEYS, Key


@pytest.mark.parametrize("tempi", [(60, 62), (70, 95), (120, 180)])
def test_candidates_are_the_prompts_tempo_and_rivals_apart_from_each_other(tempi: tuple[int, int]) -> None:
    for bpm in (tempi[0], tempi[1], 0.3 * tempi[0] + 0.7 * tempi[1]):
        found = adherence.candidate_tempi(*tempi, bpm)
        assert found[0] == bpm
        assert 8 <= len(found) <= 10
        assert np.abs(np.log(np.array(found[1:]) / bpm)).min() >= np.log(adherence.SPACING) * 0.99
        assert np.diff(np.log(sorted(found))).min() >= np.log(adherence.SPACING) * 0.49
        assert np.log(max(found) / min(found)) <= max(np.log(tempi[1] / tempi[0]), 8 * np.log(adherence.SPACING)) + 0.3


def test_a_tempo_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="0 bpm"):
        adherence.candidate_tempi(60, 80, 0)


@pytest.mark.parametrize("bpm", [72, 96, 138])
def test_the_played_tempo_fits_best_and_no_other_does(bpm: float) -> None:
    sound = piece(bpm, seconds=8.0)
    assert adherence.tempo_is_best(measure(sound), adherence.candidate_tempi(bpm - 10, bpm + 10, bpm))
    for wrong in (bpm * 0.9, bpm * 1.08, bpm * 4 / 3):
        tempi = (wrong, bpm, *adherence.candidate_tempi(bpm - 10, bpm + 10, wrong)[1:])
        assert not adherence.tempo_is_best(measure(sound), tempi)


def test_silence_has_no_best_tempo() -> None:
    assert not adherence.tempo_is_best(measure(np.zeros((2, 48_000 * 4), np.float32)), (90, 100))


def test_playing_slower_is_noticed() -> None:
    sound = piece(100, seconds=8.0)
    tempi = adherence.candidate_tempi(85, 115, 100)
    slower = soxr.resample(sound.T, 48_000, 48_000 * 1.07, quality="MQ").T.astype(np.float32)
    assert adherence.tempo_is_best(measure(sound), tempi)
    assert not adherence.tempo_is_best(measure(slower), tempi)


@pytest.mark.parametrize("key", ["C major", "F# minor", "Bb major"])
def test_a_piece_is_in_its_own_scale(key: str) -> None:
    heard = chroma(piece(90, key))
    shares = np.array([adherence.in_scale(heard, one) for one in KEYS])
    asked = Key.parse(key)
    assert adherence.in_scale(heard, asked) == shares[KEYS.index(asked)] == shares.max()
    assert shares.max() > 0.85
    assert shares.mean() == pytest.approx(adherence.CHANCE_IN_SCALE)


def test_detuning_lowers_the_in_scale_share_step_by_step() -> None:
    sound = piece(90, "C major")
    found = []
    for semitones in (0.0, 0.35, 0.7, 1.0):
        shifted = soxr.resample(sound.T, 48_000, 48_000 / 2 ** (semitones / 12), quality="MQ").T
        found.append(adherence.in_scale(chroma(shifted.astype(np.float32)), Key.parse("C major")))
    assert found == sorted(found, reverse=True)
    assert found[-1] < adherence.CHANCE_IN_SCALE < found[0]


def test_silence_is_at_chance() -> None:
    assert adherence.in_scale(np.zeros(12), KEYS[0]) == adherence.CHANCE_IN_SCALE


def test_relatives_share_a_scale() -> None:
    assert adherence.same_scale(Key.parse("A minor"), Key.parse("C major"))
    assert not adherence.same_scale(Key.parse("A minor"), Key.parse("A major"))


def test_the_way_from_chance_to_the_ceiling() -> None:
    chance = adherence.CHANCE_IN_SCALE
    assert adherence.way_from_chance(chance, 0.7) == 0.0
    assert adherence.way_from_chance(0.7, 0.7) == pytest.approx(1.0)
    assert adherence.way_from_chance(0.6, chance) == 0.0
